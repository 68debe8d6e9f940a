"""A broker's yes is one that it says, and its address is shown without what is secret in it."""

import subprocess
from collections.abc import Mapping, Sequence

import pytest

from contracts import broker
from contracts.broker import BrokerSilent, broker_says

ENVIRONMENT = {
    "PACT_BROKER_BASE_URL": "https://bob:very-secret@broker.example/pacts",
    "PACT_CONSUMER_VERSION": "1",
}


def told(monkeypatch: pytest.MonkeyPatch, status: int, out: str = "", error: str = "") -> None:
    """Let the broker's client end like this."""

    def client(
        arguments: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(list(arguments), status, out, error)

    monkeypatch.setattr(broker, "_client", client)


@pytest.mark.parametrize(
    ("status", "out", "deployable"),
    [(0, "Computer says yes \\o/", True), (1, "Computer says no", False), (0, "Computer says no", False)],
)
def test_broker__must_say_yes_and_not_only_end_well(
    monkeypatch: pytest.MonkeyPatch, status: int, out: str, deployable: bool
) -> None:
    told(monkeypatch, status, out)
    assert broker_says("test", ENVIRONMENT).deployable is deployable


def test_broker__is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, 1, error=f"no route to {ENVIRONMENT['PACT_BROKER_BASE_URL']}")
    with pytest.raises(BrokerSilent, match=r"The broker at https://broker\.example/pacts") as silent:
        broker_says("test", ENVIRONMENT)
    assert "very-secret" not in str(silent.value)
