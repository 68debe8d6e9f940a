"""Grants, tokens and whose they are."""

import base64

import pytest

from mocks.protocols.salesforce.operations import secrets
from tests.unit.mocks.asgi import run

from .estate import DATA, HOST, HOUR_MS, Estate


@pytest.fixture
def estate() -> Estate:
    """One world."""
    return Estate()


def test_a_token__names_the_instance_it_was_asked_at(estate: Estate) -> None:
    given = estate.system.worlds["one"].secrets
    basic = base64.b64encode(f"{given['client_id']}:{given['client_secret']}".encode()).decode()
    status, answer = estate.grant({"grant_type": "client_credentials"}, f"Basic {basic}")
    assert (status, answer["instance_url"], answer["token_type"]) == (200, HOST, "Bearer")
    assert answer["id"].startswith(f"{HOST}/id/{given['organization_id']}/005")
    assert answer["issued_at"] == "1767258000000"
    assert "refresh_token" not in answer


def test_password_and_refresh_grants__give_tokens_too(estate: Estate) -> None:
    given = estate.system.worlds["one"].secrets
    client = {name: given[name] for name in ("client_id", "client_secret")}
    user = {"grant_type": "password", "username": given["username"], **client}
    assert estate.grant({**user, "password": given["password"]})[0] == 200
    assert estate.grant({**user, "password": given["password"] + given["security_token"]})[0] == 200
    fresh = {"grant_type": "refresh_token", "client_id": given["client_id"]}
    assert estate.grant({**fresh, "refresh_token": given["refresh_token"]})[0] == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "password", "password": "wrong"}, "invalid_grant"),
        ({"grant_type": "password", "password": ""}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, "invalid_grant"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant__is_refused(estate: Estate, changes: dict[str, str], error: str) -> None:
    given = estate.system.worlds["one"].secrets
    form = {name: given[name] for name in ("client_id", "client_secret", "username")}
    status, answer = estate.grant({"grant_type": "client_credentials", **form, **changes})
    assert (status, answer["error"]) == (400, error)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", "Bearer x", "Basic eDp5", "Bearer 00D!1.0.x", "Bearer a!b!c", "Bearer é"],
)
def test_a_call_without_a_good_token__is_refused(estate: Estate, authorization: str) -> None:
    headers = {"authorization": authorization} if authorization else {}
    status, _, body = run(estate.system, "GET", f"{HOST}{DATA}/limits", headers)
    assert status == 401
    assert body == b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'


def test_a_forged_token__is_refused(estate: Estate) -> None:
    claim, _, seal = estate.tokens["one"].rpartition(".")
    for forged in (f"{claim}0.{seal}", f"{claim}.{'0' * len(seal)}", claim.replace("!", "!f") + "." + seal):
        estate.tokens["one"] = forged
        assert estate.call("GET", "/limits")[0] == 401


def test_a_token__ends_after_two_hours(estate: Estate) -> None:
    estate.step(2 * HOUR_MS - 1)
    assert estate.call("GET", "/limits")[0] == 200
    estate.step(1)
    assert estate.call("GET", "/limits")[0] == 401
    estate.log_in()
    assert estate.call("GET", "/limits")[0] == 200


def test_a_fault_that_expires_tokens__ends_those_issued_so_far(estate: Estate) -> None:
    estate.fault(kind="expire_token")
    estate.step(1)
    assert estate.call("GET", "/limits")[0] == 401
    estate.log_in()
    estate.step(1)
    assert estate.call("GET", "/limits")[0] == 200


def test_worlds__are_known_by_their_credentials_alone(estate: Estate) -> None:
    estate.add_world("two")
    account = estate.create("Account", Name="Tidewater")
    assert estate.call("GET", f"/sobjects/Account/{account}", world="two")[0] == 404
    assert estate.call("GET", f"/sobjects/Account/{account}")[0] == 200


def test_secrets__differ_by_world_seed_and_product_and_are_the_same_again() -> None:
    one = secrets("one", 1, "crm")
    assert one == secrets("one", 1, "crm")
    others = [secrets("two", 1, "crm"), secrets("one", 2, "crm"), secrets("one", 1, "psa")]
    assert len({tuple(given.items()) for given in [one, *others]}) == 4
    assert len({given["client_secret"] for given in [one, *others]}) == 4
    assert one["organization_id"].startswith("00D")
    assert len(one["organization_id"]) == 18


def test_the_list_of_versions__needs_no_session_in_a_server_of_one_world(estate: Estate) -> None:
    status, _, body = run(estate.system, "GET", f"{HOST}/services/data/")
    assert status == 200
    assert b'"version":"59.0"' in body
    estate.add_world("two")
    assert run(estate.system, "GET", f"{HOST}/services/data/")[0] == 401
    assert estate.raw("GET", "/services/data")[0] == 200


def test_answers__count_the_calls_of_the_day(estate: Estate) -> None:
    for used in (1, 2):
        _, headers, _ = estate.raw("GET", "/limits")
        assert headers["sforce-limit-info"] == f"api-usage={used}/1000000"
    estate.control("POST", "limits", {"DailyApiRequests": {"maximum": 3, "window_ms": 24 * HOUR_MS}})
    assert estate.call("GET", "/limits")[1] == {"DailyApiRequests": {"Max": 3, "Remaining": 0}}
    status, errors = estate.call("GET", "/limits")
    assert (status, errors[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    estate.step(24 * HOUR_MS)
    estate.log_in()
    assert estate.call("GET", "/limits")[0] == 200
