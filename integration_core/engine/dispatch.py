"""What is to run now: due timers first, then waiting activations, in the order of process and key."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Engine

from integration_core.engine import activations, timers
from integration_core.engine.activations import Claim
from integration_core.engine.database import reading


class Due(NamedTuple):
    """Runs to take up again, and activations that begin."""

    retries: list[Claim]
    fresh: list[Claim]


def take(
    database: Engine,
    now_ms: int,
    processes: Iterable[str],
    places: Callable[[str], int],
    executor: str | None,
) -> Due:
    """Fire what is due and claim what waits, up to `places` runs of a process.

    `processes` are those that may have been asked for since the last look; due timers add theirs.
    """
    due = Due([], [])
    with reading(database) as connection:
        is_due = timers.any_due(connection, now_ms)
        if not is_due and not activations.any_waiting(connection):
            return due
    with database.begin() as connection:
        while is_due:
            fired = timers.fire(connection, now_ms, executor)
            due.retries.extend(fired.retries)
            is_due = fired.count > 0
        asked = {*processes, *activations.take_asked(connection)}
        for process in sorted(asked):
            free = places(process)
            if free > 0:
                due.fresh.extend(activations.claim(connection, process, free, executor, now_ms))
    return due
