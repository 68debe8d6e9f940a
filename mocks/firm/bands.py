"""How lifelike a firm is: measured outcomes against published or assumed bands.

Measured over the settled part of the calendar, after the first five weeks, in which the opening deals are
being signed. Shares and means are for looking at, so floats are allowed here. A firm's head
sells and does not bill, and is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mocks.firm import reference
from mocks.firm.assignments import AssignmentView
from mocks.firm.cards import card_person, card_week
from mocks.firm.days import day_number, month_ends
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.hashing import I64
from mocks.firm.pricing import Pricer
from mocks.firm.profile import Profile, profile_named

_SETTLED_AFTER_DAYS = 35
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


@dataclass(frozen=True)
class Band:
    """What a measure must lie between."""

    measure: str
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in the band."""
        return self.low <= value <= self.high


BANDS: tuple[Band, ...] = (
    Band("S1 utilisation", 0.66, 0.75),
    Band("S1 utilisation ANALYST", 0.74, 0.84),
    Band("S1 utilisation CONSULTANT", 0.74, 0.82),
    Band("S1 utilisation SENIOR", 0.70, 0.78),
    Band("S1 utilisation MANAGER", 0.62, 0.74),
    Band("S1 utilisation DIRECTOR", 0.50, 0.64),
    Band("S1 utilisation PARTNER", 0.32, 0.48),
    Band("S4 lines per person-day", 1.8, 3.0),
    Band("S4 projects per person-week", 1.6, 3.0),
    Band("S4 days with one line", 0.15, 0.40),
    Band("S5 quarter hours", 0.80, 0.97),
    Band("S5 top ten values", 0.45, 0.70),
    Band("S5 weekly hours", 38.0, 43.0),
    Band("S5 weekly hours p95", 46.0, 56.0),
    Band("S5 Friday to Monday", 0.93, 1.0),
    Band("S5 weekend share", 0.003, 0.025),
    Band("S7 on time", 0.78, 0.92),
    Band("S7 a week late", 0.007, 0.03),
    Band("S7 cut-off peak", 2.5, 4.0),
    Band("S7 habit", 0.30, 1.0),
    Band("S8 approved in a day", 0.22, 0.36),
    Band("S8 approved in two to four", 0.48, 0.62),
    Band("S8 approved later", 0.10, 0.22),
    Band("S8 rejected", 0.02, 0.05),
    Band("P1 ties", 0.02, 1.0),
    Band("P2 rounding order matters", 0.50, 1.0),
)


@dataclass(frozen=True)
class SeedReport:
    """The measures of one seed, and the bands they miss."""

    seed: int
    measures: dict[str, float]
    missed: tuple[str, ...]


def report(seeds: Iterable[int], profile: Profile | None = None) -> tuple[SeedReport, ...]:
    """Measure a firm for each seed; the rule is that 19 of 20 seeds miss nothing (preset `mid`)."""
    chosen = profile or profile_named("mid")
    rows = []
    for seed in seeds:
        measures = measure(generate(chosen, seed))
        missed = tuple(band.measure for band in BANDS if not band.holds(measures[band.measure]))
        rows.append(SeedReport(seed, measures, missed))
    return tuple(rows)


def measure(firm: Firm) -> dict[str, float]:
    """Every measure that a band names."""
    lines = _Lines(firm)
    return {**lines.utilisation(), **lines.days(), **lines.weeks(), **_submission(firm), **_power(firm)}


class _Lines:
    """The settled lines of a firm as columns."""

    def __init__(self, firm: Firm) -> None:
        entries, cards = firm.sheets.entries, firm.sheets.cards
        self.firm = firm
        self.since = firm.world.first + _SETTLED_AFTER_DAYS
        keep = entries.day >= self.since
        self.day = entries.day[keep]
        card = entries.card[keep]
        self.person = card_person(card)
        self.hours = entries.hours_e2[keep] / 100
        code = cards.assignment[np.searchsorted(cards.number, card)]
        self.billable = code % 2 == 0
        world = firm.world
        block = world.blocks.offsets[self.person] + code % 1000 // 2
        line = world.blocks.line[block]
        self.deal = world.lines.deal[line]
        self.tenths = world.lines.six_minutes[line] > 0

    def utilisation(self) -> dict[str, float]:
        """Billable hours over the hours of all working days, leave included."""
        world = self.firm.world
        capacity = np.zeros(len(world.people))
        for person in world.people[1:]:
            low, high = max(self.since, person.hired_day), min(world.end, person.until_day)
            days = np.arange(low, max(low, high), dtype=np.int64)
            works = world.calendar.is_workday[days - world.calendar.first]
            works = works & ((days + 3) % 7 < person.works_days())
            capacity[person.index] = 8 * works.sum()
        billed = np.bincount(self.person, weights=self.hours * self.billable, minlength=len(world.people))
        found = {"S1 utilisation": float(billed.sum() / capacity.sum())}
        for level, name in enumerate(reference.LEVELS):
            of_level = world.level == level
            found[f"S1 utilisation {name}"] = float(billed[of_level].sum() / max(1, capacity[of_level].sum()))
        return found

    def days(self) -> dict[str, float]:
        """Lines by day and the shape of their hours."""
        _, lines = np.unique(self.person << 20 | self.day, return_counts=True)
        week = self.person << 12 | (self.day + 3) // 7
        projects = np.unique(np.stack((week, self.deal), axis=1), axis=0)
        _, per_week = np.unique(projects[:, 0], return_counts=True)
        plain = self.hours[~self.tenths]
        _, counts = np.unique(self.hours, return_counts=True)
        return {
            "S4 lines per person-day": float(lines.mean()),
            "S4 projects per person-week": float(per_week.mean()),
            "S4 days with one line": float((lines == 1).mean()),
            "S5 quarter hours": float((np.round(plain * 100) % 25 == 0).mean()),
            "S5 top ten values": float(np.sort(counts)[-10:].sum() / len(self.hours)),
        }

    def weeks(self) -> dict[str, float]:
        """Hours by week and weekday; only weeks of five days worked."""
        key, place = np.unique(self.person << 20 | self.day, return_inverse=True)
        total = np.bincount(place, weights=self.hours)
        person, weekday = key >> 20, ((key & 0xFFFFF) + 3) % 7
        week, week_place = np.unique(person << 12 | ((key & 0xFFFFF) + 3) // 7, return_inverse=True)
        days = np.bincount(week_place, weights=weekday < 5, minlength=len(week))
        weekly = np.bincount(week_place, weights=total)[days == 5]
        return {
            "S5 weekly hours": float(weekly.mean()),
            "S5 weekly hours p95": float(np.sort(weekly)[len(weekly) * 95 // 100]),
            "S5 Friday to Monday": float(total[weekday == 4].mean() / total[weekday == 0].mean()),
            "S5 weekend share": float(total[weekday > 4].sum() / total.sum()),
        }


def _submission(firm: Firm) -> dict[str, float]:
    """How late people hand in, and how managers answer; one row a person and week."""
    world, cards = firm.world, firm.sheets.cards
    _, first = np.unique(cards.number // 10, return_index=True)
    person, week = card_person(cards.number)[first], card_week(cards.number)[first]
    submitted = cards.submitted_ms[first]
    friday = week * 7 - 3 + 4
    due = world.calendar.ms_many(friday, np.full_like(friday, 18 * 3600))
    late = submitted > world.calendar.ms_many(friday + 3, np.full_like(friday, 12 * 3600))
    verdict = np.where(cards.rejected_ms > 0, cards.rejected_ms, cards.approved_ms)[first]
    lag = _workdays_between(firm, submitted, verdict)
    return {
        "S7 on time": float((~late).mean()),
        "S7 a week late": float((submitted > due + 7 * _DAY_MS).mean()),
        "S7 cut-off peak": _cutoff_peak(firm, submitted),
        "S7 habit": _lag_one_correlation(person, week, late.astype(np.float64)),
        "S8 approved in a day": float((lag <= 1).mean()),
        "S8 approved in two to four": float(((lag >= 2) & (lag <= 4)).mean()),
        "S8 approved later": float((lag >= 5).mean()),
        "S8 rejected": float((cards.rejected_ms > 0).mean()),
    }


def _local_day(firm: Firm, at_ms: I64) -> I64:
    behind = firm.world.calendar.behind_seconds[at_ms // _DAY_MS - firm.world.calendar.first]
    return (at_ms - behind * 1000) // _DAY_MS


def _workdays_between(firm: Firm, start_ms: I64, end_ms: I64) -> I64:
    calendar = firm.world.calendar
    return (
        calendar.rank[_local_day(firm, end_ms) - calendar.first]
        - calendar.rank[_local_day(firm, start_ms) - calendar.first]
    )


def _cutoff_peak(firm: Firm, submitted: I64) -> float:
    """Submissions on the Fridays of weeks in which a month ends, against the mean working day."""
    world = firm.world
    day = _local_day(firm, submitted)
    ends = [day_number(end) for end in month_ends(world.profile.start, world.profile.months)]
    fridays = np.array([(end + 3) // 7 * 7 - 3 + 4 for end in ends], dtype=np.int64)
    inside = (fridays >= world.first + _SETTLED_AFTER_DAYS) & (fridays < world.end)
    workdays = world.calendar.workdays
    span = (workdays >= world.first + _SETTLED_AFTER_DAYS) & (workdays < world.end)
    ordinary = ((day >= workdays[span][0]) & (day <= workdays[span][-1])).sum() / span.sum()
    return float(np.isin(day, fridays[inside]).sum() / max(1, inside.sum()) / ordinary)


def _lag_one_correlation(
    person: I64, week: I64, value: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    """Pearson correlation of a person's value with that of the week after."""
    follows = (person[1:] == person[:-1]) & (week[1:] == week[:-1] + 1)
    return float(np.corrcoef(value[:-1][follows], value[1:][follows])[0, 1])


def _power(firm: Firm) -> dict[str, float]:
    """Whether the firm's amounts tell rounding rules apart."""
    priced = Pricer(firm.world, AssignmentView(firm.world)).priced(firm.sheets)
    return {"P1 ties": priced.ties(), "P2 rounding order matters": priced.order_matters()}
