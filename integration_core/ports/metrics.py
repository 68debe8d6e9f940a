"""What the core tells of its work while it works; `wiring` decides who listens.

Counts only: no record, key, amount or name ever passes here. Whoever calls must do so after its
transaction has committed, as a transaction may be undone and done again. In simulations nobody
listens, so nothing here may be needed for the work itself.
"""

from collections.abc import Sequence
from typing import Protocol


class Metrics(Protocol):
    """Where the parts of the core leave word of what they did; may be called from any thread."""

    def called(self, system: str, operation: str, outcome: str, seconds: float) -> None:
        """A call to a vendor ended: ok, 4xx, 429, 5xx, not_sent or no_answer."""
        ...

    def paused(self, process: str) -> None:
        """A run waits before it tries a call again."""
        ...

    def records_taken(self, source: str, stream: str, count: int) -> None:
        """Records of a stream were read and stored, whether they were new or not."""
        ...

    def entries_rated(self, outcome: str, count: int) -> None:
        """Time entries left the rating: rated, covered, non_billable or blocked."""
        ...

    def entries_priced(self, lags_ms: Sequence[int]) -> None:
        """Time entries got their billing event: for each, the core's time since its approval."""
        ...

    def documents_stated(self, kind: str, count: int) -> None:
        """Documents are wanted of the ERP: invoice, credit or journal."""
        ...

    def rows_sent(self, lane: str, outcome: str, count: int) -> None:
        """Rows of the outbox were told to their target: written, again or refused."""
        ...

    def run_ended(self, process: str, outcome: str, seconds: float) -> None:
        """A stretch of a run ended: ok, failed or suspended."""
        ...

    def notified(self, vendor: str, outcome: str) -> None:
        """A notification came in: fresh, repeated, put off or refused."""
        ...


class Silent:
    """Nobody listens."""

    def called(self, system: str, operation: str, outcome: str, seconds: float) -> None:
        """Nothing."""

    def paused(self, process: str) -> None:
        """Nothing."""

    def records_taken(self, source: str, stream: str, count: int) -> None:
        """Nothing."""

    def entries_rated(self, outcome: str, count: int) -> None:
        """Nothing."""

    def entries_priced(self, lags_ms: Sequence[int]) -> None:
        """Nothing."""

    def documents_stated(self, kind: str, count: int) -> None:
        """Nothing."""

    def rows_sent(self, lane: str, outcome: str, count: int) -> None:
        """Nothing."""

    def run_ended(self, process: str, outcome: str, seconds: float) -> None:
        """Nothing."""

    def notified(self, vendor: str, outcome: str) -> None:
        """Nothing."""


SILENT: Metrics = Silent()
