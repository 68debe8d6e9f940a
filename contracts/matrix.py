"""The matrix: what was verified, against what, and how it ended. The newest result of each line counts.

It is a file of the project, so that the decision to deploy can be read, reviewed and replayed.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from contracts.pactfile import BadPact, Interaction, read_pact
from contracts.participants import FOLDER, PROVIDERS, pact_files
from contracts.provider.states import STATES
from contracts.provider.target import Kind
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
    target: Kind
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
    excusable: bool = True  # its state is one that no sandbox can be brought into


def read_matrix(path: Path = MATRIX) -> tuple[Row, ...]:
    """The rows of a matrix, none where there is no file; raises BadMatrix."""
    if not path.exists():
        return ()
    try:
        rows = tuple(msgspec.json.decode(path.read_bytes(), type=list[Row]))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise BadMatrix(
            f"{path} is no matrix ({problem}); `rehearse contracts provider --record` writes one."
        ) from None
    twice = [line for line, times in Counter(row.line for row in rows).items() if times > 1]
    if twice:
        # Which of the two counts would depend on their order.
        raise BadMatrix(
            f"{path} holds two results of {' / '.join(twice[0])}; keep one, "
            "or write it anew by `rehearse contracts provider --record`."
        )
    return rows


def write_matrix(rows: Iterable[Row], path: Path = MATRIX) -> None:
    """Write the rows in their order, one a line, so that a change shows; raises BadMatrix."""
    lines = ",\n".join(
        msgspec.json.encode(row, order="deterministic").decode() for row in sorted(rows, key=_order)
    )
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: half a matrix would be no matrix.
        beside.write_text(f"[\n{lines}\n]\n" if lines else "[]\n")
        beside.replace(path)
    except OSError as problem:
        beside.unlink(missing_ok=True)
        reason = (problem.strerror or "refused").lower()
        raise BadMatrix(f"The matrix {path} cannot be written: {reason}.") from None


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
        files = pact_files(provider) if root is None else pact_files(provider, root)
        if not files:
            # Nothing promised is nothing to break: without this a lost pact would be a yes.
            raise BadPact(f"There is no pact with {provider}; `rehearse contracts consumer` says why.")
        for path in files:
            pact = read_pact(path)
            if (pact.provider, pact.consumer) != (provider, path.stem):
                raise BadPact(f"{path} is a pact of {pact.consumer} with {pact.provider}; it stands wrongly.")
            found += [
                Promised(provider, pact.consumer, one.name, pact.digest, _excusable(provider, one))
                for one in pact.interactions
            ]
    return tuple(found)


def _excusable(provider: str, interaction: Interaction) -> bool:
    states = STATES[provider.removesuffix("-webhooks")]
    return any(one.name in states and states[one.name].mock_only for one in interaction.provider_states)


def current(rows: Sequence[Row], promises: Sequence[Promised]) -> list[Row]:
    """The rows that speak of the pacts as they are now."""
    digests = {(one.provider, one.consumer): one.pact for one in promises}
    return [row for row in rows if digests.get((row.provider, row.consumer)) == row.pact]


def _order(row: Row) -> tuple[str, ...]:
    return (*row.line, row.pact)
