"""What approved hours are worth, priced here to see whether a firm tells rounding rules apart.

A measure of discriminating power (P1, P2) and nothing else: no judge may use it. Amounts are integers
over `DENOMINATOR`, in cents, so that an exact half cent is seen as such.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from mocks.firm import reference
from mocks.firm.assignments import AssignmentView
from mocks.firm.cards import TimeSheets
from mocks.firm.clients import Client
from mocks.firm.days import day_number, to_date
from mocks.firm.deals import Deal
from mocks.firm.facts.source import Assignment, RateLine
from mocks.firm.hashing import I64
from mocks.firm.hours import OVERTIME, TRAVEL
from mocks.firm.rates import client_card, contract_card, default_card
from mocks.firm.staffing import CODES_PER_PERSON
from mocks.firm.world import World

_MULTIPLIER_STEP_E2 = 25
_DISCOUNT_STEP_E6 = 25_000
_HOURS_PER_DAY = 8
# cents = hours_e2 x rate_e4 x multiplier_e2 x (1e6 - discount_e6) / 1e12, an eighth of it for day rates
DENOMINATOR = 10**12 // (_MULTIPLIER_STEP_E2 * _DISCOUNT_STEP_E6) * _HOURS_PER_DAY


@dataclass(frozen=True, eq=False)
class Priced:
    """One row for each billable line: deal, month of work, and cents x DENOMINATOR."""

    deal: I64
    month: I64
    cents_scaled: I64

    def ties(self) -> float:
        """The share of lines that lie exactly between two cents."""
        return float((self.cents_scaled % DENOMINATOR == DENOMINATOR // 2).mean())

    def order_matters(self) -> float:
        """The share of contract months of two lines or more whose sum depends on when it is rounded."""
        group, place, size = np.unique(self.deal << 16 | self.month, return_inverse=True, return_counts=True)
        exact, rounded = np.zeros(len(group), dtype=np.int64), np.zeros(len(group), dtype=np.int64)
        np.add.at(exact, place, self.cents_scaled)
        np.add.at(rounded, place, half_up(self.cents_scaled))
        return float((half_up(exact) != rounded)[size > 1].mean())


def half_up(scaled: I64) -> I64:
    """Whole cents, ties upwards."""
    return (2 * scaled + DENOMINATOR) // (2 * DENOMINATOR)


class _Cards:
    """The rate cards that matter for a deal, in order of priority."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._default = default_card(world.profile.start, 0, world.streams, world.profile.branch)
        self._chains: dict[int, tuple[tuple[RateLine, ...], ...]] = {}

    def of(self, deal: Deal) -> tuple[tuple[RateLine, ...], ...]:
        """Contract card, cards of the paying client and its parents, default card."""
        found = self._chains.get(deal.index)
        if found is None:
            world = self._world
            cards = [contract_card(deal, 0, world.streams)]
            payer: Client | None = world.clients[world.clients[deal.client].bill_to]
            while payer is not None:
                cards.append(client_card(payer, world.profile.start, 0, world.streams, world.profile.branch))
                payer = None if payer.parent is None else world.clients[payer.parent]
            found = self._chains[deal.index] = (*cards, self._default)
        return found


def _row_on(card: tuple[RateLine, ...], level: str, practice: str, day: date) -> RateLine | None:
    for wanted in (practice, "*"):
        for row in card:
            valid = row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
            if valid and row.level == level and row.practice == wanted:
                return row
    return None


class Pricer:
    """Prices the lines of a firm."""

    def __init__(self, world: World, assignments: AssignmentView) -> None:
        self._world = world
        self._assignments = assignments
        self._cards = _Cards(world)

    def _deal_of(self, code: int) -> Deal:
        lines = self._world.lines
        return self._world.deals[int(lines.deal[self._world.blocks.line[self._assignments.block_of(code)]])]

    def _hourly_times_eight_e4(self, assignment: Assignment, deal: Deal, person: int, day: int) -> int:
        """Eight times the hourly rate, so that a day rate stays whole."""
        on = to_date(day)
        for override in assignment.overrides:
            if override.valid_from <= on and (override.valid_to is None or on < override.valid_to):
                return override.rate_e4 * _HOURS_PER_DAY
        own = reference.LEVELS[self._world.people[person].level_on(day)]
        practice = reference.PRACTICES[deal.practice][0]
        for card in self._cards.of(deal):
            row = _row_on(card, assignment.bill_level or own, practice, on)
            if row is not None:
                return row.rate_e4 * (1 if row.unit == "DAY" else _HOURS_PER_DAY)
        raise LookupError(f"no rate for {assignment.bk} on {on}")

    def _segments(self, code: int) -> list[tuple[int, int]]:
        """From which day which rate holds on an assignment."""
        deal, person = self._deal_of(code), code // CODES_PER_PERSON - 1
        assignment = self._assignments.assignment(code)
        start = day_number(assignment.valid_from)
        changes = {start, self._world.people[person].promoted_day or start}
        changes |= {day_number(o.valid_from) for o in assignment.overrides}
        for card in self._cards.of(deal):
            changes |= {day_number(row.valid_from) for row in card}
        return [
            (day, self._hourly_times_eight_e4(assignment, deal, person, day))
            for day in sorted(changes)
            if day >= start
        ]

    def priced(self, sheets: TimeSheets) -> Priced:
        """All billable lines of some time sheets that were not deleted."""
        entries, cards = sheets.entries, sheets.cards
        hours = np.where(entries.corrected_hours_e2 >= 0, entries.corrected_hours_e2, entries.hours_e2)
        code = cards.assignment[np.searchsorted(cards.number, entries.card)]
        keep = (code % 2 == 0) & (hours > 0)
        hours, code, day, slot = hours[keep], code[keep], entries.day[keep], entries.card[keep] % 10
        rate = self._rates(code, day)
        block = self._world.blocks.offsets[code // CODES_PER_PERSON - 1] + code % CODES_PER_PERSON // 2
        line = self._world.blocks.line[block]
        terms = self._terms()[line]
        multiplier = np.where(slot == OVERTIME, terms[:, 1], np.where(slot == TRAVEL, terms[:, 2], 100))
        cents_scaled = (
            hours
            * rate
            * (multiplier // _MULTIPLIER_STEP_E2)
            * ((1_000_000 - terms[:, 0]) // _DISCOUNT_STEP_E6)
        )
        month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return Priced(self._world.lines.deal[line], month, cents_scaled)

    def _rates(self, code: I64, day: I64) -> I64:
        """The rate of each line, by a search in the segments of all assignments that occur."""
        starts: list[int] = []
        rates: list[int] = []
        for each in np.unique(code).tolist():
            for since, rate in self._segments(each):
                starts.append(each << 20 | since)
                rates.append(rate)
        place = np.searchsorted(np.array(starts, dtype=np.int64), code << 20 | day, side="right") - 1
        return np.array(rates, dtype=np.int64)[place]

    def _terms(self) -> I64:
        """Discount and multipliers of each contract line."""
        rows = [
            (line.discount_e6, line.multiplier_ot_e2, line.multiplier_travel_e2)
            for deal in self._world.deals
            if deal.won
            for line in deal.lines
        ]
        return np.array(rows, dtype=np.int64)
