"""Every mistake at the command line: one clear sentence, exit 2, nothing left behind."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


def _rehearse(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("run", "deal-to-crash"), "deal-to-cash"),
        (("run", "deal-to-cash", "--vendor", "crm=siebel"), "salesforce"),
        (("run", "deal-to-cash", "--vendor", "crm=netsuite"), "role"),
        (("run", "deal-to-cash", "--seed", "-1"), "4294967295"),
        (("run", "deal-to-cash", "--seed", "4294967296"), "4294967295"),
        (("run", "deal-to-cash", "--mode", "dreamt"), "simulated"),
        (("run", "deal-to-cash", "--subject", "nobody"), "core"),
        (("run", "deal-to-cash", "--faults", "huge"), "small"),
        (("run", "deal-to-cash", "--consultants", "1"), "consultants"),
        (("list", "wishes"), "scenarios"),
        (("generate", "--format", "xml"), "parquet"),
    ],
)
def test_impossible_wishes__get_a_sentence_that_says_what_is_possible(
    arguments: tuple[str, ...], word: str
) -> None:
    assert word in _sentence(_rehearse(*arguments))


def test_unreadable_plan__names_the_file(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"name": "x", "faults": [{"role": "erp", "fault": {"id": "a", "kind": "explode"}}]}')
    assert "plan.json" in _sentence(_rehearse("run", "deal-to-cash", "--faults", str(plan)))


def test_database_that_cannot_be_opened__is_named_without_its_password(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder/core.sqlite"
    assert "database" in _sentence(_rehearse("run", "deal-to-cash", REHEARSE_DATABASE_URL=url)).lower()
    url = "postgresql://someone:hunter2@127.0.0.1:1/nothing"
    assert "hunter2" not in _sentence(_rehearse("run", "deal-to-cash", REHEARSE_DATABASE_URL=url))


def test_used_database__is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "used.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    done = _rehearse("run", "deal-to-cash", REHEARSE_DATABASE_URL=f"sqlite:///{path}")
    assert "not empty" in _sentence(done)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_port_in_use__is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in _sentence(_rehearse("up", "--port-base", str(port)))


def test_mistyped_option__is_bad_usage_too() -> None:
    done = _rehearse("run", "deal-to-cash", "--sed", "1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
