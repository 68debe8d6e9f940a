"""The firm as its users see it: master data, a calendar of plays, columns and digests."""

import heapq
from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property
from hashlib import sha256

import msgspec
import numpy as np

from mocks.firm import reference
from mocks.firm.assignments import AssignmentView
from mocks.firm.cards import Cards, Entries, TimeSheets, time_sheets_of
from mocks.firm.facts.source import Contract, SourceFact, TimeEntry
from mocks.firm.payments import payment_plays
from mocks.firm.people import hired_at_ms, versions_of
from mocks.firm.plays import HRIS, Play, play_key
from mocks.firm.profile import Profile
from mocks.firm.rates import default_card
from mocks.firm.sales import account_with_card, contract, deal_plays, existing_clients
from mocks.firm.staffing import Blocks
from mocks.firm.timecards import TimecardView
from mocks.firm.world import World, make_world

DEFAULT_CHUNK = 256


class Firm:
    """One synthetic firm; small tables are made at once, time sheets when first asked for."""

    def __init__(self, profile: Profile, seed: int, chunk_size: int = DEFAULT_CHUNK) -> None:
        self.profile = profile
        self.seed = seed
        self._chunk_size = chunk_size
        self.world: World = make_world(profile, seed)
        self._assignments = AssignmentView(self.world)

    @property
    def horizon_ms(self) -> int:
        """The close of the last month: every play is earlier."""
        return self.world.horizon_ms

    @cached_property
    def sheets(self) -> TimeSheets:
        """The time sheets of everybody, as columns."""
        return joined(tuple(self.sheet_chunks(self._chunk_size)))

    def sheet_chunks(self, chunk_size: int) -> Iterator[TimeSheets]:
        """The time sheets of consecutive people, a chunk at a time."""
        for low in range(0, self.profile.consultants, chunk_size):
            who = np.arange(low, min(low + chunk_size, self.profile.consultants), dtype=np.int64)
            yield time_sheets_of(self.world, who)

    def entries_of(self, resource_index: int) -> TimeSheets:
        """The time sheets of one person, made alone; equal to that person's part of `sheets`."""
        return time_sheets_of(self.world, np.array([resource_index], dtype=np.int64))

    def time_entries_of(self, resource_index: int) -> tuple[TimeEntry, ...]:
        """Every approved version of one person's entries, whether or not it falls before the horizon."""
        view = TimecardView(self.world, self.entries_of(resource_index), self._assignments)
        return tuple(view.approved_entries())

    def timecards(self, sheets: TimeSheets) -> TimecardView:
        """Facts and plays of some time sheets."""
        return TimecardView(self.world, sheets, self._assignments)

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
        world = self.world
        yield (reference.legal_entity(world.calendar, self.profile, 0),)
        yield reference.cost_centres(0)
        yield reference.practices(0)
        yield reference.tax_rates(0)
        yield reference.packages(0)
        yield default_card(self.profile.start, 0, world.streams)
        yield tuple(
            versions_of(person, world.people, world.calendar, 0)[0]
            for person in world.people
            if not person.joins
        )
        for client in existing_clients(world):
            yield account_with_card(world, client, 0)

    def calendar(self) -> Iterator[Play]:
        """Everything that happens, in time order; every play lies between the start and the horizon."""
        yield from heapq.merge(self.few_plays(), self.timecards(self.sheets).plays(), key=play_key)

    def few_plays(self) -> list[Play]:
        """Everything of the calendar but time sheets, in order."""
        plays = [play for play in self._entered() if play.at_ms < self.horizon_ms]
        plays.extend(payment_plays(self.world, self.sheets.cards))
        return sorted(plays, key=play_key)

    def _entered(self) -> Iterator[Play]:
        """Plays of people, deals and assignments, in no order."""
        world = self.world
        for person in world.people:
            at_ms = hired_at_ms(person, world.calendar) if person.joins else 0
            for fact in versions_of(person, world.people, world.calendar, at_ms):
                if person.joins or fact.ver > 1:
                    yield Play(fact.recorded_at_ms, HRIS, (fact,))
        for deal in world.deals:
            yield from deal_plays(world, deal)
        yield from self._assignments.plays()

    def contracts(self) -> tuple[Contract, ...]:
        """Every contract as signed."""
        return tuple(contract(self.world, deal, 2) for deal in self.world.deals if deal.won)

    def counts(self) -> dict[str, int]:
        """How large the firm is; time sheets count as far as they are handed in before the horizon."""
        world, cards, entries = self.world, self.sheets.cards, self.sheets.entries
        handed_in = cards.submitted_ms < self.horizon_ms
        return {
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

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every column and of every kind of fact, by name."""
        found = {
            **_column_digests("entries", self.sheets.entries),
            **_column_digests("cards", self.sheets.cards),
            **_column_digests("blocks", self.world.blocks),
        }
        kinds: dict[str, list[bytes]] = {}
        played = (fact for play in self.few_plays() for fact in play.facts)
        for fact in (*self.master(), *played):
            kinds.setdefault(type(fact).__name__, []).append(msgspec.json.encode(fact))
        found |= {f"facts.{kind}": sha256(b"\n".join(rows)).hexdigest() for kind, rows in kinds.items()}
        return dict(sorted(found.items()))

    def digest(self) -> str:
        """One SHA-256 over all of `digests`."""
        lines = "\n".join(f"{name} {value}" for name, value in self.digests().items())
        return sha256(lines.encode()).hexdigest()


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
