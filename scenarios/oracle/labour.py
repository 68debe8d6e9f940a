"""Where people's time went in a period, and how a cost follows it to the last minor unit (finance 4)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from mocks.firm.facts.source import Absence, LegalEntity, Resource
from scenarios.oracle.amounts import half_up
from scenarios.oracle.closed_periods import ClosedCalendar, Closing
from scenarios.oracle.expected import TimeEvent
from scenarios.oracle.rating import covers
from scenarios.oracle.versions import History, Sources

BENCH, INTERNAL, LEAVE = "BENCH", "INTERNAL", "LEAVE"
BUCKETS = (BENCH, INTERNAL, LEAVE)
Hours = tuple[tuple[str, int], ...]  # cost object -> hours, in the order of the objects' keys


def _object_key(cost_object: str) -> bytes:
    """A contract stands for its project; keys compare as bytes."""
    return (cost_object if cost_object in BUCKETS else f"PJ|{cost_object}").encode()


def spread(cost_minor: int, hours: Hours) -> Hours:
    """R9: quotas by hours, floors, and the rest to the largest remainders, ties to the smaller key."""
    total, units = sum(e2 for _, e2 in hours), abs(cost_minor)
    if not total:
        return ((BENCH, cost_minor),)
    parts = [(key, *divmod(units * e2, total)) for key, e2 in hours]
    left = units - sum(floor for _, floor, _ in parts)
    ranked = sorted(parts, key=lambda part: (-part[2], _object_key(part[0])))
    favoured = {key for key, _, _ in ranked[:left]}
    sign = 1 if cost_minor >= 0 else -1
    return tuple((key, sign * (floor + (key in favoured))) for key, floor, _ in parts)


def fte_e2(resource: Resource, day: date) -> int:
    """The employment row in force on a day; full time where none is."""
    found, since = 100, date.min
    for row in resource.statuses:
        if since <= row.valid_from <= day:
            found, since = row.fte_e2, row.valid_from
    return found


def capacity_e2(resource: Resource, entity: LegalEntity, end: date) -> int:
    """Scheduled hours of the month within employment and off holidays, rounded once to 0.01 h."""
    scheduled = 0
    for number in range(1, end.day + 1):
        day = end.replace(day=number)
        if covers(resource.hired, resource.terminated, day) and day not in entity.holidays:
            scheduled += resource.weekly_pattern_e2[day.weekday()] * fte_e2(resource, day)
    return half_up(scheduled, 100)


class LabourBook:
    """Hours of every person and closed period, as known at the close of the employing entity."""

    def __init__(
        self, sources: Sources, calendars: dict[str, ClosedCalendar], events: Iterable[TimeEvent]
    ) -> None:
        self._sources = sources
        self._calendars = {
            bk: calendar
            for bk, history in sources.resources.items()
            if (calendar := calendars.get(history.facts[-1].entity)) is not None
        }
        self._absences: defaultdict[str, list[History[Absence]]] = defaultdict(list)
        for _, history in sorted(sources.absences.items()):
            self._absences[history.facts[-1].resource].append(history)
        self._projects: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for event in events:
            self._count(event)

    def _count(self, event: TimeEvent) -> None:
        calendar = self._calendars.get(event.resource)
        if calendar is None or event.valid_ms is None:
            return
        index = calendar.first_ending(event.work_date)
        if index == len(calendar.closings):
            return
        closing = calendar.closings[index]
        if event.work_date < closing.end.replace(day=1) or event.valid_ms >= closing.close_ms:
            return
        if event.superseded_ms is None or event.superseded_ms >= closing.close_ms:
            hours = self._projects[(event.resource, closing.period)]
            hours[event.contract] = hours.get(event.contract, 0) + event.hours_e2

    def workers(self, period: str) -> list[str]:
        """Who has project hours in a period, by key."""
        return sorted(person for person, worked in self._projects if worked == period)

    def known(self, person: str, closing: Closing) -> Resource | None:
        """The person as the HR system knew them just before a close."""
        history = self._sources.resources.get(person)
        return history.as_of(closing.close_ms - 1) if history else None

    def weights(self, person: str, closing: Closing, entity: LegalEntity) -> Hours:
        """Hours by cost object, those with none left out."""
        hours = dict(self._projects.get((person, closing.period), {}))
        hours[LEAVE] = self._leave_e2(person, closing)
        resource = self.known(person, closing)
        capacity = capacity_e2(resource, entity, closing.end) if resource else 0
        hours[BENCH] = max(0, capacity - sum(hours.values()))
        rows = [(key, e2) for key, e2 in hours.items() if e2]
        return tuple(sorted(rows, key=lambda row: _object_key(row[0])))

    def _leave_e2(self, person: str, closing: Closing) -> int:
        first, after = closing.end.replace(day=1), closing.end + timedelta(days=1)
        hours_e2 = 0
        for history in self._absences.get(person, ()):
            fact = history.as_of(closing.close_ms - 1)
            if fact is None or fact.status != "APPROVED" or fact.approved_at_ms >= closing.close_ms:
                continue
            hours_e2 += sum(row.hours_e2 for row in fact.days if first <= row.day < after)
        return hours_e2
