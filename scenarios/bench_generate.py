"""How quickly a firm is made, beside three generators of single rows: figures to print, never a test.

All rounds run in one process, one after the other, so that ratios mean something on a busy machine; the
memory of the large firm is measured in a process of its own. A generator that is not installed is
left out and named.
"""

import io
import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

from mocks.firm import bands, outcomes
from mocks.firm.facts.source import TimeEntry
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import LARGE, profile_named
from mocks.firm.tables import time_entry_chunks
from mocks.firm.vectors import csv, rows_of

_ROUNDS = 5
_PEOPLE = 1_000
_OTHER_ROWS = 1_500
_SNOWFAKERY_ROWS = 400
_TYPES, _STATES = ("REG", "OT", "TRAVEL"), ("SUBMITTED", "REJECTED", "APPROVED")
_FIRST, _LAST = date(2026, 1, 1), date(2026, 12, 31)
_RECIPE = """
- object: TimeEntry
  count: {count}
  fields:
    card: {{fake: bothify}}
    person: {{fake: name}}
    assignment: {{fake: bothify}}
    task: {{fake: job}}
    date: {{date_between: {{start_date: 2026-01-01, end_date: 2026-12-31}}}}
    hours: {{random_number: {{min: 1, max: 32}}}}
    type: {{random_choice: [REG, OT, TRAVEL]}}
    billable: {{fake: boolean}}
    text: {{fake: sentence}}
    status: {{random_choice: [SUBMITTED, REJECTED, APPROVED]}}
    submitted: {{datetime_between: {{start_date: 2026-01-01, end_date: 2026-12-31}}}}
"""
# Made in a process of its own: memory that was once touched is never given back.
_WHOLE = """
import json, resource, time
began = time.process_time(), time.perf_counter()
from mocks.firm.arrays import arrays
from mocks.firm.generate import generate
from mocks.firm.profile import profile_named
tables = arrays(generate(profile_named("large"), 1))
entries = sum(len(table["card"]) for name, table in tables.items() if name.endswith(".time_entry"))
print(json.dumps({
    "cpu_seconds": round(time.process_time() - began[0], 2),
    "wall_seconds": round(time.perf_counter() - began[1], 2),
    "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    "tables": len(tables),
    "rows": sum(len(next(iter(table.values()))) for table in tables.values()),
    "time_entries": entries,
}))
"""


def measure_generation() -> dict[str, Any]:
    """The presets, the large firm as a whole, and time entries beside other generators."""
    figures: dict[str, Any] = {name: _preset(name) for name in ("deal", "tiny", "small", "mid")}
    figures[LARGE] = _large()
    figures["time_entries_per_cpu_second"] = _side_by_side()
    return figures


def measure_bands() -> dict[str, Any]:
    """What the large firm looks like, and the bands of realism that it misses, for three seeds."""
    figures: dict[str, Any] = {}
    for seed in range(1, 4):
        firm = generate(profile_named(LARGE), seed)
        found = bands.measure(firm) | outcomes.measure(firm)
        every = (*bands.BANDS, *outcomes.OUTCOMES)
        figures[f"seed {seed}"] = {
            "missed": [band.measure for band in every if not band.holds(found[band.measure])],
            "measures": {name: round(value, 3) for name, value in found.items()},
        }
    return figures


def _preset(name: str) -> dict[str, Any]:
    began = time.process_time()
    counts = generate(profile_named(name), 1).counts()
    return {"cpu_seconds": round(time.process_time() - began, 3), "time_entries": counts["time_entries"]}


def _large() -> dict[str, Any]:
    """The firm of ten thousand people for a year, columns of all tables, best of three processes."""
    command = [sys.executable, "-c", _WHOLE]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    best: dict[str, Any] = min(runs, key=lambda run: float(run["cpu_seconds"]))
    seconds = [run["cpu_seconds"] for run in runs]
    peak = max(run["peak_megabytes"] for run in runs)
    return best | {
        "cpu_seconds_spread": [min(seconds), max(seconds)],
        "peak_megabytes": peak,
        "time_entries_per_cpu_second": round(best["time_entries"] / best["cpu_seconds"]),
    }


def _side_by_side() -> dict[str, Any]:
    """Rows a CPU second in rounds, and how many times as many ours are.

    The others make twelve fields that a time entry has, each drawn by itself: no keys that match, no
    calendar, no approval. Ours are the sixteen that are exported.
    """
    firm = generate(profile_named(LARGE, _PEOPLE), 1)
    ours: dict[str, Callable[[], int]] = {
        "ours_as_columns": lambda: _columns(firm),
        "ours_as_csv": lambda: _csv(firm),
        "ours_as_records": lambda: _records(firm),
    }
    others = {name: made for name in _OTHERS if (made := _OTHERS[name]()) is not None}
    rates: dict[str, list[float]] = {name: [] for name in (*ours, *others)}
    for _ in range(_ROUNDS):
        for name, work in (ours | others).items():
            began = time.process_time()
            rows = work()
            rates[name].append(rows / (time.process_time() - began))
    figures: dict[str, Any] = {name: _summary(values, 0) for name, values in rates.items()}
    figures["missing"] = sorted(set(_OTHERS) - set(others))
    for kind in ours:
        figures[f"{kind}_times_as_many_as"] = {
            name: _summary([a / b for a, b in zip(rates[kind], rates[name], strict=True)], 1)
            for name in others
        }
    return figures


def _summary(values: list[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "most": round(max(values), digits),
    }


def _columns(firm: Firm) -> int:
    return sum(rows_of(chunk) for chunk in time_entry_chunks(firm))


def _csv(firm: Firm) -> int:
    return sum(csv(chunk).count(b"\n") for chunk in time_entry_chunks(firm, 25))


def _records(firm: Firm) -> int:
    people = range(0, _PEOPLE // 10, 5)
    return sum(isinstance(fact, TimeEntry) for person in people for fact in firm.time_entries_of(person))


def _module(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # snowfakery's, about its own imports
        try:
            return import_module(name)
        except ImportError:
            return None


def _faker() -> Callable[[], int] | None:
    module = _module("faker")
    if module is None:
        return None
    fake = module.Faker()

    def work() -> int:
        rows = [
            {
                "id": number,
                "card": fake.bothify(),
                "person": fake.name(),
                "assignment": fake.bothify(),
                "task": fake.job(),
                "date": fake.date_between(_FIRST, _LAST),
                "hours": fake.random_int(1, 32) / 4,
                "type": fake.random_element(_TYPES),
                "billable": fake.boolean(),
                "text": fake.sentence(),
                "status": fake.random_element(_STATES),
                "submitted": fake.date_time_between(_FIRST, _LAST),
            }
            for number in range(_OTHER_ROWS)
        ]
        return len(rows)

    return work


def _mimesis() -> Callable[[], int] | None:
    module = _module("mimesis")
    if module is None:
        return None
    person, text = module.Person(), module.Text()
    day, numeric = module.Datetime(), module.Numeric()
    code, flag, choice = module.Code(), module.Development(), module.Choice()

    def work() -> int:
        rows = [
            {
                "id": number,
                "card": code.pin("TC-########"),
                "person": person.full_name(),
                "assignment": code.pin("AS-########"),
                "task": person.occupation(),
                "date": day.date(2026, 2026),
                "hours": numeric.integer_number(1, 32) / 4,
                "type": choice(_TYPES),
                "billable": flag.boolean(),
                "text": text.sentence(),
                "status": choice(_STATES),
                "submitted": day.datetime(2026, 2026),
            }
            for number in range(_OTHER_ROWS)
        ]
        return len(rows)

    return work


def _snowfakery() -> Callable[[], int] | None:
    """Rows beyond the first few, so that reading the recipe costs nothing here."""
    module = _module("snowfakery")
    if module is None:
        return None

    def made(count: int) -> float:
        began = time.process_time()
        recipe = io.StringIO(_RECIPE.format(count=count))
        module.generate_data(recipe, output_file=io.StringIO(), output_format="json")
        return time.process_time() - began

    start = statistics.median(made(1) for _ in range(3))

    def work() -> int:
        seconds = made(_SNOWFAKERY_ROWS)
        return round(_SNOWFAKERY_ROWS * seconds / max(seconds - start, seconds / 10))

    return work


_OTHERS: dict[str, Callable[[], Callable[[], int] | None]] = {
    "faker": _faker,
    "mimesis": _mimesis,
    "snowfakery": _snowfakery,
}
