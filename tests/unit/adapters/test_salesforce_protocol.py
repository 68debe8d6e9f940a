"""The shared Salesforce protocol: tokens, errors, paging, polling, collections."""

import asyncio
from urllib.parse import parse_qs

import pytest

from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.rows import instant_ms, soql_instant, soql_list
from integration_core.adapters.salesforce_protocol.session import OrgCredentials, OrgSession
from integration_core.adapters.salesforce_protocol.writing import update_many, upsert
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Rejected,
    Transient,
    Unreadable,
    VendorError,
    Written,
)

from .scripted import DATE_MS, GRANT, Answer, Org, Routed, Scripted, answer, is_login, page, run, soql

CREDENTIALS = OrgCredentials(client_id="core", client_secret="s3cret")
STAMP = "2026-01-30T12:00:00.000+0000"
STAMP_MS = 1_769_774_400_000
EXPIRED = answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


def session_on(transport: Scripted) -> OrgSession:
    return OrgSession("salesforce", transport, "http://crm.example", CREDENTIALS)


def crm_on(transport: Scripted) -> SalesforceCrm:
    return SalesforceCrm(transport, "http://crm.example", CREDENTIALS)


def account(number: int, **fields: object) -> dict[str, object]:
    native_id = f"001{number:015d}"
    return {"Id": native_id, "SystemModstamp": STAMP, "IsDeleted": False, "Name": "Acme", **fields}


def error_of(transport: Scripted, *, write: bool) -> VendorError:
    session = session_on(transport)
    with pytest.raises(VendorError) as caught:
        run(session.write("PATCH", "/x", b"{}") if write else session.read("/x"))
    return caught.value


def fault(status: int, code: str) -> HttpResponse:
    return answer(status, [{"message": "words", "errorCode": code}])


def test_login__sends_client_credentials_once_for_many_calls() -> None:
    transport = Scripted(answer(200, GRANT), answer(200, {}))
    session = session_on(transport)

    async def calls() -> None:
        await asyncio.gather(*(session.read("/x") for _ in range(5)))

    run(calls())
    logins = [request for request in transport.requests if is_login(request)]
    assert len(logins) == 1
    assert parse_qs(logins[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["core"],
        "client_secret": ["s3cret"],
    }
    assert dict(transport.requests[-1].headers)["authorization"] == "Bearer 00D!token"


def test_token_expired_under_many_calls__one_login_and_each_call_repeated() -> None:
    tokens = iter(["old", "new", "newer"])

    def route(request: HttpRequest) -> Answer:
        if is_login(request):
            return answer(200, {**GRANT, "access_token": next(tokens)})
        return EXPIRED if "Bearer old" in dict(request.headers).values() else answer(200, {})

    transport = Routed(route)
    session = session_on(transport)

    async def calls() -> list[HttpResponse]:
        return await asyncio.gather(*(session.write("PATCH", "/x", b"{}") for _ in range(5)))

    assert [response.status for response in run(calls())] == [200] * 5
    assert sum(map(is_login, transport.requests)) == 2


def test_fresh_token_refused_too__credentials_are_to_blame() -> None:
    error = error_of(Scripted(answer(200, GRANT), EXPIRED, answer(200, GRANT), EXPIRED), write=True)
    assert type(error) is AuthRefused


def test_login_refused__names_no_secret() -> None:
    refused = answer(400, {"error": "invalid_grant", "error_description": "authentication failure"})
    error = error_of(Scripted(refused), write=False)
    assert type(error) is AuthRefused
    assert "s3cret" not in str(error) + repr(CREDENTIALS)


def test_login_without_answer__nothing_was_done_yet_even_for_a_write() -> None:
    assert type(error_of(Scripted(NoAnswer("reset")), write=True)) is Transient


@pytest.mark.parametrize(
    ("given", "write", "kind"),
    [
        (fault(403, "REQUEST_LIMIT_EXCEEDED"), True, RateLimited),
        (fault(400, "UNABLE_TO_LOCK_ROW"), True, Transient),
        (fault(503, "SERVER_UNAVAILABLE"), False, Transient),
        (fault(503, "SERVER_UNAVAILABLE"), True, OutcomeUnknown),
        (fault(400, "MALFORMED_QUERY"), False, Unreadable),
        (fault(400, "INVALID_FIELD"), True, Unreadable),
        (fault(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), True, Refused),
        (fault(403, "INSUFFICIENT_ACCESS"), True, AuthRefused),
        (answer(300, ["/services/data/v59.0/sobjects/Account/001"]), True, Refused),
        (answer(502, "<html>bad gateway</html>"), True, OutcomeUnknown),
    ],
)
def test_error_answer__decides_what_the_caller_may_do(
    given: HttpResponse, write: bool, kind: type[VendorError]
) -> None:
    assert type(error_of(Scripted(answer(200, GRANT), given), write=write)) is kind


def test_poll__asks_inclusively_in_order_and_is_complete_to_the_orgs_time_less_its_lag() -> None:
    org = Org(Account=[account(1, AccountNumber="000001")])
    found = run(crm_on(org).read_changes("accounts", STAMP_MS + 999, None))
    query = org.queries()[0]
    assert "FROM Account WHERE SystemModstamp >= 2026-01-30T12:00:00Z ORDER BY SystemModstamp, Id" in query
    assert "/queryAll?" in org.requests[1].url
    assert found.cursor is None
    assert found.complete_to_ms == DATE_MS - 60_000


def pages(*given: Answer) -> Routed:
    """Token on demand, then these answers in turn."""
    queue = list(given)
    return Routed(lambda request: answer(200, GRANT) if is_login(request) else queue.pop(0))


def test_pages__follow_the_next_url_and_keep_the_first_pages_time() -> None:
    later = page(account(2), total=2)
    later = HttpResponse(status=200, headers=(("date", "Sat, 31 Jan 2026 09:00:00 GMT"),), body=later.body)
    transport = pages(page(account(1), total=2, following="/services/data/v59.0/query/01g-1"), later)
    crm = crm_on(transport)

    async def both() -> tuple[ChangePage, ChangePage]:
        first = await crm.read_changes("accounts", 0, None)
        return first, await crm.read_changes("accounts", 0, first.cursor)

    first, last = run(both())
    assert first.cursor is not None
    assert first.complete_to_ms is None
    assert last.cursor is None
    assert last.complete_to_ms == DATE_MS - 60_000
    assert transport.requests[-1].url == "http://crm.example/services/data/v59.0/query/01g-1"


def test_locator_forgotten__poll_starts_again_from_its_beginning() -> None:
    transport = pages(
        page(account(1), total=2, following="/next"),
        EXPIRED,
        fault(400, "INVALID_QUERY_LOCATOR"),
        page(account(1), account(2)),
    )
    crm = crm_on(transport)

    async def both() -> ChangePage:
        first = await crm.read_changes("accounts", STAMP_MS, None)
        return await crm.read_changes("accounts", STAMP_MS, first.cursor)

    last = run(both())
    assert len(last.records) == 2
    assert last.cursor is None
    assert "SystemModstamp >= 2026-01-30T12:00:00Z" in soql(transport.requests[-1])


def test_locator_forgotten_again_and_again__gives_up_for_now() -> None:
    forgotten = fault(400, "INVALID_QUERY_LOCATOR")
    half = page(account(1), total=2, following="/next")
    transport = pages(half, *([forgotten, half] * 3), forgotten)
    crm = crm_on(transport)

    async def until_it_gives_up() -> None:
        cursor = None
        for _ in range(10):
            cursor = (await crm.read_changes("accounts", 0, cursor)).cursor

    with pytest.raises(Transient):
        run(until_it_gives_up())
    assert len(transport.requests) == 9


@pytest.mark.parametrize(
    "given",
    [
        page(account(1), total=2),
        answer(200, {"totalSize": 2, "done": False, "records": [account(1)]}),
        answer(200, b'{"totalSize": 1, "done": true, "records": [{"Id": "00'),
    ],
    ids=["fewer rows than promised", "not done and no way on", "half a body"],
)
def test_truncated_result__is_never_taken_for_the_whole(given: HttpResponse) -> None:
    with pytest.raises(Transient):
        run(crm_on(pages(given)).read_changes("accounts", 0, None))


def test_record_that_does_not_fit__is_kept_aside_and_the_page_goes_on() -> None:
    org = Org(Account=[account(1, Name=7, payRate="90000"), account(2)])
    found = run(crm_on(org).read_changes("accounts", 0, None))
    assert [record.key for record in found.records if hasattr(record, "key")] == ["CU|001000000000000002"]
    (unread,) = found.unread
    assert (unread.entity, unread.native_id, unread.code, unread.recorded_at_ms) == (
        "Customer",
        "001000000000000001",
        "SCHEMA_INVALID",
        STAMP_MS,
    )
    assert "Name" in unread.text
    assert '"payRate":"***"' in unread.payload


def test_upsert__goes_by_encoded_external_id_and_returns_the_native_id() -> None:
    saved = answer(201, {"id": "a1A1", "success": True, "errors": [], "created": True})
    transport = Scripted(answer(200, GRANT), saved)
    done = run(upsert(session_on(transport), "pse__Proj__c", "RH_External_Id__c", "PJ|1/2", {"Name": "x"}))
    assert done == Written(key="PJ|1/2", native_id="a1A1")
    assert transport.requests[-1].method == "PATCH"
    assert transport.requests[-1].url.endswith("/sobjects/pse__Proj__c/RH_External_Id__c/PJ%7C1%2F2")
    assert transport.sent() == {"Name": "x"}


def test_upsert_without_answer__outcome_is_unknown_and_nothing_is_repeated() -> None:
    transport = Scripted(answer(200, GRANT), NoAnswer("reset"))
    with pytest.raises(OutcomeUnknown):
        run(upsert(session_on(transport), "Account", "X__c", "1", {}))
    assert len(transport.requests) == 2


def test_collection__answers_one_outcome_an_item_in_order() -> None:
    results = [
        {"id": "8001", "success": True, "errors": []},
        {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}]},
        {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "gone", "fields": []}]},
    ]
    transport = Scripted(answer(200, GRANT), answer(200, results))
    rows = [("8001", {"A__c": 1}), ("8002", {"A__c": 2}), ("8003", {"A__c": 3})]
    outcomes = run(update_many(session_on(transport), "Contract", rows))
    assert outcomes == (
        Written(key="8001", native_id="8001"),
        Rejected(key="8002", code="UNABLE_TO_LOCK_ROW", text="busy", retry=True),
        Rejected(key="8003", code="ENTITY_IS_DELETED", text="gone", retry=False),
    )
    sent = transport.sent()
    assert sent["allOrNone"] is False
    assert sent["records"][0] == {"attributes": {"type": "Contract"}, "Id": "8001", "A__c": 1}


def test_collection_with_too_few_results__outcome_is_unknown() -> None:
    transport = Scripted(answer(200, GRANT), answer(200, []))
    with pytest.raises(OutcomeUnknown):
        run(update_many(session_on(transport), "Contract", [("8001", {})]))


def test_collection_over_200__goes_in_chunks() -> None:
    def route(request: HttpRequest) -> Answer:
        if is_login(request):
            return answer(200, GRANT)
        count = request.body.count(b'"Id"')
        return answer(200, [{"id": "8001", "success": True, "errors": []}] * count)

    transport = Routed(route)
    outcomes = run(update_many(session_on(transport), "Contract", [(str(n), {}) for n in range(450)]))
    assert len(outcomes) == 450
    assert [request.body.count(b'"Id"') for request in transport.requests[1:]] == [200, 200, 50]


def test_instants_and_lists__are_written_as_soql_wants_them() -> None:
    assert instant_ms("2026-01-31T08:00:00.250+0000") == DATE_MS + 250
    assert instant_ms("2026-01-31T09:00:00+01:00") == DATE_MS
    assert soql_instant(DATE_MS + 999) == "2026-01-31T08:00:00Z"
    assert soql_list(["a", "o'b\\"]) == "('a','o\\'b\\\\')"
    for bad in ("2026-01-31", "2026-01-31T08:00:00", ""):
        with pytest.raises(ValueError):
            instant_ms(bad)
