"""One small run as a report sees it: the result, what was heard, the evidence."""

from typing import Any

from mocks.kit.faults import Fault
from scenarios.events import CallSeen, Close, Healed, Looked, Planned, Settled, Started, Stepped, Traced
from scenarios.faults.plan import Plan, PlannedCrash, PlannedFault
from scenarios.oracle.book import Book, CaseRow
from scenarios.oracle.evidence import Evidence
from scenarios.report.chronicle import Chronicle
from tests.unit.checks.documents import invoice
from tests.unit.checks.facts import recorded_time

DAY = 86_400_000
HOUR = 3_600_000
START = 1_767_225_600_000  # 2026-01-01
END = START + 34 * DAY

PLAN = Plan(
    name="mine",
    faults=(
        PlannedFault(role="erp", fault=Fault(id="down", kind="outage"), from_hours=24, until_hours=48),
        PlannedFault(role="crm", fault=Fault(id="busy", kind="limit")),
    ),
    crashes=(PlannedCrash(id="dies-at-night", from_hours=30),),
)

CALL = CallSeen(
    role="erp",
    at_ms=START + DAY + 1,
    method="POST",
    path="/services/rest/record/v1/invoice",
    status=204,
    outcome="dropped",
    fault="down",
    correlation_id="7d80bedf",
    request='{"externalId":"IN|US01|1","memo":"<b>bold</b>"}',
    response="",
)


def chronicle(calls: dict[str, tuple[CallSeen, ...]] | None = None, plan: Plan = PLAN) -> Chronicle:
    """What was heard of the small run."""
    heard = Chronicle()
    for event in (
        Started("deal-to-cash", 7, 12, START, END),
        Planned("One deal", plan, (Close("US01", "2026-01", START + 33 * DAY),)),
        Stepped(START, 3, 0, 1),
        Looked(START, "", {"crm": 4, "erp": 1}, {}),
        Stepped(START + DAY, 40, 2, 0),
        Looked(START + DAY, "erp:pending 3, parked timecards 2", {"crm": 14, "erp": 2}, {"down": 5}),
        Healed(START + 34 * DAY, {"down": 9, "busy": 0} if plan.faults else {}),
        Settled(START + 35 * DAY, ""),
        Traced(calls or {}),
    ):
        heard(event)
    return heard


def evidence(book: Book | None = None) -> Evidence:
    """Approved time, and the invoice over it."""
    return Evidence(facts=tuple(recorded_time()), documents=(invoice(),), now_ms=END, book=book)


BOOK = Book(
    cases=(
        CaseRow(
            code="TECH_AUTH",
            entity_bk="crm",
            opened_at_ms=START + DAY,
            resolved_at_ms=START + 2 * DAY,
            state="RESOLVED",
        ),
        CaseRow(code="TIME_UNAPPROVED", entity_bk="TE|TC-1|Mon", opened_at_ms=START + DAY),
    )
)


def check(check_id: str, status: str, *violations: dict[str, Any]) -> dict[str, Any]:
    """One check of a result."""
    return {
        "id": check_id,
        "name": f"Rule {check_id}",
        "reads": "systems",
        "required": True,
        "status": status,
        "compared": 12_345,
        "violations": list(violations),
    }


def violation(*witness: str, expected: str = "1", actual: str = "2") -> dict[str, Any]:
    """One difference of a result."""
    return {
        "witness": list(witness),
        "expected": expected,
        "actual": actual,
        "layer": "",
        "correlation_id": "",
    }


def result(*checks: dict[str, Any], verdict: str = "pass", **changes: Any) -> dict[str, Any]:
    """The result for machines."""
    return {
        "scenario": "deal-to-cash",
        "seed": 7,
        "mode": "simulated",
        "subject": "core",
        "verdict": verdict,
        "stuck": "",
        "unsupported": [],
        "reasons": ["I06 is required and compared nothing"] if verdict == "unknown" else [],
        "replay": "rehearse run deal-to-cash --seed 7",
        "firm": {"consultants": 1_200, "contracts": {"TM": 2, "FF": 1}},
        "faults": {"plan": "mine", "injected": 9, "by_kind": {"outage": 9}, "facts_that_waited": 2},
        "checks": list(checks),
        "ledger": {
            "invoices": 1,
            "invoiced": {"USD": "1234567.89"},
            "journals": 2,
            "trial_balance": {"US01 1100 USD": "1234567.89", "US01 5000 USD": "4711.00"},
        },
        "http": {"requests": 16, "by_system": {"crm": 14, "erp": 2}},
        "timing": {"wall_seconds": 3.2, "cpu_seconds": 3.0, "virtual_seconds": 34 * 86_400.0},
        **changes,
    }
