"""An org on the Salesforce protocol as its pages use it: queries, single records, collections, composites."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from load.users.desk import Desk, NotYet, Refused, Unknown, decoded

COLLECTION = 200
COMPOSITE = 25
Fields = Mapping[str, Any]
Write = tuple[str, str, str, Fields]  # reference, method, path, fields


class Org(Struct, frozen=True):
    """One org by its role, at one person's desk."""

    desk: Desk
    role: str

    @property
    def base(self) -> str:
        """Where the org's resources are."""
        return self.desk.accesses[self.role].base

    def query(self, name: str, soql: str) -> list[dict[str, Any]]:
        """All records of a query, page by page."""
        page = self.desk.read(self.role, name, f"{self.base}/query?q={quote(soql, safe='')}")
        found = list(page["records"])
        while not page["done"]:
            page = self.desk.read(self.role, name, page["nextRecordsUrl"])
            found += page["records"]
        return found

    def first(self, name: str, soql: str, missing: str) -> dict[str, Any]:
        """The one record of a query; raises NotYet naming what is missing."""
        found = self.query(name, soql)
        if not found:
            raise NotYet(missing)
        return found[0]

    def by_key(self, name: str, path: str) -> dict[str, Any] | None:
        """A record by its external id; None where there is none."""
        heard = self.desk.call(self.role, name, "GET", f"{self.base}/sobjects/{path}", expected=(404,))
        return None if heard.status == 404 else decoded(heard)

    def create(self, name: str, kind: str, fields: Fields) -> str:
        """Make a record; returns its id."""
        heard = self.desk.call(self.role, name, "POST", f"{self.base}/sobjects/{kind}", fields)
        return str(decoded(heard)["id"])

    def change(self, name: str, kind: str, record_id: str, fields: Fields) -> None:
        """Change a record."""
        self.desk.call(self.role, name, "PATCH", f"{self.base}/sobjects/{kind}/{record_id}", fields)

    def upsert(self, name: str, path: str, fields: Fields) -> str:
        """Make or change the record of an external id; returns its id."""
        heard = self.desk.call(self.role, name, "PATCH", f"{self.base}/sobjects/{path}", fields)
        return str(decoded(heard)["id"])

    def change_many(self, name: str, records: Sequence[Fields]) -> list[str]:
        """Change up to 200 records, each for itself; by record what went wrong, empty where nothing did."""
        body = {"allOrNone": False, "records": records}
        heard = self.desk.call(self.role, name, "PATCH", f"{self.base}/composite/sobjects", body)
        return [_trouble(result) for result in decoded(heard)]

    def together(self, name: str, requests: Sequence[Write]) -> dict[str, str]:
        """Up to 25 writes with one effect or none; ids by reference."""
        parts = [
            {"referenceId": ref, "method": method, "url": f"{self.base}/sobjects/{path}", "body": fields}
            for ref, method, path, fields in requests
        ]
        body = {"allOrNone": True, "compositeRequest": parts}
        heard = self.desk.call(self.role, name, "POST", f"{self.base}/composite", body)
        answers = decoded(heard)["compositeResponse"]
        wrong = [one for one in answers if one["httpStatusCode"] >= 300]
        if wrong:
            raise _refusal(wrong)
        return {one["referenceId"]: (one["body"] or {}).get("id", "") for one in answers}


def text(value: str) -> str:
    """A text as a query has it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def texts(values: Iterable[str]) -> str:
    """Texts as the list of an IN."""
    return "(" + ", ".join(text(value) for value in sorted(values)) + ")"


def decimal(scaled: int, digits: int) -> Decimal:
    """A scaled integer as an exact number."""
    return Decimal(scaled).scaleb(-digits)


def _trouble(result: Mapping[str, Any]) -> str:
    if result["success"]:
        return ""
    return "; ".join(f"{one['statusCode']}: {one['message']}" for one in result["errors"])


def _refusal(wrong: Sequence[Mapping[str, Any]]) -> Exception:
    """What a composite failed of: the request that stopped the others, not those it stopped."""
    problems = [problem for one in wrong for problem in one["body"] or ()]
    codes = {problem.get("errorCode") for problem in problems}
    if "UNABLE_TO_LOCK_ROW" in codes:
        return NotYet("somebody else's hold on the record to end")
    if any(one["httpStatusCode"] >= 500 for one in wrong):
        return Unknown("a part of the call failed")
    told = [p for p in problems if p.get("errorCode") != "PROCESSING_HALTED"] or problems
    shown = "; ".join(f"{p.get('errorCode')}: {p.get('message')}" for p in told)
    return Refused(int(wrong[0]["httpStatusCode"]), shown[:300])
