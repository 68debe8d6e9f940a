"""Subjects that never come to rest: the verdict is fail, within bounds; one sentence says what is stuck."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from integration_core.ports.http import NoAnswer
from scenarios import rehearse, runner
from scenarios.catalogue import scenario_named
from scenarios.estate import Estate
from scenarios.live import estate as live_estate
from scenarios.live.processes import Child
from scenarios.options import Options
from scenarios.oracle.book import Book
from scenarios.subjects.port import NotAtRest

MONTH_END = scenario_named("month-end")
OPTIONS = Options(seed=2, consultants=8, months=1, plan=MONTH_END.plans["none"])


class Lazy:
    """A subject that does nothing but what a test lets it do when it is to come to rest."""

    name = "lazy"

    def __init__(self, resting: Callable[["Lazy"], Awaitable[int | None]], owes: str = "") -> None:
        self._resting = resting
        self._owes = owes
        self.now_ms = 0
        self.estate: Estate | None = None

    async def start(self, estate: Estate, now_ms: int) -> None:
        self.estate = estate

    async def advance(self, now_ms: int) -> None:
        self.now_ms = now_ms

    async def settle(self) -> int | None:
        return await self._resting(self)

    async def replay_open_cases(self) -> int:
        return 0

    async def owed(self) -> str:
        return self._owes

    async def book(self) -> Book | None:
        return None

    async def crash(self) -> None:
        return None

    async def stop(self) -> None:
        return None


async def rests(_subject: Lazy) -> int | None:
    return None


async def gives_up(subject: Lazy) -> int | None:
    raise NotAtRest("The core has 3 runs at work and 0 due.")


async def hangs(_subject: Lazy) -> int | None:
    await asyncio.Event().wait()
    return None


async def is_gone(_subject: Lazy) -> int | None:
    raise NoAnswer("Server disconnected")


async def is_due_again_at_once(subject: Lazy) -> int | None:
    return subject.now_ms + 1


def rehearsed(monkeypatch: pytest.MonkeyPatch, subject: Lazy, options: Options = OPTIONS) -> dict[str, Any]:
    """The result of a rehearsal of `subject`, whatever the options say about the subject."""
    monkeypatch.setattr(rehearse, "_simulated_subject", lambda *_: subject)
    monkeypatch.setattr(live_estate, "_subject", lambda *_: subject)
    return rehearse.run(MONTH_END, options)[0]


def assert_stuck(result: dict[str, Any], *words: str) -> None:
    """The verdict is fail, in one sentence with these words."""
    assert result["verdict"] == "fail"
    assert len(result["stuck"].splitlines()) == 1
    assert result["stuck"].endswith(".")
    assert [word for word in words if word not in result["stuck"]] == []


def test_subject_that_owes_for_ever__fails_with_its_lanes_and_the_facts_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = rehearsed(monkeypatch, Lazy(rests, owes="erp:pending 2"))
    assert_stuck(result, "168 hours", "erp:pending 2", "facts wait, first", " for ")


@pytest.mark.parametrize(
    ("resting", "words"),
    [
        (gives_up, ("3 runs at work", "psa:pending 1")),
        (hangs, ("did not come to rest within 1800 seconds", "psa:pending 1")),
        (is_gone, ("does not answer", "Server disconnected")),
    ],
)
def test_subject_that_cannot_rest__fails_at_once(
    monkeypatch: pytest.MonkeyPatch,
    resting: Callable[[Lazy], Awaitable[int | None]],
    words: tuple[str, ...],
) -> None:
    assert_stuck(rehearsed(monkeypatch, Lazy(resting, owes="psa:pending 1")), *words)


def test_subject_that_is_due_again_at_once_for_ever__is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "MAXIMUM_WAKINGS", 200)
    assert_stuck(rehearsed(monkeypatch, Lazy(is_due_again_at_once)), "due 200 times within one hour")


def test_notifications_that_cause_notifications__are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one_more(_runner: object) -> int:
        return 1

    monkeypatch.setattr(runner, "MAXIMUM_ROUNDS", 50)
    monkeypatch.setattr(runner.Runner, "_release", one_more)
    assert_stuck(rehearsed(monkeypatch, Lazy(rests)), "round and round", "50 were sent")


def test_subject_that_writes_for_ever__is_told_where_it_still_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {"crm": 0, "psa": 0, "hris": 0, "payroll": 0, "erp": 0}

    async def more_each_time(_runner: object) -> dict[str, int]:
        written["erp"] += 3
        return dict(written)

    monkeypatch.setattr(runner.Runner, "_writes", more_each_time)
    assert_stuck(rehearsed(monkeypatch, Lazy(rests)), "168 hours", "still writing, last 3 in the erp")


def test_live_run_of_a_subject_that_hangs__leaves_no_process_and_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[Child] = []
    start = Child.start

    async def noted(child: Child) -> None:
        await start(child)
        started.append(child)

    monkeypatch.setattr(Child, "start", noted)
    monkeypatch.setattr(live_estate, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(live_estate, "scratch_folder", lambda: _made(tmp_path / "scratch"))
    began = time.monotonic()
    options = Options(seed=2, consultants=8, months=1, plan=MONTH_END.plans["none"], mode="live")
    assert_stuck(rehearsed(monkeypatch, Lazy(hangs), options), "did not come to rest within 0.2 seconds")
    assert time.monotonic() - began < 30
    assert len(started) == 5
    assert [child.pid for child in started if Path(f"/proc/{child.pid}").exists()] == []
    assert os.listdir(tmp_path) == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
