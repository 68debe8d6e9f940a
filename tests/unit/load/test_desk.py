"""A person's calls under an unreliable network: what is repeated, what never is, and what is counted."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from load.settings import Settings, System, Unusable, read_estate, read_settings
from load.users.access import KeyAccess, OrgAccess, accesses_of, signed
from load.users.desk import Ask, Desk, Heard, NotYet, Refused, Unknown
from load.users.org import decimal, text

if TYPE_CHECKING:
    from pathlib import Path

LOST = Heard(status=0)
AWAY = Heard(status=0, refused=True)
GOOD = Heard(status=200, body=b'{"access_token": "t", "id": "1"}')


class Line:
    """Answers one after the other; the last one again and again."""

    def __init__(self, *answers: Heard) -> None:
        self._answers = list(answers)
        self.asked: list[Ask] = []

    def __call__(self, ask: Ask) -> Heard:
        self.asked.append(ask)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Open:
    """An access without credentials, renewable as often as told."""

    url, base = "http://127.0.0.1:1", "/v1"

    def __init__(self, renewals: int = 0) -> None:
        self._renewals = renewals

    def headers(self, method: str, url: str, wire: Callable[[Ask], Heard]) -> Mapping[str, str]:
        return {}

    def renew(self, wire: Callable[[Ask], Heard]) -> bool:
        self._renewals -= 1
        return self._renewals >= 0


def desk(line: Line, renewals: int = 0, patience_seconds: float = 5.0) -> tuple[Desk, list[float]]:
    """A desk whose time passes by its pauses alone."""
    pauses: list[float] = []
    made = Desk(
        line,
        {"psa": Open(renewals)},
        pause=pauses.append,
        seconds=lambda: sum(pauses),
        patience_seconds=patience_seconds,
    )
    return made, pauses


def test_write__whose_answer_is_lost_is_never_sent_again() -> None:
    for answer in (LOST, Heard(status=500), Heard(status=503), Heard(status=504)):
        line = Line(answer)
        with pytest.raises(Unknown):
            desk(line)[0].call("psa", "submit", "POST", "/x", {"a": 1})
        assert len(line.asked) == 1


def test_read__whose_answer_is_lost_is_sent_again_some_times() -> None:
    line = Line(LOST, LOST, GOOD)
    assert desk(line)[0].call("psa", "look", "GET", "/x").status == 200
    line = Line(LOST)
    with pytest.raises(Unknown):
        desk(line)[0].call("psa", "look", "GET", "/x")
    assert len(line.asked) == 4


def test_limit__is_waited_for_as_long_as_it_says_and_counted() -> None:
    line = Line(Heard(status=429, headers={"retry-after": "3"}), GOOD)
    at, pauses = desk(line)
    assert at.call("psa", "submit", "POST", "/x", {}).status == 200
    assert (pauses, at.tally.limited, at.tally.calls) == ([3.0], 1, 2)


def test_limit__of_the_platform_names_no_time() -> None:
    limit = Heard(status=403, body=b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]')
    at, pauses = desk(Line(limit, GOOD))
    assert at.call("psa", "submit", "POST", "/x", {}).status == 200
    assert pauses == [1.0]


def test_limit__without_end_is_left_for_later() -> None:
    at, pauses = desk(Line(Heard(status=429)))
    with pytest.raises(NotYet):
        at.call("psa", "submit", "POST", "/x", {})
    assert sum(pauses) == 5.0


def test_system_that_is_away__is_called_again_for_a_bounded_time() -> None:
    at, _ = desk(Line(AWAY, AWAY, GOOD))
    assert at.call("psa", "submit", "POST", "/x", {}).status == 200
    assert at.tally.away == 2
    at, pauses = desk(Line(AWAY))
    with pytest.raises(NotYet):
        at.call("psa", "submit", "POST", "/x", {})
    assert sum(pauses) == pytest.approx(5.0)


def test_expired_token__is_renewed_once() -> None:
    denied = Heard(status=401, body=b"expired")
    at, _ = desk(Line(denied, GOOD), renewals=9)
    assert at.call("psa", "submit", "POST", "/x", {}).status == 200
    assert at.tally.renewed == 1
    line = Line(denied)
    with pytest.raises(Refused, match="expired"):
        desk(line, renewals=9)[0].call("psa", "submit", "POST", "/x", {})
    assert len(line.asked) == 2


def test_refusal__is_one_and_a_lock_is_none() -> None:
    with pytest.raises(Refused, match="closed"):
        desk(Line(Heard(status=400, body=b"closed")))[0].call("psa", "submit", "POST", "/x", {})
    with pytest.raises(NotYet):
        desk(Line(Heard(status=400, body=b"UNABLE_TO_LOCK_ROW")))[0].call("psa", "submit", "POST", "/x", {})


def test_cut_answer__is_no_answer() -> None:
    with pytest.raises(Unknown):
        desk(Line(Heard(status=200, body=b'{"a":')))[0].read("psa", "look", "/x")


def test_org_access__asks_for_a_token_once_and_again_after_a_refusal() -> None:
    access = OrgAccess(System("certinia", "http://127.0.0.1:1", {"client_id": "i", "client_secret": "s"}))
    line = Line(GOOD)
    assert access.headers("GET", "u", line)["Authorization"] == "Bearer t"
    assert access.headers("GET", "u", line)["Authorization"] == "Bearer t"
    assert len(line.asked) == 1
    assert access.renew(line)
    assert access.headers("GET", "u", line)["Authorization"] == "Bearer t"
    assert len(line.asked) == 2


def test_signature__is_that_of_the_standard() -> None:
    credentials = {
        "account": "TSTDRV1_SB1",
        "consumer_key": "ck",
        "consumer_secret": "cs",
        "token_id": "ti",
        "token_secret": "ts",
    }
    found = signed("POST", "http://127.0.0.1:8/a?limit=1&q=a%20b", credentials, "n", 1_700_000_000)
    assert found.startswith('OAuth realm="TSTDRV1_SB1", oauth_consumer_key="ck", oauth_nonce="n"')
    assert signed("POST", "http://127.0.0.1:8/a?q=a%20b&limit=1", credentials, "n", 1_700_000_000) == found
    assert signed("GET", "http://127.0.0.1:8/a?limit=1&q=a%20b", credentials, "n", 1_700_000_000) != found


def test_credentials__show_nowhere_and_missing_ones_are_named() -> None:
    system = System("bamboohr", "http://127.0.0.1:1", {"api_key": "secret-key"})
    assert "secret-key" not in repr(system)
    with pytest.raises(Unusable, match="bamboohr lack company") as caught:
        KeyAccess(system)
    assert "secret-key" not in str(caught.value)
    assert accesses_of({"payroll": System("gusto", "http://127.0.0.1:1", {})}) == {}


def test_texts_and_numbers__are_exact() -> None:
    assert text("O'Brien \\ Co") == "'O\\'Brien \\\\ Co'"
    assert str(decimal(-805, 2)) == "-8.05"


def test_settings__unknown_and_missing_files_are_one_sentence(tmp_path: "Path") -> None:
    assert read_settings(tmp_path) == Settings()
    (tmp_path / "load.json").write_text('{"userz": 3}')
    with pytest.raises(Unusable, match="userz"):
        read_settings(tmp_path)
    with pytest.raises(Unusable, match="rehearse up --json"):
        read_estate(tmp_path)
