"""Plants every breakage, each alone in a copy of the project, and writes down which job caught it."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from msgspec import Struct

from tests.e2e.breakages.mocks import FUZZED, VERIFIED
from tests.e2e.breakages.ours import ADAPTERS, CANONICAL, CORE, DESCRIPTIONS, PACTS
from tests.e2e.breakages.planting import ROOT, Breakage, Ended, caught, command, copied, ended, telling

BREAKAGES = (*VERIFIED, *FUZZED, *ADAPTERS, *CORE, *DESCRIPTIONS, *CANONICAL, *PACTS)
TABLE = ROOT / "tests" / "e2e" / "BREAKAGES.md"
ACCEPT = "python -m tests.e2e.breakages"
_WORKERS = 2
_HEAD = f"""# Which job catches which mistake

Each breakage is planted alone in a copy of the project, and the job that ought to catch it is run there:
`rehearse contracts` followed by what stands under *caught by*. Fuzzing is kept to the operations in
brackets. A copy without any breakage passes the same jobs. Written by `{ACCEPT}`,
compared by a test.

| Breakage | Where | Side | Kind | Caught by | What it said |
|---|---|---|---|---|---|
"""


class Staged(Struct, frozen=True):
    """What came of each breakage by its name, and of the same jobs where nothing was broken."""

    caught: dict[str, Ended]
    unbroken: dict[str, Ended]


def controls(breakages: Sequence[Breakage] = BREAKAGES) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The jobs of the table for a copy without breakage: whole ones, and of fuzzing the operations."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for breakage in breakages:
        job = breakage.job if breakage.operations else breakage.job.split()[0]
        before = found.get(job, (job, ()))[1]
        found[job] = (job, tuple(dict.fromkeys((*before, *breakage.operations))))
    return found


def stage() -> Staged:
    """Run every job, a few at once, each in a copy of its own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_WORKERS) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(_WORKERS):
            copies.put(copied(Path(folder) / f"copy-{number}"))

        def unbroken(asked: tuple[str, tuple[str, ...]]) -> Ended:
            copy = copies.get()
            try:
                return ended(*asked, copy)
            finally:
                copies.put(copy)

        def broken(breakage: Breakage) -> Ended:
            copy = copies.get()
            try:
                return caught(breakage, copy)
            finally:
                copies.put(copy)

        asked = controls()
        # The control runs first: it also compiles what the copies have in common.
        passed = dict(zip(asked, pool.map(unbroken, asked.values()), strict=True))
        names = [breakage.name for breakage in BREAKAGES]
        return Staged(dict(zip(names, pool.map(broken, BREAKAGES), strict=True)), passed)


def rendered(staged: Staged) -> str:
    """The table as it is committed."""
    rows = []
    for breakage in BREAKAGES:
        said = telling(breakage, staged.caught[breakage.name].said) or "nothing"
        columns = (
            breakage.name,
            breakage.file,
            breakage.side,
            breakage.kind,
            command(breakage),
            said,
        )
        rows.append("| " + " | ".join(column.replace("|", "\\|") for column in columns) + " |\n")
    return _HEAD + "".join(rows)
