"""Promises of a load run: read from a file, refused where they cannot be, and held against figures."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

TIERS = ("customer_creation", "project_provisioning", "transaction_sync", "invoice_posting")
TIER_NAMES = {
    "customer_creation": "Customer creation",
    "project_provisioning": "Project provisioning",
    "transaction_sync": "Approval to billing event",
    "invoice_posting": "Invoice posting",
}
SHIPPED = Path(__file__).parent / "slo.toml"
MAXIMUM_BYTES = 100_000
MAXIMUM_SECONDS = 7 * 86_400.0
KEPT, MISSED, UNMEASURED, NOTHING = "kept", "missed", "unmeasured", "nothing to measure"


class SloUnreadable(Exception):
    """The promises cannot be read; the text is one sentence."""


class Tier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a kind of thing may take."""

    p95_seconds: float
    p99_seconds: float


class Backlog(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How soon nothing may be left to do, once nobody is at work any more."""

    drained_within_seconds: float = 120.0


class Errors(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many attempts of an operation in a thousand may fail."""

    per_mille: float = 20.0
    least_attempts: int = 20


class Slo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All promises of a run."""

    tiers: dict[str, Tier]
    backlog: Backlog = Backlog()
    errors: Errors = Errors()


class Measured(Struct, frozen=True, kw_only=True):
    """What was measured of a tier; percentiles are None where nothing was there to measure.

    `is_known` is False where there should have been something, but nobody could look.
    """

    count: int
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    p99_seconds: float | None = None
    is_known: bool = True


class Promise(Struct, frozen=True, kw_only=True):
    """One promise and how it went."""

    name: str
    promised: str
    found: str
    status: str  # kept | missed | unmeasured | nothing to measure
    count: int = 0


def read_slo(path: Path = SHIPPED) -> Slo:
    """Promises from a TOML or JSON file; raises SloUnreadable with one sentence."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise SloUnreadable(f"The SLO file {path} cannot be read: {problem.strerror}.") from problem
    if len(raw) > MAXIMUM_BYTES:
        raise SloUnreadable(f"The SLO file {path} is larger than {MAXIMUM_BYTES} bytes.")
    try:
        plain: Any = msgspec.json.decode(raw) if path.suffix == ".json" else tomllib.loads(raw.decode())
        slo = msgspec.convert(plain, Slo)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SloUnreadable(f"The SLO file {path} cannot be understood: {problem}.") from problem
    reason = _impossible(slo)
    if reason:
        raise SloUnreadable(f"The SLO file {path} promises what cannot be: {reason}.")
    return slo


def _impossible(slo: Slo) -> str:
    for name in sorted(slo.tiers.keys() - set(TIERS)):
        return f"there is no tier {name}; there are {', '.join(TIERS)}"
    if not slo.tiers:
        return f"it names none of the tiers {', '.join(TIERS)}"
    for name, tier in sorted(slo.tiers.items()):
        for seconds in (tier.p95_seconds, tier.p99_seconds):
            if not math.isfinite(seconds) or not 0 < seconds <= MAXIMUM_SECONDS:
                return f"{name} must take more than 0 and at most {MAXIMUM_SECONDS:g} seconds"
        if tier.p99_seconds < tier.p95_seconds:
            return f"the p99 of {name} lies below its p95"
    drained = slo.backlog.drained_within_seconds
    if not math.isfinite(drained) or not 0 < drained <= MAXIMUM_SECONDS:
        return f"a backlog is drained within more than 0 and at most {MAXIMUM_SECONDS:g} seconds"
    if not 0 <= slo.errors.per_mille <= 1000 or slo.errors.least_attempts < 1:
        return "an error budget lies between 0 and 1000 per mille, of at least one attempt"
    return ""


def hold(
    slo: Slo,
    measured: Mapping[str, Measured],
    drained_seconds: float | None,
    failed_per_mille: Mapping[str, tuple[int, float]],
) -> tuple[Promise, ...]:
    """Every promise with how it went; `failed_per_mille` has attempts and failures of each operation."""
    promises = [_of_tier(name, slo.tiers[name], measured.get(name)) for name in TIERS if name in slo.tiers]
    promises.append(_of_backlog(slo.backlog, drained_seconds))
    promises += _of_errors(slo.errors, failed_per_mille)
    return tuple(promises)


def verdict_of(promises: Sequence[Promise]) -> tuple[str, tuple[str, ...]]:
    """pass, fail or unknown, with a sentence for each promise that was not kept."""
    missed = [
        f"{one.name} took {one.found}, promised was {one.promised}"
        for one in promises
        if one.status == MISSED
    ]
    doubts = [f"{one.name} was not measured" for one in promises if one.status == UNMEASURED]
    verdict = "fail" if missed else "unknown" if doubts else "pass"
    return verdict, (*missed, *doubts)


def _of_tier(name: str, tier: Tier, found: Measured | None) -> Promise:
    promised = f"p95 {seconds(tier.p95_seconds)}, p99 {seconds(tier.p99_seconds)}"
    shown = TIER_NAMES[name]
    if found is None or not found.is_known:
        return Promise(name=shown, promised=promised, found="not measured", status=UNMEASURED)
    if found.p95_seconds is None or found.p99_seconds is None:
        return Promise(name=shown, promised=promised, found="nothing happened", status=NOTHING)
    kept = found.p95_seconds <= tier.p95_seconds and found.p99_seconds <= tier.p99_seconds
    return Promise(
        name=shown,
        promised=promised,
        found=f"p95 {seconds(found.p95_seconds)}, p99 {seconds(found.p99_seconds)}",
        status=KEPT if kept else MISSED,
        count=found.count,
    )


def _of_backlog(backlog: Backlog, drained_seconds: float | None) -> Promise:
    promised = f"within {seconds(backlog.drained_within_seconds)}"
    if drained_seconds is None:
        return Promise(name="Backlog drained", promised=promised, found="never", status=MISSED)
    kept = drained_seconds <= backlog.drained_within_seconds
    status = KEPT if kept else MISSED
    return Promise(name="Backlog drained", promised=promised, found=seconds(drained_seconds), status=status)


def _of_errors(errors: Errors, failed_per_mille: Mapping[str, tuple[int, float]]) -> list[Promise]:
    promises = []
    for operation, (attempts, per_mille) in sorted(failed_per_mille.items()):
        if attempts >= errors.least_attempts:
            promises.append(
                Promise(
                    name=f"Errors of “{operation}”",
                    promised=f"at most {errors.per_mille:g} ‰",
                    found=f"{per_mille:.1f} ‰",
                    status=KEPT if per_mille <= errors.per_mille else MISSED,
                    count=attempts,
                )
            )
    return promises


def seconds(value: float) -> str:
    """A length of time as people read it."""
    if math.isinf(value):
        return "longer than could be measured"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
