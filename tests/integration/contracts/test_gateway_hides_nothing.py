"""The gateway hides nothing that the adapters would meet, adds nothing, and waits for nobody for long."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.provider import connection
from contracts.provider.access.port import Sent
from contracts.provider.connection import Connection
from contracts.provider.states import STATES
from contracts.provider.states.port import State
from contracts.provider.target import Unreachable
from contracts.provider.verify import Verified, verify
from contracts.provider.workbench import StateFailed, Workbench
from tests.integration.contracts.target import CREDENTIALS, PROBE, Asked, Reply, answering

_STATE = "an employee number that nobody has"
_SIGNED = {"Authorization": ["Basic eDp4"]}


def promise(description: str = "read it", **changes: Any) -> dict[str, Any]:
    """Somebody reads something."""
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "providerStates": [{"name": _STATE}],
        "request": {"method": "GET", "path": "/it", "headers": _SIGNED},
        "response": {"status": 200},
        **changes,
    }


def verified(
    folder: Path, reply: Callable[[Asked], Reply], *promises: dict[str, Any]
) -> tuple[tuple[Verified, ...], list[Asked]]:
    """What became of the promises, and what the target was asked after the probe."""
    pact = {
        "consumer": {"name": "integration-core"},
        "provider": {"name": "bamboohr"},
        "interactions": list(promises or (promise(),)),
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    (folder / "bamboohr").mkdir()
    (folder / "bamboohr" / "integration-core.json").write_text(json.dumps(pact))
    with answering(lambda asked: Reply() if asked.path == PROBE else reply(asked)) as (target, asked):
        (found,) = verify(target, folder)
    return found.results, [one for one in asked if one.path != PROBE]


def in_state(monkeypatch: pytest.MonkeyPatch, make: Callable[[Workbench], None]) -> None:
    """Let the state of the promises be made so."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
        make(bench)
        return {}

    monkeypatch.setitem(STATES, "bamboohr", {**STATES["bamboohr"], _STATE: State(made)})


def test_redirect__is_not_followed_for_the_adapters_do_not(tmp_path: Path) -> None:
    elsewhere = Reply(status=302, headers=(("location", "/elsewhere"),))
    (result,), asked = verified(tmp_path, lambda asked: elsewhere if asked.path == "/it" else Reply())
    assert (result.outcome, result.reason) == ("fail", "status: expected 200 but was 302")
    assert [one.path for one in asked] == ["/it"]


def test_probe__answered_elsewhere_is_no_api(tmp_path: Path) -> None:
    with (
        answering(lambda asked: Reply(status=302, headers=(("location", "/login"),))) as (target, _),
        pytest.raises(Unreachable, match="answered a simple read with 302"),
    ):
        verify(target)


def test_credentials__stand_where_the_pact_has_them_and_nowhere_else(tmp_path: Path) -> None:
    without = promise("read it unsigned", request={"method": "GET", "path": "/unsigned"})
    _, asked = verified(tmp_path, lambda asked: Reply(), promise(), without)
    assert {one.path: "authorization" in one.headers for one in asked} == {"/it": True, "/unsigned": False}


def test_cookies__of_one_answer_go_with_no_other_call(tmp_path: Path) -> None:
    cookie = Reply(headers=(("set-cookie", "session=1; Path=/"),))
    _, asked = verified(tmp_path, lambda asked: cookie, promise(), promise("read it again"))
    assert len(asked) == 2
    assert not any("cookie" in one.headers for one in asked)


def test_no_answer__is_no_answer_of_the_target_whatever_status_is_promised(tmp_path: Path) -> None:
    broken = Reply(body=b"not gzip", headers=(("content-encoding", "gzip"),))
    (result,), _ = verified(tmp_path, lambda asked: broken, promise(response={"status": 422}))
    assert result.outcome == "fail"
    assert "did not answer GET at http://127.0.0.1" in result.reason


def test_undoing__goes_on_after_a_failure_and_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone: list[str] = []

    def refused() -> None:
        raise StateFailed("DELETE /webhooks/1 was answered 500")

    def make(bench: Workbench) -> None:
        bench.later(lambda: undone.append("first"))
        bench.later(refused)

    in_state(monkeypatch, make)
    (result,), _ = verified(tmp_path, lambda asked: Reply())
    assert undone == ["first"]
    assert result.outcome == "fail"
    assert "could not be undone: DELETE /webhooks/1 was answered 500" in result.reason


def test_broken_off__what_was_made_in_a_sandbox_is_undone() -> None:
    undone: list[str] = []
    with answering(lambda asked: Reply()) as (target, _):
        bench = Workbench(target)
        bench.later(lambda: undone.append("it"))
        bench.close()
    assert undone == ["it"]


def test_reasons__hold_no_values_of_a_sandbox_and_no_credentials(tmp_path: Path) -> None:
    answer = {"rate": 12345.67, "token": "tok-777777", "code": "NOT_FOUND", "who": {"name": "Zoe Quill"}}
    wanted = {"rate": "1", "token": "x", "code": "FOUND", "who": [], "gone": 1}
    body = {"content": wanted, "contentType": "application/json", "encoded": False}
    (result,), _ = verified(
        tmp_path,
        lambda asked: Reply(body=json.dumps(answer).encode()),
        promise(response={"status": 200, "body": body}),
    )
    assert "$.rate: " in result.reason
    assert "missing the following keys: gone" in result.reason
    for value in ("12345.67", "tok-777777", "Zoe", *CREDENTIALS.values()):
        assert value not in result.reason


def test_states__that_fail_do_not_tell_the_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def posting(bench: Workbench) -> None:
        bench.call("POST", "/it")

    in_state(monkeypatch, posting)
    echo = Reply(status=500, body=CREDENTIALS["api_key"].encode() + b" is \x1b[31mwrong\x00")
    (result,), _ = verified(tmp_path, lambda asked: echo)
    assert result.reason == "POST /it was answered 500: … is wrong"


def test_silence__is_waited_for_twice_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_FIRST_PATIENCE_SECONDS", 0.2)
    released = threading.Event()

    def silent(asked: Asked) -> Reply:
        released.wait(20)
        return Reply()

    with answering(silent) as (target, asked):
        way = Connection(target)
        request = Sent(method="GET", url=f"{target.url}/it", headers=())
        begun = time.monotonic()
        for _ in range(2):
            with pytest.raises(Unreachable, match="no whole answer in 0 s"):
                way.send(request)
        with pytest.raises(Unreachable, match="is asked no more"):
            way.send(request)
        assert time.monotonic() - begun < 5
        assert len(asked) == 2
        released.set()
        way.close()


def test_huge_answer__is_refused_before_it_fills_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_SIZE_LIMIT_BYTES", 2**20)
    with answering(lambda asked: Reply(body=b" " * (2**20 + 1))) as (target, _):
        way = Connection(target)
        with pytest.raises(Unreachable, match="larger than 1 MiB"):
            way.send(Sent(method="GET", url=f"{target.url}/it", headers=()))
        way.close()
