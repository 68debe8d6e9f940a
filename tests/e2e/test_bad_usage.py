"""Every mistake at the command line: one clear sentence, exit 2, nothing left behind."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenarios import cli, rehearse
from scenarios.catalogue import scenario_named
from scenarios.faults.plan import first_problem
from scenarios.options import Options


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
        (("run", "deal-to-cash", "--subject", "nobody"), "core, naive"),
        (("run", "month-end", "--subject", "http://127.0.0.1:9"), "core, naive"),
        (("run", "deal-to-cash", "--faults", "huge"), "small"),
        (("run", "deal-to-cash", "--consultants", "1"), "consultants"),
        (("run", "deal-to-cash", "--estate", "nowhere.json"), "nowhere.json cannot be opened"),
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


# --- before anything is started, in this process --------------------------------------------------

Told = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a mistake at `rehearse run` is told; no rehearsal may have begun by then."""

    def begun(*_: object) -> None:
        raise AssertionError("the rehearsal began")

    def tell(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["rehearse", "run", *arguments])
        for begins in ("_simulated", "_live"):
            monkeypatch.setattr(rehearse, begins, begun)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == 2, said
        assert said.out == ""
        (line,) = said.err.splitlines()
        return line

    return tell


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--consultants", "3", "choose at least 8"),
        ("--consultants", "7", "choose at least 8"),
        ("--consultants", "90001", "to 90000 consultants"),
        ("--months", "0", "choose from 1 to 60 months"),
        ("--months", "61", "choose from 1 to 60 months"),
    ],
)
def test_firm_that_cannot_be__is_told_what_can(told: Told, option: str, value: str, word: str) -> None:
    assert word in told("month-end", option, value)


@pytest.mark.parametrize(
    ("consultants", "months", "dropped"),
    [(None, None, set()), (60, 3, set()), (8, None, {"I06", "I07"}), (None, 1, {"I06", "I07"})],
)
def test_firm_made_smaller__is_not_asked_for_credits_that_it_may_not_have(
    consultants: int | None, months: int | None, dropped: set[str]
) -> None:
    scenario = scenario_named("month-end")
    options = Options(consultants=consultants, months=months, plan=scenario.plans["none"])
    assert scenario.required - rehearse.prepare(scenario, options).required == dropped


FAULT = {"id": "a", "kind": "reject"}


def _plan(fault: dict[str, Any] | None = None, **planned: Any) -> dict[str, Any]:
    return {"name": "x", "faults": [{"role": "erp", "fault": FAULT | (fault or {}), **planned}]}


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        (_plan({"kind": "explode"}), "explode"),
        (_plan({"colour": "red"}), "colour"),
        (_plan(role="tax"), "crm, psa, hris, payroll, erp"),
        (_plan({"path": "/record/(v1"}), "$.faults[0].fault.path"),
        (_plan({"body": "*"}), "$.faults[0].fault.body"),
        (_plan({"seconds": -1}), "seconds of reject"),
        (_plan({"share_e6": 1_000_001}), "1000000"),
        (_plan({"kind": "fail_items"}), "every of fail_items"),
        (_plan({"from_ms": 5}), "from_hours"),
        (_plan(from_hours=-1), "$.faults[0].from_hours"),
        (_plan(from_hours=5, until_hours=4), "ends at 4 but begins at 5"),
        (_plan(until_hours=1e300), "$.faults[0].until_hours"),
        (_plan() | {"crashes": [{"id": "a", "from_hours": 1}]}, "there twice"),
        ({"name": "x", "crashes": [{"id": "c", "from_hours": "soon"}]}, "$.crashes[0].from_hours"),
        ({"name": "x", "crashes": [{"id": "c", "from_hours": -0.5}]}, "$.crashes[0].from_hours"),
        ({"name": ""}, "$.name"),
        ([], "object"),
    ],
)
def test_plan_with_a_problem__is_told_the_file_and_the_first_problem(
    told: Told, tmp_path: Path, plan: Any, word: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    sentence = told("month-end", "--faults", str(path))
    assert str(path) in sentence
    assert word in sentence


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "truncated"),
        (b"{name: x}", "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (b'{"name": "x", "crashes": [{"id": "c", "from_hours": NaN}]}', "malformed"),
        (b'{"name": "x", "crashes": [{"id": "c", "from_hours": 1e999}]}', "out of range"),
        (b" " * 10_000_000, "at most 1000000 bytes"),
        (b"[" * 900_000, "object"),
        (b'{"name": ' + b"[" * 900_000, "str"),
    ],
)
def test_plan_that_is_no_plan_at_all__is_told_why(
    told: Told, tmp_path: Path, content: bytes, word: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    sentence = told("month-end", "--faults", str(path))
    assert str(path) in sentence
    assert word in sentence


def test_plan_that_is_not_a_file__is_told_so(told: Told, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "No such file" in told("month-end", "--faults", str(tmp_path / "none.json"))
    assert "it is a folder" in told("month-end", "--faults", str(tmp_path))
    assert "not a plain file" in told("month-end", "--faults", str(pipe))
    assert "it has: default, none" in told("month-end", "--faults", "x" * 5000)


@pytest.mark.parametrize("name", ["deal-to-cash", "month-end"])
def test_plans_of_the_scenarios__are_held_to_the_same_rules(name: str) -> None:
    assert [first_problem(plan) for plan in scenario_named(name).plans.values()] == ["", ""]


@pytest.mark.parametrize("option", ["--report", "--keep-state"])
def test_results_wished_into_what_is_no_folder__are_refused_before_the_run(
    told: Told, tmp_path: Path, option: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below", Path("/proc/none/such"), tmp_path / ("x" * 300)):
        assert str(folder) in told("month-end", option, str(folder))
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_results_wished_into_a_missing_folder__are_refused_before_the_run(
    told: Told, tmp_path: Path, option: str
) -> None:
    assert "No such file or directory" in told("month-end", option, str(tmp_path / "none" / "file"))
    assert "it is a folder" in told("month-end", option, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_refused_run__leaves_no_folder_for_results_it_never_had(told: Told, tmp_path: Path) -> None:
    told(
        "month-end",
        "--consultants",
        "7",
        "--report",
        str(tmp_path / "r"),
        "--keep-state",
        str(tmp_path / "s"),
    )
    assert list(tmp_path.iterdir()) == []


def test_run_that_breaks_off__is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(rehearse, "_simulated", breaks)
    monkeypatch.setattr(sys, "argv", ["rehearse", "run", "month-end", "--consultants", "8"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert "Broken off without a verdict: ValueError: a mistake of ours" in capsys.readouterr().err
