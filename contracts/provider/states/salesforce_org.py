"""What the states of both orgs on the Salesforce protocol are made of: records with their undoing, faults."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from contracts.provider.states.port import Make, State, refused_credentials, striking
from contracts.provider.workbench import StateFailed, Workbench
from mocks.kit.faults import Fault

DATA = "/services/data/v59.0"
_CHUNK = 200
_SMALLEST_BATCH = 200
Values = dict[str, str]


class Records:
    """The records of one state, made through the API; what the org lets delete is deleted at teardown."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._made: list[str] = []
        self._begun = org_time(bench)
        bench.later(self._delete_made)

    @property
    def since(self) -> str:
        """The second in which the state began, by the org's clock: what it made changed at or after it."""
        return _literal(self._begun)

    @property
    def after(self) -> str:
        """An instant after everything the state made."""
        return _literal(self._begun + timedelta(hours=1))

    def fresh(self) -> str:
        """A number that nothing in this org has yet."""
        return self._bench.fresh()

    def create(self, table: str, **fields: Any) -> str:
        """A new record's id."""
        answer = self._bench.call("POST", f"{DATA}/sobjects/{table}", fields)
        made: str = msgspec.json.decode(answer.body)["id"]
        self._made.append(made)
        return made

    def create_many(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Many records of a table."""
        for start in range(0, len(rows), _CHUNK):
            chunk = [{"attributes": {"type": table}, **fields} for fields in rows[start : start + _CHUNK]]
            body = {"allOrNone": True, "records": chunk}
            results = msgspec.json.decode(self._bench.call("POST", f"{DATA}/composite/sobjects", body).body)
            failed = [result["errors"] for result in results if not result["success"]]
            if failed:
                raise StateFailed(f"{len(failed)} records of {table} were not made: {failed[0]}")
            self._made += [result["id"] for result in results]

    def update(self, table: str, native_id: str, **fields: Any) -> None:
        """Change a record."""
        self._bench.call("PATCH", f"{DATA}/sobjects/{table}/{native_id}", fields)

    def delete(self, table: str, native_id: str) -> None:
        """Delete a record now."""
        self._bench.call("DELETE", f"{DATA}/sobjects/{table}/{native_id}")
        self._made.remove(native_id)

    def made_elsewhere(self, table: str, key_field: str, encoded_key: str) -> None:
        """Have what the interaction itself makes under this key deleted as well."""
        path = f"{DATA}/sobjects/{table}/{key_field}/{encoded_key}"
        self._bench.later(lambda: self._bench.call("DELETE", path, expected=(204, 300, 400, 404)))

    def found(self, soql: str) -> list[dict[str, Any]]:
        """The first page of a query."""
        rows: list[dict[str, Any]] = msgspec.json.decode(queried(self._bench, soql))["records"]
        return rows

    def _delete_made(self) -> None:
        # Last first; what cannot be deleted stays, under a number of its own.
        ids = self._made[::-1]
        for start in range(0, len(ids), _CHUNK):
            query = {"ids": ",".join(ids[start : start + _CHUNK]), "allOrNone": "false"}
            self._bench.call("DELETE", f"{DATA}/composite/sobjects", query=query)


def queried(bench: Workbench, soql: str, options: str = "") -> bytes:
    """The answer to a query."""
    headers = {"sforce-query-options": options} if options else {}
    return bench.call("GET", f"{DATA}/query", query={"q": soql}, headers=headers).body


def org_time(bench: Workbench) -> datetime:
    """The org's own time, whole seconds; StateFailed where it does not tell it."""
    try:
        return parsedate_to_datetime(bench.call("GET", DATA).header("date")).astimezone(UTC)
    except ValueError:
        raise StateFailed("The org's answers have no Date header; its time is unknown.") from None


def _literal(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ready(bench: Workbench, parameters: dict[str, Any]) -> Values:
    return {}


def _nothing_changed(bench: Workbench, parameters: dict[str, Any]) -> Values:
    return {"since": _literal(org_time(bench) + timedelta(days=1))}


def at_second_page(table: str, key: str) -> Make:
    """A result of more than one page of a table; `locator` leads to its second page."""

    def make(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        name = f"Many {records.fresh()}"
        records.create_many(table, [{key: f"{name}.{place:03d}"} for place in range(_SMALLEST_BATCH + 1)])
        soql = f"SELECT Id, SystemModstamp FROM {table} WHERE {key} LIKE '{name}%'"
        answer = msgspec.json.decode(queried(bench, soql, f"batchSize={_SMALLEST_BATCH}"))
        return {"locator": answer["nextRecordsUrl"].rpartition("/")[2]}

    return make


def at_first_page(table: str, key: str) -> Make:
    """Two records where pages hold one: a page has two thousand, which nobody makes for a test."""

    def make(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        name = f"Paged {records.fresh()}"
        records.create_many(table, [{key: f"{name}.{place}"} for place in range(2)])
        bench.fault(Fault(id="short-pages", kind="page_size", size=1))
        return {"since": records.since}

    return make


def states(table: str, key: str) -> dict[str, State]:
    """The states that every org has; `table` is the one whose pages are turned, `key` its required name."""
    return {
        "an org in order": State(_ready),
        "nothing changed": State(_nothing_changed),
        "the credentials are refused": State(refused_credentials),
        "a result of two pages": State(at_second_page(table, key)),
        "two changed records and pages of one": State(at_first_page(table, key), mock_only=True),
        "too many calls were made": striking(Fault(id="limit", kind="limit", status=403)),
        "the system is out of order": striking(Fault(id="broken", kind="reject", status=500)),
        "the system is not available": striking(Fault(id="away", kind="reject", status=503)),
        "the record is locked": striking(Fault(id="locked", kind="reject", status=400)),
        "writes are done and answered with an error": striking(
            Fault(id="unknown", kind="fail_after_commit", status=500)
        ),
    }
