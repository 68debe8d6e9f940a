"""Plants one breakage in a copy of the project and runs there what ought to notice."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[3]
_COPIED = ("contracts", "integration_core", "mocks", "scenarios")
_PATIENCE_SECONDS = 240
# What would make a job another one: a sandbox, a database, the test run that this one stands in.
_STEERING = ("PACT_", "REHEARSE_", "HYPOTHESIS_", "PYTEST_")
_BEFORE, _AFTER = 140, 60  # of a clause that is too long for a table, around the telling words
# Ids, days, ports and places in lists differ from run to run; the table is to stay the same.
_PASSING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d|(?<=\[)\d+(?=\])|\d{5,}")
_LABEL = re.compile(r"^(tests: |pacts: |E \(\d+\) |\(\d+\) )")
_CHECK = re.compile(r"\w+: \w+:")  # an operation and the check that it failed
_BETWEEN = re.compile(r"; | If the promise ")  # the reasons that a job gives in one line


class Breakage(Struct, frozen=True, kw_only=True):
    """One change of one file, as somebody would make it by mistake, and the job that must fail for it.

    `job` is what follows `rehearse contracts`; with `operations` it is the fuzzing of these alone.
    `says` must stand in what the job prints: the cause, in words that name it.
    """

    name: str
    side: str  # mock, adapter, description, canonical model, pact, core
    kind: str
    file: str
    before: str
    after: str
    job: str
    says: str
    operations: tuple[str, ...] = ()


class Ended(Struct, frozen=True):
    """How a job ended: its exit status, and what it printed."""

    status: int
    said: str
    complained: str = ""  # on standard error: what a mock logs, and what cannot even be started


class NotPlanted(Exception):
    """The breakage no longer fits the file it is meant for; the text says which."""


def copied(folder: Path) -> Path:
    """A copy of the project that a breakage may spoil; compiled modules come along and save their time."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def plant(breakage: Breakage, copy: Path) -> bytes:
    """Change the file; returns its content before. Raises NotPlanted unless the place is there just once."""
    path = copy / breakage.file
    content = path.read_bytes()
    times = content.count(breakage.before.encode())
    if times != 1 or breakage.before == breakage.after:
        raise NotPlanted(f"{breakage.name}: {breakage.file} holds {breakage.before!r} {times} times.")
    path.write_bytes(content.replace(breakage.before.encode(), breakage.after.encode()))
    return content


def ended(job: str, operations: tuple[str, ...], copy: Path) -> Ended:
    """Run a job of the contracts in the copy, as one would run it by hand."""
    program = ["scenarios.cli", "contracts", *job.split()]
    if operations:
        named = [part for name in operations for part in ("--operation", name)]
        program = ["contracts.fuzz", *job.split()[1:], *named]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    # The copy, not the installed project, must be what is imported: here and in every process begun there.
    environment = {**kept, "PYTHONPATH": str(copy)}
    run = subprocess.run(
        [sys.executable, "-m", *program],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    return Ended(run.returncode, run.stdout, run.stderr)


def caught(breakage: Breakage, copy: Path) -> Ended:
    """Plant, run, and put the file back."""
    before = plant(breakage, copy)
    try:
        return ended(breakage.job, breakage.operations, copy)
    finally:
        (copy / breakage.file).write_bytes(before)


def command(breakage: Breakage) -> str:
    """The job as the table names it."""
    name = breakage.job.replace("--provider ", "")
    return f"{name} ({', '.join(breakage.operations)})" if breakage.operations else name


def telling(breakage: Breakage, text: str) -> str:
    """What a job said about the breakage, in words that are the same in every run; "" for nothing."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    whole = lines if breakage.operations else [clause for line in lines for clause in _clauses(line)]
    lasting = [_PASSING.sub("…", _LABEL.sub("", clause)) for clause in whole]
    found = [clause for clause in lasting if breakage.says in clause]
    # Of many the shortest: how many there are, and in which order, is no matter.
    shortest = min(found, key=lambda clause: (len(clause), clause), default="")
    check = _CHECK.match(shortest)
    if breakage.operations and check is not None:
        # What was sent is drawn, and may be drawn otherwise tomorrow.
        return f"{check[0]} … {breakage.says}"
    return _shortened(shortest, breakage.says)


def _clauses(line: str) -> list[str]:
    """What a line says, reason by reason, each with what it is about."""
    about, mark, reasons = line.partition(": ")
    return [f"{about}{mark}{reason}" for reason in _BETWEEN.split(reasons)]


def _shortened(clause: str, says: str) -> str:
    place = clause.find(says)
    begin, end = max(0, place - _BEFORE), place + len(says) + _AFTER
    return ("…" if begin else "") + clause[begin:end] + ("…" if end < len(clause) else "")
