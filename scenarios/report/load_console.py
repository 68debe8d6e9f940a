"""A load run on the console: promises, operations, the verdict and why."""

from typing import Any

from rich.console import Console
from rich.table import Table

from scenarios.report.console import show as show_checks

_COLOURS = {"kept": "green", "missed": "red", "unmeasured": "yellow", "nothing to measure": "dim"}


def show(result: dict[str, Any], console: Console) -> None:
    """Checks and verdict as of any run, and before them what people met and what was promised."""
    load = result["load"]
    operations = Table(title=f"{load['users']} people, {load['duration']:g} s, shape {load['shape']}")
    for heading in ("operation", "attempts", "a second", "p50 ms", "p95 ms", "p99 ms", "failed"):
        operations.add_column(heading, justify="left" if heading == "operation" else "right")
    for name, row in load["operations"].items():
        figures = (row["n"], row["rate"], row["p50_ms"], row["p95_ms"], row["p99_ms"])
        operations.add_row(name, *map(str, figures), str(row["refused"] + row["unknown"]))
    promises = Table(title="Promises")
    for heading in ("promise", "promised", "found", "status"):
        promises.add_column(heading)
    for one in load["slo"]:
        status = f"[{_COLOURS[one['status']]}]{one['status']}[/]"
        promises.add_row(one["name"], one["promised"], one["found"], status)
    show_checks(result, console)
    console.print(operations)
    console.print(promises)
    for event in load["events"]:
        console.print(f"[yellow]harm:[/] {event}", soft_wrap=True)
    if result["verdict"] == "fail":
        for reason in result["reasons"]:
            console.print(f"[red]fail:[/] {reason}", soft_wrap=True)
