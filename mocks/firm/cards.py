"""Timecards: who submits when, what the manager makes of it, and what is put right afterwards.

A card holds one person's hours of one slot of one week. Lateness belongs to the person: most weeks follow
the person's own habit. Managers approve everything of a day at one instant, and clear their
lists on the evening of the last working day of a month.
"""

from dataclasses import dataclass

import numpy as np

from mocks.firm.days import day_number, month_ends, to_date
from mocks.firm.hashing import I64, Bools, weighted
from mocks.firm.hours import INTERNAL, MAIN, SLOTS, Hours, hours_of
from mocks.firm.staffing import METHODS
from mocks.firm.world import World

REPLACEMENT = 5  # added to a card number by the card that replaces it
WEEKS_BASE = 10_000
_HABIT_PM = 720
_HOUR = 3600
# share of submissions up to: Fri 18:00, Sun 24:00, Mon 12:00, Wed 24:00, a week, a month; of ten thousand
_PLAIN_WEEK = np.array((6000, 7000, 8700, 9500, 9850, 9970), dtype=np.int64)
_CUTOFF_WEEK = np.array((7000, 7800, 9000, 9600, 9880, 9980), dtype=np.int64)
# for each share: days after Friday, number of days, first second, number of seconds
_WHEN = np.array(
    (
        (0, 1, 12 * _HOUR, 6 * _HOUR),
        (1, 2, 10 * _HOUR, 12 * _HOUR),
        (3, 1, 7 * _HOUR, 5 * _HOUR),
        (3, 3, 12 * _HOUR, 10 * _HOUR),
        (6, 2, 8 * _HOUR, 10 * _HOUR),
        (8, 23, 8 * _HOUR, 12 * _HOUR),
        (31, 15, 8 * _HOUR, 12 * _HOUR),
    ),
    dtype=np.int64,
)
_APPROVAL_LAG = weighted((0, 10), (1, 15), (2, 25), (3, 20), (4, 13), (5, 9), (6, 4), (7, 2), (9, 2))
_CLEARING_UNTIL = 17 * _HOUR + 1800
_LEAVER_SECOND = 17 * _HOUR
_CLOSING_SECOND = 16 * _HOUR
_DAYS_TO_BE_BILLED, _DAYS_TO_PUT_RIGHT = 10, 40


@dataclass(frozen=True, eq=False)
class Cards:
    """One row a timecard, ordered by number; instants in UTC ms, 0 where the step does not occur."""

    number: I64
    assignment: I64
    submitted_ms: I64
    rejected_ms: I64
    resubmitted_ms: I64
    approved_ms: I64
    corrected_ms: I64
    correction_approved_ms: I64


@dataclass(frozen=True, eq=False)
class Entries:
    """One row a day cell, ordered by person, day and slot; -1 for hours that were never written."""

    card: I64  # number
    day: I64
    hours_e2: I64  # as first approved
    rejected_hours_e2: I64
    corrected_hours_e2: I64


@dataclass(frozen=True, eq=False)
class TimeSheets:
    """The time sheets of some people."""

    entries: Entries
    cards: Cards


@dataclass(frozen=True, eq=False)
class _Keys:
    """What a card's number says."""

    person: I64
    week: I64
    slot: I64
    ident: I64


def card_person(number: I64) -> I64:
    """The person of a card number."""
    return number // (WEEKS_BASE * 10) - 1


def card_week(number: I64) -> I64:
    """The running week of a card number."""
    return number // 10 % WEEKS_BASE


def time_sheets_of(world: World, who: I64, days: I64 | None = None) -> TimeSheets:
    """Everything that some people write on their time sheets, and what becomes of it.

    `days` are consecutive whole weeks, as far as the calendar reaches; without them all of it.
    """
    if days is None:
        days = np.arange(world.first, world.end, dtype=np.int64)
    hours = hours_of(world, who, days)
    week = (hours.day + 3) // 7
    number_of_entry = ((hours.person + 1) * WEEKS_BASE + week) * 10 + hours.slot
    number, place = _distinct(number_of_entry, hours, who, week)
    keys = _Keys(
        card_person(number),
        card_week(number),
        number % 10,
        card_person(number) << 23 | card_week(number) << 3 | number % 10,
    )
    assignment = np.zeros(len(number), dtype=np.int64)
    assignment[place] = world.blocks.code[hours.block] + (hours.slot == INTERNAL)
    line = np.zeros(len(number), dtype=np.int64)
    line[place] = world.blocks.line[hours.block]
    cards = _Steps(world, keys, line).cards(number, assignment, _works_saturday(hours, week, keys))
    return TimeSheets(_entries(world, hours, number_of_entry, place, cards), cards)


def _distinct(number_of_entry: I64, hours: Hours, who: I64, week: I64) -> tuple[I64, I64]:
    """The card numbers in order, and each entry's place among them, by a dense table instead of a sort."""
    if len(number_of_entry) == 0:
        return number_of_entry, number_of_entry
    first, weeks = int(week.min()), int(week.max() - week.min()) + 1
    lap = np.zeros(int(who.max()) + 1, dtype=np.int64)
    lap[who] = np.arange(len(who))
    dense = (lap[hours.person] * weeks + week - first) * SLOTS + hours.slot
    seen = np.zeros(len(who) * weeks * SLOTS, dtype=np.bool_)
    seen[dense] = True
    place = (np.cumsum(seen) - 1)[dense].astype(np.int64)
    number = np.zeros(int(seen.sum()), dtype=np.int64)
    number[place] = number_of_entry
    return number, place


def _works_saturday(hours: Hours, week: I64, keys: _Keys) -> Bools:
    """Whether the person of a card works on the Saturday of its week."""
    saturday = (hours.day + 3) % 7 == 5
    busy = hours.person[saturday] << 23 | week[saturday]
    return np.isin(keys.person << 23 | keys.week, busy)


@dataclass(frozen=True, eq=False)
class _Steps:
    """The steps of cards, all of them at once."""

    world: World
    keys: _Keys
    line: I64

    def cards(self, number: I64, assignment: I64, saturday: Bools) -> Cards:
        """Submission, rejection, approval and correction of each card."""
        calendar = self.world.calendar
        day, second = self._submission(saturday)
        approved_day, approved_second = self._approval(day, second)
        verdict_ms = calendar.ms_many(approved_day, approved_second)
        rejected, again_day, again_second = self._rejection(approved_day)
        final_day, final_second = self._answer(again_day, "cards.second_lag")
        approved_ms = np.where(rejected, calendar.ms_many(final_day, final_second), verdict_ms)
        corrected, corrected_ms, correction_approved_ms = self._correction(
            rejected, approved_day, approved_ms
        )
        return Cards(
            number=number,
            assignment=assignment,
            submitted_ms=calendar.ms_many(day, second),
            rejected_ms=np.where(rejected, verdict_ms, 0),
            resubmitted_ms=np.where(rejected, calendar.ms_many(again_day, again_second), 0),
            approved_ms=approved_ms,
            corrected_ms=np.where(corrected, corrected_ms, 0),
            correction_approved_ms=np.where(corrected, correction_approved_ms, 0),
        )

    def _submission(self, saturday: Bools) -> tuple[I64, I64]:
        """Local day and second at which a person hands in a week; all cards of the week together."""
        streams, person = self.world.streams, self.keys.person
        ident = person << 23 | self.keys.week << 3
        habit = streams("cards.habit").belows(person, 10_000) + streams("cards.mood").belows(ident, 700)
        chance = streams("cards.chance").belows(ident, 10_000)
        lateness = np.where(streams("cards.by_habit").hits(ident, _HABIT_PM), habit % 10_000, chance)
        plain = np.searchsorted(_PLAIN_WEEK, lateness, side="right")
        rushed = np.searchsorted(_CUTOFF_WEEK, lateness, side="right")
        when = _WHEN[np.where(self._is_cutoff_week(), rushed, plain)]
        friday = self.keys.week * 7 - 3 + 4
        day = friday + when[:, 0] + streams("cards.day").belows(ident, when[:, 1])
        second = when[:, 2] + streams("cards.second").belows(ident, when[:, 3])
        waits = saturday & (day < friday + 2)  # the weekend's work must be over
        day, second = np.where(waits, friday + 2, day), np.where(waits, 10 * _HOUR + second // 2, second)
        closes = self.world.lines.closes_day[self.line]
        day, second = np.minimum(day, closes), np.where(day > closes, _CLOSING_SECOND, second)
        last = self.world.last_workday[person]
        leaves = day >= last
        return np.where(leaves, last, day), np.where(leaves, _LEAVER_SECOND, second)

    def _is_cutoff_week(self) -> Bools:
        profile = self.world.profile
        weeks = [(day_number(last) + 3) // 7 for last in month_ends(profile.start, profile.months)]
        return np.isin(self.keys.week, np.array(weeks, dtype=np.int64))

    def _manager_second(self, day: I64) -> I64:
        """The one moment of a day at which a manager approves."""
        manager = self.world.manager[self.keys.person]
        return 9 * _HOUR + 300 * self.world.streams("cards.manager_moment").belows(manager << 23 | day, 102)

    def _approval(self, day: I64, second: I64) -> tuple[I64, I64]:
        """Local day and second of the manager's first verdict."""
        streams, calendar = self.world.streams, self.world.calendar
        ident = self.keys.person << 23 | self.keys.week << 3
        lag = streams("cards.lag").picks(ident, _APPROVAL_LAG)
        verdict = calendar.workdays_ahead(day, lag)
        too_early = (verdict == day) & (self._manager_second(day) <= second)
        verdict = np.where(too_early, calendar.workdays_ahead(day + 1, np.zeros_like(lag)), verdict)
        clearing = self._clearing_day(day)
        clears = (verdict > clearing) & ((day < clearing) | (second < _CLEARING_UNTIL)) & (day <= clearing)
        clears &= streams("cards.clears").hits(ident, self.world.profile.clear_pm)
        manager = self.world.manager[self.keys.person]
        evening = 18 * _HOUR + 300 * streams("cards.evening").belows(manager << 23 | clearing, 24)
        moment = np.where(clears, evening, self._manager_second(np.where(clears, clearing, verdict)))
        return np.where(clears, clearing, verdict), moment

    def _clearing_day(self, day: I64) -> I64:
        """The last working day of a day's month."""
        calendar = self.world.calendar
        lasts = month_ends(to_date(calendar.first).replace(day=1), self.world.profile.months + 5)
        ends = np.array([day_number(last) for last in lasts], dtype=np.int64)
        end = ends[np.minimum(np.searchsorted(ends, day), len(ends) - 1)]
        return calendar.workdays_ahead(end + 1, np.full_like(end, -1))

    def _answer(self, day: I64, stream: str) -> tuple[I64, I64]:
        """The manager's verdict on something handed in again: one or two work days later."""
        lag = 1 + self.world.streams(stream).belows(self.keys.ident, 2)
        verdict = self.world.calendar.workdays_ahead(day, lag)
        return verdict, self._manager_second(verdict)

    def _rejection(self, verdict_day: I64) -> tuple[Bools, I64, I64]:
        """Which cards are sent back, and when they are handed in again."""
        streams = self.world.streams
        again = self.world.calendar.workdays_ahead(
            verdict_day, 1 + streams("cards.again_day").belows(self.keys.ident, 2)
        )
        second = 8 * _HOUR + streams("cards.again_second").belows(self.keys.ident, 9 * _HOUR)
        rejected = streams("cards.rejected").hits(self.keys.ident, self.world.profile.reject_pm)
        return rejected & self._may_hand_in(again), again, second

    def _may_hand_in(self, day: I64) -> Bools:
        """Whether person and project of each card are still there on a day."""
        stays = day < self.world.last_workday[self.keys.person]
        return np.asarray(stays & (day <= self.world.lines.closes_day[self.line]))

    def _correction(self, rejected: Bools, approved_day: I64, approved_ms: I64) -> tuple[Bools, I64, I64]:
        """Which approved cards are replaced, when, and when the replacement is approved."""
        streams, calendar = self.world.streams, self.world.calendar
        lag = 1 + streams("cards.correction_day").belows(self.keys.ident, 3)
        day = calendar.workdays_ahead(approved_day, lag)
        second = 10 * _HOUR + streams("cards.correction_second").belows(self.keys.ident, 6 * _HOUR)
        final_day, final_second = self._answer(day, "cards.correction_lag")
        final_ms = calendar.ms_many(final_day, final_second)
        chosen = streams("cards.corrected").hits(self.keys.ident, self.world.profile.correct_pm) & ~rejected
        chosen &= self._may_hand_in(day)
        if not self.world.profile.correct_after_billing:
            chosen &= final_ms < next_cutoff_ms(self.world, self.line, approved_ms)
        corrected_ms = calendar.ms_many(day, second)
        if not self.world.profile.late_correct_pm:
            return chosen, corrected_ms, final_ms
        late, late_day = self._late_correction(rejected | chosen, approved_day)
        late_final_ms = calendar.ms_many(*self._answer(late_day, "cards.correction_lag"))
        return (
            chosen | late,
            np.where(late, calendar.ms_many(late_day, second), corrected_ms),
            np.where(late, late_final_ms, final_ms),
        )

    def _late_correction(self, others: Bools, approved_day: I64) -> tuple[Bools, I64]:
        """Which cards are put right only after their month was billed: in its successor's first days."""
        streams = self.world.streams
        ahead = streams("cards.late_day").belows(self.keys.ident, 8)
        day = self.world.calendar.workdays_ahead(self._clearing_day(approved_day) + 1, ahead)
        late = streams("cards.late").hits(self.keys.ident, self.world.profile.late_correct_pm)
        late = (late | self._surely_late()) & ~others
        return late & self._may_hand_in(day), day

    def _surely_late(self) -> Bools:
        """Cards of one person's longest work of the first month, so that every firm has a bill to mend."""
        world, blocks = self.world, self.world.blocks
        until = day_number(month_ends(world.profile.start, 1)[0]) - _DAYS_TO_BE_BILLED
        days = np.minimum(blocks.end, until) - np.maximum(blocks.start, world.first)
        stays = world.last_workday[blocks.person] > until + _DAYS_TO_PUT_RIGHT
        hourly = world.lines.method[blocks.line] == METHODS.index("TM")
        days = np.where(hourly & stays & (blocks.track == 0), days, 0)
        if len(days) == 0 or days.max() <= 0:
            return np.zeros(len(self.line), dtype=np.bool_)
        block = int(days.argmax())
        mine = (self.keys.person == blocks.person[block]) & (self.line == blocks.line[block])
        early = self.keys.week * 7 + 3 < until
        return np.asarray(mine & early & (self.keys.slot == MAIN))


def next_cutoff_ms(world: World, line: I64, approved_ms: I64) -> I64:
    """The first billing cut-off after approvals on lines, by the billing frequency of their contracts."""
    calendar, profile = world.calendar, world.profile
    ends = month_ends(profile.start, profile.months + 3)
    monthly = np.array([calendar.midnight_after_ms(day_number(e)) for e in ends], dtype=np.int64)
    middles = [calendar.midnight_after_ms(day_number(e.replace(day=15))) for e in ends]
    every = np.sort(np.concatenate((monthly, np.array(middles, dtype=np.int64))))
    last = np.int64(2**62)
    by_month = np.append(monthly, last)[np.searchsorted(monthly, approved_ms, side="right")]
    by_run = np.append(every, last)[np.searchsorted(every, approved_ms, side="right")]
    return np.where(world.lines.every_run[line] > 0, by_run, by_month).astype(np.int64)


_QUARTER_CHANGES = np.array((-100, -50, -25, 25, 50, 100, -150), dtype=np.int64)
_TENTH_CHANGES = np.array((-100, -50, -30, -10, 10, 40, 90), dtype=np.int64)
_DELETED_PM = 200
_DELETED_LATE_PM = (
    450  # where corrections follow the bill: deleted cells are few, and none would tell nothing
)


def _entries(world: World, hours: Hours, number: I64, place: I64, cards: Cards) -> Entries:
    rejected = _changed(world, hours, place, cards.rejected_ms > 0, "cards.rejected_cell")
    corrected = _changed(world, hours, place, cards.corrected_ms > 0, "cards.corrected_cell")
    card_size = np.bincount(place, minlength=len(cards.number))
    ident = hours.person << 23 | hours.day << 3 | hours.slot
    deleted = (corrected >= 0) & (corrected != hours.hours_e2) & (card_size[place] > 1)
    deleted_pm = _DELETED_LATE_PM if world.profile.late_correct_pm else _DELETED_PM
    deleted &= world.streams("cards.deleted").hits(ident, deleted_pm)
    return Entries(
        card=number,
        day=hours.day,
        hours_e2=hours.hours_e2,
        rejected_hours_e2=rejected,
        corrected_hours_e2=np.where(deleted, 0, corrected),
    )


def _changed(world: World, hours: Hours, place: I64, touched: Bools, stream: str) -> I64:
    """Hours of touched cards with one drawn cell changed, and -1 for all others."""
    result = np.full(len(place), -1, dtype=np.int64)
    cells = np.flatnonzero(touched[place])
    if len(cells) == 0:
        return result
    order = cells[np.argsort(place[cells], kind="stable")]
    card = place[order]
    head = np.flatnonzero(np.concatenate(([True], card[1:] != card[:-1])))
    size = np.diff(np.append(head, len(card)))
    ident = hours.person[order[head]] << 23 | hours.day[order[head]] << 3 | hours.slot[order[head]]
    chosen = order[head + world.streams(stream).belows(ident, size.astype(np.int64))]
    result[cells] = hours.hours_e2[cells]
    tenths = world.lines.six_minutes[world.blocks.line[hours.block[chosen]]] > 0
    pick = world.streams(stream + "_size").belows(ident, len(_QUARTER_CHANGES))
    change = np.where(tenths, _TENTH_CHANGES[pick], _QUARTER_CHANGES[pick])
    before = hours.hours_e2[chosen]
    result[chosen] = np.where(before + change > 0, before + change, before - change)
    return result
