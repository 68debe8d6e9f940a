"""Work in files, so that it outlives whoever works on it: lanes are claimed by renaming, and only whole.

    todo/lane-017.ndjson                nobody works on it yet
    doing/lane-017.<worker>.ndjson      this worker does, as long as its heartbeat is fresh
    done/lane-017.<worker>.ndjson       everything in it came to an end, or the time was over

A lane of a worker that died is taken over by another; what the dead one finished is in its outcomes.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from load.deeds import Deed, decoded, encoded, lane_of
from load.outcomes import FINAL, Attempt, read_attempts
from load.outcomes import encoded as encoded_attempt
from load.settings import Unusable

TODO, DOING, DONE, LIVES = "todo", "doing", "done", "workers"
LAID_FILE = "laid.json"
LANES = 64


class Laid(Struct, frozen=True):
    """How many deeds were laid out, by persona and by operation."""

    lanes: int
    personas: dict[str, int]
    operations: dict[str, int]

    @property
    def deeds(self) -> int:
        """All of them."""
        return sum(self.personas.values())


def lay_out(folder: Path, deeds: Iterable[Deed], lanes: int = LANES) -> Laid:
    """Write deeds, in the order of the calendar, into lanes that nobody has claimed; in little memory."""
    for name in (TODO, DOING, DONE, LIVES):
        (folder / name).mkdir(parents=True, exist_ok=True)
    personas: Counter[str] = Counter()
    operations: Counter[str] = Counter()
    files = [(folder / TODO / f"lane-{number:03d}.ndjson").open("ab") for number in range(lanes)]
    try:
        for deed in deeds:
            files[lane_of(deed, lanes)].write(encoded(deed))
            personas[deed.persona] += 1
            operations[deed.operation] += 1
    finally:
        for file in files:
            file.close()
    laid = Laid(lanes, dict(sorted(personas.items())), dict(sorted(operations.items())))
    (folder / LAID_FILE).write_bytes(msgspec.json.encode(laid))
    return laid


def read_laid(folder: Path) -> Laid:
    """What was laid out; raises Unusable."""
    path = folder / LAID_FILE
    if not path.exists():
        raise Unusable(f"{folder} holds no {LAID_FILE}: lay out the work for a load run first.")
    return msgspec.json.decode(path.read_bytes(), type=Laid)


def read_deeds(folder: Path) -> Iterator[Deed]:
    """Every deed of a folder, lane by lane, wherever its lane stands now."""
    paths = [path for name in (TODO, DOING, DONE) for path in (folder / name).glob("*.ndjson")]
    for path in sorted(paths, key=lambda one: one.name):
        with path.open("rb") as lines:
            yield from map(decoded, lines)


def all_ended(folder: Path) -> bool:
    """Whether nothing is left to be done or being done."""
    return not any(path for name in (TODO, DOING) for path in (folder / name).glob("*.ndjson"))


class Claims:
    """One worker's lanes, sign of life and log of attempts."""

    def __init__(self, folder: Path, worker: str, stale_seconds: float) -> None:
        self.worker = worker
        self._folder = folder
        self._stale_seconds = stale_seconds
        self._held: dict[str, Path] = {}
        self._life = folder / LIVES / worker
        self._log = (folder / f"outcomes-{worker}.ndjson").open("ab", buffering=0)
        self.live()

    @property
    def held(self) -> frozenset[str]:
        """The names of the lanes that are this worker's now."""
        return frozenset(self._held)

    def live(self) -> None:
        """Give a sign of life, and let go of lanes that others took because there was none for too long."""
        self._life.touch()
        self._held = {lane: path for lane, path in self._held.items() if path.exists()}

    def claim(self, wanted: range) -> Iterator[tuple[str, Path]]:
        """Claim lanes that nobody has, those of these places among all: start, end, step."""
        for path in sorted((self._folder / TODO).glob("*.ndjson")):
            if int(path.stem.rpartition("-")[2]) in wanted:
                yield from self._taken(path.stem, path)

    def take_over(self, now_seconds: float) -> Iterator[tuple[str, Path]]:
        """Claim one lane whose worker gives no sign of life any more."""
        for path in sorted((self._folder / DOING).glob("*.ndjson")):
            lane, _, worker = path.stem.partition(".")
            if worker != self.worker and not self._is_alive(worker, now_seconds):
                yield from self._taken(lane, path)
                return

    def finish(self, lane: str) -> None:
        """Nothing of a lane is left to do."""
        path = self._held.pop(lane, None)
        if path is not None and path.exists():
            os.replace(path, self._folder / DONE / path.name)

    def settled(self) -> set[str]:
        """Deeds that came to an end, by whomever."""
        return {one.deed for one in read_attempts(self._folder) if one.outcome in FINAL}

    def log(self, attempt: Attempt) -> None:
        """Keep an attempt; it is in the file when this returns."""
        self._log.write(encoded_attempt(attempt))

    def close(self) -> None:
        """Give no sign of life any more."""
        self._log.close()
        self._life.unlink(missing_ok=True)

    def _taken(self, lane: str, path: Path) -> Iterator[tuple[str, Path]]:
        mine = self._folder / DOING / f"{lane}.{self.worker}.ndjson"
        try:
            os.rename(path, mine)
        except FileNotFoundError:
            return  # another worker was quicker
        self._held[lane] = mine
        yield lane, mine

    def _is_alive(self, worker: str, now_seconds: float) -> bool:
        try:
            seen = (self._folder / LIVES / worker).stat().st_mtime
        except FileNotFoundError:
            return False
        return now_seconds - seen < self._stale_seconds
