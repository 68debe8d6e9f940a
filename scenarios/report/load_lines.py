"""Lines over time for the load page: small SVG pictures with their own words, no script."""

from collections.abc import Mapping, Sequence

from scenarios.report.markup import element, number, text

Line = Sequence[Sequence[float]]  # pairs of seconds and values
WIDTH, HEIGHT, LEFT, HEAD, FOOT = 640, 200, 70, 14, 24
_LETTERS = "font-size:17px"  # of a picture that is shown half as wide as the page, or narrower
CSS = (
    ".pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 1.6rem}"
)
_MOST_LINES = 8
# Lines differ by colour and by dashes, for whoever sees no colours or prints in black.
_STROKES = (
    ("var(--blue)", ""),
    ("var(--orange)", "6 3"),
    ("var(--green)", "2 3"),
    ("var(--violet)", "8 3 2 3"),
    ("var(--red)", "4 2"),
    ("var(--amber)", "1 2"),
    ("var(--quiet)", "10 4"),
    ("var(--ink)", "3 6"),
)


def picture(
    heading: str,
    unit: str,
    lines: Mapping[str, Line],
    spans: Sequence[tuple[str, float]] = (),
    last: float = 0.0,
) -> str:
    """Some lines up to the `last` second, with a legend; `spans` are phases and their beginnings."""
    shown = {name: line for name, line in sorted(lines.items(), key=_peak, reverse=True) if line}
    shown = dict(list(shown.items())[:_MOST_LINES])
    if not shown:
        nothing = element("p", "Nothing was seen of it.", class_="quiet")
        return element("div", element("h3", text(heading)), nothing)
    first, last = 0.0, max(last, *(line[-1][0] for line in shown.values()), 1.0)
    most = max(value for line in shown.values() for _, value in line) or 1.0
    shapes = [_grid(most, unit), *(_phase(name, at, first, last) for name, at in spans)]
    for (name, line), (colour, dashes) in zip(shown.items(), _STROKES, strict=False):
        shapes.append(_line(line, first, last, most, colour, dashes, name))
    shapes += [
        _at(LEFT, HEIGHT - 4, f"{first:.0f} s", "start"),
        _at(WIDTH, HEIGHT - 4, f"{last:.0f} s", "end"),
    ]
    said = f"{heading}: at most {number_of(most)} {unit} between {first:.0f} and {last:.0f} seconds"
    drawn = element(
        "svg",
        element("title", text(said)),
        *shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        style="width:100%;height:auto;display:block",
    )
    return element("div", element("h3", text(f"{heading}, {unit}")), drawn, _legend(shown))


def number_of(value: float) -> str:
    """A figure with as many digits as it needs."""
    return number(round(value)) if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _peak(named: tuple[str, Line]) -> float:
    return max((value for _, value in named[1]), default=0.0)


def _x(at: float, first: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT) * (at - first) / max(0.001, last - first)


def _y(value: float, most: float) -> float:
    return HEAD + (HEIGHT - FOOT - HEAD) * (1 - value / most)


def _line(line: Line, first: float, last: float, most: float, colour: str, dashes: str, name: str) -> str:
    points = " ".join(f"{_x(at, first, last):.1f},{_y(value, most):.1f}" for at, value in line)
    return element(
        "polyline",
        element("title", text(name)),
        points=points,
        fill="none",
        style=f"stroke:{colour};stroke-width:1.6;stroke-dasharray:{dashes or 'none'}",
    )


def _grid(most: float, unit: str) -> str:
    rules = ""
    for share in (0.0, 0.5, 1.0):
        y = _y(share * most, most)
        rules += element("line", x1=LEFT, x2=WIDTH, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="floor")
        rules += _at(LEFT - 5, y + 4, number_of(share * most), "end")
    return rules


def _phase(name: str, at: float, first: float, last: float) -> str:
    if not first <= at <= last:
        return ""
    x = f"{_x(at, first, last):.1f}"
    rule = element("line", x1=x, x2=x, y1=HEAD, y2=HEIGHT - FOOT, class_="close")
    return element("g", element("title", text(f"{name} begins")), rule)


def _at(x: float, y: float, words: str, anchor: str) -> str:
    return element("text", text(words), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, style=_LETTERS)


def _legend(shown: Mapping[str, Line]) -> str:
    items = []
    for (name, line), (colour, dashes) in zip(shown.items(), _STROKES, strict=False):
        stroke = element(
            "line",
            x1=0,
            x2=28,
            y1=6,
            y2=6,
            style=f"stroke:{colour};stroke-width:2;stroke-dasharray:{dashes or 'none'}",
        )
        key = element(
            "svg", stroke, width="28", height="12", aria_hidden="true", style="vertical-align:middle"
        )
        words = f" {name}, at most {number_of(_peak((name, line)))}"
        items.append(element("span", key, text(words), style="margin-right:1.2rem;white-space:nowrap"))
    return element("p", " ".join(items), class_="quiet", style="overflow-wrap:normal;line-height:1.9")
