"""The same seed in two processes with other hash seeds and time zones: the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DEAL = ("deal-to-cash", "--seed", "9", "--faults", "small")
MONTH_END = ("month-end", "--seed", "9", "--consultants", "10")


def _run(wish: tuple[str, ...], folder: Path, hash_seed: str, zone: str) -> tuple[dict[str, Any], bytes]:
    folder.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone}
    command = [sys.executable, "-m", "scenarios.cli", "run", *wish]
    command += ["--json", str(folder / "result.json"), "--keep-state", str(folder / "state")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    result = json.loads((folder / "result.json").read_text())
    del result["timing"]
    return result, (folder / "state" / "trace.txt").read_bytes()


@pytest.mark.parametrize("wish", [DEAL, MONTH_END], ids=lambda wish: wish[0])
def test_two_processes__write_the_same_trace_and_result(wish: tuple[str, ...], tmp_path: Path) -> None:
    one, trace = _run(wish, tmp_path / "one", "1", "America/New_York")
    two, again = _run(wish, tmp_path / "two", "77", "Asia/Tokyo")
    assert len(trace.splitlines()) > 500
    assert trace == again
    assert json.dumps(one) == json.dumps(two)
