"""Putting a rehearsal together: scenario, firm, estate, subject, runner; simulated or live."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from msgspec import structs
from sqlalchemy import inspect

from integration_core.engine.database import open_database
from mocks.firm.facts.source import LegalEntity
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import Profile, profile_named
from scenarios.catalogue.scenario import Scenario
from scenarios.options import Hooks, Options
from scenarios.report.summary import summary
from scenarios.runner import Ended, Rehearsal, Runner
from scenarios.simulation.estate import raise_estate
from scenarios.simulation.loop import run_deterministically
from scenarios.simulation.network import Network
from scenarios.state import keep_state
from scenarios.subjects.naive.subject import Naive
from scenarios.subjects.port import Subject
from scenarios.subjects.simulated_core import SimulatedCore


class CannotBegin(ValueError):
    """There can be no such rehearsal; the text is one sentence on what to choose."""


# Credits come with the billing run after the one that was wrong: a firm made smaller or shorter
# than the scenario's own may have none, and a check of them then has nothing to compare.
NEED_WHOLE_FIRM = frozenset({"I06", "I07"})


def prepare(scenario: Scenario, options: Options) -> Rehearsal:
    """The firm and the instants of a run; raises CannotBegin for a firm or seed that cannot be."""
    try:
        profile = profile_named(scenario.profile, options.consultants, options.months)
        firm = generate(profile, options.seed)
    except ValueError as problem:
        raise CannotBegin(str(problem)) from problem
    own = profile_named(scenario.profile)
    if profile.consultants < own.consultants or profile.months < own.months:
        scenario = structs.replace(scenario, required=scenario.required - NEED_WHOLE_FIRM)
    return Rehearsal(
        scenario=scenario,
        plan=options.plan,
        firm=firm,
        seed=options.seed,
        start_ms=_midnight_ms(profile.start),
        end_ms=_close_ms(firm, profile) - scenario.hours_before_close * 3_600_000,
        required=scenario.required,
        grain_ms=options.grain_ms,
        witness_calls=options.witness_calls,
    )


def run(scenario: Scenario, options: Options, hooks: Hooks | None = None) -> tuple[dict[str, Any], Ended]:
    """Run to the verdict; returns what `--json` writes, and the evidence behind it."""
    hooks = hooks or Hooks()
    if options.database_url is not None:
        refuse_used(options.database_url)
    began, cpu = time.perf_counter(), time.process_time()
    rehearsal = prepare(scenario, options)
    ended = _way(options)(rehearsal, options, hooks)
    timing = {
        "wall_seconds": round(time.perf_counter() - began, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "virtual_seconds": (ended.now_ms - rehearsal.start_ms) / 1000,
    }
    result = summary(
        rehearsal,
        ended,
        mode=options.mode,
        subject=options.subject,
        replay=options.replay,
        timing=timing,
    )
    return result, ended


def _way(options: Options) -> Callable[[Rehearsal, Options, Hooks], Ended]:
    if options.estate is not None:
        return _composed
    return _simulated if options.mode == "simulated" else _live


def refuse_used(database_url: str) -> None:
    """A rehearsal begins with nothing: raises CannotBegin for a database that has tables already."""
    database = open_database(database_url)
    try:
        tables = inspect(database).get_table_names()
    finally:
        database.dispose()
    if tables:
        shown = database.url.render_as_string(hide_password=True)
        raise CannotBegin(f"The database {shown} is not empty; a rehearsal needs one without any table.")


def _simulated(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    trace: list[str] = []

    async def main() -> Ended:
        network = Network(options.seed)
        if options.keep_state is not None:
            network.trace = trace.append
        estate = await raise_estate(network, options.seed, rehearsal.start_ms)
        subject = _simulated_subject(network, rehearsal, options, hooks)

        async def between(now_ms: int) -> None:
            if hooks.between_steps is not None:
                await hooks.between_steps(subject, now_ms)

        runner = Runner(
            rehearsal,
            estate,
            subject,
            hooks.listener,
            before_judging=hooks.before_judging,
            between_steps=between,
        )
        try:
            ended = await runner.run()
            if options.keep_state is not None:
                await keep_state(estate, options.keep_state)
            return ended
        finally:
            await subject.stop()
            await estate.close()

    ended = run_deterministically(main, options.seed)
    if options.keep_state is not None:
        (options.keep_state / "trace.txt").write_text("".join(line + "\n" for line in trace))
    return ended


def _simulated_subject(network: Network, rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Subject:
    poll_interval_seconds = rehearsal.scenario.poll_interval_seconds
    if options.subject == "naive":
        return Naive(network, poll_interval_seconds=poll_interval_seconds)
    return SimulatedCore(
        network,
        options.seed,
        database_url=options.database_url or "sqlite://",
        poll_interval_seconds=poll_interval_seconds,
        crash_points=hooks.crash_points,
    )


def _live(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    from scenarios.live import estate  # real sockets and their libraries, only where they are wanted

    return estate.run(rehearsal, options, hooks)


def _composed(rehearsal: Rehearsal, options: Options, hooks: Hooks) -> Ended:
    from scenarios.live import composed

    return composed.run(rehearsal, options, hooks)


def _close_ms(firm: Firm, profile: Profile) -> int:
    """When the last month of the calendar closes, the earliest of all entities."""
    months = profile.start.year * 12 + profile.start.month - 1 + profile.months - 1
    period = f"{months // 12:04d}-{months % 12 + 1:02d}"
    return min(
        row.close_at_ms
        for fact in firm.master()
        if isinstance(fact, LegalEntity)
        for row in fact.close_calendar
        if row.period == period
    )


def _midnight_ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000
