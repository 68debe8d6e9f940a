"""The firm as its users see it: master data, a calendar of plays, counts and digests of its companies."""

import heapq
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

import msgspec
import numpy as np

from mocks.firm import reference
from mocks.firm.cards import TimeSheets, time_sheets_of
from mocks.firm.facts.source import Contract, SourceFact, TimeEntry
from mocks.firm.office import Office
from mocks.firm.plays import Play, play_key
from mocks.firm.profile import Profile, parts
from mocks.firm.sales import contract
from mocks.firm.streaming import Window, windows
from mocks.firm.timecards import TimecardView
from mocks.firm.world import World

DEFAULT_CHUNK = 256
# fields that came later: left out while empty, so that a firm without them keeps its digests
_LATER_FIELDS = (b',"milestones":[]', b',"retainer":null')


class Firm:
    """One synthetic firm of one or more companies; the first is the one that `world` and `sheets` show."""

    def __init__(self, profile: Profile, seed: int, chunk_size: int = DEFAULT_CHUNK) -> None:
        self.profile = profile
        self.seed = seed
        self.offices = tuple(Office(part, seed, chunk_size) for part in parts(profile))

    @property
    def world(self) -> World:
        """The tables of the first company."""
        return self.offices[0].world

    @property
    def horizon_ms(self) -> int:
        """The last close of the last month: every play is earlier."""
        return max(office.world.horizon_ms for office in self.offices)

    @property
    def sheets(self) -> TimeSheets:
        """The time sheets of everybody at the first company, as columns."""
        return self.offices[0].sheets

    def entries_of(self, resource_index: int) -> TimeSheets:
        """The time sheets of one person of the first company, made alone; equal to its part of `sheets`."""
        return time_sheets_of(self.world, np.array([resource_index], dtype=np.int64))

    def time_entries_of(self, resource_index: int) -> tuple[TimeEntry, ...]:
        """Every approved version of one person's entries, whether or not it falls before the horizon."""
        return tuple(self.timecards(self.entries_of(resource_index)).approved_entries())

    def timecards(self, sheets: TimeSheets) -> TimecardView:
        """Facts and plays of some time sheets of the first company."""
        return self.offices[0].timecards(sheets)

    def master(self) -> tuple[SourceFact, ...]:
        """What stands before the calendar starts, parents before children, one second apart."""
        rows: list[SourceFact] = []
        first_ms = reference.opening_ms(self.world.calendar, self.profile)
        for group in self._master_groups():
            at_ms = first_ms + 1000 * len(rows)
            rows.extend(
                msgspec.structs.replace(f, recorded_at_ms=at_ms + 1000 * i) for i, f in enumerate(group)
            )
        return tuple(rows)

    def _master_groups(self) -> Iterator[tuple[SourceFact, ...]]:
        own = [office.own_master() for office in self.offices]
        for _ in ("company", "cost centres"):
            yield from (next(groups) for groups in own)
        yield reference.practices(0)
        yield reference.tax_rates(0)
        if len(self.offices) > 1:
            yield reference.standard_tax_rates(0)
        yield reference.packages(0, self.profile.all_methods)
        for groups in own:
            yield from groups

    def calendar(self) -> Iterator[Play]:
        """Everything that happens, in time order; every play lies between the start and the horizon."""
        cards = (office.timecards(office.sheets).plays() for office in self.offices)
        yield from heapq.merge(self.few_plays(), *cards, key=play_key)

    def windows(
        self, days: int = 7, from_ms: int | None = None, to_ms: int | None = None
    ) -> Iterator[Window]:
        """`calendar` some days of a week at a time, in bounded memory, from one instant to another."""
        return windows(self.offices, days, from_ms, to_ms)

    def few_plays(self) -> list[Play]:
        """Everything of the calendar but time sheets, in order."""
        return sorted((play for office in self.offices for play in office.few_plays()), key=play_key)

    def rare_plays(self) -> list[Play]:
        """`few_plays` without assignments and leave, in order."""
        return sorted((play for office in self.offices for play in office.rare_plays()), key=play_key)

    def contracts(self) -> tuple[Contract, ...]:
        """Every contract as signed."""
        worlds = [office.world for office in self.offices]
        return tuple(contract(world, deal, 2) for world in worlds for deal in world.deals if deal.won)

    def counts(self) -> dict[str, int]:
        """How large the firm is; time sheets count as far as they are handed in before the horizon."""
        total: Counter[str] = Counter()
        for office in self.offices:
            total.update(office.counts())
        return dict(total)

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every column and of every kind of fact, by name; later companies are prefixed."""
        found: dict[str, str] = {}
        for office in self.offices:
            found |= office.column_digests(office.profile.branch.stream_prefix)
        kinds: dict[str, list[bytes]] = {}
        played = (fact for play in self.few_plays() for fact in play.facts)
        for fact in (*self.master(), *played):
            kinds.setdefault(type(fact).__name__, []).append(_canonical(fact))
        found |= {f"facts.{kind}": sha256(b"\n".join(rows)).hexdigest() for kind, rows in kinds.items()}
        return dict(sorted(found.items()))

    def digest(self) -> str:
        """One SHA-256 over all of `digests`."""
        lines = "\n".join(f"{name} {value}" for name, value in self.digests().items())
        return sha256(lines.encode()).hexdigest()


def _canonical(fact: SourceFact) -> bytes:
    """A fact as the bytes that are digested."""
    encoded = msgspec.json.encode(fact)
    for empty in _LATER_FIELDS:
        encoded = encoded.replace(empty, b"")
    return encoded
