"""What the promises of both orgs on the Salesforce protocol share: login, queries, pages, refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

from pact import match

from contracts.consumer.promises import HTTP_DATE, Promise, Promises, text
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.ports.systems import ChangePage, Source

DATA = "/services/data/v59.0"
IN_ORDER = "an org in order"
CREDENTIALS = OrgCredentials(client_id="client-of-an-example", client_secret="secret-of-an-example")
TOKEN = "00DRH0000000001!issued.to.an.example"
AUTHORISED: Mapping[str, Any] = {
    "Authorization": match.regex(f"Bearer {TOKEN}", regex=r"Bearer 00D[^ ]+"),
    "Accept": "application/json",
}
SINCE_MS = 1_767_225_600_000  # the example of `since`
_SINCE = "2026-01-01T00:00:00Z"

INSTANT_FORM = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000"
STAMP = text("2026-11-20T09:30:00.000+0000", INSTANT_FORM)
STAMP_MS = 1_795_167_000_000
DAY_FORM = r"\d{4}-\d\d-\d\d"
_ID_FORM = "[A-Za-z0-9]{18}"
_CURRENCY_FORM = "[A-Z]{3}"


def native(prefix: str, number: int = 1) -> str:
    """An id of 18 characters, for an example."""
    return f"{prefix}RH{number:010d}AAA"


def ident(prefix: str, number: int = 1) -> Any:
    """An id as the org writes ids."""
    return text(native(prefix, number), _ID_FORM)


def day(example: str) -> Any:
    """A date without a time."""
    return text(example, DAY_FORM)


def currency(example: str = "USD") -> Any:
    """A currency's code."""
    return text(example, _CURRENCY_FORM)


def row(native_id: Any, **columns: Any) -> dict[str, Any]:
    """A row of a query: what every object has, then the columns that are used."""
    return {"Id": native_id, "SystemModstamp": STAMP, "IsDeleted": match.bool(False), **columns}


def examples(**ids: str) -> dict[str, str]:
    """What the provider's states fill in, as the adapter is given it here."""
    return {"since": _SINCE, **ids}


# --- asking ---------------------------------------------------------------------------------------


def promise_login(promises: Promises) -> None:
    """The token that every test begins with, and the address of the org that issued it."""
    asks_login(promises, "log in", IN_ORDER).reads(
        200,
        {
            "access_token": text(TOKEN, r"\S+"),
            "instance_url": text("https://firm.my.salesforce.example", r"https?://\S+"),
        },
        here="$.instance_url",
    )


def asks_login(promises: Promises, description: str, state: str) -> Promise:
    """A grant asked for with the credentials of the client."""
    return promises.upon(description, state).asks(
        "POST",
        "/services/oauth2/token",
        headers={"Accept": "application/json"},
        body="grant_type=client_credentials"
        "&client_id=client-of-an-example&client_secret=secret-of-an-example",
        content_type="application/x-www-form-urlencoded",
    )


def asks_query(
    promises: Promises,
    description: str,
    state: str,
    soql: str,
    given: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, Any] = AUTHORISED,
) -> Promise:
    """A query that sees deleted rows too: its whole text is part of the promise."""
    return promises.upon(description, state).asks(
        "GET", f"{DATA}/queryAll", query={"q": soql}, headers=headers, examples=given or examples()
    )


def asks_changed(
    promises: Promises,
    description: str,
    state: str,
    table: str,
    columns: Sequence[str],
    *,
    headers: Mapping[str, Any] = AUTHORISED,
) -> Promise:
    """What changed in a table since an instant, in the order of its changes."""
    soql = f"SELECT {', '.join(columns)} FROM {table}"
    soql += " WHERE SystemModstamp >= ${since} ORDER BY SystemModstamp, Id"
    return asks_query(promises, description, state, soql, headers=headers)


def asks_of(
    promises: Promises,
    description: str,
    state: str,
    table: str,
    columns: Sequence[str],
    key: str,
    prefix: str,
    *,
    unchanged: bool = False,
) -> Promise:
    """The rows of a table whose `key` is the record that the state made; `prefix` is of its example."""
    soql = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} IN ('${{id}}')"
    soql += " AND SystemModstamp < ${since}" if unchanged else ""
    soql += f" ORDER BY {key}, Id"
    return asks_query(promises, description, state, soql, examples(id=native(prefix)))


# --- reading --------------------------------------------------------------------------------------


def reads_rows(promise: Promise, *columns: Mapping[str, Any], all_alike: bool = True) -> None:
    """The only page of a result: every row like this one, or one such row among others."""
    (row_like,) = columns
    records = match.each_like(dict(row_like)) if all_alike else match.array_containing([dict(row_like)])
    page = {"totalSize": match.int(1), "done": True, "records": records}
    promise.reads(200, page, headers={"Date": HTTP_DATE})


def reads_nothing(promise: Promise) -> None:
    """A result without rows."""
    promise.reads(200, {"totalSize": 0, "done": True, "records": []}, headers={"Date": HTTP_DATE})


def is_refused(promise: Promise, status: int, code: str) -> None:
    """An error in the platform's own shape."""
    # Whatever stands in a list of alikes counts by its type alone, unless a rule of its own says more.
    error = {"errorCode": text(code, code), "message": match.like("Some sentence.")}
    promise.reads(status, match.each_like(error))


# --- writing --------------------------------------------------------------------------------------


def asks_collection(
    promises: Promises,
    description: str,
    state: str,
    records: Sequence[Mapping[str, Any]],
    given: Mapping[str, str],
    *,
    key: str = "",
    headers: Mapping[str, Any] = AUTHORISED,
) -> Promise:
    """Records written together, each for itself; `key` is table and external id of an upsert."""
    return promises.upon(description, state).asks(
        "PATCH",
        f"{DATA}/composite/sobjects{key}",
        headers=headers,
        body={"allOrNone": False, "records": [dict(record) for record in records]},
        examples=given,
    )


def saved(prefix: str, number: int = 1) -> dict[str, Any]:
    """The result of a record that was written."""
    return {"id": ident(prefix, number), "success": True}


def not_saved(code: str) -> dict[str, Any]:
    """The result of a record that was not written."""
    error = {"statusCode": text(code, code), "message": match.like("Some sentence.")}
    return {"success": False, "errors": match.each_like(error)}


def read_all(promises: Promises, reader: Source, stream: str) -> ChangePage:
    """All pages of a stream together."""

    async def read() -> ChangePage:
        page = await reader.read_changes(stream, SINCE_MS, None)
        records, unread = list(page.records), list(page.unread)
        while page.cursor is not None:
            page = await reader.read_changes(stream, SINCE_MS, page.cursor)
            records += page.records
            unread += page.unread
        return ChangePage(
            records=tuple(records), unread=tuple(unread), cursor=None, complete_to_ms=page.complete_to_ms
        )

    return promises.network.run(read())
