"""Stages every corruption on one finished run, judges each, and writes down who noticed."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mocks.firm.facts.source import Fact
from mocks.firm.facts.wire import Row
from mocks.kit.world import World
from scenarios.catalogue import scenario_named
from scenarios.checks.result import CheckResult
from scenarios.checks.verdict import Judgement, judge
from scenarios.estate import ROLES, Estate
from scenarios.options import Hooks, Options
from scenarios.oracle.evidence import Evidence
from scenarios.rehearse import run
from scenarios.runner import Ended
from scenarios.simulation.estate import WORLD, SimulatedEstate
from tests.e2e.corruptions import documents, ledger, particulars, surroundings
from tests.e2e.corruptions.hands import Corruption, Hands, Names, corruptions_in

SCENARIO = scenario_named("month-end")
SEED, CONSULTANTS = 3, 16
CORRUPTIONS = tuple(
    corruption
    for module in (documents, particulars, ledger, surroundings)
    for corruption in corruptions_in(vars(module))
)
TABLE = Path(__file__).parents[1] / "CORRUPTIONS.md"
ACCEPT = "python -m tests.e2e.corruptions"
_HEAD = f"""# What no burglar gets away with

One record of one system is changed after a whole `month-end`, past every API, and the end state is judged
again. *Must be caught by* names the checks that exist for such a change; *fails* lists every check that
noticed. Written by `{ACCEPT}` (seed {SEED}, {CONSULTANTS} consultants, no faults), compared by a test.

| Corruption | Where | What is changed | Must be caught by | Fails |
|---|---|---|---|---|
"""
Rows = Mapping[str, tuple[Row, ...]]  # by role


@dataclass(frozen=True)
class Caught:
    """What came of one corruption."""

    names: Names
    judgement: Judgement

    @property
    def failed(self) -> dict[str, CheckResult]:
        """Failed checks by id."""
        return {result.id: result for result in self.judgement.results if result.status == "fail"}


@dataclass(frozen=True)
class Staged:
    """One run with the judgements of all its corruptions, and of none."""

    ended: Ended
    clean: Judgement
    caught: dict[str, Caught]


class _Undo(Exception):
    """Raised to have a store forget what was done to it."""


class _Burglar:
    """Goes through all corruptions on the worlds of a run before they are judged; leaves no trace."""

    def __init__(self) -> None:
        self.clean: dict[str, tuple[Row, ...]] = {}
        self.done: list[tuple[Corruption, Names, tuple[Row, ...]]] = []

    async def before_judging(self, estate: Estate) -> None:
        """Do, observe and undo each corruption."""
        assert isinstance(estate, SimulatedEstate)
        worlds = {role: mock.worlds[WORLD] for role, mock in estate.mocks.items()}

        def observed(role: str) -> tuple[Row, ...]:
            return tuple(estate.mocks[role].vendor.observe(worlds[role]))

        self.clean = {role: observed(role) for role in ROLES}
        hands = Hands({role: world.store for role, world in worlds.items()})
        for corruption in CORRUPTIONS:
            try:
                with _everything_undone(worlds):
                    names = corruption.change(hands)
                    self.done.append((corruption, names, observed(corruption.system)))
                    raise _Undo
            except _Undo:
                continue


def _everything_undone(worlds: Mapping[str, World]) -> ExitStack:
    stack = ExitStack()
    for world in worlds.values():
        stack.enter_context(world.store.transaction())
    return stack


def _evidence(ended: Ended, rows: Rows) -> Evidence:
    """The evidence of a run with other rows observed, in the order in which a runner observes."""
    seen = [row for role in ROLES for row in rows[role]]
    kept = ended.evidence
    return Evidence(
        facts=tuple(row for row in seen if isinstance(row, Fact)),
        documents=tuple(row for row in seen if not isinstance(row, Fact)),
        now_ms=kept.now_ms,
        played=kept.played,
        waiting=kept.waiting,
        book=kept.book,
    )


def stage() -> Staged:
    """Run a month-end once and judge it with each corruption."""
    burglar = _Burglar()
    options = Options(seed=SEED, consultants=CONSULTANTS, plan=SCENARIO.plans["none"])
    _, ended = run(SCENARIO, options, Hooks(before_judging=burglar.before_judging))
    caught = {}
    for corruption, names, rows in burglar.done:
        evidence = _evidence(ended, {**burglar.clean, corruption.system: rows})
        caught[corruption.name] = Caught(names, judge(evidence, SCENARIO.required))
    clean = judge(_evidence(ended, burglar.clean), SCENARIO.required)
    return Staged(ended, clean, caught)


def rendered(staged: Staged) -> str:
    """The table as it is committed."""
    rows = []
    for corruption in CORRUPTIONS:
        title = corruption.name.replace("_", " ")
        place = f"{corruption.system.upper()} {corruption.record}"
        named = ", ".join(sorted(corruption.caught_by))
        failed = ", ".join(sorted(staged.caught[corruption.name].failed)) or "nothing"
        rows.append(f"| {title} | {place} | {corruption.what} | {named} | {failed} |\n")
    return _HEAD + "".join(rows)
