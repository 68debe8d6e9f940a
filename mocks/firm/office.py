"""One company of the firm: its master data, its plays, its time sheets and what they count."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cached_property, reduce
from hashlib import sha256
from typing import Any

import numpy as np

from mocks.firm import reference
from mocks.firm.absences import Leave, absence_plays, leave_requests
from mocks.firm.assignments import AssignmentView
from mocks.firm.cards import Cards, Entries, TimeSheets, time_sheets_of
from mocks.firm.facts.source import SourceFact
from mocks.firm.fixed_fee import (
    completion_plays,
    estimate_plays,
    first_booked_line,
    fixed_fee_lines,
    milestone_plays,
)
from mocks.firm.hashing import I64
from mocks.firm.payments import payment_plays
from mocks.firm.payroll import payroll_plays
from mocks.firm.people import hired_at_ms, versions_of
from mocks.firm.plays import HRIS, Play
from mocks.firm.profile import Profile
from mocks.firm.rates import default_card
from mocks.firm.sales import account_with_card, deal_plays, existing_clients
from mocks.firm.staffing import Blocks
from mocks.firm.tallies import CORRECTED, CREDITS, ENTRIES, HANDED_IN, REJECTED, Tallies, tally
from mocks.firm.timecards import TimecardView
from mocks.firm.world import World, make_world

_KEPT_PEOPLE = 2_500  # up to here a company's time sheets are simply kept
# day numbers fit 32 bits, hours of a cell 16
_WIDTHS: dict[str, type[np.signedinteger[Any]]] = {
    "day": np.int32,
    "hours_e2": np.int16,
    "rejected_hours_e2": np.int16,
    "corrected_hours_e2": np.int16,
}


class Office:
    """One company; small tables are made at once, all else when first asked for."""

    def __init__(self, profile: Profile, seed: int, chunk_size: int) -> None:
        self.profile = profile
        self._chunk_size = chunk_size
        self.world: World = make_world(profile, seed)
        self.assignments = AssignmentView(self.world)

    @cached_property
    def sheets(self) -> TimeSheets:
        """The time sheets of everybody, as columns."""
        return joined(self.sheet_chunks(self._chunk_size))

    @cached_property
    def tallies(self) -> Tallies:
        """Sums over all time sheets; a large company's are added up without keeping any sheet."""
        if "sheets" in self.__dict__ or self.profile.consultants <= _KEPT_PEOPLE:
            return tally(self.world, self.sheets)
        return reduce(Tallies.plus, (tally(self.world, c) for c in self.sheet_chunks(self._chunk_size)))

    def scan(self) -> None:
        """Make `sheets` and `tallies` in one pass over the people."""
        sums: list[Tallies] = []

        def chunks() -> Iterator[TimeSheets]:
            for sheets in self.sheet_chunks(self._chunk_size):
                sums[:] = [reduce(Tallies.plus, [*sums, tally(self.world, sheets)])]
                yield sheets

        self.sheets = joined(chunks())
        self.tallies = sums[0]

    @cached_property
    def leave(self) -> Leave:
        """The approved time off of everybody."""
        return leave_requests(self.world, np.arange(self.profile.consultants, dtype=np.int64))

    def sheet_chunks(self, chunk_size: int, days: I64 | None = None) -> Iterator[TimeSheets]:
        """The time sheets of consecutive people, a chunk at a time, of some whole weeks or of all."""
        for low in range(0, self.profile.consultants, chunk_size):
            who = np.arange(low, min(low + chunk_size, self.profile.consultants), dtype=np.int64)
            yield time_sheets_of(self.world, who, days)

    def timecards(self, sheets: TimeSheets) -> TimecardView:
        """Facts and plays of some time sheets."""
        return TimecardView(self.world, sheets, self.assignments)

    def own_master(self) -> Iterator[tuple[SourceFact, ...]]:
        """What stands before the calendar starts, in groups that every company has."""
        world, branch = self.world, self.profile.branch
        yield (reference.legal_entity(world.calendar, self.profile, 0),)
        yield reference.cost_centres(0, branch)
        yield default_card(self.profile.start, 0, world.streams, branch)
        yield tuple(
            versions_of(person, world.people, world.calendar, 0)[0]
            for person in world.people
            if not person.joins
        )
        accounts = (account_with_card(world, client, 0) for client in existing_clients(world))
        yield tuple(fact for account in accounts for fact in account)

    def few_plays(self) -> list[Play]:
        """Everything that happens but time sheets, before the company's last close; in no order."""
        return [play for play in self.every_play() if play.at_ms < self.world.horizon_ms]

    def every_play(self) -> Iterator[Play]:
        """`few_plays`, with what happens only after the last close."""
        yield from self._rare()
        yield from self.assignments.plays()
        if self.profile.all_methods:
            yield from absence_plays(self.world, self.leave)

    def rare_plays(self) -> list[Play]:
        """`few_plays` without assignments and leave, which are many in a large company."""
        return [play for play in self._rare() if play.at_ms < self.world.horizon_ms]

    def _rare(self) -> Iterator[Play]:
        world = self.world
        yield from moves(world)
        for deal in world.deals:
            yield from deal_plays(world, deal)
        if self.profile.all_methods:
            yield from milestone_plays(world)
            yield from estimate_plays(world, self.tallies.booked_e2, self.low_place)
            yield from completion_plays(world)
            yield from payroll_plays(world)
        yield from payment_plays(world, self.tallies)

    @cached_property
    def low_place(self) -> int | None:
        """The contract line with an estimate that is too low."""
        return first_booked_line(self.world, lambda place, _: int(self.tallies.booked_e2[place]))

    def counts(self) -> dict[str, int]:
        """How large the company is; time sheets count as far as they are handed in before its last close."""
        world, counted = self.world, self.tallies.counted.tolist()
        found = {
            "entities": 1,
            "consultants": len(world.people),
            "accounts": len(world.clients),
            "opportunities": len(world.deals),
            "contracts": sum(deal.won for deal in world.deals),
            "contract_lines": len(world.lines.deal),
            "assignments": len(world.blocks.code) + int((world.blocks.track == 0).sum()),
            "timecards": counted[HANDED_IN],
            "time_entries": counted[ENTRIES],
            "rejected_timecards": counted[REJECTED],
            "corrected_timecards": counted[CORRECTED],
        }
        return found | self._method_counts() if self.profile.all_methods else found

    def _method_counts(self) -> dict[str, int]:
        """What a firm of all methods has besides; milestones are those of its contracts, played or not."""
        world = self.world
        fixed = list(fixed_fee_lines(world))
        return {
            "milestones": sum(len(reference.package_milestones(line.package)) for _, _, line in fixed),
            "absences": int((self.leave.at_ms < world.horizon_ms).sum()),
            "payroll_runs": self.profile.months,
            "retainers": int((world.lines.method == 2).sum()),
            "fixed_fee_lines": len(fixed),
            "credits_expected": int(self.tallies.counted[CREDITS]),
        }

    def column_digests(self, prefix: str) -> dict[str, str]:
        """The SHA-256 of every column, by name."""
        return {
            **_column_digests(f"{prefix}entries", self.sheets.entries),
            **_column_digests(f"{prefix}cards", self.sheets.cards),
            **_column_digests(f"{prefix}blocks", self.world.blocks),
        }


def _column_digests(prefix: str, table: Entries | Cards | Blocks) -> dict[str, str]:
    return {
        f"{prefix}.{field.name}": sha256(getattr(table, field.name).astype("<i8").tobytes()).hexdigest()
        for field in fields(table)
    }


def moves(world: World) -> Iterator[Play]:
    """People who join, leave and rise, in the HRIS."""
    for person in world.people:
        if person.joins or person.promoted_day is not None or person.terminated_day is not None:
            at_ms = hired_at_ms(person, world.calendar) if person.joins else 0
            for fact in versions_of(person, world.people, world.calendar, at_ms):
                if person.joins or fact.ver > 1:
                    yield Play(fact.recorded_at_ms, HRIS, (fact,))


def joined(chunks: Iterable[TimeSheets]) -> TimeSheets:
    """Chunks of time sheets as one, in columns no wider than they need to be."""
    entries: list[list[np.ndarray[Any, Any]]] = [[] for _ in fields(Entries)]
    cards: list[list[np.ndarray[Any, Any]]] = [[] for _ in fields(Cards)]
    for chunk in chunks:
        for parts, field in zip(entries, fields(Entries), strict=True):
            parts.append(getattr(chunk.entries, field.name).astype(_WIDTHS.get(field.name, np.int64)))
        for parts, field in zip(cards, fields(Cards), strict=True):
            parts.append(getattr(chunk.cards, field.name))
    return TimeSheets(Entries(*map(_emptied, entries)), Cards(*map(_emptied, cards)))


def _emptied(parts: list[np.ndarray[Any, Any]]) -> Any:
    """The parts as one column; they are let go at once, so that no table is ever there twice."""
    column = np.concatenate(parts)
    parts.clear()
    return column
