"""What waits in the core's tables is asked of each database, rarely enough."""

import asyncio

from sqlalchemy import insert

from integration_core.canonical.versions import SCHEMA_VERSION
from integration_core.engine import activations
from integration_core.engine.schema import create_engine_tables
from integration_core.store import schema
from integration_core.wiring.depths import Depths
from integration_core.wiring.metrics import CoreMetrics
from scenarios.live.gauges import Key, samples_of

from .memory import Memory

NOW_MS = 1_000_000


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 50.0

    def seconds(self) -> float:
        return self.now


def fill(memory: Memory) -> None:
    """Two owed rows, one refused and one sent; one activation that waits and one that runs; a case."""
    wish = {
        "revision": "1",
        "payload": "{}",
        "schema_version": SCHEMA_VERSION,
        "sent_revision": "",
        "attempts": 0,
        "not_before_ms": 0,
        "error": "",
    }
    rows = [
        {**wish, "lane": "erp.invoice", "key": key, "state": state, "wanted_ms": wanted_ms}
        for key, state, wanted_ms in (
            ("a", "pending", NOW_MS - 5_000),
            ("b", "pending", NOW_MS - 2_000),
            ("c", "refused", NOW_MS - 9_000),
            ("d", "sent", NOW_MS - 99_000),
        )
    ]
    with memory.database.begin() as connection:
        create_engine_tables(connection)
        for table in ("activation", "timer", "run_failure"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.execute(insert(schema.outbox), rows)
        for key in ("one", "two"):
            activations.request(connection, "rating", key)
        activations.take_asked(connection)
        activations.claim(connection, "rating", 1, None, NOW_MS)
        memory.store.cases.open(connection, "RATE_MISSING", "TE|1", "No rate.", NOW_MS, ("rating", "all"))
        memory.store.intake.advance(connection, "salesforce", {"deals": NOW_MS - 60_000})


def test_depths__are_what_the_tables_hold(memory: Memory) -> None:
    fill(memory)
    metrics = CoreMetrics()
    expose = metrics.expose(memory.database, lambda: NOW_MS)
    found = {
        (key.name.removeprefix("rehearse_core_"), *(value for _, value in key.labels)): value
        for key, value in samples_of(asyncio.run(expose()).decode()).items()
    }
    assert found["outbox_rows", "erp.invoice", "pending"] == 2
    assert found["outbox_rows", "erp.invoice", "refused"] == 1
    assert ("outbox_rows", "erp.invoice", "sent") not in found
    assert found["outbox_oldest_seconds", "erp.invoice"] == 5
    assert (found["activations", "rating", "running"], found["activations", "rating", "waiting"]) == (1, 1)
    assert found["cases_open", "RATE_MISSING"] == 1
    assert found["known_to_age_seconds", "salesforce", "deals"] == 60
    assert found[("inbox_parked",)] == found[("timers_due",)] == found[("journals",)] == 0
    assert found[("clock_seconds",)] == NOW_MS / 1000


def test_transactions__are_timed_with_their_statements(memory: Memory) -> None:
    metrics = CoreMetrics()
    expose = metrics.expose(memory.database, lambda: NOW_MS)

    def written() -> tuple[float, float]:
        samples = samples_of(asyncio.run(expose()).decode())
        return (
            samples[Key("rehearse_core_write_transaction_seconds_count")],
            samples[Key("rehearse_core_statements_total")],
        )

    before = written()
    memory.do(lambda connection: memory.store.intake.advance(connection, "gusto", {"payrolls": 5}))
    after = written()
    assert after[0] == before[0] + 1
    assert after[1] > before[1]


def test_database_that_cannot_be_asked__takes_no_other_metric_with_it(memory: Memory) -> None:
    metrics = CoreMetrics()
    expose = metrics.expose(memory.database, lambda: NOW_MS)
    with memory.database.begin() as connection:
        create_engine_tables(connection)
        connection.exec_driver_sql("ALTER TABLE timer RENAME TO away")
    found = samples_of(asyncio.run(expose()).decode())
    with memory.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO timer")
    assert found[Key("rehearse_core_database_answers")] == 0
    assert found[Key("rehearse_core_clock_seconds")] == NOW_MS / 1000
    assert Key("rehearse_core_journals") not in found


def test_depths__are_asked_at_most_once_a_second(memory: Memory) -> None:
    fill(memory)
    clock = Clock()
    depths = Depths(memory.database, lambda: NOW_MS, clock.seconds)

    def owed() -> float:
        family = next(one for one in depths.collect() if one.name == "rehearse_core_outbox_rows")
        return sum(sample.value for sample in family.samples)

    assert owed() == 3
    with memory.database.begin() as connection:
        connection.execute(schema.outbox.delete())
    clock.now += 0.9
    assert owed() == 3
    clock.now += 0.2
    assert owed() == 0
    family = next(one for one in depths.collect() if one.name == "rehearse_core_outbox_rows")
    assert len(family.samples) == 2  # shown as nought, not gone
