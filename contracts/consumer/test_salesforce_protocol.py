"""What the core needs of the protocol itself, of the CRM and of the PSA alike: sessions, pages, refusals."""

from collections.abc import Callable, Sequence

import pytest
from msgspec import Struct
from pact import match

from contracts.consumer import certinia, salesforce
from contracts.consumer.promises import HTTP_DATE, HTTP_DATE_MS, Promise, Promises, text
from contracts.consumer.salesforce_protocol import (
    AUTHORISED,
    CREDENTIALS,
    DATA,
    IN_ORDER,
    asks_changed,
    asks_collection,
    asks_login,
    asks_query,
    is_refused,
    native,
    not_saved,
    promise_login,
    read_all,
    reads_nothing,
)
from integration_core.adapters.certinia.client import CertiniaPsa
from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.query import first_page
from integration_core.adapters.salesforce_protocol.session import OrgSession
from integration_core.adapters.salesforce_protocol.writing import update_many
from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Source,
    Transient,
    Unreadable,
)

Make = Callable[[str], Promises]


class Org(Struct, frozen=True):
    """One org, with the table whose changes are read and the records that are updated for these tests."""

    provider: str
    stream: str
    table: str
    columns: tuple[str, ...]
    prefix: str
    open: Callable[[Promises, str, HttpTransport | None], Source]


def _crm(promises: Promises, url: str, transport: HttpTransport | None) -> Source:
    return SalesforceCrm(transport or promises.network.transport, url, CREDENTIALS)


def _psa(promises: Promises, url: str, transport: HttpTransport | None) -> Source:
    return CertiniaPsa(transport or promises.network.transport, url, CREDENTIALS)


_ORGS = [
    Org("salesforce", "accounts", "Account", tuple(salesforce.ACCOUNT), "001", _crm),
    Org("certinia", "rates", "pse__Rate_Card__c", tuple(certinia.RATE), "a1F", _psa),
]
every_org = pytest.mark.parametrize("org", _ORGS, ids=lambda org: org.provider)

_STALE = "expired.since.long"
_EXPIRED = {**AUTHORISED, "Authorization": match.regex(f"Bearer {_STALE}", regex=r"Bearer expired[^ ]+")}


class _FirstTokenStale:
    """A network on which the first token was issued long ago: the org no longer knows it."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport
        self._logins = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await self._transport.send(request)
        if not request.url.endswith("/services/oauth2/token"):
            return response
        self._logins += 1
        if self._logins > 1:
            return response
        body = response.body.replace(b"00DRH0000000001!issued.to.an.example", _STALE.encode())
        return HttpResponse(status=response.status, headers=(), body=body)


def _asks(pact: Promises, org: Org, description: str, state: str) -> Promise:
    return asks_changed(pact, f"read changes, {description}", state, org.table, org.columns)


def _read(pact: Promises, org: Org, url: str, transport: HttpTransport | None = None) -> ChangePage:
    return read_all(pact, org.open(pact, url, transport), org.stream)


def _session(pact: Promises, org: Org, url: str) -> OrgSession:
    return OrgSession(org.provider, pact.network.transport, url, CREDENTIALS)


# --- sessions -------------------------------------------------------------------------------------


@every_org
def test_login__a_refused_client_stops_everything(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    denied = {"error": text("invalid_client", "invalid_client(_id)?|invalid_grant")}
    asks_login(pact, "log in with a wrong secret", "the credentials are refused").reads(400, denied)
    with pact.kept() as url, pytest.raises(AuthRefused):
        _read(pact, org, url)


@every_org
def test_login__an_org_out_of_order_is_asked_again_later(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    asked = asks_login(pact, "log in to an org out of order", "the system is not available")
    is_refused(asked, 503, "SERVER_UNAVAILABLE")
    with pact.kept() as url, pytest.raises(Transient):
        _read(pact, org, url)


def _promise_expired(pact: Promises, org: Org) -> None:
    asked = asks_changed(
        pact,
        "read changes with a token that is no longer known",
        "the credentials are refused",
        org.table,
        org.columns,
        headers=_EXPIRED,
    )
    is_refused(asked, 401, "INVALID_SESSION_ID")


@every_org
def test_session__an_expired_token_is_renewed_and_the_call_repeated(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    _promise_expired(pact, org)
    reads_nothing(_asks(pact, org, "when nothing changed", "nothing changed"))
    with pact.kept() as url:
        page = _read(pact, org, url, _FirstTokenStale(pact.network.transport))
    assert page.records == ()
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


@every_org
def test_session__a_new_token_that_is_refused_too_is_no_reason_to_go_on(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    asked = _asks(pact, org, "with a new token that is refused", "the credentials are refused")
    is_refused(asked, 401, "INVALID_SESSION_ID")
    with pact.kept() as url, pytest.raises(AuthRefused):
        _read(pact, org, url)


# --- pages ----------------------------------------------------------------------------------------


def _rows(org: Org, number: int) -> Sequence[dict[str, object]]:
    form = "[A-Za-z0-9]{18}"
    stamp = text("2026-11-20T09:30:00.000+0000", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
    return [{"Id": text(native(org.prefix, number), form), "SystemModstamp": stamp}]


def _promise_first_page(pact: Promises, org: Org, locator: str) -> None:
    form = rf"{DATA.replace('.', '[.]')}/query/[A-Za-z0-9]+-\d+"
    page = {
        "totalSize": match.int(2),
        "done": False,
        "nextRecordsUrl": text(f"{DATA}/query/{locator}", form),
        "records": match.each_like(_rows(org, 1)[0]),
    }
    state = "two changed records and pages of one"
    _asks(pact, org, "more than a page", state).reads(200, page, headers={"Date": HTTP_DATE})


def _asks_second_page(pact: Promises, description: str, state: str, locator: str) -> Promise:
    path = f"{DATA}/query/${{locator}}"
    return pact.upon(description, state).asks("GET", path, headers=AUTHORISED, examples={"locator": locator})


@every_org
def test_pages__are_read_to_the_end(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    locator = f"{native('01g')}-2000"
    _promise_first_page(pact, org, locator)
    last = {"totalSize": match.int(2), "done": True, "records": match.each_like(_rows(org, 2)[0])}
    asked = _asks_second_page(pact, "read the second page", "a result of two pages", locator)
    asked.reads(200, last, headers={"Date": HTTP_DATE})
    with pact.kept() as url:
        page = _read(pact, org, url)
    # These rows have ids alone: each is kept as unreadable, and none is lost.
    assert [unread.native_id for unread in page.unread] == [native(org.prefix, 1), native(org.prefix, 2)]
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


@every_org
def test_pages__a_locator_that_was_forgotten_begins_the_poll_again(promises: Make, org: Org) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    locator = f"{native('01g', 999_999)}-2000"
    _promise_first_page(pact, org, locator)
    asked = pact.upon("read the next page of a forgotten result", IN_ORDER).asks(
        "GET", f"{DATA}/query/{locator}", headers=AUTHORISED
    )
    is_refused(asked, 400, "INVALID_QUERY_LOCATOR")

    async def twice(source: Source) -> tuple[ChangePage, ChangePage]:
        first = await source.read_changes(org.stream, 1_767_225_600_000, None)
        return first, await source.read_changes(org.stream, 1_767_225_600_000, first.cursor)

    with pact.kept() as url:
        first, again = pact.network.run(twice(org.open(pact, url, None)))
    assert [row.native_id for row in again.unread] == [row.native_id for row in first.unread]
    assert again.cursor is not None


# --- refusals -------------------------------------------------------------------------------------


@every_org
@pytest.mark.parametrize(
    ("state", "status", "code", "error"),
    [
        ("too many calls were made", 403, "REQUEST_LIMIT_EXCEEDED", RateLimited),
        ("the system is out of order", 500, "UNKNOWN_EXCEPTION", Transient),
        ("the system is not available", 503, "SERVER_UNAVAILABLE", Transient),
    ],
)
def test_reads__a_refusal_is_told_apart(
    promises: Make, org: Org, state: str, status: int, code: str, error: type[Exception]
) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    is_refused(_asks(pact, org, f"refused with {status}", state), status, code)
    with pact.kept() as url, pytest.raises(error):
        _read(pact, org, url)


@every_org
@pytest.mark.parametrize(
    ("what", "soql", "code"),
    [
        ("a field", "SELECT Id, RH_No_Such_Field__c FROM {}", "INVALID_FIELD"),
        ("an object", "SELECT Id FROM RH_No_Such_{}", "INVALID_TYPE"),
    ],
)
def test_reads__what_the_org_does_not_have_breaks_the_contract(
    promises: Make, org: Org, what: str, soql: str, code: str
) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    query = soql.format(org.table)
    is_refused(asks_query(pact, f"read {what} that the org does not have", IN_ORDER, query), 400, code)
    with pact.kept() as url, pytest.raises(Unreadable):
        pact.network.run(first_page(_session(pact, org, url), query))


def _asks_update(pact: Promises, org: Org, description: str, state: str, field: str = "Name") -> Promise:
    record = {"attributes": {"type": org.table}, "Id": native(org.prefix), field: "Roadmap"}
    return asks_collection(pact, f"update records, {description}", state, [record], {})


def _update(pact: Promises, org: Org, url: str, field: str = "Name") -> tuple[Outcome, ...]:
    rows = [(native(org.prefix), {field: "Roadmap"})]
    return pact.network.run(update_many(_session(pact, org, url), org.table, rows))


@every_org
@pytest.mark.parametrize(
    ("state", "status", "code", "error"),
    [
        ("too many calls were made", 403, "REQUEST_LIMIT_EXCEEDED", RateLimited),
        ("the record is locked", 400, "UNABLE_TO_LOCK_ROW", Transient),
        ("the credentials are refused", 401, "INVALID_SESSION_ID", AuthRefused),
        ("the system is not available", 503, "SERVER_UNAVAILABLE", OutcomeUnknown),
        ("writes are done and answered with an error", 500, "UNKNOWN_EXCEPTION", OutcomeUnknown),
    ],
)
def test_writes__a_refusal_is_told_apart_from_an_unknown_outcome(
    promises: Make, org: Org, state: str, status: int, code: str, error: type[Exception]
) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    is_refused(_asks_update(pact, org, f"refused with {status}", state), status, code)
    with pact.kept() as url, pytest.raises(error):
        _update(pact, org, url)


@every_org
def test_writes__a_field_that_the_org_does_not_have_is_rejected_with_its_record(
    promises: Make, org: Org
) -> None:
    pact = promises(org.provider)
    promise_login(pact)
    field = "RH_No_Such_Field__c"
    asked = _asks_update(pact, org, "with a field that the org does not have", IN_ORDER, field)
    asked.reads(200, [not_saved("INVALID_FIELD")])
    with pact.kept() as url:
        (rejected,) = _update(pact, org, url, field)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.retry) == ("INVALID_FIELD", False)
