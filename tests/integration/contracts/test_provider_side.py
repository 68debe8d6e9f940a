"""The provider side tells the truth: a failure fails, what cannot be done is said, nothing is left out."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.pactfile import BadPact
from contracts.provider.gateway import STATES_PATH, Gateway
from contracts.provider.mock_server import served_mock
from contracts.provider.states import STATES
from contracts.provider.target import Target, Unreachable, sandbox_from
from contracts.provider.verify import Verification, verify
from contracts.provider.workbench import Workbench

QUICK_SECONDS = 5.0


@pytest.fixture(scope="module")
def mock() -> Iterator[Target]:
    """BambooHR's mock."""
    with served_mock("bamboohr") as target:
        yield target


def interaction(**changes: Any) -> dict[str, Any]:
    """Somebody reads the list of fields of their company."""
    return {
        "type": "Synchronous/HTTP",
        "description": "read the fields",
        "pending": False,
        "providerStates": [{"name": "an employee number that nobody has"}],
        "request": {
            "method": "GET",
            "path": "/api/gateway.php/acme/v1/meta/fields",
            "headers": {"Accept": ["application/json"], "Authorization": ["Basic eDp4"]},
        },
        "response": {"status": 200},
        **changes,
    }


def verified(target: Target, folder: Path, *interactions: dict[str, Any], **others: Any) -> Verification:
    """One pact against the mock."""
    pact = {
        "consumer": {"name": "integration-core"},
        "provider": {"name": "bamboohr"},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
        **others,
    }
    (folder / "bamboohr").mkdir()
    (folder / "bamboohr" / "integration-core.json").write_text(json.dumps(pact))
    (found,) = verify(target, folder)
    return found


def test_interactions__are_each_verified_and_told_apart(mock: Target, tmp_path: Path) -> None:
    wrong = interaction(description="read what is not there", response={"status": 404})
    found = verified(mock, tmp_path, interaction(), wrong)
    outcomes = {one.interaction.partition(" | ")[0]: one.outcome for one in found.results}
    assert outcomes == {"read the fields": "pass", "read what is not there": "fail"}
    assert not found.passed
    assert any("404" in one.reason for one in found.results)


def test_unknown_state__fails_at_once_and_says_which_there_are(mock: Target, tmp_path: Path) -> None:
    begun = time.perf_counter()
    found = verified(mock, tmp_path, interaction(providerStates=[{"name": "pigs fly"}]))
    assert time.perf_counter() - begun < QUICK_SECONDS
    assert "has no state 'pigs fly'; it has" in found.results[0].reason


def test_pact_of_another_provider__is_refused(mock: Target, tmp_path: Path) -> None:
    with pytest.raises(BadPact, match="gusto"):
        verified(mock, tmp_path, interaction(), provider={"name": "gusto"})


def test_no_pact_and_no_interaction__are_refused(mock: Target, tmp_path: Path) -> None:
    with pytest.raises(BadPact, match="There is no pact with bamboohr"):
        verify(mock, tmp_path)
    with pytest.raises(BadPact, match="no interactions"):
        verified(mock, tmp_path)


def test_states__leave_nothing_behind(mock: Target) -> None:
    bench = Workbench(mock)
    bench.remember()
    with Gateway(bench, STATES["bamboohr"]) as gateway:
        before = bench.control("GET", "health")["writes"]
        asked = msgspec.json.encode({"action": "setup", "state": "somebody with a row in every table"})
        made = gateway.answer("POST", STATES_PATH, (), asked)
        assert made.status == 200
        assert bench.control("GET", "health")["writes"] > before
        people = bench.call("GET", "/api/gateway.php/acme/v1/employees/directory").body
        assert len(msgspec.json.decode(people)["employees"]) == 2
        ended = msgspec.json.encode({"action": "teardown", "state": "somebody with a row in every table"})
        assert gateway.answer("POST", STATES_PATH, (), ended).status == 200
        people = bench.call("GET", "/api/gateway.php/acme/v1/employees/directory").body
        assert msgspec.json.decode(people)["employees"] == []
    bench.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"action": "setup"}', b"[" * 10_000])
def test_state_server__answers_rubbish_with_422(mock: Target, body: bytes) -> None:
    bench = Workbench(mock)
    with Gateway(bench, STATES["bamboohr"]) as gateway:
        assert gateway.answer("POST", STATES_PATH, (), body).status == 422
    bench.close()


def test_wrong_credentials__are_told_before_anything_is_verified(mock: Target) -> None:
    wrong = msgspec.structs.replace(
        mock, kind="sandbox", steering=None, credentials={"company": "acme", "api_key": "x"}
    )
    begun = time.perf_counter()
    with pytest.raises(Unreachable, match="refuses the credentials"):
        verify(wrong)
    assert time.perf_counter() - begun < QUICK_SECONDS


@pytest.mark.parametrize(
    ("url", "credentials", "words"),
    [
        ("ftp://sandbox.example", '{"a": "b"}', "is no address of a sandbox"),
        (None, '{"a": "b"}', "is no address of a sandbox"),
        ("https://sandbox.example", "", "needs credentials"),
        ("https://sandbox.example", "api_key=x", "is no JSON object of texts"),
    ],
)
def test_sandbox__what_is_missing_is_named(url: str | None, credentials: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        sandbox_from("bamboohr", url, {"PACT_PROVIDER_AUTH": credentials})


def test_sandbox__nobody_there_is_told_at_once() -> None:
    target = sandbox_from("bamboohr", "http://127.0.0.1:1", {"PACT_PROVIDER_AUTH": '{"company": "a"}'})
    begun = time.perf_counter()
    with pytest.raises(Unreachable, match="Nobody answers for bamboohr"):
        verify(target)
    assert time.perf_counter() - begun < QUICK_SECONDS


def test_credentials__are_never_shown(mock: Target) -> None:
    assert mock.credentials["api_key"] not in repr(mock)
    with pytest.raises(Unreachable) as told:
        verify(msgspec.structs.replace(mock, credentials={"api_key": "very-secret"}))
    assert "very-secret" not in str(told.value)
    assert "lack company" in str(told.value)
