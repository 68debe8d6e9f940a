"""Which deed is next: a worker's own lanes in memory, due deeds first, each after those it depends on."""

import heapq
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from load.deeds import Deed, Head, decoded, head_of

BATCH = 200  # what a manager decides on at once, as many as the product takes in one call


class Task(Struct, eq=False):
    """One deed on its way: its line is read again when somebody takes it."""

    head: Head
    lane: str
    line: bytes
    attempts: int = 0
    waited: int = 0
    reason: str = ""  # what it waited for last

    @property
    def deed(self) -> Deed:
        """The deed with everything it needs."""
        return decoded(self.line)


class Work:
    """The deeds of some lanes. `due_ms` says when, by the machine, an instant of the systems comes."""

    def __init__(self, due_ms: Callable[[int], int]) -> None:
        self._due_ms = due_ms
        self._open: dict[str, Task] = {}
        self._ready: dict[str, list[tuple[int, int, str]]] = {}
        self._groups: dict[tuple[str, str], dict[str, int]] = {}
        self._blocked: dict[str, list[str]] = {}
        self._waiting_for: dict[str, set[str]] = {}
        self._left: dict[str, int] = {}
        self._order = 0

    def add(self, lane: str, lines: Iterable[bytes], settled: set[str]) -> None:
        """Take up a lane, without what has come to an end before."""
        self._left.setdefault(lane, 0)
        added = []
        for line in lines:
            head = head_of(line)
            if head.id not in settled:
                self._open[head.id] = task = Task(head, lane, line)
                self._left[lane] += 1
                added.append(task)
        for task in added:
            needed = {deed_id for deed_id in task.head.after if deed_id in self._open}
            if needed:
                self._waiting_for[task.head.id] = needed
                for deed_id in needed:
                    self._blocked.setdefault(deed_id, []).append(task.head.id)
            else:
                self._make_ready(task, self._due_ms(task.head.at_ms))

    def drop(self, lane: str) -> None:
        """Forget a lane that is somebody else's now."""
        for deed_id in [key for key, task in self._open.items() if task.lane == lane]:
            self._forget(deed_id)
        self._left.pop(lane, None)

    def take(self, personas: Iterable[str], now_ms: int) -> list[Task]:
        """The next due deed for one of these personas, with those of its group that are due too."""
        for persona in personas:
            heap = self._ready.get(persona, [])
            while heap and heap[0][0] <= now_ms:
                due_ms, _, deed_id = heapq.heappop(heap)
                task = self._taken(persona, deed_id, due_ms)
                if task is not None:
                    return [task, *self._companions(task, now_ms)]
        return []

    def next_due_ms(self, personas: Iterable[str]) -> int | None:
        """When the next deed of these personas is due; None when none is ready."""
        heaps = [heap for persona in personas if (heap := self._ready.get(persona))]
        return min((heap[0][0] for heap in heaps), default=None)

    def later(self, task: Task, not_before_ms: int) -> None:
        """Put a deed back, for not before an instant of the machine."""
        if task.head.id in self._open:
            self._make_ready(task, not_before_ms)

    def end(self, task: Task) -> list[str]:
        """A deed came to an end; returns the lanes in which nothing is left."""
        for deed_id in self._blocked.pop(task.head.id, ()):
            needed = self._waiting_for.get(deed_id)
            if needed is not None:
                needed.discard(task.head.id)
                if not needed and deed_id in self._open:
                    del self._waiting_for[deed_id]
                    self._make_ready(self._open[deed_id], self._due_ms(self._open[deed_id].head.at_ms))
        if task.head.id in self._open:
            self._forget(task.head.id)
            self._left[task.lane] -= 1
        return self.emptied()

    def dependents(self, task: Task) -> list[Task]:
        """Deeds that wait for this one, and those that wait for them."""
        found: list[Task] = []
        asked = [task.head.id]
        while asked:
            for deed_id in self._blocked.get(asked.pop(), ()):
                if deed_id in self._open and self._open[deed_id] not in found:
                    found.append(self._open[deed_id])
                    asked.append(deed_id)
        return found

    def emptied(self) -> list[str]:
        """Lanes in which nothing is left; told once."""
        done = [lane for lane, left in self._left.items() if left == 0]
        for lane in done:
            del self._left[lane]
        return done

    def rest(self) -> Iterator[Task]:
        """Everything that has not come to an end."""
        yield from self._open.values()

    def __contains__(self, deed_id: str) -> bool:
        return deed_id in self._open

    @property
    def lanes(self) -> frozenset[str]:
        """Lanes in which something is left."""
        return frozenset(self._left)

    @property
    def size(self) -> int:
        """How many deeds have not come to an end."""
        return len(self._open)

    def _forget(self, deed_id: str) -> None:
        task = self._open.pop(deed_id)
        self._groups.get((task.head.persona, task.head.group), {}).pop(deed_id, None)
        self._waiting_for.pop(deed_id, None)

    def _make_ready(self, task: Task, due_ms: int) -> None:
        head = task.head
        self._order += 1
        heapq.heappush(self._ready.setdefault(head.persona, []), (due_ms, self._order, head.id))
        self._groups.setdefault((head.persona, head.group), {})[head.id] = due_ms

    def _taken(self, persona: str, deed_id: str, due_ms: int) -> Task | None:
        """The task of an entry of the heap, unless it was taken with a group or put back since."""
        task = self._open.get(deed_id)
        if task is None:
            return None
        group = self._groups[persona, task.head.group]
        if group.get(deed_id) != due_ms:
            return None
        del group[deed_id]
        return task

    def _companions(self, task: Task, now_ms: int) -> list[Task]:
        if not task.head.group:
            return []
        group = self._groups[task.head.persona, task.head.group]
        due = [deed_id for deed_id, due_ms in group.items() if due_ms <= now_ms][: BATCH - 1]
        for deed_id in due:
            del group[deed_id]
        return [self._open[deed_id] for deed_id in due]
