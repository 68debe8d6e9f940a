"""Timecards as facts and plays in the PSA, made on demand from the columns."""

from collections.abc import Iterator
from datetime import date
from functools import cached_property

import numpy as np

from mocks.firm.assignments import AssignmentView, assignment_bk
from mocks.firm.cards import REPLACEMENT, WEEKS_BASE, TimeSheets, card_person
from mocks.firm.data.names import NOTES
from mocks.firm.days import to_date
from mocks.firm.facts.source import TimeEntry
from mocks.firm.hashing import I64
from mocks.firm.hours import TIME_TYPES
from mocks.firm.plays import PSA, Play
from mocks.firm.world import World

SUBMITTED, REJECTED, RESUBMITTED, APPROVED, CORRECTED, CORRECTION_APPROVED = range(6)
_STATUS = ("SUBMITTED", "REJECTED", "SUBMITTED", "APPROVED", "SUBMITTED", "APPROVED")
CARD_PREFIX, CARD_DIGITS = "TC-", 10
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def card_name(number: int) -> str:
    """The name that the PSA shows for a number on its company's base."""
    return f"{CARD_PREFIX}{number:0{CARD_DIGITS}d}"


class TimecardView:
    """Plays and entries of some time sheets."""

    def __init__(self, world: World, sheets: TimeSheets, assignments: AssignmentView) -> None:
        self._world = world
        self._sheets = sheets
        self._assignments = assignments
        self._tasks: dict[int, tuple[str, str, bool]] = {}
        self._order = np.argsort(sheets.entries.card, kind="stable")
        self._offsets = np.searchsorted(sheets.entries.card[self._order], sheets.cards.number)
        self._resources: dict[int, tuple[str, str | None]] = {}
        self._dates: dict[int, tuple[date, str]] = {}

    @cached_property
    def _instants(self) -> tuple[I64, ...]:
        cards = self._sheets.cards
        # A rejected card is approved after it was handed in again; all six columns are instants of one card.
        return (
            cards.submitted_ms,
            cards.rejected_ms,
            cards.resubmitted_ms,
            cards.approved_ms,
            cards.corrected_ms,
            cards.correction_approved_ms,
        )

    def plays(self) -> Iterator[Play]:
        """Every step of every card before the horizon, in time order, then by card number and step."""
        _, _, row, step = self.steps()
        for each, which in zip(row.tolist(), step.tolist(), strict=True):
            yield self.play(each, which)

    def steps(self) -> tuple[I64, I64, I64, I64]:
        """Instant, card number, row and step of everything before the horizon, in the order of `plays`."""
        instants = self._instants
        at_ms = np.concatenate(instants)
        cards = len(self._sheets.cards.number)
        step = np.repeat(np.arange(len(instants)), cards)
        row = np.tile(np.arange(cards), len(instants))
        keep = np.flatnonzero((at_ms > 0) & (at_ms < self._world.horizon_ms))
        keep = keep[np.lexsort((step[keep], row[keep], at_ms[keep]))]
        return at_ms[keep], self._sheets.cards.number[row[keep]], row[keep], step[keep]

    def play(self, row: int, step: int) -> Play:
        """One step of one card."""
        at_ms = int(self._instants[step][row])
        return Play(at_ms, PSA, tuple(self.entries(row, step)))

    def entries(self, row: int, step: int) -> Iterator[TimeEntry]:
        """The cells of one card as a step leaves them, by day."""
        cards, entries = self._sheets.cards, self._sheets.entries
        number = int(cards.number[row])
        instants = self._instants
        replaced = step >= CORRECTED
        base = self._world.profile.branch.card_base
        first_name = card_name(base + number)
        name = card_name(base + number + REPLACEMENT) if replaced else first_name
        resource, manager = self._resource(number // (WEEKS_BASE * 10) - 1)
        assignment, task, billable = self._task(int(cards.assignment[row]))
        approved = step in (APPROVED, CORRECTION_APPROVED)
        at_ms = int(instants[step][row])
        submitted_ms = int(instants[self._submission_step(row, step)][row])
        cells = self._cells(row)
        hours = self._hours_e2(cells, step)
        for day, hours_e2, note in zip(
            entries.day[cells].tolist(), hours.tolist(), self._notes[cells].tolist(), strict=True
        ):
            work_date, day_name = self._date(day)
            yield TimeEntry(
                bk=f"TE|{first_name}|{day_name}",
                recorded_at_ms=at_ms,
                ver=2 if replaced else 1,
                card=name,
                resource=resource,
                assignment=assignment,
                task=task,
                work_date=work_date,
                hours_e2=hours_e2,
                time_type=TIME_TYPES[number % 10],
                billable=billable,
                note=NOTES[note],
                status=_STATUS[step],
                submitted_at_ms=submitted_ms,
                approved_by=manager if approved else None,
                approved_at_ms=at_ms if approved else None,
                replaces=first_name if replaced else None,
            )

    def approved_entries(self) -> Iterator[TimeEntry]:
        """Every approved version of every entry, by card."""
        for row in range(len(self._sheets.cards.number)):
            yield from self.entries(row, APPROVED)
            if self._sheets.cards.corrected_ms[row] > 0:
                yield from self.entries(row, CORRECTION_APPROVED)

    @cached_property
    def _notes(self) -> I64:
        """The place of every cell's note."""
        entries = self._sheets.entries
        ident = card_person(entries.card) << 23 | entries.day << 3 | entries.card % 10
        return self._world.streams("entry.note").belows(ident, len(NOTES))

    def _cells(self, row: int) -> I64:
        low = int(self._offsets[row])
        high = int(self._offsets[row + 1]) if row + 1 < len(self._offsets) else len(self._order)
        return self._order[low:high]

    def _resource(self, index: int) -> tuple[str, str | None]:
        """Business keys of a person and the person's manager."""
        found = self._resources.get(index)
        if found is None:
            people = self._world.people
            manager = people[index].manager
            above = None if manager is None else people[manager].bk
            found = self._resources[index] = people[index].bk, above
        return found

    def _date(self, day: int) -> tuple[date, str]:
        found = self._dates.get(day)
        if found is None:
            found = self._dates[day] = to_date(day), DAY_NAMES[(day + 3) % 7]
        return found

    def _submission_step(self, row: int, step: int) -> int:
        if step >= CORRECTED:
            return CORRECTED
        again = step >= RESUBMITTED and int(self._sheets.cards.resubmitted_ms[row]) > 0
        return RESUBMITTED if again else SUBMITTED

    def _hours_e2(self, cells: I64, step: int) -> I64:
        entries = self._sheets.entries
        if step >= CORRECTED:
            return entries.corrected_hours_e2[cells]
        if step <= REJECTED:
            before = entries.rejected_hours_e2[cells]
            return np.where(before >= 0, before, entries.hours_e2[cells])
        return entries.hours_e2[cells]

    def _task(self, code: int) -> tuple[str, str, bool]:
        found = self._tasks.get(code)
        if found is None:
            task_bk, task = self._assignments.task_of(code)
            found = self._tasks[code] = (
                assignment_bk(code + self._world.profile.branch.assignment_base),
                task_bk,
                task.billable,
            )
        return found
