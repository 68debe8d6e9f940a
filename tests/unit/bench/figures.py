"""Figures as `rehearse bench --json` writes them, small and round, so that a test can say what follows."""

from typing import Any

from scenarios.bench_rivals import BARE, INSTALL, JSON_SERVER, OURS, PRISM
from scenarios.bench_served import Phase, Round, lacking_rows, side_by_side

MACHINE = {"cores": 2, "memory_gigabytes": 24, "python": "3.11.7", "system": "Linux x86_64"}


def taken(name: str, command: str) -> dict[str, Any]:
    """How a benchmark was run."""
    return {"measured": {name: {"command": command, "machine": MACHINE, "load_average": 0.3}}}


def phase(calls: int, seconds: float) -> Phase:
    """So many calls in so many seconds, half of them the server's CPU time."""
    return Phase(
        calls=calls,
        seconds=seconds,
        server_cpu_seconds=seconds / 2,
        client_cpu_seconds=seconds / 10,
        p50_ms=1.25,
        p99_ms=9.5,
    )


def rounds(reads_seconds: tuple[float, ...], creates_seconds: float, megabytes: float) -> list[Round]:
    """One server's rounds of 1,000 reads and 100 creates."""
    return [
        Round(creates=phase(100, creates_seconds), reads=phase(1_000, seconds), megabytes=megabytes)
        for seconds in reads_seconds
    ]


def mocks(*, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Bare FastAPI reads faster and is smaller than ours; json-server and Prism are slower and larger."""
    every = {
        OURS: rounds((1.0, 1.0, 2.0), 0.1, 80),
        BARE: rounds((0.5, 0.8, 1.0), 0.2, 60),
        JSON_SERVER: rounds((4.0, 4.0, 4.0), 5.0, 130),
        PRISM: rounds((2.0, 2.0, 3.0), 0.5, 155),
    }
    lacking = dict.fromkeys(without, f"not installed: {INSTALL}")
    measured = {name: passes for name, passes in every.items() if name not in without}
    served = {
        "load": {"connections": 8, "creates": 100, "reads": 1_000, "seconds_at_most": 10.0, "rounds": 3},
        "servers": {name: {"version": "1.2.3"} for name in measured} | lacking_rows(lacking),
        **side_by_side(measured),
    }
    inside = {"median": 61.5, "best": 60.0}
    figures = {"salesforce_microseconds": inside, "bamboohr_microseconds": inside, "served": served}
    return {"mocks": figures, **taken("mocks", "rehearse bench mocks --rounds 3")}


def _spread(median: float) -> dict[str, float]:
    return {"median": median, "least": median * 0.9, "most": median * 1.1}


def generation() -> dict[str, Any]:
    """Ours as records are fewer than Mimesis's; Snowfakery is not installed."""
    large = {
        "cpu_seconds": 5.5,
        "wall_seconds": 6.0,
        "peak_megabytes": 700,
        "tables": 30,
        "rows": 6_000_000,
        "time_entries": 4_700_000,
        "cpu_seconds_spread": [5.5, 6.5],
    }
    rates: dict[str, Any] = {
        "ours_as_columns": _spread(900_000),
        "ours_as_csv": _spread(400_000),
        "ours_as_records": _spread(20_000),
        "faker": _spread(10_000),
        "mimesis": _spread(40_000),
        "missing": ["snowfakery"],
        "ours_as_columns_times_as_many_as": {"faker": _spread(90), "mimesis": _spread(22.5)},
        "ours_as_csv_times_as_many_as": {"faker": _spread(40), "mimesis": _spread(10)},
        "ours_as_records_times_as_many_as": {"faker": _spread(2), "mimesis": _spread(0.5)},
    }
    figures = {"large": large, "time_entries_per_cpu_second": rates}
    return {"generate": figures, **taken("generate", "rehearse bench generate")}


def core() -> dict[str, Any]:
    """The core takes four times as long as the plain script; a workflow an entry is quicker than both."""

    def way(seconds: float, times: float) -> dict[str, Any]:
        return {
            "entries": 2_000,
            "erp_writes": 40,
            "seconds": seconds,
            "spread": [seconds * 0.9, seconds * 1.1],
            "entries_per_second": round(2_000 / seconds),
            "times_the_naive_script": times,
            "times_the_naive_script_spread": [times, times],
            "until_all_is_at_rest_seconds": seconds + 1,
            "cpu_seconds": {"here": 1.5, "erp": 2.5},
            "peak_megabytes": {"here": 80, "erp": 70},
        }

    figures = {
        "naive script": way(5.0, 1.0),
        "core on SQLite": way(20.0, 4.0),
        "one DBOS workflow an entry": {
            "entries": 1_000,
            "seconds": 2.0,
            "entries_per_second": 500,
            "what": "pricing and a row only",
        },
    }
    return {"core": figures, **taken("core", "rehearse bench core --consultants 300 --rounds 3")}
