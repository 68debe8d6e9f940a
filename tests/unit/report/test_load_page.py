"""The page of a load run, alone and beside a former one."""

from html.parser import HTMLParser
from typing import Any

from scenarios.report.load_compare import compared
from scenarios.report.load_lines import picture
from scenarios.report.load_page import page


def operation(**changes: float) -> dict[str, float]:
    row = {"n": 40, "done": 40, "rate": 8.0, "p50_ms": 10, "p95_ms": 20, "p99_ms": 30}
    return {**row, "refused": 0, "unknown": 0, "retries": 0, "limited": 0, **changes}


def result(verdict: str = "pass", **load: Any) -> dict[str, Any]:
    timed = {f"{kind}_p{share}_ms": 1.5 for kind in ("read", "write") for share in (50, 95, 99)}
    return {
        "verdict": verdict,
        "stuck": "",
        "seed": 7,
        "scenario": "month-end under load",
        "reasons": ["X01 fails"] if verdict == "fail" else [],
        "unsupported": [],
        "replay": "rehearse load --seed 7",
        "firm": {"consultants": 30},
        "ledger": {"invoices": 1, "journals": 2, "invoiced": {"USD": "10.00"}, "trial_balance": {}},
        "checks": [],
        "timing": {"wall_seconds": 12.0, "cpu_seconds": 3.0},
        "load": {
            "shape": "month-end",
            "users": 5,
            "duration": 8.0,
            "workers": 1,
            "load_workers": 1,
            "database": "SQLite",
            "deeds": {"planned": 40, "done": 40},
            "operations": {"submit <timecard>": operation()},
            "slo": [
                {"name": "Lag", "promised": "p95 1 s", "found": "p95 2 s", "status": "missed", "count": 3}
            ],
            "tiers": {"transaction_sync": {"p95_seconds": 2.0, "p99_seconds": 3.0}},
            "drained_seconds": 1.0,
            "backlog": [[0.0, 1.0], [1.0, 5.0]],
            "phases": [
                {
                    "name": "storm",
                    "seconds": 9.0,
                    "from_seconds": 3.0,
                    "facts": 0,
                    "entries_per_second": 4.0,
                }
            ],
            "processes": {"core-1": {"cpu_seconds": 4.0, "peak_mb": 130.0}},
            "transactions": {"read_transactions": 5.0, "write_transactions": 6.0, **timed},
            "events": [],
            "series": {
                "done": {"submit <timecard>": [[0.0, 0.0], [1.0, 9.0]]},
                "users": [[3.0, 5.0]],
                "cpu": {"core-1": [[1.0, 0.5]]},
                "memory_mb": {},
                "loop_lag_ms": {},
                "database": {},
            },
            **load,
        },
    }


class Tags(HTMLParser):
    """Whether every element that begins ends too."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def test_page__is_whole_and_needs_no_script() -> None:
    html = page(result())
    tags = tags_of(html)
    assert tags.open == []
    assert "script" not in tags.seen
    assert tags.seen.count("polyline") == 4
    assert "submit &lt;timecard&gt;" in html


def test_verdict_and_promises__come_first() -> None:
    html = page(result("fail"))
    places = [html.index(words) for words in ("FAIL", "X01 fails", "Promises", "✗ missed", "What people met")]
    assert places == sorted(places)


def test_baseline__is_compared_in_words() -> None:
    before = result(operations={"submit <timecard>": operation(p95_ms=40, rate=16.0)})
    words = {row.name: row.word for row in compared(result(), before)}
    assert words["submit <timecard>: p95 ms"] == "better"
    assert words["submit <timecard>: a second"] == "worse"
    assert words["submit <timecard>: p50 ms"] == "alike"
    html = page(result(), before)
    assert "▲ better" in html
    assert "▼ worse" in html


def test_operations_that_were_tried_seldom__are_not_compared() -> None:
    before = result(operations={"submit <timecard>": operation(n=19)})
    assert not [row for row in compared(result(), before) if "timecard" in row.name]


def test_runs_that_are_not_alike__are_said_to_be() -> None:
    assert "not alike in users" in page(result(), result(users=50))


def test_figure_that_was_nothing_before__has_no_ratio() -> None:
    before = result(drained_seconds=0.0)
    row = next(one for one in compared(result(), before) if "drained" in one.name)
    assert (row.ratio, row.word) == (None, "no ratio")


def test_picture_of_nothing__says_so() -> None:
    assert "Nothing was seen" in picture("Backlog", "rows", {"waiting": []})
