"""Promises: read, refused where they cannot be, and held against what was found."""

import json
import math
from pathlib import Path

import pytest

from scenarios.load.slo import (
    KEPT,
    MISSED,
    NOTHING,
    TIERS,
    UNMEASURED,
    Measured,
    Slo,
    SloUnreadable,
    Tier,
    hold,
    read_slo,
    verdict_of,
)

TIGHT = Slo(tiers={"transaction_sync": Tier(p95_seconds=1.0, p99_seconds=2.0)})


def took(p95: float, p99: float) -> dict[str, Measured]:
    return {"transaction_sync": Measured(count=9, p50_seconds=0.1, p95_seconds=p95, p99_seconds=p99)}


def test_shipped_promises__name_every_tier() -> None:
    assert set(read_slo().tiers) == set(TIERS)


def test_json_file__is_read_as_toml_is(tmp_path: Path) -> None:
    path = tmp_path / "slo.json"
    path.write_text(json.dumps({"tiers": {"invoice_posting": {"p95_seconds": 1, "p99_seconds": 2.5}}}))
    assert read_slo(path).tiers == {"invoice_posting": Tier(p95_seconds=1.0, p99_seconds=2.5)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tiers.invoice_posting]\np95_seconds = 0\np99_seconds = 1", "more than 0"),
        ("[tiers.invoice_posting]\np95_seconds = 2\np99_seconds = 1", "below its p95"),
        ("[tiers.invoice_posting]\np95_seconds = inf\np99_seconds = inf", "at most"),
        ("[tiers.typing]\np95_seconds = 1\np99_seconds = 1", "no tier typing"),
        ("[tiers]", "names none"),
        ("[tiers.invoice_posting]\np95_seconds = 'soon'\np99_seconds = 1", "understood"),
        ("[tiers.invoice_posting", "understood"),
        ("[tiers.invoice_posting]\np95_seconds = 1\np99_seconds = 1\n[errors]\nper_mille = 2000", "1000"),
        (
            "[tiers.invoice_posting]\np95_seconds = 1\np99_seconds = 1\n"
            "[backlog]\ndrained_within_seconds = -1",
            "drained",
        ),
    ],
)
def test_file_that_cannot_be_kept__is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "slo.toml"
    path.write_text(text)
    with pytest.raises(SloUnreadable) as refusal:
        read_slo(path)
    assert says in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_missing_file__is_refused() -> None:
    with pytest.raises(SloUnreadable, match="cannot be read"):
        read_slo(Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("found", "status", "verdict"),
    [
        (took(1.0, 2.0), KEPT, "pass"),
        (took(1.1, 1.2), MISSED, "fail"),
        (took(0.5, 2.1), MISSED, "fail"),
        (took(0.5, math.inf), MISSED, "fail"),
        ({}, UNMEASURED, "unknown"),
        ({"transaction_sync": Measured(count=0, is_known=False)}, UNMEASURED, "unknown"),
        ({"transaction_sync": Measured(count=0)}, NOTHING, "pass"),
    ],
)
def test_tier__is_kept_missed_or_not_measured(found: dict[str, Measured], status: str, verdict: str) -> None:
    promises = hold(TIGHT, found, 1.0, {})
    assert promises[0].status == status
    assert verdict_of(promises)[0] == verdict


def test_backlog_that_was_never_drained__is_missed() -> None:
    assert hold(TIGHT, took(0.1, 0.1), None, {})[1].status == MISSED
    assert hold(TIGHT, took(0.1, 0.1), 120.1, {})[1].status == MISSED
    assert hold(TIGHT, took(0.1, 0.1), 120.0, {})[1].status == KEPT


def test_errors__count_for_operations_that_were_tried_often_enough() -> None:
    failed = {"win deal": (20, 21.0), "sign contract": (19, 1000.0), "submit timecard": (500, 20.0)}
    errors = {one.name: one.status for one in hold(TIGHT, took(0.1, 0.1), 1.0, failed)[2:]}
    assert errors == {"Errors of “win deal”": MISSED, "Errors of “submit timecard”": KEPT}


def test_missed_promise__outweighs_one_that_nobody_measured() -> None:
    slo = Slo(tiers={**TIGHT.tiers, "invoice_posting": Tier(p95_seconds=1, p99_seconds=1)})
    verdict, reasons = verdict_of(hold(slo, took(9.0, 9.0), 1.0, {}))
    assert verdict == "fail"
    assert len(reasons) == 2
