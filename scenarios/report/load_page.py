"""The page of a load run: verdict and promises first, then what people met, what waited, what it took."""

from collections.abc import Mapping
from typing import Any

from scenarios.report.load_compare import comparison
from scenarios.report.load_lines import CSS as PICTURES
from scenarios.report.load_lines import number_of, picture
from scenarios.report.markup import element, number, plural, section, sentence, table, text, tiles
from scenarios.report.page_checks import ICONS, checks, witnesses
from scenarios.report.page_sections import firm
from scenarios.report.style import CSS

_SAID = {
    "pass": "Every required check compared something, nothing differs, and every promise was kept.",
    "fail": "The systems do not hold what they must, or a promise was missed.",
    "unknown": "No difference was found, but something required could not be judged or measured.",
}
_STATUS = {
    "kept": ("pass", "✓ kept"),
    "missed": ("fail", "✗ missed"),
    "unmeasured": ("unknown", "? not measured"),
    "nothing to measure": ("not_applicable", "– nothing to measure"),
}
_PHASES = {
    "prepare": "the firm is put in place",
    "lay": "the month up to the storm",
    "storm": "people at work",
    "drain": "what was left is done",
    "look": "what people did is read back",
    "rest": "cut-off, billing runs, close, judgement",
}


def page(result: Mapping[str, Any], baseline: Mapping[str, Any] | None = None) -> str:
    """The whole page; it needs nothing but itself."""
    load = result["load"]
    body = [
        _verdict(result),
        _promises(load),
        "" if baseline is None else comparison(result, baseline),
        _operations(load),
        _pictures(load),
        _phases(load),
        _processes(load),
        checks(result),
        witnesses(result, {}),
        firm(result),
        _footer(result),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content_="width=device-width, initial-scale=1"),
        element("title", text(f"{result['verdict']}: month-end under load, seed {result['seed']}")),
        f"<style>{CSS}{PICTURES}</style>",
    )
    return "<!doctype html>\n" + element("html", head, element("body", *body), lang="en") + "\n"


def _verdict(result: Mapping[str, Any]) -> str:
    load, status = result["load"], result["verdict"]
    word = element(
        "p", element("span", ICONS[status], aria_hidden="true"), " ", status.upper(), class_="word"
    )
    stuck = element("p", text(result["stuck"]), class_="stuck") if result["stuck"] else ""
    reasons = (
        element("ul", *(element("li", text(why)) for why in result["reasons"])) if result["reasons"] else ""
    )
    harm = element("p", text("Harm done on purpose: " + "; ".join(load["events"]))) if load["events"] else ""
    deeds = load["deeds"]
    facts = (
        ("people at once", str(load["users"])),
        ("shape", load["shape"]),
        ("two days in", f"{load['duration']:g} s"),
        ("deeds done", f"{number(deeds.get('done', 0))} of {number(deeds.get('planned', 0))}"),
        ("core", f"{plural(load['workers'], 'process', 'processes')}, {load['database']}"),
        ("seed", str(result["seed"])),
    )
    said = element("p", text(_SAID[status]))
    return element(
        "header",
        element("p", "Dress Rehearsal", class_="quiet"),
        element("h1", "Month-end under load"),
        element("div", word, said, stuck, reasons, harm, class_=f"verdict {status}", id="verdict"),
        tiles(facts),
    )


def _promises(load: Mapping[str, Any]) -> str:
    rows = (
        (
            text(one["name"]),
            text(one["promised"]),
            text(one["found"]),
            number(one["count"]) if one["count"] else "–",
            element("span", _STATUS[one["status"]][1], class_=f"badge {_STATUS[one['status']][0]}"),
        )
        for one in load["slo"]
    )
    shown = table(("promise", "promised", "found", "of", "status"), rows, right=("of",))
    note = sentence(
        "Seconds are those of the clock on the wall; operations with few attempts are held to no errors."
    )
    return section("promises", "Promises", shown, note)


def _operations(load: Mapping[str, Any]) -> str:
    if not load["operations"]:
        return section("operations", "What people met", sentence("Nobody has done anything."))
    columns = (
        "operation",
        "attempts",
        "a second",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "failed",
        "again",
        "limited",
    )
    rows = (
        (
            text(name),
            number(row["n"]),
            number_of(row["rate"]),
            number(row["p50_ms"]),
            number(row["p95_ms"]),
            number(row["p99_ms"]),
            number(row["refused"] + row["unknown"]),
            number(row["retries"]),
            number(row["limited"]),
        )
        for name, row in load["operations"].items()
    )
    note = sentence(
        "Failed are refusals and lost answers; limited are calls that a vendor turned away for now (429)."
    )
    return section("operations", "What people met", table(columns, rows, right=columns[1:]), note)


def _pictures(load: Mapping[str, Any]) -> str:
    series = load["series"]
    spans = [(_PHASES.get(row["name"], row["name"]), row["from_seconds"]) for row in load["phases"]]
    done = {name: line for name, line in series["done"].items() if name != "limited or tried again"}
    again = {name: line for name, line in series["done"].items() if name == "limited or tried again"}
    last = max((row["from_seconds"] + row["seconds"] for row in load["phases"]), default=0.0)
    wanted = (
        ("Done by operation", "deeds a second", done),
        ("People at work", "people planned", {"people": series["users"]}),
        ("Limited or tried again", "a second", again),
        ("Backlog", "rows, runs and entries", {"waiting": load["backlog"]}),
        ("CPU by process", "processors", series["cpu"]),
        ("Memory by process", "MB", series["memory_mb"]),
        ("Lag of the event loop", "ms", series["loop_lag_ms"]),
        ("Time in the database", "seconds a second", series["database"]),
    )
    pictures = [picture(heading, unit, lines, spans, last) for heading, unit, lines in wanted]
    note = sentence(
        "Upright dashed lines are beginnings of phases; of every stretch of time the highest value is drawn."
    )
    return section("course", "Course", note, element("div", *pictures, class_="pictures"))


def _phases(load: Mapping[str, Any]) -> str:
    rows = (
        (
            text(f"{row['name']}: {_PHASES.get(row['name'], '')}"),
            f"{row['seconds']:.1f}",
            number(row["facts"]) if row["facts"] else "–",
            number_of(row["entries_per_second"]) if row["entries_per_second"] else "–",
        )
        for row in load["phases"]
    )
    columns = ("phase", "seconds", "facts", "entries a second")
    return section("phases", "Phases", table(columns, rows, right=columns[1:]))


def _processes(load: Mapping[str, Any]) -> str:
    rows = (
        (text(name), number_of(row["cpu_seconds"]), number(round(row["peak_mb"])))
        for name, row in load["processes"].items()
    )
    columns = ("process", "CPU seconds", "peak MB")
    shown = load["transactions"]
    timed = (
        (
            kind,
            number(round(shown[f"{kind}_transactions"])),
            *(_milliseconds(shown[f"{kind}_p{share}_ms"]) for share in (50, 95, 99)),
        )
        for kind in ("read", "write")
    )
    database = ("database transactions", "count", "p50 ms", "p95 ms", "p99 ms")
    return section(
        "processes",
        "What it took",
        table(columns, rows, right=columns[1:]),
        table(database, timed, right=database[1:]),
    )


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else number_of(value)


def _footer(result: Mapping[str, Any]) -> str:
    timing = result["timing"]
    took = (
        f"{timing['wall_seconds']:.0f} seconds, {timing['cpu_seconds']:.0f} of them of the judge's processor"
    )
    return element(
        "footer",
        element("p", "Again: ", element("code", text(result["replay"]))),
        element("p", text(f"The whole run took {took}.")),
    )
