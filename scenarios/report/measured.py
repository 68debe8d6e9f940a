"""Figures of `rehearse bench --json`: what the comparison needs of them, checked as they come in."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field


class NoFigures(Exception):
    """A file is not what `rehearse bench` writes; the text is one sentence."""


class Spread(Struct, frozen=True):
    """One figure over all rounds."""

    median: float
    least: float
    most: float


class Machine(Struct, frozen=True):
    """Where something was measured."""

    cores: int
    memory_gigabytes: int
    python: str
    system: str


class Taken(Struct, frozen=True):
    """How one benchmark was run."""

    command: str
    machine: Machine
    load_average: float


class Large(Struct, frozen=True):
    """The large firm, made whole."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float
    tables: int
    rows: int
    time_entries: int
    cpu_seconds_spread: tuple[float, float]


class Rates(Struct, frozen=True):
    """Time entries a CPU second: ours in three shapes, and how many times as many as others'."""

    ours_as_columns: Spread
    ours_as_csv: Spread
    ours_as_records: Spread
    ours_as_columns_times_as_many_as: dict[str, Spread]
    ours_as_csv_times_as_many_as: dict[str, Spread]
    ours_as_records_times_as_many_as: dict[str, Spread]
    missing: list[str]
    faker: Spread | None = None
    mimesis: Spread | None = None
    snowfakery: Spread | None = None


class Generation(Struct, frozen=True):
    """What `rehearse bench generate` found."""

    large: Large
    time_entries_per_cpu_second: Rates


class Kind(Struct, frozen=True):
    """Creates, or reads, of one server."""

    calls: int
    a_second: Spread
    a_cpu_second: Spread
    p50_ms: Spread
    p99_ms: Spread
    client_cpu_microseconds: Spread


class Server(Struct, frozen=True):
    """One server's figures."""

    creates: Kind
    reads: Kind
    megabytes: float


class Known(Struct, frozen=True):
    """Which server, or why it was not measured."""

    version: str = ""
    missing: str = ""


class Times(Struct, frozen=True):
    """How many times as many calls ours answers: by the clock, and for the same CPU time."""

    a_second: Spread
    a_cpu_second: Spread


class TimesOfBoth(Struct, frozen=True):
    """The same for both kinds of calls."""

    creates: Times
    reads: Times


class Load(Struct, frozen=True):
    """What every server was asked."""

    connections: int
    creates: int
    reads: int
    seconds_at_most: float
    rounds: int


class Served(Struct, frozen=True):
    """What `rehearse bench mocks` found over HTTP."""

    load: Load
    servers: dict[str, Known]
    figures: dict[str, Server]
    ours_times_as_many_as: dict[str, TimesOfBoth]


class Mocks(Struct, frozen=True):
    """What `rehearse bench mocks` found: one read inside one process, and everything over HTTP."""

    served: Served
    salesforce_microseconds: dict[str, float]
    bamboohr_microseconds: dict[str, float]


class Way(Struct, frozen=True):
    """One way from approved time to invoices."""

    entries: int
    seconds: float
    entries_per_second: float
    erp_writes: int | None = None
    spread: tuple[float, float] | None = None
    times_the_naive_script: float | None = None
    times_the_naive_script_spread: tuple[float, float] | None = None
    until_all_is_at_rest_seconds: float | None = None
    cpu_seconds: dict[str, float] = {}
    peak_megabytes: dict[str, float] = {}
    what: str = ""


class Figures(Struct, frozen=True):
    """All that was measured, of one file or of several."""

    measured: dict[str, Taken] = field(default_factory=dict)
    generate: Generation | None = None
    mocks: Mocks | None = None
    core: dict[str, Way] | None = None


def read(files: Sequence[Any]) -> Figures:
    """What the files hold together, later ones over earlier ones; raises NoFigures."""
    merged: dict[str, Any] = {}
    for content in files:
        if not isinstance(content, Mapping) or not isinstance(content.get("measured"), Mapping):
            raise NoFigures("That is no file of figures: write one with rehearse bench --json.")
        merged |= {**content, "measured": {**merged.get("measured", {}), **content["measured"]}}
    try:
        figures = msgspec.convert(merged, Figures)
    except msgspec.ValidationError as problem:
        raise NoFigures(f"The figures are not those of this version: {problem}; measure again.") from problem
    if figures.generate is None and figures.mocks is None and figures.core is None:
        raise NoFigures("There is nothing to compare: measure generate, mocks or core with --json first.")
    return figures
