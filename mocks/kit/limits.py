"""A world's quotas, counted in the world's own time: calls per window, and calls at once."""

from collections import deque

from msgspec import Struct


class Limit(Struct, frozen=True):
    """At most `maximum` calls in `window_ms` (0: no window, calls at once)."""

    maximum: int
    window_ms: int = 0


class Limits:
    """Named limits of one world. A vendor asks `take` before a call and `give_back` after it."""

    def __init__(self, initial: dict[str, Limit]) -> None:
        self._initial = dict(initial)
        self.refused: dict[str, int] = {}  # by limit, since the world began
        self.clear()

    def clear(self) -> None:
        """Back to the vendor's own limits, nothing used."""
        self.limits = dict(self._initial)
        self._calls: dict[str, deque[int]] = {}
        self._open: dict[str, int] = {}

    def set(self, name: str, limit: Limit) -> None:
        """Change or add a limit."""
        self.limits[name] = limit

    def take(self, name: str, now_ms: int) -> bool:
        """Count a call; False when it is one too many."""
        limit = self.limits[name]
        if not limit.window_ms:
            if self._open.get(name, 0) >= limit.maximum:
                return self._refuse(name)
            self._open[name] = self._open.get(name, 0) + 1
            return True
        calls = self._calls.setdefault(name, deque())
        while calls and calls[0] <= now_ms - limit.window_ms:
            calls.popleft()
        if len(calls) >= limit.maximum:
            return self._refuse(name)
        calls.append(now_ms)
        return True

    def _refuse(self, name: str) -> bool:
        self.refused[name] = self.refused.get(name, 0) + 1
        return False

    def give_back(self, name: str) -> None:
        """End a call that counts only while it lasts."""
        if self._open.get(name, 0) > 0:
            self._open[name] -= 1

    def used(self, name: str) -> int:
        """Calls that count against a limit now."""
        if not self.limits[name].window_ms:
            return self._open.get(name, 0)
        return len(self._calls.get(name, ()))

    def retry_after_seconds(self, name: str, now_ms: int) -> int:
        """Whole seconds until a call would pass again, at least one."""
        calls = self._calls.get(name)
        if not calls:
            return 1
        return max(1, -(-(calls[0] + self.limits[name].window_ms - now_ms) // 1000))
