"""The part of the page that judges: the checks, every difference, and the calls behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.events import CallSeen
from scenarios.report.markup import element, exactly, number, plural, section, sentence, table, text
from scenarios.tracing import group_of

ORDER = {"fail": 0, "unknown": 1, "pass": 2, "not_applicable": 3}
WORDS = {"pass": "pass", "fail": "fail", "unknown": "unknown", "not_applicable": "n/a"}
ICONS = {"pass": "✓", "fail": "✗", "unknown": "?", "not_applicable": "–"}
GROUPS_SHOWN = 60
DIFFERENCES_SHOWN = 20
GROUPS_OPEN = 6  # the first ones; a longer list is for whoever looks further


def badge(status: str) -> str:
    """A status as sign and word, never as colour alone."""
    sign = element("span", ICONS[status], aria_hidden="true")
    return element("span", sign, " ", WORDS[status], class_=f"badge {status}")


def checks(result: Mapping[str, Any]) -> str:
    """All checks, the failing ones first."""
    rows = sorted(result["checks"], key=lambda check: ORDER[check["status"]])
    counts = ", ".join(
        f"{n} {WORDS[status]}" for status in ORDER if (n := sum(check["status"] == status for check in rows))
    )
    columns = ("check", "what it says", "reads", "required", "compared", "status")
    shown = table(columns, (_check(check) for check in rows), right=("compared",))
    reasons = [element("li", text(reason)) for reason in result["unsupported"]]
    unsupported = element("p", "The oracle does not cover yet:") + element("ul", *reasons) if reasons else ""
    other = [why for why in result["reasons"] if why not in result["unsupported"]]
    doubts = element("ul", *(element("li", text(why)) for why in other))
    unknown = element("p", "Why nobody can say:") + doubts if result["verdict"] == "unknown" and other else ""
    counted = element("p", text(f"{counts or 'none'}."), class_="quiet")
    return section("checks", "Checks", counted, unsupported, unknown, shown)


def _check(check: Mapping[str, Any]) -> tuple[str, ...]:
    name = text(check["name"])
    if check["violations"]:
        summary = element(
            "summary", text(plural(len(check["violations"]), "witness", "witnesses") + " shown")
        )
        items = "".join(
            element(
                "li", element("a", _joined(violation["witness"]), href=f"#{anchor(violation['witness'])}")
            )
            for violation in check["violations"]
        )
        name += element("details", summary, element("ul", items))
    elif check["status"] == "unknown":
        name += element("p", "It was required to compare something and could not.", class_="quiet")
    return (
        element("b", text(check["id"])),
        name,
        text(check["reads"]),
        "yes" if check["required"] else "no",
        number(check["compared"]),
        badge(check["status"]),
    )


def _joined(witness: Sequence[str]) -> str:
    return " · ".join(text(part) for part in witness if part)


def anchor(witness: Sequence[str]) -> str:
    """The name of a document's place on the page."""
    return "at-" + "".join(sign if sign.isalnum() else f"_{ord(sign):x}" for sign in group_of(witness))


def witnesses(result: Mapping[str, Any], calls: Mapping[str, tuple[CallSeen, ...]]) -> str:
    """Differences by document, each with the calls behind it; open where something failed."""
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for check in result["checks"]:
        for violation in check["violations"]:
            groups.setdefault(group_of(violation["witness"]), []).append((check["id"], violation))
    if not groups:
        return section(
            "witnesses", "Witnesses", sentence("No check found a difference, so there is nothing to witness.")
        )
    # What somebody did wrong comes before what nobody did: those groups have calls to show.
    ordered = sorted(groups.items(), key=lambda group: (not calls.get(group[0]), -len(group[1])))
    shown = [
        _group(name, rows, calls.get(name, ()), opened=place < GROUPS_OPEN)
        for place, (name, rows) in enumerate(ordered[:GROUPS_SHOWN])
    ]
    more = len(ordered) - GROUPS_SHOWN
    left = sentence(f"{plural(more, 'further document')} are in result.json.") if more > 0 else ""
    said = sentence(
        f"Differences at {plural(len(ordered), 'document')}; the calls are as the systems received them."
    )
    return section("witnesses", "Witnesses", said, *shown, left)


def _group(
    name: str, rows: Sequence[tuple[str, Mapping[str, Any]]], calls: tuple[CallSeen, ...], *, opened: bool
) -> str:
    ids = sorted({check for check, _ in rows})
    title = element(
        "summary", element("b", text(name)), " ", text(f"{plural(len(rows), 'difference')}: {', '.join(ids)}")
    )
    columns = ("check", "witness", "expected", "actual")
    differences = table(
        columns,
        (
            (
                text(check),
                _joined(violation["witness"][1:] or violation["witness"]),
                element("code", text(violation["expected"])),
                element("code", text(violation["actual"])),
            )
            for check, violation in rows[:DIFFERENCES_SHOWN]
        ),
    )
    more = len(rows) - DIFFERENCES_SHOWN
    left = (
        sentence(f"{number(more)} more differences at this document are in result.json.") if more > 0 else ""
    )
    return element(
        "details",
        title,
        differences,
        left,
        element("h3", "The calls that made it"),
        _calls(calls),
        class_="witness",
        open="open" if opened else None,
        id=anchor((name,)),
    )


def _calls(calls: tuple[CallSeen, ...]) -> str:
    if not calls:
        return sentence("No call in the systems' journals mentions it: nobody wrote it, or it was long ago.")
    return table(
        ("virtual time", "system", "call", "answer", "fault", "correlation"),
        (
            (
                text(exactly(call.at_ms)),
                text(call.role),
                element("code", text(f"{call.method} {call.path}")) + _bodies(call),
                _answer(call),
                element("span", text(call.fault), class_="badge struck") if call.fault else "–",
                element("code", text(call.correlation_id or "–")),
            )
            for call in calls
        ),
    )


def _answer(call: CallSeen) -> str:
    if call.outcome == "answered":
        return text(call.status)
    told = "done, but no answer went out" if call.outcome == "dropped" else "never came in"
    return text(f"{call.status}, {told}")


def _bodies(call: CallSeen) -> str:
    shown = [
        element("h4", name) + element("pre", text(body))
        for name, body in (("request", call.request), ("response", call.response))
        if body
    ]
    return element("details", element("summary", "bodies, cut and masked"), *shown) if shown else ""
