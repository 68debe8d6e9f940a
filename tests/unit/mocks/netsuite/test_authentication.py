"""Who may call: OAuth 1.0 signatures, nonces, skew, and worlds kept apart by their tokens."""

import base64
import hashlib

import pytest

from mocks.kit.clock import wall_ms
from tests.unit.mocks.asgi import run
from tests.unit.mocks.netsuite.estate import HOST, RECORDS, START_MS, Estate, as_served, problem

URL = f"{HOST}{RECORDS}/customer"


def test_a_signed_call__is_served() -> None:
    estate = Estate()
    assert run(estate.system, "GET", URL, estate.headers("GET", URL))[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"consumer_secret": "other"},
        {"token_secret": "other"},
        {"consumer_key": "other"},
        {"token_id": "other"},
        {"account": "OTHER_SB9"},
        {"oauth_signature_method": "HMAC-SHA1"},
        {"oauth_version": "2.0"},
        {"oauth_timestamp": "soon"},
        {"oauth_nonce": ""},
        {"oauth_body_hash": "bm90IHRoZSBib2R5"},
    ],
)
def test_any_secret_or_parameter_changed__is_an_invalid_login(changes: dict[str, str]) -> None:
    estate = Estate()
    status, headers, body = run(estate.system, "GET", URL, estate.headers("GET", URL, **changes))
    assert (status, problem(headers, body)[0]) == (401, "INVALID_LOGIN")
    assert headers["www-authenticate"].startswith('OAuth realm="')
    assert 'error="token_rejected"' in headers["www-authenticate"]


@pytest.mark.parametrize("header", ["", "Bearer x", "OAuth", "OAuth realm", 'OAuth oauth_token="\x00"'])
def test_no_readable_signature__is_an_invalid_login(header: str) -> None:
    estate = Estate()
    assert run(estate.system, "GET", URL, {"authorization": header} if header else {})[0] == 401


def test_a_nonce_used_twice__is_refused() -> None:
    estate = Estate()
    headers = estate.headers("GET", URL)
    assert run(estate.system, "GET", URL, headers)[0] == 200
    assert run(estate.system, "GET", URL, headers)[0] == 401


def test_a_call_signed_for_another_method_or_query__is_refused() -> None:
    estate = Estate()
    assert run(estate.system, "DELETE", f"{URL}/1", estate.headers("GET", f"{URL}/1"))[0] == 401
    assert run(estate.system, "GET", f"{URL}?limit=5", estate.headers("GET", f"{URL}?limit=6"))[0] == 401


@pytest.mark.parametrize("written", ["eid:A%7CB%20C", "eid:A|B%20C", "eid%3AA%7CB%20C", "eid:A%7cB C"])
def test_a_path_signed_as_the_client_wrote_it__is_recognised(written: str) -> None:
    estate = Estate()
    url = f"{URL}/{written.replace('%7c', '%7C').replace(' ', '%20')}"
    assert run(estate.system, "GET", as_served(url), estate.headers("GET", url))[0] == 404


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_body_hash__is_taken_in_either_algorithm(algorithm: str) -> None:
    estate = Estate()
    digest = base64.b64encode(hashlib.new(algorithm, b"").digest()).decode()
    assert run(estate.system, "GET", URL, estate.headers("GET", URL, oauth_body_hash=digest))[0] == 200


def test_two_worlds__are_told_apart_by_their_tokens() -> None:
    estate = Estate()
    estate.system.create_world("two", 8, START_MS)
    estate.customer_and_job()
    assert estate.send("GET", f"{RECORDS}/customer/1")[0] == 200
    assert estate.send("GET", f"{RECORDS}/customer/1", world="two")[0] == 404
    assert estate.world.secrets != estate.system.worlds["two"].secrets


def test_the_timestamp_of_a_world_on_wall_time__must_be_near_it() -> None:
    estate = Estate()
    estate.system.create_world("wall", 8, START_MS, mode="wall")
    now = wall_ms() // 1000
    near = estate.headers("GET", URL, world="wall", oauth_timestamp=str(now))
    far = estate.headers("GET", URL, world="wall", oauth_timestamp=str(now - 301))
    assert run(estate.system, "GET", URL, near)[0] == 200
    assert run(estate.system, "GET", URL, far)[0] == 401
