"""`rehearse bench …`: the project's own measurements, and the page that puts them beside others'."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.destinations import Unwritable, check_file
from scenarios.mistakes import BadUsage

PAGE = "page"


def bench(
    what: Annotated[
        str, typer.Argument(help="all, run, start, mocks, core, generate, seed or bands; or page")
    ] = "all",
    consultants: Annotated[int | None, typer.Option(help="size of the firm that core works for")] = None,
    rounds: Annotated[int | None, typer.Option(help="rounds of core and of mocks")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures here")] = None,
    figures: Annotated[list[Path] | None, typer.Option("--from", help="page: a file of --json")] = None,
    out: Annotated[Path | None, typer.Option(help="page: write it here")] = None,
) -> None:
    """Measure; prints figures, judges nothing. `page` makes a comparison of figures that were written."""
    if what == PAGE:
        _write_page(figures or [], out)
    else:
        _measure(what, consultants, rounds, json_file)


def _measure(what: str, consultants: int | None, rounds: int | None, json_file: Path | None) -> None:
    from mocks.firm.profile import LARGE, profile_named
    from scenarios.bench import BENCHMARKS, Sizes, measure

    if what != "all" and what not in BENCHMARKS:
        raise BadUsage(f"There is no benchmark {what}; there are: all, {', '.join(BENCHMARKS)}, {PAGE}.")
    if rounds is not None and rounds < 1:
        raise BadUsage(f"{rounds} rounds measure nothing: give --rounds 1 or more.")
    if consultants is not None:
        try:
            profile_named(LARGE, consultants, 1)
        except ValueError as problem:
            raise BadUsage(str(problem)) from problem
    _check("--json", json_file)
    figures = measure(None if what == "all" else what, Sizes(consultants, rounds))
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n")


def _write_page(files: list[Path], out: Path | None) -> None:
    from scenarios.report.comparison import NoFigures, comparison

    if not files or out is None:
        raise BadUsage("A page is made of figures: rehearse bench page --from FILE --out PAGE.md.")
    _check("--out", out)
    try:
        written = comparison([_read(path) for path in files])
    except NoFigures as problem:
        raise BadUsage(str(problem)) from problem
    out.write_text(written, encoding="utf-8")
    print(out)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no JSON"
        raise BadUsage(f"{path} cannot be read: {why}. Write it with rehearse bench --json.") from problem


def _check(option: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        check_file(option, path)
    except Unwritable as problem:
        raise BadUsage(str(problem)) from problem
