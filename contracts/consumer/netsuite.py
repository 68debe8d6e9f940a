"""What the promises of NetSuite have in common: signed requests, queries, rows, its errors."""

from collections.abc import Mapping
from typing import Any

from pact import match
from pact.match.matcher import AbstractMatcher

from contracts.consumer.promises import HTTP_DATE, HTTP_DATE_MS, Promise, Promises, exactly, text
from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.adapters.netsuite.signing import TbaCredentials

PROVIDER = "netsuite"
RECORDS = "/services/rest/record/v1"
_QUERIES = "/services/rest/query/v1/suiteql"
_COLLECTION = "application/vnd.oracle.resource+json; type=collection"
_ERROR = "application/vnd.oracle.resource+json; type=error"
SINGULAR = "application/vnd.oracle.resource+json; type=singular"
_SIGNED_AT_SECONDS = HTTP_DATE_MS // 1000
_CREDENTIALS = TbaCredentials(
    account="TSTDRV1_SB1",
    consumer_key="ck-example",
    consumer_secret="cs-example",
    token_id="ti-example",
    token_secret="ts-example",
)
_SIGNATURE = match.regex(
    'OAuth realm="TSTDRV1_SB1", oauth_consumer_key="ck-example", oauth_nonce="n0nce",'
    ' oauth_signature_method="HMAC-SHA256", oauth_timestamp="1795255200", oauth_token="ti-example",'
    ' oauth_version="1.0", oauth_signature="c2lnbmF0dXJl%3D"',
    regex='OAuth realm="[A-Za-z0-9_-]+", oauth_consumer_key="[^", ]+", oauth_nonce="[^", ]+",'
    r' oauth_signature_method="HMAC-SHA256", oauth_timestamp="\d{10}", oauth_token="[^", ]+",'
    r' oauth_version="1\.0", oauth_signature="[A-Za-z0-9%]+"',
)
SIGNED: Mapping[str, Any] = {"Authorization": _SIGNATURE, "Accept": "application/json"}
# A property that the account does not know is an error, not something to drop in silence.
WRITING: Mapping[str, Any] = {**SIGNED, "X-NetSuite-PropertyNameValidation": "error"}
_ASKING: Mapping[str, Any] = {**SIGNED, "Prefer": "transient"}

# What the provider's states fill in, as the adapter is given it here. Keys are of this project's own
# form; in an address they are encoded.
EXAMPLES: Mapping[str, str] = {
    "subsidiary": "2",
    "currency": "1",
    "entity": "US01",
    "department": "130",
    "department_id": "5",
    "practice": "DATA",
    "practice_id": "6",
    "account_asset": "11",
    "account_revenue": "14",
    "customer": "17",
    "customer_key": "CU|000017",
    "job": "33",
    "invoice": "501",
    "period": "8",
    "key": "IN|US01|00000101",
    "eid": "IN%7CUS01%7C00000101",
    "source": "a1T1",
    "day": "2026-01-15",
    "due": "2026-02-14",
    "since": "2026-01-01 00:00:00.000",
    "stamp": "2026-02-01 14:00:00.123",
    "place": "501",
}
KEY = EXAMPLES["key"]
SINCE_MS = 1_767_225_600_000  # the example of `since`
EPOCH = "1970-01-01 00:00:00.000"
IN_ORDER = "an account in order"

DIGITS = r"\d+"
AMOUNT = r"-?\d+(\.\d+)?"
DAY = r"\d{4}-\d\d-\d\d"
STAMP = text("2026-02-01 14:00:00.123", r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?Z?")


def adapter(promises: Promises, url: str) -> NetSuiteErp:
    """The production adapter, signing with credentials of an example."""
    return NetSuiteErp(
        promises.network.transport,
        url,
        _CREDENTIALS,
        nonce=lambda: "n0nce",
        wall_seconds=lambda: _SIGNED_AT_SECONDS,
    )


def row(native_id: str, **columns: Any) -> dict[str, Any]:
    """A row of a query: its id and its instant, both texts, and the columns that are used."""
    return {"id": text(native_id, DIGITS), "lastmodifieddate": STAMP, **columns}


CURRENCY = row("1", symbol=text("USD", "[A-Z]{3}"), name=match.like("US Dollar"))
SUBSIDIARY = row(
    "2",
    externalid=text("US01", ".+"),
    name=match.like("Harborline Consulting, Inc."),
    country=text("US", ".+"),
    currency=text("1", DIGITS),
    custrecord_rh_tz=text("America/New_York", ".+/.+"),
    custrecord_rh_std_hours=text("8", AMOUNT),
)
DEPARTMENT = row(
    "5", custrecord_rh_code=text("130", ".+"), name=match.like("Data"), subsidiary=text("2", DIGITS)
)
PRACTICE = row("6", custrecord_rh_code=text("DATA", ".+"), name=match.like("Data & Analytics"))


def asks_query(
    promises: Promises, description: str, state: str, select: str, *, since: str = EPOCH, where: str = ""
) -> Promise:
    """A query of what changed since an instant: its whole text is part of the promise."""
    stamp = f"TO_TIMESTAMP('{since}', 'YYYY-MM-DD HH24:MI:SS.FF3')"
    condition = where or f"lastmodifieddate >= {stamp}"
    return promises.upon(description, state).asks(
        "POST",
        _QUERIES,
        query={"limit": "1000", "offset": "0"},
        headers=_ASKING,
        body={"q": f"SELECT {select} {condition} ORDER BY lastmodifieddate, id"},
        examples=EXAMPLES,
    )


def rows(promise: Promise, items: Any, *, count: int = 1, whole: bool = True) -> None:
    """The last page of a query, or with `whole` False one that more follows.

    At least one row: without `min`, no rows at all would be like any.
    """
    page = {
        "items": items if isinstance(items, AbstractMatcher) else match.each_like(items, min=1),
        "count": match.int(count),
        "hasMore": not whole,
        "totalResults": match.int(count if whole else count + 1),
    }
    promise.reads(200, page, headers={"Date": HTTP_DATE}, content_type=_COLLECTION)


def promise_currencies(promises: Promises) -> None:
    """The currencies, which nearly every write looks up first."""
    select = "id, lastmodifieddate, symbol, name FROM currency WHERE"
    rows(asks_query(promises, "read the currencies", IN_ORDER, select), CURRENCY)


def promise_subsidiaries(promises: Promises) -> None:
    """The legal entities."""
    select = (
        "id, lastmodifieddate, externalid, name, country, currency, custrecord_rh_tz,"
        " custrecord_rh_std_hours FROM subsidiary WHERE"
    )
    rows(asks_query(promises, "read the subsidiaries", IN_ORDER, select), SUBSIDIARY)


def writes(
    promises: Promises, description: str, state: str, method: str, path: str, body: Mapping[str, Any]
) -> Promise:
    """A record sent to be written."""
    return promises.upon(description, state).asks(
        method, f"{RECORDS}/{path}", headers=WRITING, body=dict(body), examples=EXAMPLES
    )


def is_written(promise: Promise, record_type: str) -> None:
    """Nothing but where the record is: its id is read from the address."""
    form = rf"https?://[^/]+.*{RECORDS}/{record_type}/\d+"
    example = f"https://tstdrv1-sb1.suitetalk.example{RECORDS}/{record_type}/501"
    promise.reads(204, headers={"Location": match.regex(example, regex=form)})


def is_refused(promise: Promise, status: int, code: Any, detail: Any = None, path: str = "") -> None:
    """An error in the vendor's own shape, with what the adapter tells apart."""
    first = {
        "o:errorCode": exactly(code) if isinstance(code, str) else code,
        "detail": match.like("Some sentence.") if detail is None else detail,
    }
    if path:
        first["o:errorPath"] = exactly(path)
    promise.reads(status, {"o:errorDetails": match.each_like(first, min=1)}, content_type=_ERROR)


def finds(promises: Promises, record_type: str, state: str) -> Promise:
    """A record looked up by its external id."""
    return promises.upon(f"look up the {record_type} by its key", state).asks(
        "GET", f"{RECORDS}/{record_type}/eid:${{eid}}", headers=SIGNED, examples=EXAMPLES
    )
