"""`rehearse load` as people type it: a judged storm, promises that cannot be kept, mistakes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--consultants", "30", "--users", "5", "--duration", "8", "--seed", "7")
TOO_TIGHT = "[tiers.transaction_sync]\np95_seconds = 0.000001\np99_seconds = 0.000001\n"
PATIENCE_SECONDS = 60.0


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "scenarios.cli", "load", *arguments]


def load(*arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=seconds, check=False)


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                said = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended while we looked, or is somebody else's
            if os.fsencode(str(folder)) in said:
                found.append(said.decode(errors="replace")[-200:])
    return found


def test_storm__is_judged_and_promises_that_cannot_be_kept_decide(tmp_path: Path) -> None:
    slo = tmp_path / "slo.toml"
    slo.write_text(TOO_TIGHT)
    out = tmp_path / "result.json"
    done = load(
        *SMALL, "--slo", str(slo), "--json", str(out), "--report", str(tmp_path / "page"), seconds=300
    )
    assert done.returncode == 1, (done.stdout, done.stderr)
    result: dict[str, Any] = json.loads(out.read_text())
    assert result["verdict"] == "fail"
    assert {row["status"] for row in result["checks"]} <= {"pass", "not_applicable"}
    assert all(row["compared"] > 0 for row in result["checks"] if row["required"])
    found = result["load"]
    assert [row["name"] for row in found["slo"] if row["status"] == "missed"] == ["Approval to billing event"]
    assert len(result["reasons"]) == 1
    assert found["deeds"]["done"] == found["deeds"]["planned"] > 50
    assert found["operations"]["submit timecard"]["n"] > 10
    assert {"core-1", "psa", "load-1", "judge"} <= found["processes"].keys()
    page = (tmp_path / "page" / "index.html").read_text()
    assert "FAIL" in page
    assert "✗ missed" in page


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--users", "0"), "--users must lie between 1"),
        (("--duration", "1"), "--duration must lie between 5"),
        (("--workers", "99"), "--workers must lie between 1"),
        (("--shape", "tornado"), "spike"),
        (("--slo", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("--disturb", "nowhere.json"), "nowhere.json cannot be read"),
        (("--baseline", "nowhere.json"), "nowhere.json cannot be read"),
        (("--faults", "nowhere.json"), "nowhere.json"),
        (("--estate", "nowhere.json"), "nowhere.json cannot be opened"),
        (("--months", "0"), "--months must lie between 1"),
    ],
)
def test_impossible_wish__gets_one_sentence_before_anything_starts(
    arguments: tuple[str, ...], word: str
) -> None:
    done = load(*arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_impossible_promises__get_one_sentence_before_anything_starts(tmp_path: Path) -> None:
    slo = tmp_path / "slo.toml"
    slo.write_text("[tiers.invoice_posting]\np95_seconds = 9\np99_seconds = 1\n")
    done = load(*SMALL, "--slo", str(slo))
    assert done.returncode == 2
    assert "promises what cannot be" in done.stderr
    assert "Putting the firm" not in done.stdout


def test_interrupted_storm__leaves_nothing_running(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    process = subprocess.Popen(
        command(*SMALL), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(processes_in(scratch)) < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert "Interrupted by SIGTERM" in said
    assert processes_in(scratch) == []
    assert list(scratch.iterdir()) == []
