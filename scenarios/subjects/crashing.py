"""A core that dies where it hurts most: after the ERP took a document, before it is remembered."""

from integration_core.engine.run import AFTER_EFFECT
from integration_core.engine.simulated import CrashNow, CrashPoints

ERP_WRITES = "send:erp."


class StagedCrash:
    """Crash points that are armed now and then; `inner` may have crashes of its own."""

    def __init__(self, inner: CrashPoints | None = None) -> None:
        self._inner = inner
        self._armed = 0

    def arm(self) -> None:
        """The next write to the ERP is the last thing this life of the core does."""
        self._armed += 1

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        """As the engine asks; raises CrashNow."""
        if self._armed and point == AFTER_EFFECT and run_id.startswith(ERP_WRITES):
            self._armed -= 1
            raise CrashNow(f"{point} {name}")
        if self._inner is not None:
            self._inner.visit(point, run_id, name, occurrence)
