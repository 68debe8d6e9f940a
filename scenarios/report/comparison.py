"""The page that puts our figures beside others': a pure function of what `rehearse bench --json` wrote.

No figure is typed by hand, so whoever runs its commands gets the same page with figures of another machine.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from scenarios.report.comparison_words import (
    CORE_WORDS,
    GENERATION_WORDS,
    INTRODUCTION,
    MOCKS_WORDS,
    NOT_MEASURED,
    ONE_MACHINE,
    SERVER_ROWS,
    WAYS_ROWS,
)
from scenarios.report.markup import number, plural
from scenarios.report.measured import (
    Figures,
    Generation,
    Kind,
    Mocks,
    NoFigures,
    Served,
    Spread,
    Taken,
    Way,
    read,
)

__all__ = ["NoFigures", "comparison"]

OURS, NAIVE = "our Salesforce mock", "naive script"
_SHAPES = {"columns": "ours as columns", "csv": "ours as CSV", "records": "ours as records"}
_OTHERS = {"faker": "Faker", "mimesis": "Mimesis", "snowfakery": "Snowfakery"}


def comparison(files: Sequence[Any]) -> str:
    """The page, as Markdown, of the contents of some files of figures; raises NoFigures."""
    figures = read(files)
    parts = [
        INTRODUCTION,
        "## How it was measured",
        *_taken(figures.measured),
        "## Where ours is slower or larger",
        _losses(figures),
        "## Making a firm",
        GENERATION_WORDS,
        *(_generation(figures.generate) if figures.generate else [NOT_MEASURED.format("generate")]),
        "## A mock over HTTP",
        MOCKS_WORDS,
        *(_mocks(figures.mocks) if figures.mocks else [NOT_MEASURED.format("mocks")]),
        "What each of them does for a call:",
        words(SERVER_ROWS),
        "## From approved time to invoices",
        CORE_WORDS,
        *(_core(figures.core) if figures.core else [NOT_MEASURED.format("core")]),
        "What each way holds:",
        words(WAYS_ROWS),
    ]
    return "\n\n".join(parts) + "\n"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns, but for the first, hold numbers."""
    lines = [_row(headings), _row(["---", *("---:" for _ in headings[1:])])]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def words(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of words; the first row is its headings."""
    return "\n".join([_row(rows[0]), _row(["---"] * len(rows[0])), *(_row(row) for row in rows[1:])])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def figure(value: float) -> str:
    """A number with as many digits as mean something."""
    if value >= 100:
        return number(round(value))
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values: Spread) -> str:
    """The median, and the least and the most of all rounds."""
    return f"{figure(values.median)} ({figure(values.least)} to {figure(values.most)})"


def _taken(measured: dict[str, Taken]) -> Iterator[str]:
    shown = {name: taken for name, taken in measured.items() if name in ("generate", "mocks", "core")}
    yield "```\n" + "\n".join(taken.command for taken in shown.values()) + "\n```"
    yield table(
        ["figures", "cores", "memory, GB", "Python", "system", "load average before"],
        [
            [
                name,
                str(taken.machine.cores),
                str(taken.machine.memory_gigabytes),
                taken.machine.python,
                taken.machine.system,
                f"{taken.load_average:.1f}",
            ]
            for name, taken in shown.items()
        ],
    )
    yield ONE_MACHINE


# --- where we lose --------------------------------------------------------------------------------


def _losses(figures: Figures) -> str:
    found = [
        *(_slower_generation(figures.generate) if figures.generate else ()),
        *(_slower_mocks(figures.mocks.served) if figures.mocks else ()),
        *(_slower_core(figures.core) if figures.core else ()),
    ]
    return "\n".join(f"- {sentence}" for sentence in found) or "Nowhere in the figures below."


def _turned(ratio: Spread) -> str:
    return spread(Spread(1 / ratio.median, 1 / ratio.most, 1 / ratio.least))


def _slower_generation(found: Generation) -> Iterator[str]:
    for shape, name in _SHAPES.items():
        for other, ratio in _ratios(found, shape).items():
            if ratio.median < 1:
                many = _turned(ratio)
                yield f"{_OTHERS.get(other, other)} makes {many} times as many rows a CPU second as {name}."


def _slower_mocks(served: Served) -> Iterator[str]:
    for name, times in served.ours_times_as_many_as.items():
        for kind, one in (("reads", times.reads), ("creates", times.creates)):
            for ratio, unit in ((one.a_second, "a second"), (one.a_cpu_second, "a CPU second")):
                if ratio.median < 1:
                    yield f"{name} answers {_turned(ratio)} times as many {kind} {unit} as our mock."
    ours = served.figures[OURS].megabytes
    for name, server in served.figures.items():
        if server.megabytes < ours:
            yield (
                f"{name} takes {figure(server.megabytes)} megabytes after the same load, "
                f"our mock {figure(ours)}, which hold every version of every record and the journal of calls."
            )


def _slower_core(ways: dict[str, Way]) -> Iterator[str]:
    for name, way in ways.items():
        if way.times_the_naive_script is not None and way.times_the_naive_script > 1:
            yield (
                f"The naive script is {_times_naive(way)} times as quick from the approved time to the last "
                f"invoice as the {name}."
            )
    quick = max((way for way in ways.values() if way.what), key=_rate, default=None)
    for name, way in ways.items():
        if quick is not None and not way.what and name != NAIVE and way.entries_per_second < _rate(quick):
            many = figure(_rate(quick) / way.entries_per_second)
            yield (
                f"A workflow an entry gets {many} times as many entries a second done as the {name}; "
                f"but that is {quick.what}."
            )


def _rate(way: Way) -> float:
    return way.entries_per_second


# --- the parts ------------------------------------------------------------------------------------


def _ratios(found: Generation, shape: str) -> dict[str, Spread]:
    rates = found.time_entries_per_cpu_second
    by_shape = {
        "columns": rates.ours_as_columns_times_as_many_as,
        "csv": rates.ours_as_csv_times_as_many_as,
        "records": rates.ours_as_records_times_as_many_as,
    }
    return by_shape[shape]


def _generation(found: Generation) -> Iterator[str]:
    rates = found.time_entries_per_cpu_second
    ours = {"columns": rates.ours_as_columns, "csv": rates.ours_as_csv, "records": rates.ours_as_records}
    others = {"faker": rates.faker, "mimesis": rates.mimesis, "snowfakery": rates.snowfakery}
    rows = [[_SHAPES[shape], spread(rate), *("" for _ in _SHAPES)] for shape, rate in ours.items()]
    for name, rate in others.items():
        if rate is not None:
            times = [spread(ratios[name]) for shape in _SHAPES if name in (ratios := _ratios(found, shape))]
            rows.append([_OTHERS[name], spread(rate), *times])
    rows += [[_OTHERS.get(name, name), "not installed", "", "", ""] for name in rates.missing]
    headings = ["", "time entries a CPU second", *(f"{name}: times as many" for name in _SHAPES.values())]
    yield table(headings, rows)
    large = found.large
    least, most = large.cpu_seconds_spread
    yield (
        f"The large firm as a whole, ten thousand people for a year: {number(large.time_entries)} time "
        f"entries among {number(large.rows)} rows of {large.tables} tables in {figure(large.cpu_seconds)} "
        f"CPU seconds ({figure(least)} to {figure(most)}), with {figure(large.peak_megabytes)} megabytes at "
        "most."
    )


def _mocks(found: Mocks) -> Iterator[str]:
    served, load = found.served, found.served.load
    yield (
        f"{load.connections} connections that are kept, one call at a time on each; {number(load.creates)} "
        f"accounts created, then {number(load.reads)} reads of them by id, at most "
        f"{load.seconds_at_most:g} seconds of either; {plural(load.rounds, 'round')}, "
        "a fresh process each time."
    )
    for kind in ("reads", "creates"):
        rows = [_server_row(served, name, kind) for name in served.servers]
        headings = [kind, "calls", "calls a second", "a CPU second of the server", "p50, ms", "p99, ms", "MB"]
        yield table([*headings, "ours: times as many", "for the same CPU"], rows)
    for name, known in served.servers.items():
        if known.missing:
            yield f"{name}: {known.missing}"
    busiest = max(_client_share(kind) for one in served.figures.values() for kind in (one.creates, one.reads))
    crm, hris = found.salesforce_microseconds["median"], found.bamboohr_microseconds["median"]
    yield (
        f"The client was busy for {busiest:.0%} of one core at most; near 100% it would be what is measured. "
        f"Inside one process, without HTTP, one read costs {figure(crm)} microseconds of CPU in Salesforce's "
        f"mock, {figure(hris)} in BambooHR's."
    )


def _server_row(served: Served, name: str, kind: str) -> list[str]:
    known, server = served.servers[name], served.figures.get(name)
    label = f"{name} {known.version}".strip()
    if server is None:
        return [name, "not measured", *("" for _ in range(7))]
    found: Kind = server.reads if kind == "reads" else server.creates
    row = [
        label,
        number(found.calls),
        spread(found.a_second),
        spread(found.a_cpu_second),
        figure(found.p50_ms.median),
        figure(found.p99_ms.median),
        figure(server.megabytes),
    ]
    both = served.ours_times_as_many_as.get(name)
    if both is None:
        return [*row, "", ""]
    times = both.reads if kind == "reads" else both.creates
    return [*row, spread(times.a_second), spread(times.a_cpu_second)]


def _client_share(kind: Kind) -> float:
    return kind.client_cpu_microseconds.median * kind.a_second.median / 1e6


def _times_naive(way: Way) -> str:
    if way.times_the_naive_script is None:
        return ""
    if way.times_the_naive_script_spread is None:
        return figure(way.times_the_naive_script)
    return spread(Spread(way.times_the_naive_script, *way.times_the_naive_script_spread))


def _core(ways: dict[str, Way]) -> Iterator[str]:
    rows = []
    for name, way in ways.items():
        seconds = Spread(way.seconds, *(way.spread or (way.seconds, way.seconds)))
        at_rest = way.until_all_is_at_rest_seconds
        rows.append(
            [
                name,
                number(way.entries),
                "" if way.erp_writes is None else number(way.erp_writes),
                spread(seconds) if way.spread else figure(way.seconds),
                number(round(way.entries_per_second)),
                _times_naive(way),
                "" if at_rest is None else figure(at_rest),
                figure(sum(way.cpu_seconds.values())) if way.cpu_seconds else "",
                figure(sum(way.peak_megabytes.values())) if way.peak_megabytes else "",
            ]
        )
    headings = [
        "",
        "entries",
        "writes in the ERP",
        "seconds to the last invoice",
        "entries a second",
        "times the naive script's",
    ]
    yield table([*headings, "seconds until all is at rest", "CPU seconds of all", "MB of all"], rows)
    for name, way in ways.items():
        if way.what:
            yield f"{name[:1].upper()}{name[1:]}: {way.what}."
