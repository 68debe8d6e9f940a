"""HTML from small pure functions: what comes from outside is escaped here, and numbers get their commas."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html import escape

VOID = frozenset({"line", "rect", "circle", "meta"})


def text(value: object) -> str:
    """Any value as escaped text."""
    return escape(str(value))


def element(name: str, *content: str, **attributes: object) -> str:
    """An element around content that is HTML already; `class_` and `data_x` become `class` and `data-x`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID and not content:
        return f"<{name}{given}/>"
    return f"<{name}{given}>{''.join(content)}</{name}>"


def number(value: int | float) -> str:
    """A count with thousands separators."""
    return f"{value:,}"


def money(value: str) -> str:
    """Decimal text with thousands separators, no digit lost."""
    try:
        return f"{Decimal(value):,}"
    except InvalidOperation:
        return value


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def moment(at_ms: int) -> str:
    """A virtual instant, to the minute."""
    return f"{_utc(at_ms):%Y-%m-%d %H:%M}"


def exactly(at_ms: int) -> str:
    """A virtual instant, to the millisecond."""
    return f"{_utc(at_ms):%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def day(at_ms: int) -> str:
    """The day of a virtual instant, short."""
    at = _utc(at_ms)
    return f"{at.day} {at:%b}"


def duration(length_ms: int) -> str:
    """A length of virtual time in its own unit."""
    if length_ms < 60_000:
        return f"{length_ms / 1000:.1f} s"
    if length_ms < 3_600_000:
        return f"{length_ms / 60_000:.0f} min"
    if length_ms < 2 * 86_400_000:
        return f"{length_ms / 3_600_000:.1f} h"
    return f"{length_ms / 86_400_000:.1f} days"


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> str:
    """A table whose rows become cards on a narrow page; cells are HTML, `right` names columns of numbers."""
    head = "".join(element("th", text(h), scope="col", class_="n" if h in right else None) for h in headings)
    body = "".join(
        element(
            "tr",
            *(
                element("td", cell, data_label=heading, class_="n" if heading in right else None)
                for heading, cell in zip(headings, row, strict=True)
            ),
        )
        for row in rows
    )
    return element("table", element("thead", element("tr", head)), element("tbody", body))


def section(anchor: str, heading: str, *content: str) -> str:
    """A part of the page with a heading."""
    return element("section", element("h2", text(heading)), *content, id=anchor)


def sentence(words: str) -> str:
    """What an empty part says."""
    return element("p", text(words), class_="quiet")


def tiles(facts: Iterable[tuple[str, str]]) -> str:
    """Figures with their names, side by side; empty when there are none."""
    cells = "".join(
        element("div", element("dt", text(name)), element("dd", text(figure)), class_="tile")
        for name, figure in facts
    )
    return element("dl", cells, class_="tiles") if cells else ""
