"""What a load run is told: where the systems are, how many people, for how long, on which clock."""

from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct, field

ESTATE_FILE, SETTINGS_FILE = "estate.json", "load.json"
_Read = TypeVar("_Read")


class Unusable(Exception):
    """The work folder cannot be used; the text is the sentence for the user."""


class Clock(Struct, frozen=True, kw_only=True):
    """The systems' own time: it was `from_ms` when the machine said `since_wall_ms`."""

    from_ms: int
    factor: float
    since_wall_ms: int

    def wall_ms_of(self, world_ms: int) -> int:
        """When, by the machine, an instant of the systems' time comes."""
        return self.since_wall_ms + int((world_ms - self.from_ms) / self.factor)

    def world_ms_of(self, wall_ms: int) -> int:
        """What time it is in the systems at an instant of the machine's."""
        return self.from_ms + int((wall_ms - self.since_wall_ms) * self.factor)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run goes; without a clock every deed is due at once."""

    users: int = 20
    duration_seconds: float = 60.0
    shape: str = "steps"
    workers: int = 1
    clock: Clock | None = None
    think_seconds: float = 0.2  # between two deeds of one person
    timeout_seconds: float = 30.0  # for one answer
    patience_seconds: float = 60.0  # with a limit, or a system that is away
    settle_seconds: float = 0.0  # until a change is surely shown, before it is looked for
    stale_seconds: float = 20.0  # without a sign of life a worker's lanes are taken over
    look_around: bool = True  # whether the receivables clerk reads open invoices all the while


class System(Struct, frozen=True):
    """One system of the estate and the credentials of its integration; they never show in a text."""

    vendor: str
    url: str
    credentials: dict[str, str]

    def __repr__(self) -> str:
        return f"System(vendor={self.vendor!r}, url={self.url!r})"


class EstateFile(Struct, frozen=True):
    """What `rehearse up --json` writes, as far as people at work need it."""

    systems: dict[str, System] = field(default_factory=dict)


def read_settings(folder: Path) -> Settings:
    """The run's settings; raises Unusable."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        return Settings()
    return _read(path, Settings)


def read_estate(folder: Path) -> dict[str, System]:
    """The systems by role; raises Unusable."""
    path = folder / ESTATE_FILE
    if not path.exists():
        raise Unusable(
            f"{folder} holds no {ESTATE_FILE}; write it with `rehearse up --json {path}` "
            "and name the folder in LOAD_FOLDER."
        )
    systems = _read(path, EstateFile).systems
    if not systems:
        raise Unusable(f"{path} names no systems; write it anew with `rehearse up --json {path}`.")
    return systems


def write_settings(folder: Path, settings: Settings) -> None:
    """Put the settings into the work folder."""
    (folder / SETTINGS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(settings)))


def _read(path: Path, kind: type[_Read]) -> _Read:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as problem:
        raise Unusable(f"{path} cannot be read: {problem}.") from None
