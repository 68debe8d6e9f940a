"""The list of metrics names exactly what mocks and core show."""

import asyncio
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from integration_core.engine.database import open_database
from integration_core.engine.schema import create_engine_tables
from integration_core.store.schema import create_tables
from integration_core.wiring.metrics import CoreMetrics
from mocks.kit.exposition import exposition
from tests.unit.kit.test_system import Bench

LIST = Path(__file__).parents[3] / "scenarios" / "live" / "METRICS.md"


def shown(text: str) -> set[str]:
    """The names of all families of ours, counters as their samples are called."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(text)
        if family.name.startswith("rehearse_")
    }


def listed(side: str) -> set[str]:
    """The names that the list has of one side."""
    return set(re.findall(rf"^\| `(rehearse_{side}_\w+)`", LIST.read_text(), re.MULTILINE))


def test_list__has_every_metric_of_the_mocks_and_no_other() -> None:
    bench = Bench()
    bench.world()
    assert listed("mock") == shown(exposition(bench.system).decode())


def test_list__has_every_metric_of_the_core_and_no_other(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/core.sqlite")
    with database.begin() as connection:
        create_tables(connection)
        create_engine_tables(connection)
    expose = CoreMetrics().expose(database, lambda: 0)
    assert listed("core") == shown(asyncio.run(expose()).decode())
    database.dispose()
