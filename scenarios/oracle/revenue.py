"""What lines have earned by each close that are not billed as they are delivered (finance 3.5)."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import local_date
from scenarios.oracle.closed_periods import ClosedCalendar, Closing, Tally
from scenarios.oracle.expected import CaseSet, FixedEvent, TimeEvent
from scenarios.oracle.schedules import month_fee_minor, month_of
from scenarios.oracle.terms import Line
from scenarios.oracle.versions import Sources, line_key

_Estimates = dict[str, list[tuple[int, int, int, int]]]  # line key -> recorded, seq, ver, hours


class Earned(Struct, frozen=True, kw_only=True):
    """One line at one close: E, and what percent complete was computed from; `blocked` has no entry."""

    minor: int
    hours_e2: int = 0
    eac_e2: int = 0
    completed: bool = False
    blocked: bool = False


class Recogniser:
    """Computes E of every fixed-fee and retainer line at every close of its entity."""

    def __init__(
        self,
        sources: Sources,
        calendars: dict[str, ClosedCalendar],
        cases: CaseSet,
        lines: dict[str, Line],
    ) -> None:
        self._sources = sources
        self._calendars = calendars
        self._cases = cases
        self._lines = lines
        self._progress, self._accepted = Tally(), Tally()
        self._estimates: defaultdict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
        for history in sources.estimates.values():
            for fact in history.facts:
                key = line_key(fact.contract.removeprefix("CO|"), fact.line)
                self._estimates[key].append((fact.recorded_at_ms, fact.seq, fact.ver, fact.total_hours_e2))

    def count(self, events: Iterable[TimeEvent], fixed: Iterable[FixedEvent]) -> None:
        """Take in hours on progress tasks of fixed fees, and accepted milestones."""
        for event in events:
            if not event.progress or event.valid_ms is None:
                continue
            line = self._lines.get(event.line_key)
            if line is not None and line.terms.revenue_method == "POC_HOURS":
                calendar = self._calendars[line.deal.entity]
                start, stop = calendar.span(event.work_date, event.valid_ms, event.superseded_ms)
                self._progress.add(event.line_key, start, stop, event.hours_e2)
        for piece in fixed:
            if piece.method == "FF":
                calendar = self._calendars[self._lines[piece.line_key].deal.entity]
                start, stop = calendar.span(piece.service_date, piece.commit_ms, None)
                self._accepted.add(piece.line_key, start, stop, piece.amount_minor)

    def series(self, line: Line) -> list[Earned]:
        """E at each close; before the contract is active nothing is earned."""
        calendar = self._calendars[line.deal.entity]
        closings, size = calendar.closings, len(calendar.closings)
        hours = self._progress.series(line.key, size)
        accepted = self._accepted.series(line.key, size)
        earned: list[Earned] = []
        for index, closing in enumerate(closings):
            if line.deal.activation_ms >= closing.close_ms:
                earned.append(Earned(minor=0))
            elif line.terms.revenue_method == "POC_HOURS":
                before = earned[-1].minor if earned else 0
                earned.append(self._percent(line, calendar, closing, hours[index], before))
            elif line.terms.revenue_method == "MILESTONE":
                earned.append(Earned(minor=accepted[index]))
            else:
                earned.append(Earned(minor=_fees_minor(line, closing)))
        return earned

    def _percent(
        self, line: Line, calendar: ClosedCalendar, closing: Closing, hours_e2: int, before_minor: int
    ) -> Earned:
        """R8, or the whole fee once the project is complete."""
        eac_e2 = self._estimate_e2(line, closing.close_ms)
        completed = self._completed(line, calendar, closing)
        fee = line.terms.value_minor
        if hours_e2 > eac_e2 > 0:
            note = self._cases.allow if completed else self._cases.demand
            note("EAC_BELOW_ACTUAL", (line.key,))
        if completed:
            return Earned(minor=fee, hours_e2=hours_e2, eac_e2=eac_e2, completed=True)
        if eac_e2 <= 0:
            self._cases.demand("EAC_MISSING", (line.key,))
            return Earned(minor=before_minor, hours_e2=hours_e2, blocked=True)
        minor = half_up(fee * min(hours_e2, eac_e2), eac_e2)
        return Earned(minor=minor, hours_e2=hours_e2, eac_e2=eac_e2)

    def _estimate_e2(self, line: Line, close_ms: int) -> int:
        """The latest estimate known at the close, else the planned hours."""
        known = [row for row in self._estimates.get(line.key, ()) if row[0] < close_ms]
        return max(known)[3] if known else line.planned_progress_e2

    def _completed(self, line: Line, calendar: ClosedCalendar, closing: Closing) -> bool:
        history = self._sources.completions.get(f"PJ|{line.deal.contract}")
        fact = history.as_of(closing.close_ms - 1) if history else None
        if fact is None or fact.completed_at_ms >= closing.close_ms:
            return False
        return local_date(calendar.entity.tz, fact.completed_at_ms) <= closing.end


def _fees_minor(line: Line, closing: Closing) -> int:
    """Straight line: the fees of all months up to the period's."""
    months = range(month_of(line.terms.start), month_of(closing.end) + 1)
    return sum(month_fee_minor(line.terms, month) for month in months)
