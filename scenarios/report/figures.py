"""Small pictures as inline SVG: one time axis in percent, so that text stays readable at every width."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from msgspec import Struct

from scenarios.report.markup import day, element, text

DAY_MS = 86_400_000
LANE = 46  # height of a lane in pixels
TICKS = 6


class Axis(Struct, frozen=True):
    """The span of virtual time all lanes share; `months` and `closes` are drawn through all of them."""

    start_ms: int
    end_ms: int
    closes: tuple[tuple[int, str], ...] = ()

    def x(self, at_ms: int) -> float:
        """Where an instant is, in percent."""
        span = max(self.end_ms - self.start_ms, 1)
        return min(max((at_ms - self.start_ms) * 100 / span, 0.0), 100.0)

    def percent(self, at_ms: int) -> str:
        """The same as text."""
        return f"{self.x(at_ms):.3f}%"

    def width(self, from_ms: int, until_ms: int) -> str:
        """The width of a span."""
        return f"{max(self.x(until_ms) - self.x(from_ms), 0.0):.3f}%"


def tip(words: str) -> str:
    """What hovering shows, and what screen readers say."""
    return element("title", text(words))


def svg(height: int, label: str, *shapes: str, kind: str = "lane") -> str:
    """A picture as wide as its place."""
    return element(
        "svg",
        *shapes,
        class_=kind,
        width="100%",
        height=height,
        role="img",
        aria_label=label,
        focusable="false",
    )


def grid(axis: Axis, height: int) -> str:
    """Lines at the first of every month and at every close."""
    months = "".join(_rule(axis, at_ms, height, "month") for at_ms in month_starts(axis))
    closes = "".join(_rule(axis, at_ms, height, "close", f"close of {what}") for at_ms, what in axis.closes)
    return months + closes


def _rule(axis: Axis, at_ms: int, height: int, kind: str, words: str = "") -> str:
    x = axis.percent(at_ms)
    return element("line", *([tip(words)] if words else []), x1=x, x2=x, y1=0, y2=height, class_=kind)


def month_starts(axis: Axis) -> list[int]:
    """The first of every month within the axis, but not its very beginning."""
    first = datetime.fromtimestamp(axis.start_ms // 1000, UTC)
    months = first.year * 12 + first.month
    found: list[int] = []
    while True:
        at_ms = (date(months // 12, months % 12 + 1, 1) - date(1970, 1, 1)).days * DAY_MS
        if at_ms >= axis.end_ms:
            return found
        found.append(at_ms)
        months += 1


def tick_days(axis: Axis) -> list[int]:
    """At most seven days to write under the axis, evenly spaced."""
    days = max((axis.end_ms - axis.start_ms) // DAY_MS, 1)
    step = next(s for s in (1, 2, 3, 5, 7, 10, 14, 30, 61, 92, 183, 365, 10_000) if days / s <= TICKS)
    return [axis.start_ms + n * DAY_MS for n in range(0, days + 1, step)]


def time_axis(axis: Axis) -> str:
    """The days under the lanes."""
    shapes = [element("line", x1="0%", x2="100%", y1=0.5, y2=0.5, class_="month")]
    for at_ms in tick_days(axis):
        x = axis.x(at_ms)
        anchor = "start" if x < 4 else "end" if x > 94 else "middle"
        shapes.append(element("line", x1=f"{x:.3f}%", x2=f"{x:.3f}%", y1=0, y2=5, class_="month"))
        shapes.append(element("text", day(at_ms), x=f"{x:.3f}%", y=18, text_anchor=anchor))
    return svg(24, "virtual time", *shapes)


class Bar(Struct, frozen=True):
    """A span with a height between 0 and `of`."""

    from_ms: int
    until_ms: int
    value: int
    words: str


def bars(axis: Axis, spans: Iterable[Bar], label: str, kind: str) -> str:
    """Bars on one axis, the highest as high as the lane."""
    shown = [bar for bar in spans if bar.value > 0]
    most = max((bar.value for bar in shown), default=1)
    shapes = []
    for bar in shown:
        height = max(2.0, (LANE - 4) * bar.value / most)
        shapes.append(
            element(
                "rect",
                tip(bar.words),
                x=axis.percent(bar.from_ms),
                width=axis.width(bar.from_ms, bar.until_ms),
                y=f"{LANE - height:.1f}",
                height=f"{height:.1f}",
                class_=kind,
            )
        )
    return svg(LANE, label, grid(axis, LANE), *shapes, _floor())


def _floor() -> str:
    return element("line", x1="0%", x2="100%", y1=LANE - 0.5, y2=LANE - 0.5, class_="floor")


class Mark(Struct, frozen=True):
    """An instant with a height between 0 and `of`."""

    at_ms: int
    value: int
    words: str
    kind: str


def marks(axis: Axis, dots: Iterable[Mark], label: str) -> str:
    """Dots on one axis, the highest at the top of the lane; each stands on a stem."""
    shown = list(dots)
    most = max((dot.value for dot in shown), default=1) or 1
    shapes = []
    for dot in shown:
        x, y = f"{min(max(axis.x(dot.at_ms), 0.8), 99.2):.3f}%", 6 + (LANE - 14) * (1 - dot.value / most)
        shapes.append(element("line", x1=x, x2=x, y1=f"{y:.1f}", y2=LANE, class_=f"stem {dot.kind}"))
        shapes.append(element("circle", tip(dot.words), cx=x, cy=f"{y:.1f}", r=4, class_=dot.kind))
    return svg(LANE, label, grid(axis, LANE), *shapes, _floor())


def strip(axis: Axis, windows: Iterable[Bar], ticks: Iterable[Bar], label: str) -> str:
    """A thin lane: planned windows as bands, strikes as ticks upon them."""
    height = 18
    bands = [
        element(
            "rect",
            tip(band.words),
            x=axis.percent(band.from_ms),
            width=f"{max(axis.x(band.until_ms) - axis.x(band.from_ms), 0.5):.3f}%",
            y=2,
            height=height - 4,
            class_="window",
        )
        for band in windows
    ]
    strikes = [
        element(
            "rect",
            tip(tick.words),
            x=axis.percent(tick.from_ms),
            width=axis.width(tick.from_ms, tick.until_ms),
            y=5,
            height=height - 10,
            class_="strike",
        )
        for tick in ticks
    ]
    return svg(height, label, grid(axis, height), *bands, *strikes)


def share_bar(value: int, most: int, words: str) -> str:
    """A figure as a short bar beside others."""
    width = f"{100 * value / most if most else 0:.2f}%"
    return svg(
        10, words, element("rect", tip(words), x=0, y=1, width=width, height=8, class_="share"), kind="share"
    )
