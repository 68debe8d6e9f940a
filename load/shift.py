"""One worker's shift: claims lanes, hands deeds to people, logs every attempt, takes over from the dead.

Knows nothing of the load generator but time and pauses, which are given to it.
"""

import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from load.lanes import Claims
from load.outcomes import Attempt, Outcome
from load.settings import Settings
from load.users.desk import NotYet, Refused, Tally
from load.users.result import Result
from load.work import Task, Work

MAXIMUM_UNKNOWN = 12
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.3, 5.0


def wall_ms() -> int:
    """The machine's time: what clocks of the systems were set by."""
    return time.time_ns() // 1_000_000


class Shift:
    """A worker's own work from its first lane to its last."""

    def __init__(self, folder: Path, settings: Settings, index: int, worker: str) -> None:
        self.settings = settings
        self._index = max(0, index)
        self._claims = Claims(folder, worker, settings.stale_seconds)
        self._began_ms = wall_ms()
        clock = settings.clock
        self._work = Work(lambda at_ms: 0) if clock is None else Work(clock.wall_ms_of)
        self._people: dict[str, int] = {}
        self._own_claimed = False

    def tend(self) -> None:
        """Give a sign of life; claim what is ours, what nobody claims, and what the dead have left."""
        self._claims.live()
        settings, now_ms = self.settings, wall_ms()
        if not self._own_claimed:
            self._own_claimed = True
            for lane, path in self._claims.claim(range(self._index, 100_000, settings.workers)):
                self._take_up(lane, path)
        elif now_ms - self._began_ms > settings.stale_seconds * 1000:
            for lane, path in [*self._claims.claim(range(100_000)), *self._claims.take_over(now_ms / 1000)]:
                self._take_up(lane, path)
        for lane in self._work.lanes - self._claims.held:
            self._work.drop(lane)
        self._finish(self._work.emptied())

    def arrive(self, persona: str) -> None:
        """Somebody of a persona is at work now."""
        self._people[persona] = self._people.get(persona, 0) + 1

    def leave(self, persona: str) -> None:
        """Somebody goes home."""
        self._people[persona] -= 1

    def next_for(self, persona: str, everybody: Iterable[str]) -> list[Task]:
        """Deeds for a person: of their own kind, else of a kind that nobody here is there for."""
        orphaned = [other for other in everybody if other != persona and not self._people.get(other)]
        return self._work.take([persona, *orphaned], wall_ms())

    def settle(self, tasks: Sequence[Task], results: Sequence[Result], started_ms: int, tally: Tally) -> None:
        """Keep what became of deeds; waiting ones come again, later each time."""
        by_deed = {result.deed: result for result in results}
        ended_ms = wall_ms()
        for task in tasks:
            result = by_deed[task.head.id]
            if result.state == "waits":
                self._wait(task, result.reason, started_ms, tally)
                continue
            self._log(task, result.state, started_ms, ended_ms, tally, result)
            self._end(task, refused=result.state == "refused")
            tally = Tally(status=tally.status)  # the calls of a group count once

    def refused(self, tasks: Sequence[Task], refusal: Refused, started_ms: int, tally: Tally) -> None:
        """The whole call was refused, which no repetition changes."""
        for task in tasks:
            result = Result(deed=task.head.id, state="refused", reason=str(refusal)[:300])
            self._log(task, "refused", started_ms, wall_ms(), tally, result)
            self._end(task, refused=True)

    def unknown(self, tasks: Sequence[Task], reason: str, started_ms: int, tally: Tally) -> None:
        """An answer was lost: the deeds come again, and whoever takes them looks first."""
        for task in tasks:
            self._log(task, "unknown", started_ms, wall_ms(), tally, _because(task, reason))
            if task.attempts >= MAXIMUM_UNKNOWN:
                self._give_up(task, f"no answer {task.attempts} times")
            else:
                pause_ms = int(1000 * max(self.settings.settle_seconds, _FIRST_WAIT_SECONDS))
                self._work.later(task, wall_ms() + pause_ms)

    def wait(self, tasks: Sequence[Task], missing: NotYet, started_ms: int, tally: Tally) -> None:
        """Something has to be there first."""
        for task in tasks:
            self._wait(task, str(missing), started_ms, tally)

    def close(self) -> None:
        """The time is over: what is left is given up, and says so."""
        for task in list(self._work.rest()):
            if task.head.id in self._work:
                self._give_up(task, task.reason or "the time was over")
        for lane in self._claims.held:
            self._claims.finish(lane)
        self._claims.close()

    def _take_up(self, lane: str, path: Path) -> None:
        with path.open("rb") as lines:
            self._work.add(lane, lines, self._claims.settled())

    def _wait(self, task: Task, reason: str, started_ms: int, tally: Tally) -> None:
        if task.waited == 0:
            self._log(task, "waits", started_ms, wall_ms(), tally, _because(task, reason))
        task.waited += 1
        task.reason = f"waited for {reason}"
        pause = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * math.pow(1.5, min(task.waited, 20)))
        self._work.later(task, wall_ms() + int(pause * 1000))

    def _end(self, task: Task, *, refused: bool) -> None:
        if refused:
            for other in self._work.dependents(task):
                self._give_up(other, f"{task.head.id} was refused")
        self._finish(self._work.end(task))

    def _give_up(self, task: Task, reason: str) -> None:
        now_ms = wall_ms()
        for one in (task, *self._work.dependents(task)):
            self._log(one, "given up", now_ms, now_ms, Tally(), _because(one, reason))
            self._finish(self._work.end(one))

    def _finish(self, lanes: Iterable[str]) -> None:
        for lane in lanes:
            self._claims.finish(lane)

    def _log(
        self, task: Task, outcome: Outcome, started_ms: int, ended_ms: int, tally: Tally, result: Result
    ) -> None:
        task.attempts += outcome != "given up"
        self._claims.log(
            Attempt(
                deed=task.head.id,
                operation=task.head.operation,
                worker=self._claims.worker,
                number=task.attempts,
                started_ms=started_ms,
                ended_ms=ended_ms,
                outcome=outcome,
                status=tally.status,
                native_id=result.native_id,
                calls=tally.calls,
                limited=tally.limited,
                renewed=tally.renewed,
                away=tally.away,
                found=result.found,
                reason=result.reason,
            )
        )


def _because(task: Task, reason: str) -> Result:
    return Result(deed=task.head.id, state="waits", reason=reason[:300])
