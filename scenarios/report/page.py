"""The report a person reads: one page that needs nothing but itself, beside the result for machines."""

from collections.abc import Mapping
from typing import Any

from scenarios.oracle.evidence import Evidence
from scenarios.report.chronicle import Chronicle
from scenarios.report.markup import element, text
from scenarios.report.page_checks import checks, witnesses
from scenarios.report.page_sections import cases, faults, firm, footer, replay, traffic, verdict
from scenarios.report.style import CSS, JS
from scenarios.report.timeline import timeline


def page(result: Mapping[str, Any], chronicle: Chronicle, evidence: Evidence) -> str:
    """The whole page; everything but the times taken is the same for the same run."""
    title = f"{result['verdict']}: {result['scenario']}, seed {result['seed']}"
    judgement = [checks(result), witnesses(result, chronicle.calls)]
    course = [timeline(chronicle, evidence)]
    # Whoever opens a failed run wants the differences before the course of things.
    middle = judgement + course if result["verdict"] == "fail" else course + judgement
    body = [
        verdict(result, chronicle),
        firm(result),
        *middle,
        cases(evidence.book),
        faults(result, chronicle),
        traffic(result, chronicle),
        replay(result),
        footer(result),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content_="width=device-width, initial-scale=1"),
        element("title", text(title)),
        f"<style>{CSS}</style>",
    )
    script = f"<script>{JS}</script>"
    return "<!doctype html>\n" + element("html", head, element("body", *body, script), lang="en") + "\n"
