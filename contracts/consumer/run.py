"""The consumer side as one job: pacts written afresh by the tests, and held against the committed ones.

A changed pact is a changed promise. Nobody changes one unseen: the difference fails, and accepting
it is an act of its own.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from contracts.pactfile import BadPact, read_pact
from contracts.participants import CORE, FOLDER, PACTS, PROVIDERS, checked

FOLDER_VARIABLE = "REHEARSE_PACTS"
# Of all that a failed test prints: what was sent otherwise than promised.
_MISMATCH = re.compile(r"^E +\(\d+\) ((?!Request)[A-Z]\w+ mismatch: .+|Request not found: \w+ [^ ?:]+)", re.M)
_MOST_MISMATCHES = 10


class Written(Struct, frozen=True):
    """What a run of the consumer tests came to."""

    tests_passed: bool
    output: str
    pacts: int
    interactions: int
    differences: tuple[str, ...]

    @property
    def mismatches(self) -> tuple[str, ...]:
        """What the adapters sent otherwise than promised, each once: the end of `output` may not show it."""
        found = sorted({" ".join(words.split()) for words in _MISMATCH.findall(self.output)})
        return tuple(words[:300] for words in found[:_MOST_MISMATCHES])

    @property
    def passed(self) -> bool:
        """All tests passed, something was promised, and it is what was promised before."""
        return self.tests_passed and self.interactions > 0 and not self.differences


def write_pacts(
    *, accept: bool = False, providers: Sequence[str] = (), junit: Path | None = None, workers: int = 2
) -> Written:
    """Run the consumer tests into a fresh folder and compare; with `accept`, the fresh pacts are kept."""
    wanted = tuple(checked(provider) for provider in providers) or PROVIDERS
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        # To start workers takes longer than the tests of one provider.
        started = 0 if len(wanted) == 1 else workers
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-n", str(started)]
        command += ["--dist", "loadfile", *_tests(providers)]
        if junit is not None:
            command.append(f"--junitxml={junit}")
        ended = subprocess.run(
            command,
            cwd=FOLDER.parent,
            env=_environment(name),
            capture_output=True,
            text=True,
            check=False,
        )
        written = dict(_written(fresh))
        chosen = {place: file for place, file in written.items() if place.parent.name in wanted}
        interactions = sum(len(read_pact(file).interactions) for file in chosen.values())
        differences = tuple(_differences(chosen, wanted))
        if accept and ended.returncode == 0:
            _keep(chosen, wanted)
            differences = ()
        output = ended.stdout + ended.stderr
        return Written(ended.returncode == 0, output, len(chosen), interactions, differences)


def _environment(folder: str) -> dict[str, str]:
    """That of this process, without options that leave tests out: `--accept` would drop their promises."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return {**kept, FOLDER_VARIABLE: folder}


def _tests(providers: Sequence[str]) -> list[str]:
    """The test files of these providers, all without any; the core's are named by what they are about."""
    folder = FOLDER / "consumer"
    if not providers:
        return [str(folder)]
    found = []
    for provider in providers:
        name = "core" if provider == CORE else provider.replace("-", "_")
        files = [folder / f"test_{name}.py", *folder.glob(f"test_{name}_*.py")]
        found += [
            path
            for path in sorted(files)
            if path.exists() and path.stem.endswith("_webhooks") == name.endswith("_webhooks")
        ]
    return [str(path) for path in found]


def _written(fresh: Path) -> Iterator[tuple[Path, Path]]:
    """Each fresh file with the place it belongs: the library names files by consumer and provider."""
    for file in sorted(fresh.glob("*.json")):
        pact = read_pact(file)
        yield PACTS / checked(pact.provider) / f"{pact.consumer}.json", file


def _differences(chosen: dict[Path, Path], wanted: Sequence[str]) -> Iterator[str]:
    for place, file in chosen.items():
        if not place.exists():
            yield f"{_shown(place)} is new."
        elif place.read_bytes() != file.read_bytes():
            yield f"{_shown(place)} differs: {_what_differs(place, file)}."
    for provider in wanted:
        for place in sorted((PACTS / provider).glob("*.json")):
            if place not in chosen:
                yield f"{_shown(place)} was not written by any test any more."


def _what_differs(place: Path, file: Path) -> str:
    try:
        before = {one.name: one for one in read_pact(place).interactions}
    except BadPact as bad:
        return str(bad).rstrip(".")
    after = {one.name: one for one in read_pact(file).interactions}
    parts = [f"{name!r} is gone" for name in before if name not in after]
    parts += [f"{name!r} is new" for name in after if name not in before]
    parts += [f"{name!r} changed" for name in after if name in before and after[name] != before[name]]
    return "; ".join(parts[:5]) or "the same interactions, other rules or another version of the library"


def _keep(chosen: dict[Path, Path], wanted: Sequence[str]) -> None:
    for provider in wanted:
        for place in (PACTS / provider).glob("*.json"):
            if place not in chosen:
                place.unlink()
    for place, file in chosen.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def _shown(place: Path) -> str:
    return str(place.relative_to(FOLDER.parent))
