"""`rehearse contracts …`: what CI runs on every commit, what a sandbox is asked, and may it be deployed."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.mistakes import BadUsage

app = typer.Typer(add_completion=False, help="Contracts between the core and the systems around it.")
_PROVIDER = typer.Option(help="only this provider; all without it")
_JUNIT = typer.Option(help="write JUnit XML here")
_MATRIX = typer.Option(help="another matrix than the project's own")


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    examples: Annotated[int, typer.Option(help="examples for each described operation", min=0)] = 25,
    junit: Annotated[Path | None, _JUNIT] = None,
) -> None:
    """All consumers, all providers, all descriptions, all drift: what CI runs on every commit."""
    if context.invoked_subcommand is not None:
        return
    from contracts.jobs import all_tasks

    _run(all_tasks(examples), junit)


@app.command()
def consumer(
    provider: Annotated[str | None, _PROVIDER] = None,
    accept: Annotated[bool, typer.Option("--accept", help="keep the pacts as they are now")] = False,
    junit: Annotated[Path | None, _JUNIT] = None,
) -> None:
    """Write the pacts afresh by the core's own adapters and hold them against the committed ones."""
    from contracts import jobs

    _end([jobs.consumer(_chosen(provider), accept=accept)], junit)


@app.command("provider")
def provider_(
    provider: Annotated[str | None, _PROVIDER] = None,
    url: Annotated[str | None, typer.Option(help="a sandbox, instead of the mock")] = None,
    estate: Annotated[Path | None, typer.Option(help="a file of many sandboxes")] = None,
    record: Annotated[bool, typer.Option("--record", help="keep the results in the matrix")] = False,
    matrix: Annotated[Path | None, _MATRIX] = None,
    junit: Annotated[Path | None, _JUNIT] = None,
) -> None:
    """Verify the pacts against the mocks, or against sandboxes by URL and credentials."""
    from contracts.jobs import provider as verify
    from contracts.matrix import MATRIX

    if url is not None and estate is not None:
        raise BadUsage("An estate names addresses itself: give --url or --estate, not both.")
    targets = _targets(_chosen(provider), url, estate)
    _run([(verify, target) for target in targets], junit, record=(matrix or MATRIX) if record else None)


@app.command()
def drift(
    provider: Annotated[str | None, _PROVIDER] = None,
    accept: Annotated[bool, typer.Option("--accept", help="release the descriptions as they are")] = False,
    junit: Annotated[Path | None, _JUNIT] = None,
) -> None:
    """Hold descriptions against last release and pacts, and the canonical model against its versions."""
    from contracts import jobs
    from contracts.canonical.schemas import NotAcceptable

    try:
        _end([jobs.drift(_chosen(provider), accept=accept)], junit)
    except NotAcceptable as problem:
        raise BadUsage(str(problem)) from problem


@app.command()
def fuzz(
    provider: Annotated[str | None, _PROVIDER] = None,
    examples: Annotated[int, typer.Option(help="for each described operation", min=0)] = 25,
    junit: Annotated[Path | None, _JUNIT] = None,
) -> None:
    """Hold the mocks, and the core's own API, against their descriptions."""
    from contracts.jobs import fuzz as against_description
    from contracts.participants import API_PROVIDERS

    chosen = _chosen(provider)
    if chosen and chosen[0] not in API_PROVIDERS:
        raise BadUsage(f"{chosen[0]} has no description; those with one are {', '.join(API_PROVIDERS)}.")
    _run([(against_description, (name, examples)) for name in chosen or API_PROVIDERS], junit)


@app.command("matrix")
def matrix_(
    html: Annotated[Path | None, typer.Option(help="write the page here")] = None,
    matrix: Annotated[Path | None, _MATRIX] = None,
) -> None:
    """Show what was verified against what, and how far the mocks can be believed."""
    from contracts.fidelity import fidelity
    from contracts.matrix import MATRIX, BadMatrix, promised, read_matrix
    from contracts.pactfile import BadPact
    from scenarios.report.contracts_page import contracts_page, summary

    try:
        rows, promises = read_matrix(matrix or MATRIX), promised()
    except (BadMatrix, BadPact) as problem:
        raise BadUsage(str(problem)) from problem
    if not promises:
        raise BadUsage("There are no pacts; `rehearse contracts consumer --accept` writes them.")
    shares = fidelity(rows, promises)
    for line in summary(rows, promises, shares):
        print(line)
    if html is not None:
        _write(html, contracts_page(rows, promises, shares).encode())
        print(f"page: {html}")


@app.command("can-deploy")
def can_deploy(
    to: Annotated[str, typer.Option(help="test or production")],
    matrix: Annotated[Path | None, _MATRIX] = None,
) -> None:
    """Say yes or no, and why; a broker named by PACT_BROKER_BASE_URL is asked too."""
    from contracts.broker import BrokerSilent, asks_broker, broker_says
    from contracts.decision import UnknownEnvironment, decide
    from contracts.matrix import MATRIX, BadMatrix, promised, read_matrix
    from contracts.pactfile import BadPact

    try:
        decision = decide(to, read_matrix(matrix or MATRIX), promised())
        broker = broker_says(to) if asks_broker() else None
    except (UnknownEnvironment, BadMatrix, BadPact, BrokerSilent) as problem:
        raise BadUsage(str(problem)) from problem
    deployable = decision.deployable and (broker is None or broker.deployable)
    print(f"{'yes' if deployable else 'no'}: {decision.counted} promises, to {to}")
    for line in (*decision.reasons, *decision.notes):
        print(f"  {line}")
    if broker is not None:
        print(f"  broker: {'yes' if broker.deployable else 'no'}: {broker.text}")
    raise typer.Exit(0 if deployable else 1)


def _chosen(provider: str | None) -> tuple[str, ...]:
    from contracts.participants import UnknownProvider, checked

    try:
        return (checked(provider),) if provider else ()
    except UnknownProvider as unknown:
        raise BadUsage(str(unknown)) from unknown


def _targets(chosen: Sequence[str], url: str | None, estate: Path | None) -> list[tuple[Any, ...]]:
    """What is verified: names alone for mocks, names with targets for sandboxes."""
    import os

    from contracts.participants import CORE, PROVIDERS, vendor_of
    from contracts.provider.target import URL_VARIABLE, Unreachable, of_provider, sandbox_from, sandboxes_in

    try:
        if estate is not None:
            known = sandboxes_in(estate)
            wanted = chosen or tuple(name for name in PROVIDERS if name != CORE and vendor_of(name) in known)
            missing = [name for name in wanted if vendor_of(name) not in known]
            if missing or not wanted:
                raise BadUsage(f"{estate} names no sandbox of {', '.join(missing) or 'any provider'}.")
            return [(name, of_provider(known[vendor_of(name)], name)) for name in wanted]
        if url is None and URL_VARIABLE not in os.environ:
            return [(name,) for name in chosen or PROVIDERS]
        if not chosen:
            raise BadUsage("An address is of one provider; name it with --provider.")
        return [(chosen[0], sandbox_from(chosen[0], url))]
    except Unreachable as problem:
        raise BadUsage(str(problem)) from problem


def _run(tasks: Sequence[Any], junit: Path | None, *, record: Path | None = None) -> None:
    from contracts.jobs import run_all

    _end(run_all(tasks), junit, record=record)


def _end(jobs: Iterable[Any], junit: Path | None, *, record: Path | None = None) -> None:
    from contracts.jobs import all_hold
    from contracts.jobs import junit as as_junit
    from contracts.matrix import BadMatrix, read_matrix

    try:
        known = read_matrix(record) if record is not None else ()
    except BadMatrix as problem:
        # Before minutes of work, not after them.
        raise BadUsage(str(problem)) from problem
    ended = []
    for job in jobs:
        ended.append(job)
        print(
            f"{job.word}  {job.name}: {job.note or 'nothing was looked at'} ({job.seconds:.1f} s)",
            flush=True,
        )
        for line in job.failures:
            print(f"      {line.name}: {line.text}")
    if junit is not None:
        _write(junit, as_junit(ended))
    if record is not None:
        _keep(known, ended, record)
    sys.stdout.flush()
    raise typer.Exit(0 if all_hold(ended) else 1)


def _keep(known: Sequence[Any], jobs: Sequence[Any], record: Path) -> None:
    from contracts.matrix import BadMatrix, merged, rows_of, write_matrix

    found = [one for job in jobs for one in job.verifications]
    for job in jobs:
        if not job.verifications:
            print(f"{job.name}: nothing was recorded; {record} keeps the results that it has.")
    try:
        write_matrix(merged(known, rows_of(found, datetime.now(UTC).date())), record)
    except BadMatrix as problem:
        raise BadUsage(str(problem)) from problem


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as problem:
        raise BadUsage(f"{path} cannot be written: {(problem.strerror or 'refused').lower()}.") from problem
