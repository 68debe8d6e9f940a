"""One company of the firm: its master data, its plays, its time sheets and what they count."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property
from hashlib import sha256

import numpy as np

from mocks.firm import reference
from mocks.firm.absences import absence_plays
from mocks.firm.assignments import AssignmentView
from mocks.firm.cards import Cards, Entries, TimeSheets, next_cutoff_ms, time_sheets_of
from mocks.firm.facts.source import SourceFact
from mocks.firm.fixed_fee import (
    completion_plays,
    estimate_plays,
    fixed_fee_lines,
    milestone_plays,
    steps_of,
)
from mocks.firm.hashing import I64
from mocks.firm.payments import payment_plays
from mocks.firm.payroll import payroll_plays
from mocks.firm.people import hired_at_ms, versions_of
from mocks.firm.plays import HRIS, Play
from mocks.firm.profile import Profile
from mocks.firm.rates import default_card
from mocks.firm.receivables import card_lines
from mocks.firm.sales import account_with_card, deal_plays, existing_clients
from mocks.firm.staffing import Blocks
from mocks.firm.timecards import TimecardView
from mocks.firm.world import World, make_world


class Office:
    """One company; small tables are made at once, time sheets when first asked for."""

    def __init__(self, profile: Profile, seed: int, chunk_size: int) -> None:
        self.profile = profile
        self._chunk_size = chunk_size
        self.world: World = make_world(profile, seed)
        self.assignments = AssignmentView(self.world)

    @cached_property
    def sheets(self) -> TimeSheets:
        """The time sheets of everybody, as columns."""
        return joined(tuple(self.sheet_chunks(self._chunk_size)))

    def sheet_chunks(self, chunk_size: int) -> Iterator[TimeSheets]:
        """The time sheets of consecutive people, a chunk at a time."""
        for low in range(0, self.profile.consultants, chunk_size):
            who = np.arange(low, min(low + chunk_size, self.profile.consultants), dtype=np.int64)
            yield time_sheets_of(self.world, who)

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
        plays = [play for play in self._entered() if play.at_ms < self.world.horizon_ms]
        plays.extend(payment_plays(self.world, self.sheets.cards))
        return plays

    def _entered(self) -> Iterator[Play]:
        """Plays of people, deals, assignments and all that a firm of all methods knows besides."""
        world = self.world
        for person in world.people:
            at_ms = hired_at_ms(person, world.calendar) if person.joins else 0
            for fact in versions_of(person, world.people, world.calendar, at_ms):
                if person.joins or fact.ver > 1:
                    yield Play(fact.recorded_at_ms, HRIS, (fact,))
        for deal in world.deals:
            yield from deal_plays(world, deal)
        yield from self.assignments.plays()
        if self.profile.all_methods:
            yield from absence_plays(world)
            yield from milestone_plays(world)
            yield from estimate_plays(world, self._booked_e2())
            yield from completion_plays(world)
            yield from payroll_plays(world)

    def _lines(self) -> I64:
        """The line table's place of each timecard."""
        return card_lines(self.world, self.sheets.cards.assignment)

    def _booked_e2(self) -> I64:
        """Hours that are ever booked on each line's progress tasks, at their highest."""
        entries, cards = self.sheets.entries, self.sheets.cards
        place = np.searchsorted(cards.number, entries.card)
        hours = np.maximum(entries.hours_e2, entries.corrected_hours_e2)
        total = np.zeros(len(self.world.lines.deal), dtype=np.int64)
        np.add.at(total, self._lines()[place], hours * (cards.assignment[place] % 2 == 0))
        return total

    def counts(self) -> dict[str, int]:
        """How large the company is; time sheets count as far as they are handed in before its last close."""
        world, cards, entries = self.world, self.sheets.cards, self.sheets.entries
        handed_in = cards.submitted_ms < world.horizon_ms
        found = {
            "entities": 1,
            "consultants": len(world.people),
            "accounts": len(world.clients),
            "opportunities": len(world.deals),
            "contracts": sum(deal.won for deal in world.deals),
            "contract_lines": len(world.lines.deal),
            "assignments": len(world.blocks.code) + int((world.blocks.track == 0).sum()),
            "timecards": int(handed_in.sum()),
            "time_entries": int(handed_in[np.searchsorted(cards.number, entries.card)].sum()),
            "rejected_timecards": int((handed_in & (cards.rejected_ms > 0)).sum()),
            "corrected_timecards": int((handed_in & (cards.corrected_ms > 0)).sum()),
        }
        return found | self._method_counts() if self.profile.all_methods else found

    def _method_counts(self) -> dict[str, int]:
        """What a firm of all methods has besides; milestones are those of its contracts, played or not."""
        world = self.world
        plays = (play for play in absence_plays(world) if play.at_ms < world.horizon_ms)
        fixed = list(fixed_fee_lines(world))
        return {
            "milestones": sum(len(list(steps_of(world, deal, line))) for _, deal, line in fixed),
            "absences": sum(len(play.facts) for play in plays),
            "payroll_runs": self.profile.months,
            "retainers": int((world.lines.method == 2).sum()),
            "fixed_fee_lines": len(fixed),
            "credits_expected": self._credits_expected(),
        }

    def _credits_expected(self) -> int:
        """Cells billed by the hour that change after a run billed them, before the last close."""
        world, cards, entries = self.world, self.sheets.cards, self.sheets.entries
        lines = self._lines()
        locked = next_cutoff_ms(world, lines, cards.approved_ms) <= cards.correction_approved_ms
        locked &= (cards.correction_approved_ms < world.horizon_ms) & (world.lines.method[lines] == 0)
        locked &= cards.assignment % 2 == 0
        changed = (entries.corrected_hours_e2 >= 0) & (entries.corrected_hours_e2 != entries.hours_e2)
        return int((locked[np.searchsorted(cards.number, entries.card)] & changed).sum())

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


def joined(chunks: tuple[TimeSheets, ...]) -> TimeSheets:
    """Chunks of time sheets as one."""
    return TimeSheets(
        entries=Entries(
            *(np.concatenate([getattr(c.entries, f.name) for c in chunks]) for f in fields(Entries))
        ),
        cards=Cards(*(np.concatenate([getattr(c.cards, f.name) for c in chunks]) for f in fields(Cards))),
    )
