"""Worlds that outlive their process: which ones a data folder holds, and the seeds of their credentials.

The control plane makes and forgets worlds while a mock runs. With a data folder, a note beside each
world's database tells its seed, so that a mock started again knows the same worlds by the same keys.
"""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from mocks.kit.system import CONTROL_PREFIX, MockSystem, Receive, Scope, Send

_ONE_WORLD = re.compile(re.escape(CONTROL_PREFIX) + r"([A-Za-z0-9_-]{1,64})/?")


class Note(Struct, frozen=True):
    """What cannot be read from a world's database."""

    seed: int


class WrongSeed(Exception):
    """A kept world was asked for with another seed than it has."""


class KeptWorlds:
    """A mock as an ASGI application that notes each of its worlds in the data folder, if there is one."""

    def __init__(self, system: MockSystem, data: Path | None) -> None:
        self._system = system
        self._data = data
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)

    def found(self, world: str, seed: int) -> dict[str, int]:
        """Names and seeds of the world asked for and of all that are kept; raises WrongSeed."""
        if self._data is None:
            return {world: seed}
        start = f"{self._system.vendor.name}-"
        worlds: dict[str, int] = {}
        for note in sorted(self._data.glob(f"{start}*.world.json")):
            name = note.name.removeprefix(start).removesuffix(".world.json")
            worlds[name] = msgspec.json.decode(note.read_bytes(), type=Note).seed
        if worlds.setdefault(world, seed) != seed:
            raise WrongSeed(
                f"The data folder has the world {world} with the seed {worlds[world]}, not {seed}."
            )
        self._write(world, seed)
        return worlds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = _ONE_WORLD.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if self._data is None or match is None:
            await self._system(scope, receive, send)
            return
        name = match[1]
        known = name in self._system.worlds

        async def noted(message: Scope) -> None:
            # Before the answer goes out: a world that was confirmed must be there after a kill.
            if message["type"] == "http.response.start" and known != (name in self._system.worlds):
                self._note(name)
            await send(message)

        await self._system(scope, receive, noted)

    def _note(self, name: str) -> None:
        world = self._system.worlds.get(name)
        if world is not None:
            self._write(name, world.seed)
        elif self._data is not None:
            for ending in (".world.json", ".sqlite", ".sqlite-wal", ".sqlite-shm"):
                self._file(name, ending).unlink(missing_ok=True)

    def _write(self, name: str, seed: int) -> None:
        target = self._file(name, ".world.json")
        beside = target.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(Note(seed)))
        beside.replace(target)

    def _file(self, name: str, ending: str) -> Path:
        if self._data is None:
            raise RuntimeError("without a data folder nothing is kept")
        return self._data / f"{self._system.vendor.name}-{name}{ending}"
