"""The matrix: what was verified, against what, and how it ended. The newest result of each line counts.

It is a file of the project, so that the decision to deploy can be read, reviewed and replayed.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from contracts.pactfile import read_pact
from contracts.participants import FOLDER, PROVIDERS, pact_files
from contracts.provider.verify import Outcome, Verification

MATRIX = FOLDER / "matrix.json"
_REASON_LIMIT = 300


class BadMatrix(ValueError):
    """The file is no matrix; the text says what to do."""


class Row(Struct, frozen=True, kw_only=True):
    """One interaction against one target."""

    provider: str
    consumer: str
    interaction: str
    pact: str  # what the pact said then, as a digest
    target: str  # mock or sandbox
    version: str
    result: Outcome
    reason: str = ""
    date: str

    @property
    def line(self) -> tuple[str, str, str, str]:
        """What a newer result replaces."""
        return (self.provider, self.consumer, self.interaction, self.target)


class Promised(Struct, frozen=True):
    """One interaction of the pacts as they are now."""

    provider: str
    consumer: str
    interaction: str
    pact: str


def read_matrix(path: Path = MATRIX) -> tuple[Row, ...]:
    """The rows of a matrix, none where there is no file; raises BadMatrix."""
    if not path.exists():
        return ()
    try:
        return tuple(msgspec.json.decode(path.read_bytes(), type=list[Row]))
    except (OSError, msgspec.DecodeError) as problem:
        raise BadMatrix(
            f"{path} is no matrix ({problem}); `rehearse contracts provider --record` writes one."
        ) from None


def write_matrix(rows: Iterable[Row], path: Path = MATRIX) -> None:
    """Write the rows in their order, one a line, so that a change shows as the lines that changed."""
    lines = ",\n".join(
        msgspec.json.encode(row, order="deterministic").decode() for row in sorted(rows, key=_order)
    )
    path.write_text(f"[\n{lines}\n]\n" if lines else "[]\n")


def rows_of(verifications: Iterable[Verification], on: date) -> list[Row]:
    """What verifications found, as rows of that day; reasons are cut, and carry no credentials."""
    return [
        Row(
            provider=found.provider,
            consumer=found.consumer,
            interaction=one.interaction,
            pact=found.pact,
            target=found.target,
            version=found.version,
            result=one.outcome,
            reason=one.reason[:_REASON_LIMIT],
            date=on.isoformat(),
        )
        for found in verifications
        for one in found.results
    ]


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """All lines, each with its newer result; of a pact that was verified anew, its old lines go."""
    fresh = {row.line: row for row in new}
    renewed = {(row.provider, row.consumer, row.target) for row in fresh.values()}
    kept = [row for row in old if (row.provider, row.consumer, row.target) not in renewed]
    return sorted([*kept, *fresh.values()], key=_order)


def promised(root: Path | None = None) -> tuple[Promised, ...]:
    """Every interaction of the committed pacts; raises BadPact."""
    found = []
    for provider in PROVIDERS:
        for path in pact_files(provider) if root is None else pact_files(provider, root):
            pact = read_pact(path)
            found += [Promised(provider, pact.consumer, one.name, pact.digest) for one in pact.interactions]
    return tuple(found)


def current(rows: Sequence[Row], promises: Sequence[Promised]) -> list[Row]:
    """The rows that speak of the pacts as they are now."""
    digests = {(one.provider, one.consumer): one.pact for one in promises}
    return [row for row in rows if digests.get((row.provider, row.consumer)) == row.pact]


def _order(row: Row) -> tuple[str, ...]:
    return (*row.line, row.pact)
