"""What became of the deeds: every attempt as it was logged, and what may be concluded from all of them.

Pure but for the reading of files. Nothing here judges: the records of the systems do.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from load.deeds import Deed, facts_of
from mocks.firm.facts.source import Contract, SourceFact, TimeEntry

Outcome = Literal["done", "refused", "unknown", "waits", "given up"]
# Texts of people's own, and ids of records, whatever they look like.
_KEPT = frozenset({"note", "name", "type", "source_id"})
FINAL = frozenset({"done", "refused", "given up"})
_PATTERN = "outcomes-*.ndjson"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Attempt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a deed; `calls` counts requests, `limited` those that a limit turned away.

    `found` says that the deed turned out to be done already: an earlier attempt whose answer was lost.
    """

    deed: str
    operation: str
    worker: str
    number: int
    started_ms: int
    ended_ms: int
    outcome: Outcome
    status: int = 0
    native_id: str = ""
    calls: int = 0
    limited: int = 0
    renewed: int = 0
    away: int = 0
    found: bool = False
    reason: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Attempt)


def encoded(attempt: Attempt) -> bytes:
    """An attempt as one line."""
    return _encoder.encode(attempt) + b"\n"


def read_attempts(folder: Path) -> Iterator[Attempt]:
    """All attempts of all workers; the last line of a worker that was killed may be cut, and is left out."""
    for path in sorted(folder.glob(_PATTERN)):
        with path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield _decoder.decode(line)


def final(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    """By deed the attempt that tells what became of it: a doing before a refusal, that before all else."""
    found: dict[str, Attempt] = {}
    for attempt in attempts:
        known = found.get(attempt.deed)
        if known is None or _rank(attempt) >= _rank(known):
            found[attempt.deed] = attempt
    return found


def _rank(attempt: Attempt) -> tuple[int, int]:
    order = {"done": 4, "refused": 3, "given up": 2, "unknown": 1, "waits": 0}
    return order[attempt.outcome], attempt.ended_ms


class Latency(Struct, frozen=True, kw_only=True):
    """One operation in numbers: how long its attempts took, in milliseconds."""

    operation: str
    attempts: int
    done: int
    refused: int
    unknown: int
    given_up: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    longest_ms: int


def latencies(attempts: Iterable[Attempt]) -> tuple[Latency, ...]:
    """Every operation by name; what was given up without a call took no time and is only counted."""
    by_operation: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.outcome != "waits":
            by_operation.setdefault(attempt.operation, []).append(attempt)
    return tuple(_latency(name, by_operation[name]) for name in sorted(by_operation))


def _latency(name: str, attempts: list[Attempt]) -> Latency:
    took = sorted(one.ended_ms - one.started_ms for one in attempts if one.outcome != "given up")
    counts = {outcome: sum(one.outcome == outcome for one in attempts) for outcome in FINAL | {"unknown"}}
    return Latency(
        operation=name,
        attempts=len(took),
        done=counts["done"],
        refused=counts["refused"],
        unknown=counts["unknown"],
        given_up=counts["given up"],
        p50_ms=percentile(took, 50),
        p95_ms=percentile(took, 95),
        p99_ms=percentile(took, 99),
        longest_ms=took[-1] if took else 0,
    )


def percentile(ordered: list[int], per_cent: int) -> int:
    """The smallest of ordered values that at least so many per cent do not exceed; 0 for none."""
    if not ordered:
        return 0
    return ordered[max(0, -(-len(ordered) * per_cent // 100) - 1)]


class Second(Struct, frozen=True, kw_only=True):
    """One second of the run, counted from its first attempt's end."""

    second: int
    done: int
    unknown: int
    limited: int
    p95_ms: int


def series(attempts: Iterable[Attempt]) -> tuple[Second, ...]:
    """What ended in each second; seconds in which nothing did are there too."""
    ended = sorted(
        (one for one in attempts if one.outcome in ("done", "refused", "unknown")), key=lambda a: a.ended_ms
    )
    if not ended:
        return ()
    first = ended[0].ended_ms // 1000
    rows: dict[int, list[Attempt]] = {}
    for attempt in ended:
        rows.setdefault(attempt.ended_ms // 1000 - first, []).append(attempt)
    return tuple(_second(number, rows.get(number, [])) for number in range(max(rows) + 1))


def _second(number: int, attempts: list[Attempt]) -> Second:
    return Second(
        second=number,
        done=sum(one.outcome == "done" for one in attempts),
        unknown=sum(one.outcome == "unknown" for one in attempts),
        limited=sum(one.limited for one in attempts),
        p95_ms=percentile(sorted(one.ended_ms - one.started_ms for one in attempts), 95),
    )


class Done(Struct, frozen=True, kw_only=True):
    """A deed that was done: its facts as planned, and the native id of each as a player would know it."""

    deed: str
    facts: tuple[SourceFact, ...]
    native_ids: tuple[str, ...]
    ended_ms: int


class Judged(Struct, frozen=True, kw_only=True):
    """What became of all deeds: those done, and by deed why the others were not."""

    done: tuple[Done, ...]
    refused: dict[str, str]
    given_up: dict[str, str]
    not_attempted: tuple[str, ...]  # also those whose last attempt's worker died before it could tell


def judged(deeds: Iterable[Deed], attempts: Mapping[str, Attempt]) -> Judged:
    """Deeds sorted by what became of them, in their order."""
    done: list[Done] = []
    refused: dict[str, str] = {}
    given_up: dict[str, str] = {}
    left: list[str] = []
    for deed in deeds:
        last = attempts.get(deed.id)
        if last is None or last.outcome not in FINAL:
            left.append(deed.id)
        elif last.outcome == "refused":
            refused[deed.id] = last.reason
        elif last.outcome == "given up":
            given_up[deed.id] = last.reason
        else:
            facts = facts_of(deed)
            ids = tuple(_native_id(last.native_id, fact) for fact in facts)
            done.append(Done(deed=deed.id, facts=facts, native_ids=ids, ended_ms=last.ended_ms))
    return Judged(done=tuple(done), refused=refused, given_up=given_up, not_attempted=tuple(left))


def _native_id(record_id: str, fact: SourceFact) -> str:
    if not isinstance(fact, TimeEntry):
        return record_id
    return f"{record_id}#{_DAYS[fact.work_date.weekday()]}"


# --- numbers that the products give themselves ----------------------------------------------------


def given_numbers(done: Iterable[Done], observed: Iterable[SourceFact]) -> dict[str, str]:
    """Numbers of the firm's own and those that the products gave instead, told by the records' ids.

    Cards, quotes, contracts and leave are numbered by the products when somebody makes them over the
    API; everything observed refers to them by these numbers.
    """
    shown = {fact.source_id: _number(fact) for fact in observed if fact.source_id}
    given: dict[str, str] = {}
    for deed in done:
        for fact, native_id in zip(deed.facts, deed.native_ids, strict=True):
            own, real = _number(fact), shown.get(native_id, "")
            if own and real and own != real:
                given[own] = real
    return given


def contract_numbers(observed: Iterable[SourceFact]) -> dict[str, str]:
    """Numbers of contracts by their ids in the CRM, for `renumbered`.

    A PSA project on which nothing was ever played by hand is observed under the id of its contract.
    """
    return {fact.source_id: _number(fact) for fact in observed if isinstance(fact, Contract)}


def _number(fact: SourceFact) -> str:
    if isinstance(fact, TimeEntry):
        return fact.card
    kind = type(fact).__name__
    return fact.bk.split("|")[1] if kind in ("Quote", "Contract", "Absence") else ""


def renumbered(fact: SourceFact, given: Mapping[str, str]) -> SourceFact:
    """The fact with every number of the firm's own replaced by the one that the product gave."""
    values = msgspec.to_builtins(fact, builtin_types=(bytes,))
    changed = _replaced(values, given)
    if changed == values:
        return fact
    found: SourceFact = msgspec.convert(changed, type(fact))
    return found


def _replaced(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return "|".join(given.get(part, part) for part in value.split("|"))
    if isinstance(value, dict):
        return {k: v if k in _KEPT else _replaced(v, given) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_replaced(one, given) for one in value)
    return value
