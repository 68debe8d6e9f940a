"""`rehearse bench`: sizes reach the benchmark and the command that is kept; every mistake is one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from scenarios import bench, cli_bench
from scenarios.bench import Benchmark, Sizes
from scenarios.mistakes import BadUsage

from .figures import core, mocks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Sizes]:
    """The sizes that `core` was asked for; nothing is measured."""
    sizes: list[Sizes] = []

    def measure(wished: Sizes) -> dict[str, Any]:
        sizes.append(wished)
        return {"naive script": {}}

    monkeypatch.setitem(bench.BENCHMARKS, "core", Benchmark(measure, Sizes(300, 3)))
    return sizes


def test_sizes__reach_the_benchmark_and_the_command(asked: list[Sizes], tmp_path: Path) -> None:
    out = tmp_path / "core.json"
    cli_bench.bench("core", 100, 1, out)
    assert asked == [Sizes(100, 1)]
    taken = json.loads(out.read_text())["measured"]["core"]
    assert taken["command"] == "rehearse bench core --consultants 100 --rounds 1"
    assert set(taken["machine"]) == {"cores", "memory_gigabytes", "python", "system"}


def test_command__names_the_sizes_that_were_not_given() -> None:
    assert bench.command("core", Sizes(300, 3), Sizes()) == "rehearse bench core --consultants 300 --rounds 3"
    assert bench.command("mocks", Sizes(None, 5), Sizes(9, None)) == "rehearse bench mocks --rounds 5"
    assert bench.command("generate", Sizes(), Sizes(9, 9)) == "rehearse bench generate"


def test_page__is_written_from_several_files(tmp_path: Path) -> None:
    files = [tmp_path / "core.json", tmp_path / "mocks.json"]
    for path, figures in zip(files, (core(), mocks()), strict=True):
        path.write_text(json.dumps(figures))
    cli_bench.bench("page", figures=files, out=tmp_path / "PAGE.md")
    assert "| core on SQLite |" in (tmp_path / "PAGE.md").read_text()
    assert "| bare FastAPI 1.2.3 |" in (tmp_path / "PAGE.md").read_text()


def test_impossible_wishes__get_a_sentence(asked: list[Sizes], tmp_path: Path) -> None:
    broken, out = tmp_path / "broken.json", tmp_path / "PAGE.md"
    broken.write_text("{")
    with pytest.raises(BadUsage, match="--rounds 1 or more"):
        cli_bench.bench("core", None, 0)
    with pytest.raises(BadUsage, match="at least"):
        cli_bench.bench("core", 1)
    with pytest.raises(BadUsage, match="core, generate, seed, bands, page"):
        cli_bench.bench("speed")
    with pytest.raises(BadUsage, match="--from FILE --out"):
        cli_bench.bench("page")
    with pytest.raises(BadUsage, match=r"broken\.json cannot be read"):
        cli_bench.bench("page", figures=[broken], out=out)
    with pytest.raises(BadUsage, match=r"absent\.json cannot be read: No such file"):
        cli_bench.bench("page", figures=[tmp_path / "absent.json"], out=out)
    assert asked == []
    assert not out.exists()
