"""A small firm at its month end: the past laid in bulk, the storm itself as work in a folder.

No core runs: what a subject writes into the PSA (people, projects, tasks) is written over its API here.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec import Struct, structs

from load.deeds import Deed, deeds_and_rest
from load.lanes import lay_out
from load.outcomes import contract_numbers, final, given_numbers, judged, read_attempts, renumbered
from load.settings import Clock, Settings, System, write_settings
from load.users.access import accesses_of
from load.users.desk import Ask, Desk, Heard, decoded
from mocks.firm.facts.source import (
    Absence,
    Account,
    Contract,
    Quote,
    Resource,
    ServicePackage,
    SourceFact,
    TimeEntry,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.plays import Play, role_of
from mocks.firm.profile import MONTH_END, profile_named
from mocks.kit.clock import wall_ms
from scenarios.live.estate import LiveEstate

DAY_MS = 86_400_000
ROOT = Path(__file__).parents[3]
BATCH = 200


def storm(first: datetime, days: int) -> tuple[int, int]:
    """A window of the calendar in milliseconds."""
    from_ms = int(first.timestamp() * 1000)
    return from_ms, from_ms + days * DAY_MS


LAST_DAYS = storm(datetime(2026, 1, 29, tzinfo=UTC), 5)


class Place(Struct):
    """A running estate with its past, and the storm's deeds in a folder."""

    estate: LiveEstate
    folder: Path
    firm: Firm
    deeds: list[Deed]
    references: dict[str, str]


async def prepared(
    folder: Path,
    window: tuple[int, int] = LAST_DAYS,
    people: int = 30,
    kinds: frozenset[str] = frozenset(),
    take: int | None = None,
) -> Place:
    """Everything up to the storm; of the storm only facts of some kinds, if any are named, and some deeds."""
    firm = generate(profile_named(MONTH_END, people, 1), 5)
    estate = LiveEstate(5, folder)
    await estate.start(window[0])
    references: dict[str, str] = {}
    plays = [play for window_ in firm.windows(7) for play in window_.plays]
    past = [play for play in plays if play.at_ms < window[0]]
    await _lay(estate, [Play(0, role_of(f), (f,)) for f in firm.master()], references)
    await _lay(estate, [play for play in past if play.role in ("crm", "hris")], references)
    await asyncio.to_thread(_subjects_part, estate, firm, past, references)
    await _lay(estate, [play for play in past if play.role == "psa" and _is_plain(play)], references)
    rest: list[Play] = []
    wanted = [p for p in plays if window[0] <= p.at_ms < window[1] and (not kinds or _kind(p) in kinds)]
    deeds = list(deeds_and_rest(wanted, rest))[:take]
    (folder / "work").mkdir()
    lay_out(folder / "work", deeds, lanes=8)
    _describe(estate, folder / "work")
    return Place(estate, folder / "work", firm, deeds, references)


def _kind(play: Play) -> str:
    return type(play.facts[0]).__name__


def _is_plain(play: Play) -> bool:
    return _kind(play) in ("Assignment", "TimeEntry", "RateLine")


async def _lay(estate: LiveEstate, plays: Sequence[Play], references: dict[str, str]) -> None:
    """History in bulk, a card's step never cut in two."""
    for role in ("crm", "hris", "psa", "erp"):
        batch: list[SourceFact] = []
        for play in [play for play in plays if play.role == role] + [Play(0, "", ())]:
            if not play.role or len(batch) > 2000:
                for acted in await estate.systems[role].control.seed(batch, references) if batch else ():
                    assert acted.state == "applied", acted
                    references[acted.bk] = acted.native_id
                batch = []
            batch.extend(play.facts)


def _describe(estate: LiveEstate, folder: Path) -> None:
    systems = {
        role: {"vendor": system.vendor, "url": system.url, "credentials": dict(system.credentials)}
        for role, system in estate.systems.items()
    }
    (folder / "estate.json").write_bytes(msgspec.json.encode({"systems": systems}))


def httpx_wire(client: httpx.Client) -> Any:
    """A wire of another library than the one that makes load."""

    def send(ask: Ask) -> Heard:
        try:
            answer = client.request(ask.method, ask.url, headers=dict(ask.headers), content=ask.body)
        except httpx.ConnectError:
            return Heard(status=0, refused=True)
        except httpx.HTTPError:
            return Heard(status=0)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Heard(status=answer.status_code, headers=headers, body=answer.content)

    return send


def desk_at(estate: LiveEstate, client: httpx.Client) -> Desk:
    """Somebody's desk in the estate."""
    systems = {
        role: System(one.vendor, one.url, dict(one.credentials)) for role, one in estate.systems.items()
    }
    return Desk(
        httpx_wire(client),
        accesses_of(systems),
        pause=lambda seconds: None,
        seconds=lambda: 0.0,
        patience_seconds=1.0,
    )


def _subjects_part(
    estate: LiveEstate, firm: Firm, past: Iterable[Play], references: Mapping[str, str]
) -> None:
    facts = [*firm.master(), *(fact for play in past for fact in play.facts)]
    signed = {fact.bk: fact for fact in facts if isinstance(fact, Contract)}
    packages = {fact.bk: fact for fact in facts if isinstance(fact, ServicePackage)}
    people = {fact.bk: fact for fact in facts if isinstance(fact, Resource)}
    with httpx.Client(timeout=30.0) as client:
        desk = desk_at(estate, client)
        contacts = [
            {"LastName": p.last_name, "pse__Is_Resource__c": True, "RH_Employee_No__c": p.employee_no}
            for p in people.values()
        ]
        _create(desk, "Contact", contacts)
        contracts = list(signed.values())
        projects = [
            {
                "Name": c.number,
                "RH_Contract__c": references[c.bk],
                "pse__Stage__c": "Active",
                "pse__Is_Active__c": True,
            }
            for c in contracts
        ]
        tasks = []
        for contract, project_id in zip(contracts, _create(desk, "pse__Proj__c", projects), strict=True):
            for line in contract.lines:
                for task in packages[line.package].tasks:
                    tasks.append(
                        {
                            "pse__Project__c": project_id,
                            "Name": task.name,
                            "RH_WBS__c": f"{line.line}.{task.wbs}",
                            "RH_Contract_Line__c": f"{contract.bk}|{line.line}",
                            "RH_Billable__c": task.billable,
                        }
                    )
        _create(desk, "pse__Project_Task__c", tasks)


def _create(desk: Desk, kind: str, rows: list[dict[str, Any]]) -> list[str]:
    ids: list[str] = []
    for low in range(0, len(rows), BATCH):
        records = [{"attributes": {"type": kind}, **row} for row in rows[low : low + BATCH]]
        path = f"{desk.accesses['psa'].base}/composite/sobjects"
        heard = desk.call("psa", "create", "POST", path, {"allOrNone": True, "records": records})
        results = decoded(heard)
        assert all(result["success"] for result in results), results
        ids += [result["id"] for result in results]
    return ids


async def let_run(place: Place, factor: float, window: tuple[int, int] = LAST_DAYS) -> Clock:
    """Have all clocks of the estate run at one pace from now on."""
    since_ms = wall_ms()
    for system in place.estate.systems.values():
        await system.control.let_run(window[0], factor, since_ms)
    return Clock(from_ms=window[0], factor=factor, since_wall_ms=since_ms)


class Locust:
    """The load generator as a process, as somebody starts it by hand."""

    def __init__(self, place: Place, settings: Settings, *arguments: str) -> None:
        write_settings(place.folder, settings)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(ROOT / "load" / "locustfile.py"), *arguments],
            cwd=ROOT,
            env={**os.environ, "LOAD_FOLDER": str(place.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def ended(self, seconds: float) -> tuple[int, str]:
        """Its exit code and what it said; raises TimeoutExpired, and then it has been ended."""
        try:
            said, _ = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self._process.returncode, said.decode()

    def kill(self) -> None:
        """kill -9."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


_LATER = {
    "recorded_at_ms": 0,
    "ver": 0,
    "source_id": "",
    "submitted_at_ms": 0,
    "approved_at_ms": None,
    "closed_won_at_ms": None,
    "signed_at_ms": None,
    "completed_at_ms": 0,
}


def plain(fact: Any) -> Any:
    """A fact without what only the moment of its playing decides."""
    values = {name: value for name, value in _LATER.items() if hasattr(fact, name)}
    if isinstance(fact, Contract):
        values["lines"] = tuple(structs.replace(line, source_id="") for line in fact.lines)
    if isinstance(fact, Absence):
        values["approved_at_ms"] = 0
    return structs.replace(fact, **values)


async def observed(place: Place) -> list[Any]:
    """Everything that the systems of people hold, every version."""
    rows: list[Any] = []
    for role in ("crm", "hris", "psa"):
        rows += await place.estate.systems[role].control.observe()
    return [row for row in rows if hasattr(row, "recorded_at_ms")]


def differences(place: Place, rows: Sequence[Any]) -> tuple[list[str], int]:
    """Where the last versions of what was done and of what is held differ, and how many were compared."""
    told = judged(place.deeds, final(read_attempts(place.folder)))
    given = given_numbers(told.done, rows)
    wanted = {fact.bk: fact for one in told.done for f in one.facts for fact in [renumbered(f, given)]}
    by_id = contract_numbers(rows)
    held = {row.bk: row for shown in rows for row in [renumbered(shown, by_id)]}
    wrong = [
        f"{bk}: {plain(fact)} is held as {plain(held[bk]) if bk in held else None}"
        for bk, fact in wanted.items()
        if bk not in held or plain(held[bk]) != plain(fact)
    ]
    return wrong, len(wanted)


def doubles(rows: Sequence[Any]) -> list[str]:
    """Things that somebody made twice: records that nobody in the firm could tell apart."""
    ids: dict[tuple[Any, ...], set[str]] = {}
    for row in rows:
        match row:
            case TimeEntry():
                week = row.work_date.isocalendar()[:2]
                key = ("card", row.resource, row.assignment, row.time_type, week, row.replaces is not None)
                ids.setdefault(key, set()).add(row.source_id.partition("#")[0])
            case Absence():
                ids.setdefault(("leave", row.resource, row.kind, row.days), set()).add(row.source_id)
            case Quote() | Contract():
                ids.setdefault((type(row).__name__, row.opportunity), set()).add(row.source_id)
            case Account() | Resource():
                ids.setdefault((type(row).__name__, row.bk), set()).add(row.source_id)
    return [f"{key}: {sorted(found)}" for key, found in ids.items() if len(found) > 1]


async def until_done(place: Place, count: int, seconds: float = 60.0) -> None:
    """Wait until so many deeds are done; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while sum(one.outcome == "done" for one in read_attempts(place.folder)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # another process writes what is waited for
