"""The one list of checks, in the order in which they are shown."""

from scenarios.checks import book, invoices, ledger, lineage, mirrors, provisioning
from scenarios.checks.result import Check

SYSTEMS, BOOK = "systems", "book"

CHECKS: tuple[Check, ...] = (
    Check(id="I01", name="Exactly-once provisioning", reads=SYSTEMS, rule=provisioning.i01_provisioning),
    Check(id="I02", name="Value partition", reads=SYSTEMS, rule=invoices.i02_value_partition),
    Check(id="I02b", name="Value partition in the book", reads=BOOK, rule=book.i02b_pieces),
    Check(id="I03", name="Hours partition", reads=SYSTEMS, rule=invoices.i03_hours_partition),
    Check(id="I03b", name="Hours partition in the book", reads=BOOK, rule=book.i03b_hours),
    Check(id="I04", name="Single billing", reads=SYSTEMS, rule=invoices.i04_single_billing),
    Check(
        id="I05",
        name="Invoice arithmetic",
        reads=SYSTEMS,
        rule=invoices.i05_invoice_arithmetic,
        relies=False,
    ),
    Check(id="I11", name="Journal balance", reads=SYSTEMS, rule=ledger.i11_journal_balance, relies=False),
    Check(id="I12", name="Trial balance", reads=SYSTEMS, rule=ledger.i12_trial_balance, relies=False),
    Check(id="I13", name="Receivables control", reads=SYSTEMS, rule=ledger.i13_receivables_control),
    Check(id="I14", name="Settlement", reads=SYSTEMS, rule=ledger.i14_settlement),
    Check(id="I28", name="CRM shows what is billed", reads=SYSTEMS, rule=mirrors.i28_crm_billed),
    Check(id="I29", name="Status mirrors", reads=SYSTEMS, rule=mirrors.i29_status_mirror),
    Check(id="I30", name="Contract value", reads=SYSTEMS, rule=provisioning.i30_contract_value),
    Check(id="I32", name="Lineage", reads=SYSTEMS, rule=lineage.i32_lineage),
    Check(id="I32b", name="Lineage in the book", reads=BOOK, rule=book.i32b_lineage),
    Check(id="I33", name="Numbering", reads=SYSTEMS, rule=invoices.i33_numbering, relies=False),
    Check(id="I34", name="Closed periods", reads=SYSTEMS, rule=ledger.i34_closed_period, relies=False),
    Check(id="I35", name="Idempotency", reads=SYSTEMS, rule=provisioning.i35_one_record_each, relies=False),
    Check(id="I35b", name="No piece twice", reads=BOOK, rule=book.i35b_repeats, relies=False),
    Check(id="I36", name="Master data references", reads=SYSTEMS, rule=provisioning.i36_master_data),
    Check(id="I37", name="Effective dating", reads=SYSTEMS, rule=lineage.i37_effective_dating),
    Check(id="I42", name="No silent loss", reads=SYSTEMS, rule=lineage.i42_no_silent_loss),
    Check(id="I42b", name="Every message has an outcome", reads=BOOK, rule=book.i42b_messages, relies=False),
    Check(
        id="X01",
        name="Observed is what was played",
        reads=SYSTEMS,
        rule=lineage.x01_observed_is_played,
        relies=False,
    ),
    Check(id="X02", name="Invoices as expected", reads=SYSTEMS, rule=invoices.x02_invoices),
    Check(id="X03", name="Journals as expected", reads=SYSTEMS, rule=ledger.x03_journals),
    Check(id="X04", name="Open items as expected", reads=SYSTEMS, rule=ledger.x04_open_items),
    Check(id="X05", name="Balances as expected", reads=SYSTEMS, rule=ledger.x05_balances),
    Check(id="X06", name="Master data as expected", reads=SYSTEMS, rule=provisioning.x06_master_data),
    Check(id="X08", name="Case register", reads=BOOK, rule=book.x08_cases),
    Check(id="X09", name="Nothing left waiting", reads=SYSTEMS, rule=lineage.x09_nothing_waits, relies=False),
)
