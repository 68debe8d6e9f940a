"""Two load runs side by side: each figure's ratio, with a word for whether that is better or worse."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from scenarios.report.load_lines import number_of
from scenarios.report.markup import element, section, sentence, table, text

LEAST_ATTEMPTS = 20  # of an operation: percentiles of fewer are chance
ALIKE = 0.05  # a ratio that differs by less than this from 1 says nothing


class Compared(Struct, frozen=True, kw_only=True):
    """One figure of both runs."""

    name: str
    before: float
    now: float
    less_is_better: bool = True

    @property
    def ratio(self) -> float | None:
        """Now by before; None where before was nothing."""
        return self.now / self.before if self.before else None

    @property
    def word(self) -> str:
        """better, worse or alike."""
        if self.ratio is None:
            return "alike" if not self.now else "no ratio"
        if abs(self.ratio - 1) <= ALIKE:
            return "alike"
        return "better" if (self.ratio < 1) == self.less_is_better else "worse"


def compared(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[Compared]:
    """Every figure that both runs have."""
    return list(_figures(now["load"], before["load"]))


def _figures(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Compared]:
    for name, row in now.get("operations", {}).items():
        former = before.get("operations", {}).get(name)
        if former is not None and min(row["n"], former["n"]) >= LEAST_ATTEMPTS:
            yield Compared(
                name=f"{name}: a second", before=former["rate"], now=row["rate"], less_is_better=False
            )
            for percent in ("p50_ms", "p95_ms", "p99_ms"):
                yield Compared(name=f"{name}: {percent[:3]} ms", before=former[percent], now=row[percent])
    for name, row in now.get("tiers", {}).items():
        former = before.get("tiers", {}).get(name, {})
        for percent in ("p95_seconds", "p99_seconds"):
            if row.get(percent) is not None and former.get(percent) is not None:
                shown = f"{name.replace('_', ' ')}: {percent[:3]} s"
                yield Compared(name=shown, before=former[percent], now=row[percent])
    if now.get("drained_seconds") is not None and before.get("drained_seconds") is not None:
        yield Compared(
            name="backlog drained: s", before=before["drained_seconds"], now=now["drained_seconds"]
        )
    phases = {row["name"]: row for row in before.get("phases", [])}
    for row in now.get("phases", []):
        if row["name"] in phases:
            yield Compared(
                name=f"phase {row['name']}: s", before=phases[row["name"]]["seconds"], now=row["seconds"]
            )
    for name, row in now.get("processes", {}).items():
        former = before.get("processes", {}).get(name)
        if former is not None:
            yield Compared(name=f"{name}: CPU s", before=former["cpu_seconds"], now=row["cpu_seconds"])
            yield Compared(name=f"{name}: peak MB", before=former["peak_mb"], now=row["peak_mb"])


def comparison(now: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """The part of the page that compares."""
    rows = compared(now, before)
    if not rows:
        return section("baseline", "Beside the baseline", sentence("The two runs have no figure in common."))
    differ = _differences(now["load"], before["load"])
    warning = (
        sentence(f"They are not alike in {', '.join(differ)}: figures may differ for that alone.")
        if differ
        else ""
    )
    shown = table(
        ("figure", "baseline", "now", "ratio", "verdict"),
        (
            (
                text(row.name),
                number_of(row.before),
                number_of(row.now),
                "–" if row.ratio is None else f"{row.ratio:.2f} ×",
                element("span", text(_SIGNS[row.word] + row.word), class_=f"badge {_TONES[row.word]}"),
            )
            for row in rows
        ),
        right=("baseline", "now", "ratio"),
    )
    counts = ", ".join(
        f"{sum(row.word == word for row in rows)} {word}" for word in ("better", "worse", "alike")
    )
    said = sentence(f"{counts}. Less than {ALIKE:.0%} apart is alike.")
    return section("baseline", "Beside the baseline", said, warning, shown)


def _differences(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    names = ("shape", "users", "duration", "workers", "load_workers", "database", "deeds")
    return [name.replace("_", " ") for name in names if now.get(name) != before.get(name)]


_SIGNS = {"better": "▲ ", "worse": "▼ ", "alike": "= ", "no ratio": ""}
_TONES = {"better": "pass", "worse": "fail", "alike": "not_applicable", "no ratio": "not_applicable"}
