"""One durable workflow for each time entry, on SQLite: what our core does not do, to measure it beside."""

import asyncio
import logging
import sqlite3
import sys
import time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetWorkflowID

_AT_ONCE = 16


async def _main(entries: int, folder: Path) -> float:
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    config: DBOSConfig = {
        "name": "workflow-an-entry",
        "system_database_url": f"sqlite:///{folder / 'dbos.sqlite'}",
        "log_level": "ERROR",
        "enable_otlp": False,
    }
    DBOS(config=config)
    kept = sqlite3.connect(folder / "pieces.sqlite", isolation_level=None)
    kept.execute("PRAGMA journal_mode=WAL")
    kept.execute("CREATE TABLE piece (entry TEXT PRIMARY KEY, amount TEXT)")

    @DBOS.step()
    async def keep(entry: str, amount: str) -> None:
        kept.execute("INSERT OR IGNORE INTO piece VALUES (?, ?)", (entry, amount))

    @DBOS.workflow()
    async def price(entry: str, hours: str) -> None:
        amount = (Decimal(hours) * Decimal("187.50")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        await keep(entry, str(amount))

    DBOS.launch()
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            with SetWorkflowID(f"TE-{number:09d}"):
                handle = await DBOS.start_workflow_async(price, f"TE-{number:09d}", "7.50")
            await handle.get_result()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(entries)))
    seconds = time.perf_counter() - began
    there = kept.execute("SELECT count(*) FROM piece").fetchone()[0]
    if there != entries:
        raise RuntimeError(f"{there} of {entries} entries were kept")
    return seconds


def main() -> int:
    """Run so many workflows in a folder; prints the seconds."""
    seconds = asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
    sys.stdout.write(f"{seconds}\n")
    sys.stdout.flush()
    DBOS.destroy()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
