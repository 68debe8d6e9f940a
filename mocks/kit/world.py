"""One estate among several in the same servers: its data, clock, faults, limits and credentials."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mocks.kit.clock import Mode, WorldClock
from mocks.kit.faults import Faults
from mocks.kit.journal import Journal
from mocks.kit.limits import Limit, Limits
from mocks.kit.schema import Schema
from mocks.kit.store import Store
from mocks.kit.webhooks import Outgoing, Webhooks


class World:
    """Everything one system holds for one rehearsal; `secrets` are its credentials, by the vendor's names."""

    def __init__(
        self,
        name: str,
        seed: int,
        schema: Schema,
        secrets: Mapping[str, str],
        limits: dict[str, Limit],
        outgoing: Outgoing,
        *,
        start_ms: int,
        mode: Mode = "stepped",
        factor: float = 1.0,
        path: Path | None = None,
        deliveries_at_once: int = 1,
    ) -> None:
        self.name = name
        self.seed = seed
        self.secrets = dict(secrets)
        self.store = Store(schema, path)
        self.clock = WorldClock(start_ms, mode, factor)
        self.journal = Journal()
        self.faults = Faults(seed)
        self.limits = Limits(limits)
        self.webhooks = Webhooks(self.store, self.faults, outgoing, deliveries_at_once)
        self.settings: dict[str, Any] = {}

    def now_ms(self) -> int:
        """The present, as the clock has it."""
        return self.clock.now_ms()

    def commit_ms(self) -> int:
        """The stamp of a commit now: the present, cut down where a fault makes stamps coarse."""
        now_ms = self.now_ms()
        coarse = self.faults.active("coarse_stamps", now_ms)
        if coarse is None or coarse.seconds <= 0:
            return now_ms
        self.faults.note(coarse)
        step = int(coarse.seconds * 1000)
        return now_ms - now_ms % step

    def visible_until_ms(self) -> int | None:
        """Reads show only what was committed before this, where a fault makes them lag; None: everything."""
        lag = self.faults.active("visibility_lag", self.now_ms())
        if lag is None:
            return None
        self.faults.note(lag)
        return self.now_ms() - int(lag.seconds * 1000)

    def page_size(self, usual: int) -> int:
        """How many records a page holds now."""
        small = self.faults.active("page_size", self.now_ms())
        if small is None or small.size <= 0:
            return usual
        self.faults.note(small)
        return min(usual, small.size)

    def reset(self) -> None:
        """Back to an empty world with the same credentials, its clock where it stands."""
        self.store.clear()
        self.webhooks.clear()
        self.journal.clear()
        self.faults.clear()
        self.limits.clear()
