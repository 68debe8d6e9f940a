"""The month end under load, for Locust: `LOAD_FOLDER=… locust -f load/locustfile.py --headless`.

Works alone, as master and workers, and with the web page. It ends by itself when everything is done
or the time is over. Errors do not decide here: the records of the systems are judged afterwards.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
import geventhttpclient.client
from gevent import GreenletExit
from locust import FastHttpUser, LoadTestShape, constant, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load import shapes
from load.deeds import CONSULTANT, HR, MANAGER, PERSONAS, PLANNER, SALES, Deed
from load.lanes import all_ended, read_laid
from load.settings import Unusable, read_estate, read_settings
from load.shift import Shift, wall_ms
from load.users import approver, consultant, hr, planner, receivables, sales
from load.users.access import accesses_of
from load.users.cards import Contacts
from load.users.desk import Ask, Desk, Heard, NotYet, Refused, Unknown
from load.users.result import Result
from load.work import Task

# The HTTP library repeats by itself what HTTP calls idempotent. A vendor's PUT may not be: leave that is
# entered by it would be entered twice. People here look first, so nothing but a read may be repeated.
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset({"GET", "HEAD"})

BAD_USAGE = 2
_TEND_EVERY_SECONDS = 1.0
_IDLE_SECONDS = 0.25
_STOP_SECONDS = 10.0


def _folder() -> Path:
    given = os.environ.get("LOAD_FOLDER", "")
    if not given:
        raise Unusable(
            "Set LOAD_FOLDER to the folder that holds estate.json, load.json and the laid out work."
        )
    return Path(given)


try:
    FOLDER = _folder()
    SETTINGS, LAID = read_settings(FOLDER), read_laid(FOLDER)
    ACCESSES = accesses_of(read_estate(FOLDER))
    SHAPE = shapes.shape_named(SETTINGS.shape)
except (Unusable, ValueError) as problem:
    sys.stderr.write(f"{problem}\n")
    sys.exit(BAD_USAGE)

CONTACTS = Contacts()  # of all people of this process, as browsers remember who is logged in
NUMBERS = hr.Numbers()
_shifts: list[Shift] = []  # the one of this process, once it begins


class _Locust(FastHttpUser):
    """A person at work. One class a persona, because Locust shares out people by class."""

    abstract = True
    host = "http://127.0.0.1"  # every call names its system's own address
    persona = ""
    network_timeout = SETTINGS.timeout_seconds
    connection_timeout = SETTINGS.timeout_seconds
    wait_time = constant(SETTINGS.think_seconds)

    def on_start(self) -> None:
        """Sit down at a desk."""
        self.desk = Desk(
            self._send,
            ACCESSES,
            pause=gevent.sleep,
            seconds=time.monotonic,
            patience_seconds=SETTINGS.patience_seconds,
        )
        if _shifts:
            _shifts[0].arrive(self.persona)

    def on_stop(self) -> None:
        """Go home."""
        if _shifts:
            _shifts[0].leave(self.persona)

    def _send(self, ask: Ask) -> Heard:
        """One request under the name of its business operation."""
        with self.client.request(
            ask.method,
            ask.url,
            name=ask.name,
            data=ask.body.decode() or None,
            headers=dict(ask.headers),
            allow_redirects=False,
            catch_response=True,
        ) as response:
            error = getattr(response, "error", None)
            if response.status_code in ask.expected:
                response.success()
            headers = {str(key).lower(): str(value) for key, value in (response.headers or {}).items()}
            cut = response.request_meta["exception"] is not None and response.status_code < 400
            return Heard(
                status=0 if cut and response.status_code else response.status_code,
                headers=headers,
                body=b"" if cut else response.content or b"",
                refused=isinstance(error, ConnectionRefusedError),
            )


_PERFORM: dict[str, Callable[[Desk, Sequence[Deed], Contacts], list[Result]]] = {
    CONSULTANT: consultant.perform,
    MANAGER: approver.perform,
    PLANNER: planner.perform,
    SALES: sales.perform,
    HR: lambda desk, deeds, contacts: hr.perform(desk, deeds, NUMBERS),
}


def _try(shift: Shift, desk: Desk, tasks: Sequence[Task]) -> None:
    """Try deeds of one person, and keep what became of them, whatever it is."""
    desk.tally = type(desk.tally)()
    started_ms = wall_ms()
    try:
        deeds: list[Deed] = [task.deed for task in tasks]
        results: list[Result] = _PERFORM[tasks[0].head.persona](desk, deeds, CONTACTS)
        shift.settle(tasks, results, started_ms, desk.tally)
    except NotYet as missing:
        shift.wait(tasks, missing, started_ms, desk.tally)
    except Refused as refusal:
        shift.refused(tasks, refusal, started_ms, desk.tally)
    except Unknown as lost:
        shift.unknown(tasks, str(lost), started_ms, desk.tally)
    except GreenletExit:
        shift.unknown(tasks, "the person was sent home in the middle", started_ms, desk.tally)
        raise


def _do_next(person: _Locust) -> None:
    """Do the next deed that is due, or wait a moment."""
    tasks = _shifts[0].next_for(person.persona, PERSONAS) if _shifts else []
    if tasks:
        _try(_shifts[0], person.desk, tasks)
    else:
        gevent.sleep(_IDLE_SECONDS)


def _look_around(person: _Locust) -> None:
    """Read one page of open invoices, if there is an ERP; what goes wrong is Locust's to count."""
    if not SETTINGS.look_around or "erp" not in ACCESSES:
        return
    try:
        receivables.look_around(person.desk)
    except (NotYet, Refused, Unknown):
        return


_DEEDS: list[Any] = [_do_next]
_LOOKS: list[Any] = [_look_around]


def _weight(persona: str) -> int:
    return max(1, round(100 * LAID.personas.get(persona, 0) / max(1, LAID.deeds)))


class Consultant(_Locust):
    """Hands timecards in."""

    persona = CONSULTANT
    weight = _weight(CONSULTANT)
    tasks = _DEEDS


class Manager(_Locust):
    """Decides on timecards."""

    # One call of a manager decides on many cards, so there need not be as many managers as decisions.
    persona = MANAGER
    weight = max(1, _weight(MANAGER) // 4)
    tasks = _DEEDS


class Planner(_Locust):
    """Staffs people."""

    persona = PLANNER
    weight = _weight(PLANNER)
    tasks = _DEEDS


class Sales(_Locust):
    """Wins deals."""

    persona = SALES
    weight = _weight(SALES)
    tasks = _DEEDS


class HumanResources(_Locust):
    """Keeps people and leave."""

    persona = HR
    weight = _weight(HR)
    tasks = _DEEDS


class Receivables(_Locust):
    """Looks at open invoices all the while, and helps with nothing."""

    wait_time = constant(2.0)
    weight = 1
    tasks = _LOOKS


class MonthEnd(LoadTestShape):
    """As many people as the shape of the settings says, until all is done or the time is over."""

    def tick(self) -> tuple[int, float] | None:
        """People and how quickly they come; None ends the run."""
        if all_ended(FOLDER):
            return None
        plan = shapes.Plan(users=SETTINGS.users, duration_seconds=SETTINGS.duration_seconds)
        return SHAPE(time.perf_counter() - self.start_time, plan)


def _begin(environment: Environment, **_: Any) -> None:
    """A process that has people begins its shift."""
    runner = environment.runner
    if isinstance(runner, MasterRunner) or _shifts or runner is None:
        return
    index = runner.worker_index if isinstance(runner, WorkerRunner) else 0
    shift = Shift(FOLDER, SETTINGS, index, f"{max(0, index)}-{os.getpid()}")
    shift.tend()
    _shifts.append(shift)
    runner.greenlet.spawn(_tend, shift)


def _tend(shift: Shift) -> None:
    while _shifts:
        gevent.sleep(_TEND_EVERY_SECONDS)
        shift.tend()


def _end(environment: Environment, **_: Any) -> None:
    """The people are gone: what is left is given up."""
    if _shifts:
        _shifts.pop().close()


def _prepare(environment: Environment, **_: Any) -> None:
    """People finish what they are at before they go; failed calls are no failure of the run."""
    environment.stop_timeout = _STOP_SECONDS


def _conclude(environment: Environment, **_: Any) -> None:
    if environment.runner is not None and not environment.runner.exceptions:
        environment.process_exit_code = 0


_hooks: Any = events  # the library's hooks have no types
_hooks.init.add_listener(_prepare)
_hooks.test_start.add_listener(_begin)
_hooks.test_stop.add_listener(_end)
_hooks.quitting.add_listener(_conclude)
