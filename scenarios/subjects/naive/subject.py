"""The naive script as a subject: started on an estate, woken by its clock, at rest between passes."""

from integration_core.ports.http import HttpTransport
from scenarios.estate import Estate
from scenarios.oracle.book import Book
from scenarios.subjects.naive.calls import Calls
from scenarios.subjects.naive.memory import BILLING_LAG_MS
from scenarios.subjects.naive.script import Script

ROLES = ("crm", "psa", "hris", "erp")


class Naive:
    """The plain script in this process; `transport` and the clock it is stepped by are all it is given."""

    name = "naive"

    def __init__(
        self,
        transport: HttpTransport,
        *,
        poll_interval_seconds: float = 3600.0,
        pause_seconds: float = 5.0,
        billing_lag_ms: int = BILLING_LAG_MS,
    ) -> None:
        self._transport = transport
        self._interval_ms = int(poll_interval_seconds * 1000)
        self._pause_seconds = pause_seconds
        self._billing_lag_ms = billing_lag_ms
        self._script: Script | None = None
        self._systems: dict[str, dict[str, str]] = {}
        self._nonces = 0
        self._now_ms = 0
        self._next_poll_ms = 0

    async def start(self, estate: Estate, now_ms: int) -> None:
        """Tell it where the systems are; it begins at once."""
        self._now_ms = now_ms
        self._systems = {
            role: {"url": estate.systems[role].url, **estate.systems[role].credentials} for role in ROLES
        }
        self._begin()

    def _begin(self) -> None:
        calls = Calls(self._transport, self._systems, lambda: self._now_ms, self._nonce, self._pause_seconds)
        self._script = Script(calls, self._billing_lag_ms)
        self._next_poll_ms = self._now_ms

    def _nonce(self) -> str:
        self._nonces += 1  # across restarts: the ERP remembers them
        return f"naive-{self._nonces:012d}"

    async def crash(self) -> None:
        """Forget everything and begin anew: all it knew was in memory."""
        self._begin()

    async def advance(self, now_ms: int) -> None:
        """Step its clock; a pass runs when its next poll or billing job is due."""
        if self._script is None:
            raise RuntimeError("the script was never started")
        self._now_ms = now_ms
        if now_ms >= self._due_ms():
            self._next_poll_ms = now_ms + self._interval_ms
            await self._script.run(now_ms)

    async def settle(self) -> int | None:
        """Between passes it rests; says when the next one is due."""
        return self._due_ms()

    def _due_ms(self) -> int:
        billing_ms = self._script.next_billing_ms() if self._script is not None else None
        return self._next_poll_ms if billing_ms is None else min(self._next_poll_ms, billing_ms)

    async def replay_open_cases(self) -> int:
        """It keeps no cases: what failed is forgotten."""
        return 0

    async def owed(self) -> str:
        """As far as it knows, nothing."""
        return ""

    async def book(self) -> Book | None:
        """It keeps no book."""
        return None

    async def stop(self) -> None:
        """Nothing of it runs between passes."""
