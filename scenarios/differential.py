"""The differential control: the same firm without faults must end in the same business state.

Two end states are laid side by side by business keys alone: native ids, numbers and instants of
delivery may differ between runs, amounts, dates, accounts and what mirrors show may not. Runs in
which a fact had to wait for its parent are no control: people acted at other times there.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from mocks.firm.facts.documents import CreditMemo, Invoice, Journal
from scenarios.checks.case import Case, prepare
from scenarios.checks.journals import dimensions, match_key
from scenarios.oracle.evidence import Evidence

View = Mapping[str, object]


def differences(one: Evidence, other: Evidence) -> list[str]:
    """Where two end states differ, as `kind key`; amounts are left out, since some are pay."""
    first, second = prepare(one), prepare(other)
    found = []
    for kind, view in VIEWS.items():
        left, right = view(first), view(second)
        found += [
            f"{kind} {key}" for key in sorted(left.keys() | right.keys()) if left.get(key) != right.get(key)
        ]
    return found


def size(evidence: Evidence) -> int:
    """How many records the control looks at."""
    case = prepare(evidence)
    return sum(len(view(case)) for view in VIEWS.values())


def _document(case: Case, document: Invoice | CreditMemo, own: tuple[object, ...]) -> object:
    lines = Counter(
        (case.line_bk(line), line.account, line.amount_tc_minor, line.amount_fc_minor, line.tax_code)
        for line in document.lines
    )
    taxes = Counter((tax.tax_code, tax.base_tc_minor, tax.tax_tc_minor) for tax in document.taxes)
    customer = case.customer_bks.get(document.customer)
    totals = (document.net_tc_minor, document.tax_tc_minor, document.gross_tc_minor, document.open_tc_minor)
    return (
        document.status,
        customer,
        document.ccy,
        document.acct_date,
        document.period,
        totals,
        own,
        lines,
        taxes,
    )


def _invoices(case: Case) -> View:
    return {
        "|".join(map(str, case.invoice_key(row))): _document(
            case, row, (row.invoice_date, row.due_date, row.approved_at_ms, row.po_number)
        )
        for row in case.invoices
    }


def _credits(case: Case) -> View:
    return {
        "|".join(map(str, case.credit_key(row))): _document(
            case, row, (row.memo_date, row.approved_at_ms, row.applied_tc_minor)
        )
        for row in case.credits
    }


def _journal_key(case: Case, journal: Journal) -> str:
    """A close journal's own key; a document's journal is known by the document."""
    if not journal.document:
        return match_key(case, journal)
    return f"{journal.journal_type} {_bk_of_document(case, journal.document)}"


def _bk_of_document(case: Case, native_id: str) -> str:
    for invoice in case.invoices:
        if invoice.native_id == native_id:
            return "|".join(map(str, case.invoice_key(invoice)))
    for memo in case.credits:
        if memo.native_id == native_id:
            return "|".join(map(str, case.credit_key(memo)))
    return next((row.external_id for row in case.payments if row.native_id == native_id), f"?{native_id}")


def _journals(case: Case) -> View:
    found: dict[str, object] = {}
    for journal in case.journals:
        lines = Counter(
            (dimensions(case, line), line.dr_tc_minor, line.cr_tc_minor, line.dr_fc_minor, line.cr_fc_minor)
            for line in journal.lines
        )
        key = _journal_key(case, journal)
        assert key not in found, f"two journals of {key}"
        found[key] = (journal.journal_type, journal.entity, journal.ccy, journal.acct_date, lines)
    return found


def _payments(case: Case) -> View:
    return {row.external_id: (row.received_on, row.acct_date, row.amount_tc_minor) for row in case.payments}


def _periods(case: Case) -> View:
    return {f"{row.entity}|{row.period}": row.state for row in case.periods}


def _contract_mirrors(case: Case) -> View:
    return {
        bk: (row.billed_minor, row.collected_minor, row.open_ar_minor)
        for bk, row in case.contract_mirrors.items()
    }


def _milestones(case: Case) -> View:
    return {
        case.milestone_bks.get(row.native_id, f"?{row.native_id}"): (
            row.name,
            row.amount_minor,
            row.status,
            row.billed,
            row.invoice_status,
        )
        for row in case.psa_milestones
    }


def _people(case: Case) -> View:
    return {
        row.employee_no: (
            row.name,
            row.email,
            row.entity,
            row.practice,
            row.cost_centre,
            row.level,
            row.active,
        )
        for row in case.psa_resources
    }


VIEWS: Mapping[str, Callable[[Case], View]] = {
    "invoice": _invoices,
    "credit": _credits,
    "journal": _journals,
    "payment": _payments,
    "period": _periods,
    "CRM contract": _contract_mirrors,
    "milestone": _milestones,
    "person": _people,
}
