"""The command line `rehearse`: what people type, and what each mistake gets told.

Exit status: 0 pass, 1 the verdict is fail, 2 bad usage, 3 unknown, 130 or 143 interrupted.
"""

import json
import os
import secrets
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios import cli_bench, cli_contracts, cli_load
from scenarios.interruption import Interrupted
from scenarios.mistakes import BadUsage

SUBJECTS = ("core", "naive")
EXIT = {"pass": 0, "fail": 1, "unknown": 3}
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rehearse the month-end before it is real.",
)
app.add_typer(cli_contracts.app, name="contracts")
app.command()(cli_load.load)
app.command()(cli_bench.bench)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="a scenario of `rehearse list scenarios`")],
    seed: Annotated[int | None, typer.Option(help="0 to 4294967295; drawn when not given")] = None,
    consultants: Annotated[int | None, typer.Option(help="size of the firm")] = None,
    months: Annotated[int | None, typer.Option(help="length of the rehearsal")] = None,
    faults: Annotated[str | None, typer.Option(help="none, a plan of the scenario, or a file")] = None,
    mode: Annotated[str, typer.Option(help="simulated or live")] = "simulated",
    subject: Annotated[str, typer.Option(help="core or naive")] = "core",
    vendor: Annotated[list[str] | None, typer.Option(help="role=vendor")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for report files")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the result here")] = None,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML here")] = None,
    keep_state: Annotated[Path | None, typer.Option(help="write all records here")] = None,
    estate: Annotated[
        Path | None, typer.Option(help="file of an estate that is up; its core is judged")
    ] = None,
) -> None:
    """Run a scenario to its verdict."""
    from rich.console import Console

    from scenarios.events import both
    from scenarios.interruption import interruptible
    from scenarios.report.chronicle import Chronicle
    from scenarios.report.console import ProgressBar, show

    wished = {
        "consultants": consultants,
        "months": months,
        "faults": faults,
        "mode": mode if mode != "simulated" else None,
        "subject": subject if subject != "core" else None,
        "estate": estate,
    }
    if estate is not None:
        mode, seed = "live", _estate_seed(estate) if seed is None else seed
    drawn = secrets.randbelow(1_000_000) if seed is None else seed
    prepared = _options(scenario, drawn, wished, mode, subject, vendor, keep_state)
    check_destinations(folders={"--report": report}, files={"--json": json_file, "--junit": junit})
    chronicle = Chronicle()
    with interruptible() as interruption, ProgressBar() as bar:
        listener = both(both(bar, chronicle), interruption)
        result, ended = _rehearse(*prepared, listener, traced=report is not None)
    show(result, Console(soft_wrap=False))
    _write(result, report, json_file, junit)
    if report is not None:
        print(f"report: {_write_page(report, result, chronicle, ended)}")
    raise typer.Exit(EXIT[result["verdict"]])


def _estate_seed(estate: Path) -> int | None:
    from scenarios.live.estate_file import EstateUnusable, read_estate_file

    try:
        return read_estate_file(estate).seed
    except EstateUnusable as problem:
        raise BadUsage(str(problem)) from problem


def _options(
    name: str,
    seed: int,
    wished: dict[str, Any],
    mode: str,
    subject: str,
    vendors: list[str] | None,
    keep_state: Path | None,
) -> tuple[Any, Any]:
    from mocks.registry import VENDORS
    from scenarios.catalogue import scenario_named
    from scenarios.options import Options

    try:
        scenario = scenario_named(name)
    except LookupError as unknown:
        raise BadUsage(unknown.args[0]) from unknown
    if mode not in ("simulated", "live"):
        raise BadUsage(f"A rehearsal is simulated or live, not {mode}.")
    if subject not in SUBJECTS:
        raise BadUsage(f"There is no subject {subject}; there are: {', '.join(SUBJECTS)}.")
    known = {entry.name for entry in VENDORS}
    for choice in vendors or []:
        role, _, vendor = choice.partition("=")
        if vendor not in known:
            raise BadUsage(f"There is no vendor {vendor or choice}; there are: {', '.join(sorted(known))}.")
        if not any(entry.role == role and entry.name == vendor for entry in VENDORS):
            raise BadUsage(f"{vendor} does not play the role {role}.")
    check_destinations(folders={"--keep-state": keep_state})
    words = [f"--{key} {value}" for key, value in wished.items() if value is not None]
    options = Options(
        seed=seed,
        consultants=wished["consultants"],
        months=wished["months"],
        plan=_plan(scenario, wished["faults"]),
        mode=mode,
        subject=subject,
        # the cores of an estate that is up have a database of their own
        database_url=None if wished["estate"] else os.environ.get("REHEARSE_DATABASE_URL"),
        keep_state=keep_state,
        estate=wished["estate"],
        replay=" ".join(["rehearse run", name, f"--seed {seed}", *words]),
    )
    return scenario, options


def _plan(scenario: Any, name: str | None) -> Any:
    from scenarios.faults.plan import PlanUnreadable, read_plan

    wanted = name or scenario.default_plan
    if wanted in scenario.plans:
        return scenario.plans[wanted]
    path = Path(wanted)
    if path.suffix != ".json" and not os.path.lexists(path):
        known = ", ".join(sorted(scenario.plans))
        raise BadUsage(f"{scenario.name} has no fault plan {wanted}; it has: {known}; or name a JSON file.")
    try:
        return read_plan(path)
    except PlanUnreadable as unreadable:
        raise BadUsage(str(unreadable)) from unreadable


def _rehearse(scenario: Any, options: Any, listener: Any, *, traced: bool) -> tuple[dict[str, Any], Any]:
    from msgspec import structs

    from integration_core.engine.database import DatabaseUnavailable
    from integration_core.wiring.settings import Unusable
    from mocks.kit.traces import NoTraces
    from scenarios.live.estate_file import EstateUnusable
    from scenarios.live.processes import NotReady
    from scenarios.options import Hooks
    from scenarios.rehearse import CannotBegin
    from scenarios.rehearse import run as rehearse

    try:
        return rehearse(scenario, structs.replace(options, witness_calls=traced), Hooks(listener=listener))
    except (
        CannotBegin,
        DatabaseUnavailable,
        EstateUnusable,
        Unusable,
        NotReady,
        NoTraces,
    ) as problem:
        raise BadUsage(str(problem)) from problem


def check_destinations(
    *, folders: Mapping[str, Path | None] | None = None, files: Mapping[str, Path | None] | None = None
) -> None:
    """Refuse what cannot be written before anything is run; raises BadUsage."""
    from scenarios.destinations import Unwritable, check_file, check_folder

    try:
        for option, folder in (folders or {}).items():
            if folder is not None:
                check_folder(option, folder)
        for option, path in (files or {}).items():
            if path is not None:
                check_file(option, path)
    except Unwritable as problem:
        raise BadUsage(str(problem)) from problem


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadUsage(f"The folder {path} cannot be made: {problem.strerror}.") from problem


def _write(result: dict[str, Any], report: Path | None, json_file: Path | None, junit: Path | None) -> None:
    from scenarios.report.junit import junit as as_junit

    text = json.dumps(result, indent=2, sort_keys=False) + "\n"
    try:
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
            (report / "result.json").write_text(text)
            (report / "junit.xml").write_bytes(as_junit(result))
        if json_file is not None:
            json_file.write_text(text)
        if junit is not None:
            junit.write_bytes(as_junit(result))
    except OSError as problem:
        raise BadUsage(f"The result cannot be written: {problem.filename}: {problem.strerror}.") from problem


def _write_page(folder: Path, result: dict[str, Any], chronicle: Any, ended: Any) -> Path:
    from scenarios.report.page import page

    path = folder / "index.html"
    try:
        path.write_text(page(result, chronicle, ended.evidence), encoding="utf-8")
    except OSError as problem:
        raise BadUsage(f"The report cannot be written: {path}: {problem.strerror}.") from problem
    return path


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="scenarios, faults, vendors or checks")] = "scenarios",
) -> None:
    """Say what there is."""
    from scenarios.listing import LISTS

    if what not in LISTS:
        raise BadUsage(f"There is no list of {what}; there are: {', '.join(LISTS)}.")
    for line in LISTS[what]():
        print(line)


@app.command()
def up(
    seed: Annotated[int, typer.Option(help="seed of the firm and the credentials")] = 1,
    consultants: Annotated[int | None, typer.Option(help="size of the firm")] = None,
    port_base: Annotated[int, typer.Option(help="first of the ports to listen at")] = 8100,
    subject: Annotated[str | None, typer.Option(help="core, to have the core beside the estate")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write URLs and credentials here")] = None,
) -> None:
    """Bring the estate up, until Ctrl-C."""
    from scenarios.live.processes import NotReady
    from scenarios.live.up import up as bring_up

    if subject not in (None, "core"):
        raise BadUsage(f"There is no subject {subject}; there is: core.")
    check_destinations(files={"--json": json_file})
    try:
        bring_up(seed, consultants, port_base, with_core=subject == "core", json_file=json_file)
    except (NotReady, ValueError, OSError) as problem:
        raise BadUsage(str(problem)) from problem


@app.command()
def generate(
    consultants: Annotated[int, typer.Option(help="size of the firm")] = 50,
    months: Annotated[int, typer.Option(help="length of the calendar")] = 3,
    seed: Annotated[int, typer.Option(help="0 to 4294967295")] = 1,
    out: Annotated[Path, typer.Option(help="folder to write to")] = Path("firm"),
    format_: Annotated[str, typer.Option("--format", help="parquet, ndjson or csv")] = "ndjson",
) -> None:
    """Write a synthetic firm of two companies to files."""
    from mocks.firm.export import FORMATS, export
    from mocks.firm.generate import generate as make
    from mocks.firm.profile import LARGE, profile_named

    if format_ not in FORMATS:
        raise BadUsage(f"A firm is written as {', '.join(FORMATS)}, not {format_}.")
    _folder(out)
    try:
        firm = make(profile_named(LARGE, consultants, months), seed)
        written = export(firm, out, format_)
    except (ValueError, RuntimeError, OSError) as problem:
        raise BadUsage(str(problem)) from problem
    for path in written:
        print(path)


def main() -> None:
    """The entry point: every mistake of the person typing is one sentence and exit 2, never a traceback."""
    try:
        app()
    except BadUsage as mistake:
        sys.stderr.write(f"{mistake}\n")
        raise SystemExit(2) from None
    except Interrupted as interrupted:
        sys.stderr.write(f"{interrupted}\n")
        raise SystemExit(interrupted.exit_status) from None
    except Exception as error:  # a mistake of ours must not look like a verdict
        traceback.print_exc()
        sys.stderr.write(f"Broken off without a verdict: {type(error).__name__}: {error}\n")
        raise SystemExit(EXIT["unknown"]) from None


if __name__ == "__main__":
    main()
