"""Inside a container: lays out a minute of work for Locust's containers, and tells what became of it.

No core takes part: sales and HR people work on what lies in the CRM and the HRIS before them.
"""

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from integration_core.adapters.http.httpx_transport import HttpxTransport
from load.deeds import deeds_and_rest
from load.lanes import lay_out, read_deeds
from load.outcomes import final, judged, latencies, read_attempts
from load.settings import Settings, write_settings
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.plays import Play
from mocks.firm.profile import MONTH_END, profile_named
from scenarios.live.composed import ComposedEstate
from scenarios.live.estate_file import EstateFile, read_estate_file
from scenarios.play import Player

ESTATE, WORK = Path("/estate/estate.json"), Path("/load")
FROM_MS = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
PEOPLE, SECONDS, WORKERS = 50, 60.0, 2
ROLES = ("crm", "hris")


def lay() -> None:
    """The past into the mocks, the work that follows it into the folder."""
    described = read_estate_file(ESTATE)
    firm = generate(profile_named(MONTH_END, PEOPLE, 2), described.seed or 0)
    plays = [play for play in firm.calendar() if play.role in ROLES]
    asyncio.run(_lay_past(described, firm, plays))
    rest: list[Play] = []
    laid = lay_out(WORK, deeds_and_rest((play for play in plays if play.at_ms >= FROM_MS), rest))
    (WORK / "estate.json").write_bytes(ESTATE.read_bytes())
    write_settings(WORK, Settings(users=12, duration_seconds=SECONDS, workers=WORKERS))
    sys.stdout.write(f"{laid.deeds} deeds\n")


async def _lay_past(described: EstateFile, firm: Firm, plays: list[Play]) -> None:
    estate = ComposedEstate(described, HttpxTransport())
    try:
        await estate.start(FROM_MS)
        player = Player(estate, iter(()))
        await player.seed(firm.master())
        await player.seed(fact for play in plays if play.at_ms < FROM_MS for fact in play.facts)
    finally:
        await estate.close()


def tell() -> int:
    """0 when every deed was done once it could be tried; what became of them in one line each."""
    deeds = list(read_deeds(WORK))
    outcome = judged(deeds, final(read_attempts(WORK)))
    tries = Counter(attempt.outcome for attempt in read_attempts(WORK))
    done = len({one.deed for one in outcome.done})
    sys.stdout.write(f"{done} of {len(deeds)} deeds done; attempts {dict(sorted(tries.items()))}\n")
    for latency in latencies(read_attempts(WORK)):
        sys.stdout.write(f"{latency}\n")
    return 0 if deeds and done == len(deeds) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["lay"]:
        lay()
    else:
        sys.exit(tell())
