"""Plans of harm: read, and refused where they cannot be carried out."""

import json
from pathlib import Path
from typing import Any

import pytest

from mocks.firm.generate import generate
from mocks.firm.profile import LARGE, profile_named
from scenarios.load.calendar import HOUR_MS, storm_of
from scenarios.load.wishes import PlanUnreadable, read_disturbances


def plan(folder: Path, rows: Any) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(rows))
    return path


def test_plan__is_in_order_of_time(tmp_path: Path) -> None:
    rows = [
        {"at_seconds": 9, "what": "kill-mock-psa", "for_seconds": 2},
        {"at_seconds": 3, "what": "kill-core-2"},
        {"at_seconds": 5, "what": "stop-database"},
    ]
    found = read_disturbances(plan(tmp_path, rows), 2)
    assert [one.what for one in found] == ["kill-core-2", "stop-database", "kill-mock-psa"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"at_seconds": 1, "what": "kill-core-3"}, "no worker 3 of 2"),
        ({"at_seconds": 1, "what": "kill-mock-moon"}, "none of"),
        ({"at_seconds": -1, "what": "kill-core-1"}, "seconds lie between"),
        ({"at_seconds": 1}, "what"),
        ({"at_seconds": 1, "what": "kill-core-1", "why": "?"}, "why"),
    ],
)
def test_harm_that_cannot_be_done__is_refused(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanUnreadable, match=says):
        read_disturbances(plan(tmp_path, [row]), 2)


def test_database_of_one_worker__cannot_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(PlanUnreadable, match="--workers 2"):
        read_disturbances(plan(tmp_path, [{"at_seconds": 1, "what": "stop-database"}]), 1)


@pytest.mark.parametrize("months", [1, 2, 3, 5, 7])
def test_storm__ends_and_clocks_stop_before_any_cut_off(months: int) -> None:
    storm = storm_of(generate(profile_named(LARGE, 30, months), 1))
    assert storm.from_ms < storm.to_ms < storm.limit_ms
    assert storm.to_ms - storm.from_ms > 24 * HOUR_MS
