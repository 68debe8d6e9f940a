"""The small tables of a firm, from which any part of its time sheets can be made alone."""

from dataclasses import dataclass

import numpy as np

from mocks.firm import reference
from mocks.firm.clients import Client, make_clients
from mocks.firm.days import Calendar, calendar_between, day_number, first_of_next_month
from mocks.firm.deals import Deal, make_deals
from mocks.firm.hashing import I64, Bools, Streams
from mocks.firm.people import FAR_DAY, Person, last_workday, make_people
from mocks.firm.profile import Profile
from mocks.firm.staffing import Blocks, LineTable, line_table, make_blocks
from mocks.firm.terms import with_terms

_DAYS_BEFORE = 45
_DAYS_AFTER = 160


@dataclass(frozen=True, eq=False)
class World:
    """People, deals and assignments of one company; `first`..`end` are the days on which work is recorded."""

    profile: Profile
    seed: int
    streams: Streams
    calendar: Calendar
    first: int
    end: int
    horizon_ms: int  # the close of the last month: nothing is played from then on
    clients: tuple[Client, ...]
    deals: tuple[Deal, ...]
    people: tuple[Person, ...]
    lines: LineTable
    blocks: Blocks
    level: I64
    manager: I64
    until: I64
    last_workday: I64
    short_week: Bools
    hired: I64
    promoted: I64  # FAR_DAY for nobody


def make_world(profile: Profile, seed: int) -> World:
    """All tables below a million rows; pure in (profile, seed)."""
    branch = profile.branch
    streams = Streams(seed, branch.stream_prefix)
    first = day_number(profile.start)
    end = day_number(first_of_next_month(profile.start, profile.months))
    calendar = calendar_between(first - _DAYS_BEFORE, end + _DAYS_AFTER, branch.time_zone, branch.holidays)
    clients = make_clients(profile, streams)
    deals = make_deals(profile, clients, calendar, streams)
    people = make_people(profile, calendar, streams)
    lines = line_table(deals)
    blocks = make_blocks(profile, people, lines, calendar, streams)
    if profile.all_methods:
        deals = with_terms(profile, deals, lines, blocks, calendar, end, streams)
    closes = reference.close_calendar(calendar, profile)
    return World(
        profile=profile,
        seed=seed,
        streams=streams,
        calendar=calendar,
        first=first,
        end=end,
        horizon_ms=closes[profile.months - 1].close_at_ms,
        clients=clients,
        deals=deals,
        people=people,
        lines=lines,
        blocks=blocks,
        level=np.array([p.level for p in people], dtype=np.int64),
        manager=np.array([-1 if p.manager is None else p.manager for p in people], dtype=np.int64),
        until=np.array([p.until_day for p in people], dtype=np.int64),
        last_workday=np.array(
            [p.until_day if p.terminated_day is None else last_workday(p, calendar) for p in people],
            dtype=np.int64,
        ),
        short_week=np.array([p.short_week for p in people], dtype=np.bool_),
        hired=np.array([p.hired_day for p in people], dtype=np.int64),
        promoted=np.array(
            [FAR_DAY if p.promoted_day is None else p.promoted_day for p in people], dtype=np.int64
        ),
    )
