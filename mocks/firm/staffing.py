"""Who works on which contract line, when: blocks of weeks that become assignments.

Every person has two tracks, a main and a second project. A block lies on one contract line and never
shares a week with another block of its track; the tracks draw from disjoint lines, so nobody has two
assignments to one task at one time.
"""

from dataclasses import dataclass

import numpy as np

from mocks.firm.branch import COMPLETED_POC
from mocks.firm.days import Calendar, day_number, first_of_next_month
from mocks.firm.deals import Deal, DealLine
from mocks.firm.hashing import I64, Streams, weighted
from mocks.firm.latent import gap_pm
from mocks.firm.people import FAR_DAY, Person, may_work_from
from mocks.firm.profile import Profile

TRACKS = 2
_MAX_ROUNDS = 400
_GAP_PM = 90
_WEIGHT_CAP = 8
_WEEKS = weighted((4, 3), (5, 2), (6, 3), (8, 4), (10, 3), (13, 4), (16, 2), (20, 2), (26, 1))
CODES_PER_PERSON = 1_000
METHODS = ("TM", "FF", "RET")
_FIXED_WEIGHTS = {"FF": 5, "RET": 2}  # their quantities follow from their staffing, not the other way round


@dataclass(frozen=True, eq=False)
class LineTable:
    """The lines of all won deals as columns; a line's index runs over deals and their lines."""

    deal: I64
    line: I64  # position in the deal's lines
    first_day: I64
    end_day: I64
    weight: I64
    six_minutes: I64
    every_run: I64
    method: I64  # place in METHODS
    closes_day: I64  # the last day on which time is handed in, because the project will be declared done


@dataclass(frozen=True, eq=False)
class Blocks:
    """Stretches of work on one contract line, ordered by person, track and start; days half-open."""

    person: I64
    track: I64
    start: I64
    end: I64
    line: I64  # index into LineTable
    task: I64  # position in the package's template
    code: I64  # assignment number; the non-billable twin of a main block is one higher
    offsets: I64  # first block of each person, and the end

    def of(self, person: int) -> range:
        """The blocks of one person."""
        return range(int(self.offsets[person]), int(self.offsets[person + 1]))


def line_table(deals: tuple[Deal, ...]) -> LineTable:
    """The lines of won deals."""
    rows = [
        (d.index, k, d.first_day, d.end_day, _weight(line), line.six_minutes, METHODS.index(line.method))
        for d in deals
        if d.won
        for k, line in enumerate(d.lines)
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 7)
    every_run = np.array([d.every_run for d in deals], dtype=np.int64)
    closing = [d.end_day if d.kind == COMPLETED_POC else FAR_DAY for d in deals]
    closes_day = np.array(closing, dtype=np.int64)
    return LineTable(
        deal=table[:, 0],
        line=table[:, 1],
        first_day=table[:, 2],
        end_day=table[:, 3],
        weight=table[:, 4],
        six_minutes=table[:, 5],
        every_run=every_run[table[:, 0]],
        method=table[:, 6],
        closes_day=closes_day[table[:, 0]],
    )


def _weight(line: DealLine) -> int:
    return (
        min(_WEIGHT_CAP, 1 + line.quantity_e2 // 200) if line.method == "TM" else _FIXED_WEIGHTS[line.method]
    )


@dataclass(frozen=True, eq=False)
class _Openings:
    """For each week from the first, the lines of one track that can be staffed, as often as they weigh."""

    first_week: int
    offsets: I64
    lines: I64


def _openings(lines: LineTable, track: int, first: int, weeks: int) -> _Openings:
    mine = np.flatnonzero(np.arange(len(lines.deal)) % TRACKS == track)
    first_week = (first + 3) // 7
    begin = np.clip((lines.first_day[mine] + 3) // 7 - first_week, 0, weeks)
    # A line that ends on a Monday offers no day of that week.
    end = np.clip((lines.end_day[mine] + 2) // 7 + 1 - first_week, begin, weeks)
    spans = end - begin
    row = np.repeat(np.arange(len(mine)), spans)
    week = np.arange(int(spans.sum())) - np.repeat(np.cumsum(spans) - spans, spans) + begin[row]
    weight = lines.weight[mine][row]
    row, week = np.repeat(row, weight), np.repeat(week, weight)
    order = np.argsort(week, kind="stable")
    offsets = np.searchsorted(week[order], np.arange(weeks + 1))
    return _Openings(first_week, offsets.astype(np.int64), mine[row[order]].astype(np.int64))


def make_blocks(
    profile: Profile, people: tuple[Person, ...], lines: LineTable, calendar: Calendar, streams: Streams
) -> Blocks:
    """Staff everybody but the head of the firm and the benched, in rounds over all people at once."""
    first = day_number(profile.start)
    end = day_number(first_of_next_month(profile.start, profile.months))
    staffed = _staffed(profile, people, streams)
    available = np.array([max(may_work_from(people[i], calendar), first) for i in staffed], dtype=np.int64)
    until = np.array([people[i].until_day for i in staffed], dtype=np.int64)
    columns: list[I64] = []
    for track in range(TRACKS):
        weeks = (end + 3) // 7 - (first + 3) // 7 + 1
        openings = _openings(lines, track, first, weeks)
        waits_pm = _GAP_PM if track == 0 else 1000 - profile.secondary_pm
        walk = _Walk(profile, track, waits_pm, end, openings, lines, streams)
        columns.extend(walk.rounds(np.array(staffed, dtype=np.int64), available, until))
    table = np.concatenate([*columns, np.empty((0, 5), dtype=np.int64)])
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    return _numbered(table, profile.consultants, streams)


def _staffed(profile: Profile, people: tuple[Person, ...], streams: Streams) -> list[int]:
    bench = streams("staffing.bench")
    movable = [p.index for p in people[1:] if not p.joins and p.terminated_day is None]
    benched = set(sorted(movable, key=lambda i: (bench.draw(i), i))[: profile.benched])
    return [p.index for p in people[1:] if p.index not in benched]


def _numbered(table: I64, consultants: int, streams: Streams) -> Blocks:
    person = table[:, 0]
    offsets = np.searchsorted(person, np.arange(consultants + 1)).astype(np.int64)
    ordinal = np.arange(len(table)) - offsets[person]
    task = streams("staffing.task").belows(person << 32 | table[:, 2] << 1 | table[:, 1], 2)
    return Blocks(
        person=person,
        track=table[:, 1],
        start=table[:, 2],
        end=table[:, 3],
        line=table[:, 4],
        task=task,
        code=(person + 1) * CODES_PER_PERSON + 2 * ordinal,
        offsets=offsets,
    )


@dataclass(frozen=True, eq=False)
class _Walk:
    """One track's staffing: each round gives every person still free one more block or gap."""

    profile: Profile
    track: int
    gap_pm: int
    end: int
    openings: _Openings
    lines: LineTable
    streams: Streams

    def rounds(self, person: I64, available: I64, until: I64) -> list[I64]:
        """Rows (person, track, start, end, line), one array a round."""
        cursor = available - (available + 3) % 7
        limit = np.minimum(until, FAR_DAY)
        found: list[I64] = []
        for _ in range(_MAX_ROUNDS):
            free = np.flatnonzero(cursor < np.minimum(self.end, limit))
            if len(free) == 0:
                break
            rows, ahead = self._one_round(person[free], cursor[free], available[free], limit[free])
            cursor[free] = ahead
            found.append(rows)
        return found

    def _gap_pm(self, person: I64) -> int | I64:
        return self.gap_pm if self.track else gap_pm(self.profile, self.streams, person, self.gap_pm)

    def _one_round(self, person: I64, monday: I64, available: I64, limit: I64) -> tuple[I64, I64]:
        ident = person << 23 | monday << 3 | self.track
        week = (monday + 3) // 7 - self.openings.first_week
        low, high = self.openings.offsets[week], self.openings.offsets[week + 1]
        idle = (low == high) | self.streams("staffing.gap").hits(ident, self._gap_pm(person))
        pick = low + self.streams("staffing.line").belows(ident, np.maximum(high - low, 1))
        line = (
            self.openings.lines[np.minimum(pick, max(len(self.openings.lines) - 1, 0))]
            if len(self.openings.lines)
            else np.zeros_like(pick)
        )
        start = np.maximum(np.maximum(monday, self.lines.first_day[line]), available)
        length = self.streams("staffing.weeks").picks(ident, _WEEKS)
        end = np.minimum(np.minimum(monday + 7 * length, self.lines.end_day[line]), limit)
        good = ~idle & (start < end) & (start < self.end)
        rows = np.stack((person, np.full_like(person, self.track), start, end, line), axis=1)[good]
        after = np.where(good, end + 6 - (end + 6 + 3) % 7, monday + 7)
        return rows, after
