"""Ctrl-C and SIGTERM in the middle of a run: one sentence, and nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE_SECONDS = 40.0
RUN = ("run", "month-end", "--consultants", "8", "--months", "1", "--seed", "2")


def _children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
            except OSError:
                continue  # it ended while we looked
            if int(status.rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize(
    ("mode", "processes", "by"),
    [
        ("simulated", 0, signal.SIGINT),
        ("simulated", 0, signal.SIGTERM),
        ("live", 6, signal.SIGINT),  # five systems and the core: in the middle of its work
        ("live", 1, signal.SIGTERM),  # still starting
    ],
)
def test_interrupted_run__ends_in_one_sentence_and_leaves_nothing(
    mode: str, processes: int, by: signal.Signals, tmp_path: Path
) -> None:
    def is_under_way(pid: int) -> bool:
        return len(_children(pid)) >= processes if processes else (marks / "core.sqlite").exists()

    scratch, marks = tmp_path / "scratch", tmp_path / "marks"
    scratch.mkdir()
    marks.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    if mode == "simulated":
        environment["REHEARSE_DATABASE_URL"] = f"sqlite:///{marks}/core.sqlite"
    with subprocess.Popen(
        [sys.executable, "-m", "scenarios.cli", *RUN, "--mode", mode],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that a signal to its group reaches its children and not us
    ) as run:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_under_way(run.pid) and time.monotonic() < deadline:
            assert run.poll() is None, run.communicate()
        children = _children(run.pid)
        if by is signal.SIGINT:
            os.killpg(run.pid, by)  # as a terminal does
        else:
            run.send_signal(by)
        _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 128 + by
    assert said == f"Interrupted by {by.name}; nothing of the run is left behind.\n"
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert os.listdir(scratch) == []
