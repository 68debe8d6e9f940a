"""A rehearsal over an estate that is up already: mocks, and a core that waits, started by somebody else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scenarios.catalogue import scenario_named
from scenarios.live.estate_file import EstateUnusable, main
from scenarios.live.processes import free_port
from scenarios.options import Options
from scenarios.rehearse import run
from tests.e2e.test_deal_to_cash import assert_pass

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = scenario_named("deal-to-cash")
SEED = 11


@contextmanager
def _process(command: list[str], **environment: str) -> Iterator["subprocess.Popen[str]"]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        command, env={"PATH": path, **environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_an_estate_that_is_up__is_judged_from_outside_once(tmp_path: Path) -> None:
    mocks = [sys.executable, "-m", "mocks.serve", "--vendor", "all", "--port", "0", "--seed", str(SEED)]
    mocks += ["--data", str(tmp_path / "worlds"), "--ready-file", "-"]
    estate, settings, port = tmp_path / "estate.json", tmp_path / "core.env", free_port()
    core = [str(ROOT / "deploy/core.sh"), str(settings), "--port", str(port)]
    database = f"sqlite:///{tmp_path / 'core.sqlite'}"
    with (
        _process(mocks, REHEARSE_CONTROL_TOKEN="secret") as serving,
        _process(core, REHEARSE_DATABASE_URL=database),
    ):
        assert serving.stdout is not None
        systems = json.loads(serving.stdout.readline())["systems"]
        words = [word for role, one in systems.items() for word in ("--system", f"{role}={one['url']}")]
        words += ["--core", f"http://127.0.0.1:{port}", "--core-settings", str(settings)]
        told = main(["--out", str(estate), "--seed", str(SEED), *words], {"REHEARSE_CONTROL_TOKEN": "secret"})
        assert told == 0
        options = Options(seed=SEED, plan=SCENARIO.plans["small"], mode="live", estate=estate)
        assert_pass(run(SCENARIO, options)[0])
        with pytest.raises(EstateUnusable, match="have a rehearsal behind them"):
            run(SCENARIO, options)
