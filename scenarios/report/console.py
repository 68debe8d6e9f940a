"""A rehearsal on the terminal: progress while it runs, then the verdict and the first differences."""

import sys
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from scenarios.events import Event, Healed, Settled, Started, Stepped

COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow", "not_applicable": "dim"}
SHOWN = {"not_applicable": "n/a"}


class ProgressBar:
    """Virtual time passing; silent when nobody watches."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(console=console, disable=not sys.stderr.isatty(), transient=True)
        self._start_ms = 0
        self._task: Any = None

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Listen to the runner."""
        if isinstance(event, Started):
            self._start_ms = event.start_ms
            hours = (event.end_ms - event.start_ms) / 3_600_000
            self._task = self._progress.add_task(event.scenario, total=hours)
        elif isinstance(event, Stepped) and self._task is not None:
            self._progress.update(self._task, completed=(event.now_ms - self._start_ms) / 3_600_000)
        elif isinstance(event, Healed) and self._task is not None:
            # Nobody knows how long rest takes: the bar runs without an end.
            self._progress.update(self._task, description="settling", total=None)
        elif isinstance(event, Settled) and self._task is not None:
            self._progress.update(self._task, description="judging")


def show(result: dict[str, Any], console: Console | None = None) -> None:
    """The checks as a table, the first differences, the verdict, how to run it again."""
    console = console or Console()
    console.print(_table(result))
    for check in result["checks"]:
        if check["status"] == "fail":
            _differences(console, check)
    for reason in result["unsupported"]:
        console.print(f"[yellow]not judged:[/] {reason}", soft_wrap=True)
    if result["verdict"] == "unknown":
        for reason in result["reasons"]:
            if reason not in result["unsupported"]:
                console.print(f"[yellow]unknown:[/] {reason}", soft_wrap=True)
    if result["stuck"]:
        console.print(f"[red]{result['stuck']}[/]", soft_wrap=True)
    ledger, timing = result["ledger"], result["timing"]
    invoiced = ", ".join(f"{amount} {ccy}" for ccy, amount in ledger["invoiced"].items()) or "nothing"
    console.print(
        f"{ledger['invoices']} invoices over {invoiced} net, {ledger['journals']} journals;"
        f" {result['faults']['injected']} faults struck ({result['faults']['plan']});"
        f" {result['http']['requests']} requests; {timing['wall_seconds']:.1f} s",
        soft_wrap=True,
        highlight=False,
    )
    colour = COLOURS[result["verdict"]]
    console.print(
        f"[bold {colour}]verdict: {result['verdict']}[/]   replay: {result['replay']}", soft_wrap=True
    )


def _table(result: dict[str, Any]) -> Table:
    table = Table(
        title=f"{result['scenario']}, seed {result['seed']}, {result['mode']}, subject {result['subject']}"
    )
    for heading in ("check", "what it says", "reads", "compared", "status"):
        table.add_column(heading, justify="right" if heading == "compared" else "left")
    for check in result["checks"]:
        status = check["status"]
        table.add_row(
            check["id"] + ("*" if check["required"] else ""),
            check["name"],
            check["reads"],
            str(check["compared"]),
            f"[{COLOURS[status]}]{SHOWN.get(status, status)}[/]",
        )
    table.caption = "* required"
    return table


def _differences(console: Console, check: dict[str, Any]) -> None:
    console.print(f"[red]{check['id']}[/] {check['name']}:", soft_wrap=True)
    for violation in check["violations"][:3]:
        console.print(f"  witness  {' · '.join(violation['witness'])}", soft_wrap=True, markup=False)
        console.print(f"  expected {violation['expected']}", soft_wrap=True, markup=False)
        console.print(f"  actual   {violation['actual']}", soft_wrap=True, markup=False)
    more = len(check["violations"]) - 3
    if more > 0:
        console.print(f"  … and {more} more", soft_wrap=True)
