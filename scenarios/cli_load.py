"""`rehearse load`: what people type, and what each mistake gets told."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.mistakes import BadUsage

EXIT = {"pass": 0, "fail": 1, "unknown": 3}


def load(
    consultants: Annotated[int, typer.Option(help="size of the firm")] = 200,
    months: Annotated[int, typer.Option(help="months of history; the load is at the end of the last")] = 1,
    users: Annotated[
        int | None, typer.Option(help="people at work at once, at most [default: by size]")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="seconds that the last two working days take [default: by size]")
    ] = None,
    workers: Annotated[int, typer.Option(help="processes of the core; more than one on PostgreSQL")] = 1,
    load_workers: Annotated[int, typer.Option("--locust-workers", help="processes of people")] = 1,
    shape: Annotated[str, typer.Option(help="month-end, steps, soak or spike")] = "month-end",
    seed: Annotated[int | None, typer.Option(help="0 to 4294967295 [default: 1, or the estate's]")] = None,
    slo: Annotated[Path | None, typer.Option(help="promises: a TOML or JSON file")] = None,
    faults: Annotated[Path | None, typer.Option(help="a fault plan: a JSON file")] = None,
    disturb: Annotated[Path | None, typer.Option(help="what to kill and stop when: a JSON file")] = None,
    baseline: Annotated[Path | None, typer.Option(help="a former --json file to compare with")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the result here")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for report files")] = None,
    estate: Annotated[
        Path | None, typer.Option(help="file of an estate that is up; its core is judged")
    ] = None,
) -> None:
    """Have people work through the vendors' APIs at month-end, and judge what is left behind."""
    from scenarios.cli import check_destinations
    from scenarios.load.wishes import Wishes, usual_seconds, usual_users

    check_destinations(folders={"--report": report}, files={"--json": json_file})
    described = _described(estate)
    if described is not None:
        workers, seed = len(described.cores), described.seed if seed is None else seed
    seed = 1 if seed is None else seed
    users = usual_users(consultants) if users is None else users
    duration = usual_seconds(consultants) if duration is None else duration
    _check_sizes(consultants, months, users, duration, workers, load_workers, shape, seed)
    words = [f"--consultants {consultants} --months {months} --users {users} --duration {duration:g}"]
    words += [f"--workers {workers} --locust-workers {load_workers} --shape {shape} --seed {seed}"]
    files = {"slo": slo, "faults": faults, "disturb": disturb, "estate": estate}
    words += [f"--{name} {path}" for name, path in files.items() if path]
    wishes = Wishes(
        slo=_slo(slo),
        consultants=consultants,
        months=months,
        users=users,
        duration_seconds=duration,
        workers=workers,
        load_workers=load_workers,
        seed=seed,
        shape=shape,
        disturbances=_disturbances(disturb, workers),
        database_url=os.environ.get("REHEARSE_DATABASE_URL"),
        estate=described,
        replay=" ".join(["rehearse load", *words]),
        **_faults(faults),
    )
    _refuse_impossible(wishes)
    former = _baseline(baseline)
    result = _run(wishes)
    _write(result, former, json_file, report)
    raise typer.Exit(EXIT[result["verdict"]])


def _check_sizes(
    consultants: int,
    months: int,
    users: int,
    duration: float,
    workers: int,
    load_workers: int,
    shape: str,
    seed: int,
) -> None:
    from load.shapes import shape_named
    from scenarios.load.wishes import MAXIMUM_MONTHS, MAXIMUM_SECONDS, MAXIMUM_USERS, MAXIMUM_WORKERS

    for name, value, least, most in (
        ("--consultants", consultants, 12, 90_000),
        ("--months", months, 1, MAXIMUM_MONTHS),
        ("--users", users, 1, MAXIMUM_USERS),
        ("--duration", duration, 5, MAXIMUM_SECONDS),
        ("--workers", workers, 1, MAXIMUM_WORKERS),
        ("--locust-workers", load_workers, 1, MAXIMUM_WORKERS),
        ("--seed", seed, 0, 4_294_967_295),
    ):
        if not least <= value <= most:
            raise BadUsage(f"{name} must lie between {least} and {most}, not {value:g}.")
    try:
        shape_named(shape)
    except ValueError as unknown:
        raise BadUsage(str(unknown)) from unknown


def _described(path: Path | None) -> Any:
    from scenarios.live.estate_file import EstateUnusable, read_estate_file

    try:
        return None if path is None else read_estate_file(path)
    except EstateUnusable as unusable:
        raise BadUsage(str(unusable)) from unusable


def _refuse_impossible(wishes: Any) -> None:
    """What an estate that is up cannot be wished to do."""
    from scenarios.live.composed import refuse_impossible
    from scenarios.live.estate_file import EstateUnusable

    if wishes.estate is None:
        return
    if wishes.disturbances:
        raise BadUsage("What others brought up cannot be killed from here; leave --disturb out.")
    try:
        refuse_impossible(wishes.estate, "core", wishes.faults.crashes)
    except EstateUnusable as unusable:
        raise BadUsage(str(unusable)) from unusable


def _slo(path: Path | None) -> Any:
    from scenarios.load.slo import SHIPPED, SloUnreadable, read_slo

    try:
        return read_slo(path or SHIPPED)
    except SloUnreadable as unreadable:
        raise BadUsage(str(unreadable)) from unreadable


def _disturbances(path: Path | None, workers: int) -> Any:
    from scenarios.load.wishes import PlanUnreadable, read_disturbances

    try:
        return () if path is None else read_disturbances(path, workers)
    except PlanUnreadable as unreadable:
        raise BadUsage(str(unreadable)) from unreadable


def _faults(path: Path | None) -> dict[str, Any]:
    from scenarios.faults.plan import PlanUnreadable, read_plan

    try:
        return {} if path is None else {"faults": read_plan(path)}
    except PlanUnreadable as unreadable:
        raise BadUsage(str(unreadable)) from unreadable


def _baseline(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text())
    except OSError as problem:
        raise BadUsage(f"The baseline {path} cannot be read: {problem.strerror}.") from problem
    except ValueError as problem:
        raise BadUsage(f"The baseline {path} is no JSON: {problem}.") from problem
    if not isinstance(found, dict) or not isinstance(found.get("load"), dict):
        raise BadUsage(f"The baseline {path} is no result of `rehearse load --json`.")
    return found


def _run(wishes: Any) -> dict[str, Any]:
    from integration_core.engine.database import DatabaseUnavailable
    from integration_core.wiring.settings import Unusable
    from scenarios.live.estate_file import EstateUnusable
    from scenarios.live.processes import NotReady
    from scenarios.load.broken import BrokenOff
    from scenarios.load.result import result_of
    from scenarios.load.run import run
    from scenarios.rehearse import CannotBegin, refuse_used

    began, cpu = time.perf_counter(), time.process_time()

    def say(words: str) -> None:
        print(f"{time.perf_counter() - began:7.1f} s  {words}", flush=True)

    try:
        if wishes.database_url is not None:
            refuse_used(wishes.database_url)
        course = run(wishes, lambda event: None, say)
    except (CannotBegin, DatabaseUnavailable, EstateUnusable, Unusable, NotReady, OSError) as problem:
        raise BadUsage(f"The load run could not go on: {problem}") from problem
    except BrokenOff as broken:
        sys.stderr.write(f"{broken}\n")
        raise typer.Exit(EXIT["unknown"]) from broken
    timing = {
        "wall_seconds": round(time.perf_counter() - began, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "virtual_seconds": (course.judged.now_ms - course.rehearsal.start_ms) / 1000,
    }
    return result_of(course, timing)


def _write(
    result: dict[str, Any], former: dict[str, Any] | None, json_file: Path | None, report: Path | None
) -> None:
    from rich.console import Console

    from scenarios.report.load_console import show
    from scenarios.report.load_page import page

    show(result, Console(soft_wrap=False))
    plain = json.dumps(result, indent=2) + "\n"
    try:
        if json_file is not None:
            json_file.write_text(plain)
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
            (report / "result.json").write_text(plain)
            path = report / "index.html"
            path.write_text(page(result, former), encoding="utf-8")
            print(f"report: {path}")
    except OSError as problem:
        raise BadUsage(f"The result cannot be written: {problem.filename}: {problem.strerror}.") from problem
