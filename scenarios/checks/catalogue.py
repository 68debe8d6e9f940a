"""The one list of checks, in the order in which they are shown."""

from collections.abc import Callable

from scenarios.checks import (
    arithmetic,
    book,
    corrections,
    fees,
    invoices,
    journals,
    labour,
    ledger,
    lineage,
    masters,
    mirrors,
    provisioning,
    revenue,
)
from scenarios.checks.case import Case
from scenarios.checks.result import Check, Tally

SYSTEMS, BOOK = "systems", "book"
Rule = Callable[[Case], Tally]


def _expects(check_id: str, name: str, rule: Rule) -> Check:
    """A rule over the systems that compares against what the oracle expects."""
    return Check(id=check_id, name=name, reads=SYSTEMS, rule=rule)


def _plain(check_id: str, name: str, rule: Rule) -> Check:
    """A rule over the systems that holds whatever is expected."""
    return Check(id=check_id, name=name, reads=SYSTEMS, rule=rule, relies=False)


def _of_book(check_id: str, name: str, rule: Rule, relies: bool = True) -> Check:
    """A rule over the subject's own book."""
    return Check(id=check_id, name=name, reads=BOOK, rule=rule, relies=relies)


CHECKS: tuple[Check, ...] = (
    _expects("I01", "Exactly-once provisioning", provisioning.i01_provisioning),
    _expects("I02", "Value partition", invoices.i02_value_partition),
    _of_book("I02b", "Value partition in the book", book.i02b_pieces),
    _expects("I03", "Hours partition", invoices.i03_hours_partition),
    _of_book("I03b", "Hours partition in the book", book.i03b_hours),
    _expects("I04", "Single billing", invoices.i04_single_billing),
    _plain("I05", "Invoice arithmetic", arithmetic.i05_invoice_arithmetic),
    _plain("I06", "Credit bounds", corrections.i06_credit_bounds),
    _expects("I07", "Correction completeness", corrections.i07_correction_completeness),
    _expects("I09", "Fixed-fee tie", fees.i09_fixed_fee_tie),
    _expects("I10", "Retainer tie", fees.i10_retainer_tie),
    _plain("I11", "Journal balance", ledger.i11_journal_balance),
    _plain("I12", "Trial balance", ledger.i12_trial_balance),
    _expects("I13", "Receivables control", ledger.i13_receivables_control),
    _expects("I14", "Settlement", ledger.i14_settlement),
    _expects("I15", "Deferred roll-forward", revenue.i15_deferred_roll_forward),
    _expects("I16", "Contract position", revenue.i16_contract_position),
    _expects("I17", "Accrual", revenue.i17_accrual),
    _expects("I18", "Revenue completeness", revenue.i18_revenue_completeness),
    _expects("I19", "Percent complete", revenue.i19_percent_complete),
    _expects("I20", "Straight line", revenue.i20_straight_line),
    _expects("I21", "Payroll exactness", labour.i21_payroll_exactness),
    _expects("I22", "Labour hours tie", labour.i22_labour_hours_tie),
    _expects("I23", "Payroll across systems", labour.i23_payroll_cross_system),
    _expects("I28", "CRM shows what is billed", mirrors.i28_crm_billed),
    _expects("I29", "Status mirrors", mirrors.i29_status_mirror),
    _expects("I30", "Contract value", provisioning.i30_contract_value),
    _expects("I32", "Lineage", lineage.i32_lineage),
    _of_book("I32b", "Lineage in the book", book.i32b_lineage),
    _plain("I33", "Numbering", arithmetic.i33_numbering),
    _plain("I34", "Closed periods", ledger.i34_closed_period),
    _plain("I35", "Idempotency", provisioning.i35_one_record_each),
    _of_book("I35b", "No piece twice", book.i35b_repeats, relies=False),
    _expects("I36", "Master data references", provisioning.i36_master_data),
    _expects("I37", "Effective dating", lineage.i37_effective_dating),
    _expects("I42", "No silent loss", lineage.i42_no_silent_loss),
    _of_book("I42b", "Every message has an outcome", book.i42b_messages, relies=False),
    _plain("X01", "Observed is what was played", lineage.x01_observed_is_played),
    _expects("X02", "Invoices and credits as expected", invoices.x02_documents),
    _expects("X03", "Journals as expected", journals.x03_journals),
    _expects("X04", "Open items as expected", ledger.x04_open_items),
    _expects("X05", "Balances as expected", journals.x05_balances),
    _expects("X06", "Master data as expected", masters.x06_master_data),
    _of_book("X08", "Case register", book.x08_cases),
    _plain("X09", "Nothing left waiting", lineage.x09_nothing_waits),
)
