"""The storm at its usual size, and with all killed that may be: a verdict each time, never by accident."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HARM = (
    {"at_seconds": 5, "what": "kill-core-1", "for_seconds": 1},
    {"at_seconds": 10, "what": "kill-mock-psa", "for_seconds": 1},
    {"at_seconds": 15, "what": "kill-mock-crm", "for_seconds": 1},
    {"at_seconds": 18, "what": "stop-database", "for_seconds": 2},
)


def load(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    out = folder / "result.json"
    done = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "load", "--json", str(out), *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert out.exists(), (done.stdout, done.stderr)
    return done.returncode, json.loads(out.read_text())


def assert_checks_hold(result: dict[str, Any]) -> None:
    assert [row["id"] for row in result["checks"] if row["status"] in ("fail", "unknown")] == []
    assert all(row["compared"] for row in result["checks"] if row["required"])


@pytest.mark.parametrize("seed", [1, 2])
def test_usual_storm__passes(seed: int, tmp_path: Path) -> None:
    status, result = load(tmp_path, "--seed", str(seed))
    assert_checks_hold(result)
    assert (status, result["verdict"]) == (0, "pass"), result["reasons"]


def test_two_workers_in_a_storm_of_harm__lose_nothing(tmp_path: Path) -> None:
    plan = tmp_path / "harm.json"
    plan.write_text(json.dumps(HARM))
    _, result = load(tmp_path, "--workers", "2", "--duration", "25", "--disturb", str(plan), "--seed", "3")
    assert_checks_hold(result)
    assert len(result["load"]["events"]) == len(HARM)


def test_dead_load_worker__is_never_a_pass_by_accident(tmp_path: Path) -> None:
    plan = tmp_path / "harm.json"
    plan.write_text(json.dumps([{"at_seconds": 8, "what": "kill-load-worker", "for_seconds": 0}]))
    status, result = load(
        tmp_path, "--consultants", "40", "--users", "5", "--duration", "12", "--disturb", str(plan)
    )
    assert_checks_hold(result)
    assert (status, result["verdict"]) == (3, "unknown")
    assert any("never attempted" in why for why in result["reasons"])
