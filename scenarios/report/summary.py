"""The result of one run as the plain data that `--json` writes."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from mocks.firm.facts.documents import Invoice, Journal
from scenarios.catalogue.scenario import Scenario
from scenarios.checks.result import CheckResult
from scenarios.runner import Ended, Rehearsal, verdict_of

DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
WITNESSES_SHOWN = 20


def summary(
    rehearsal: Rehearsal,
    ended: Ended,
    *,
    mode: str,
    subject: str,
    replay: str,
    timing: dict[str, float],
) -> dict[str, Any]:
    """Everything but `timing` is the same for the same seed and options."""
    struck = {fault: n for faults in ended.struck.values() for fault, n in faults.items()}
    return {
        "scenario": rehearsal.scenario.name,
        "seed": rehearsal.seed,
        "mode": mode,
        "subject": subject,
        "verdict": verdict_of(ended),
        "stuck": ended.stuck,
        "unsupported": list(ended.judgement.unsupported),
        "reasons": list(ended.judgement.reasons),
        "replay": replay,
        "firm": dict(sorted(rehearsal.firm.counts().items())),
        "faults": {
            "plan": rehearsal.plan.name,
            "injected": sum(struck.values()),
            "by_kind": by_kind(rehearsal, struck),
            "facts_that_waited": ended.ever_waited,
        },
        "checks": [check(result, rehearsal.scenario) for result in ended.judgement.results],
        "ledger": ledger(ended),
        "http": {"requests": sum(ended.requests.values()), "by_system": ended.requests},
        "timing": timing,
    }


def by_kind(rehearsal: Rehearsal, struck: dict[str, int]) -> dict[str, int]:
    """How often faults of each kind struck."""
    kinds: dict[str, str] = {planned.fault.id: planned.fault.kind for planned in rehearsal.plan.faults}
    kinds |= {crash.id: "crash" for crash in rehearsal.plan.crashes}
    found: dict[str, int] = defaultdict(int)
    for fault, n in struck.items():
        found[kinds.get(fault, "other")] += n
    return dict(sorted(found.items()))


def check(result: CheckResult, scenario: Scenario) -> dict[str, Any]:
    """One check with its first violations."""
    return {
        "id": result.id,
        "name": result.name,
        "reads": result.reads,
        "required": result.id in scenario.required,
        "status": result.status,
        "compared": result.compared,
        "violations": [
            {
                "witness": list(violation.witness),
                "expected": violation.expected,
                "actual": violation.actual,
                "layer": violation.layer,
                "correlation_id": violation.correlation_id,
            }
            for violation in result.violations[:WITNESSES_SHOWN]
        ],
    }


def ledger(ended: Ended) -> dict[str, Any]:
    """What the ERP holds: documents, amounts, balances."""
    invoices = [row for row in ended.evidence.documents if isinstance(row, Invoice) and not row.deleted]
    journals = [row for row in ended.evidence.documents if isinstance(row, Journal) and not row.deleted]
    invoiced: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        invoiced[invoice.ccy] += invoice.net_tc_minor
    balances: dict[tuple[str, str, str], int] = defaultdict(int)
    for journal in journals:
        for line in journal.lines:
            balances[journal.entity, line.account, journal.ccy] += line.dr_tc_minor - line.cr_tc_minor
    return {
        "invoices": len(invoices),
        "invoiced": {ccy: amount(minor, ccy) for ccy, minor in sorted(invoiced.items())},
        "journals": len(journals),
        "trial_balance": {
            f"{entity} {account} {ccy}": amount(minor, ccy)
            for (entity, account, ccy), minor in sorted(balances.items())
        },
    }


def amount(minor: int, ccy: str) -> str:
    """Minor units as decimal text."""
    return str(Decimal(minor).scaleb(-DIGITS.get(ccy, 2)))
