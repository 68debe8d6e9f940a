"""Gate, runs, documents, masters: what is active when and what each run makes (finance 1.4, 2.10)."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import Account, BillingDate, Contract, LegalEntity, SourceFact, TimeEntry
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expect import expect
from scenarios.oracle.expected import Expected, ExpectedCase, ExpectedLine, TaxCode
from scenarios.oracle.masters import normal_name, normal_vat
from tests.unit.checks.facts import (
    APPROVAL,
    CUT_OFF,
    JANUARY_CLOSE,
    NOW,
    account,
    approved,
    at,
    cell,
    contract,
    everything,
    opportunity,
    person,
    quote,
)

JANUARY = ("US01", date(2026, 1, 31), "CO|00000101")
FEBRUARY = ("US01", date(2026, 2, 28), "CO|00000101")


def ask(facts: list[SourceFact], now_ms: int = NOW) -> Expected:
    return expect(Evidence(facts=tuple(facts), documents=(), now_ms=now_ms))


def changed(kind: type[SourceFact], **fields: object) -> list[SourceFact]:
    """The small month with every fact of one kind changed."""
    return [replace(fact, **fields) if isinstance(fact, kind) else fact for fact in everything()]


def without(kind: type[SourceFact]) -> list[SourceFact]:
    return [fact for fact in everything() if not isinstance(fact, kind)]


def entry(line: ExpectedLine) -> str:
    """The time entry that a line bills in its first version."""
    return line.event.bk.removeprefix("BE|").removesuffix("|v1.1|p1")


# --- the gate -------------------------------------------------------------------------------


def test_gate__opens_at_the_last_of_its_conditions() -> None:
    assert ask(everything()).deals["CO|00000101"].activation_ms == at("2026-01-05 16:00")


def test_contract_signed_after_the_deal_was_won__opens_the_gate_at_the_signature() -> None:
    facts = [f for f in everything() if not (isinstance(f, Contract) and f.status == "SIGNED")]
    facts.append(contract(2, "SIGNED", "2026-01-06 12:00"))
    expected = ask(facts)
    assert expected.deals["CO|00000101"].activation_ms == at("2026-01-06 12:00")
    assert ExpectedCase("OPP_NO_QUOTE", ("OP|O1",)) in expected.allowed_cases


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": None}, "TAX_PROFILE_INCOMPLETE"),
        ({"tax_status": "UNKNOWN"}, "TAX_PROFILE_INCOMPLETE"),
        ({"payment_terms": None}, "CUST_INACTIVE"),
    ],
)
def test_incomplete_customer__holds_the_deal(fields: dict[str, object], code: str) -> None:
    expected = ask(changed(Account, **fields))
    assert (expected.deals, expected.invoices) == ({}, {})
    assert code in {case.code for case in expected.cases}


def test_profile_completed_later__opens_the_gate_then() -> None:
    facts = [*changed(Account, state=None), replace(account(), recorded_at_ms=at("2026-01-08 09:00"), ver=2)]
    assert ask(facts).deals["CO|00000101"].activation_ms == at("2026-01-08 09:00")


def test_won_amount_other_than_the_quote__blocks() -> None:
    facts = [*everything(), replace(opportunity(3, "CLOSED_WON", "2026-01-05 16:00"), amount_minor=1)]
    expected = ask(facts)
    assert expected.deals == {}
    assert ExpectedCase("OPP_AMOUNT_MISMATCH", ("OP|O1",)) in expected.cases


def test_won_without_accepted_quote__blocks() -> None:
    facts = [quote("SENT") if fact.bk == "QU|Q1|1" else fact for fact in everything()]
    assert ExpectedCase("OPP_NO_QUOTE", ("OP|O1",)) in ask(facts).cases


def test_deal_lost__makes_nothing() -> None:
    facts = [f for f in everything() if f.bk != "OP|O1"] + [opportunity(1, "CLOSED_LOST", "2026-01-05 16:00")]
    expected = ask(facts)
    assert (expected.deals, expected.customers, expected.tasks) == ({}, {}, {})


# --- the runs -------------------------------------------------------------------------------


def test_run__takes_what_was_committed_before_its_cut_off() -> None:
    invoice = ask(everything()).invoices[JANUARY]
    assert [entry(line) for line in invoice.lines] == [
        "TE|TC-000001|Tue",
        "TE|TC-000001|Fri",
        "TE|TC-000003|Mon",
        "TE|TC-000002|Tue",
        "TE|TC-000004|Tue",
    ]
    assert (invoice.net_minor, invoice.tax_minor, invoice.gross_minor) == (634_611, 26_654, 661_265)
    assert invoice.taxes == ((TaxCode("US-CA", "S", 42_000), 634_611, 26_654),)
    assert (invoice.due_date, invoice.approved_ms) == (date(2026, 3, 2), APPROVAL)


@pytest.mark.parametrize(("delay_ms", "lines"), [(-1, 6), (0, 5)])
def test_cut_off__excludes_the_instant_itself(delay_ms: int, lines: int) -> None:
    facts = without(TimeEntry) + [
        f for f in everything() if isinstance(f, TimeEntry) and f.card != "TC-000005"
    ]
    late = approved(cell(5, 2, date(2026, 1, 30), 550, "2026-01-30 23:00"), "2026-02-02 15:00")
    facts.append(replace(late, recorded_at_ms=CUT_OFF + delay_ms, approved_at_ms=CUT_OFF + delay_ms))
    assert len(ask(facts).invoices[JANUARY].lines) == lines


def test_late_approval__lands_on_the_next_run_with_its_own_dates() -> None:
    invoice = ask(everything(), at("2026-03-03 12:00")).invoices[FEBRUARY]
    assert [(entry(line), line.amount_minor) for line in invoice.lines] == [("TE|TC-000005|Fri", 98_973)]
    assert (invoice.acct_date, invoice.due_date) == (date(2026, 2, 28), date(2026, 3, 30))


def test_run_before_its_cut_off__makes_nothing() -> None:
    assert ask(everything(), CUT_OFF - 1).invoices == {}
    assert set(ask(everything(), CUT_OFF).invoices) == {JANUARY}


def test_invoice__waits_nine_hours_for_approval_and_its_journal() -> None:
    waiting, posted = ask(everything(), APPROVAL - 1), ask(everything(), APPROVAL)
    assert (waiting.invoices[JANUARY].approved_ms, waiting.invoice_journals) == (None, {})
    assert posted.invoice_journals[JANUARY].amounts == (
        (("1100", "CU|000001"), 661_265),
        (("2200", "US-CA|S|42000"), -26_654),
        (("4000", "CU|000001", "CL|00000101|1", "CO|00000101", "DATA"), -634_611),
    )


def test_monthly_contract__skips_extra_dates_and_every_run_contract_takes_them() -> None:
    early = approved(cell(8, 1, date(2026, 1, 12), 100, "2026-01-13 15:00"), "2026-01-14 15:00")
    assert {key[1] for key in ask([*everything(), early]).invoices} == {date(2026, 1, 31)}
    often = [*changed(Contract, billing_freq="EVERY_RUN"), early]
    assert {key[1] for key in ask(often).invoices} == {date(2026, 1, 15), date(2026, 1, 31)}


def test_work_after_the_billing_date__is_not_billed_yet() -> None:
    ahead = approved(cell(8, 1, date(2026, 2, 2), 100, "2026-01-30 15:00"), "2026-01-31 15:00")
    billed = {entry(line) for line in ask([*everything(), ahead]).invoices[JANUARY].lines}
    assert "TE|TC-000008|Mon" not in billed


def test_suspended_contract__is_skipped_by_the_run() -> None:
    suspended = replace(contract(3, "SUSPENDED", "2026-01-20 12:00"), signed_at_ms=at("2026-01-05 15:00"))
    assert ask([*everything(), suspended]).invoices == {}


def test_correction_before_the_cut_off__replaces_without_credit() -> None:
    corrected = cell(
        9, 2, date(2026, 1, 20), 400, "2026-01-28 12:00", bk="TE|TC-000002|Tue", ver=2, source_id="th9#Tue"
    )
    expected = ask([*everything(), approved(corrected, "2026-01-29 12:00")])
    amounts = {line.event.bk: line.amount_minor for line in expected.invoices[JANUARY].lines}
    assert amounts["BE|TE|TC-000002|Tue|v2.1|p1"] == 71_980
    assert "BE|TE|TC-000002|Tue|v1.1|p1" not in amounts
    assert expected.unsupported == ()


def test_consolidating_customer__gets_one_document_for_all_contracts() -> None:
    keys = set(ask(changed(Account, consolidate_invoices=True)).invoices)
    assert keys == {("US01", date(2026, 1, 31), "CU|000001")}


def test_missing_order_number__holds_the_document_until_it_is_known() -> None:
    facts = changed(Account, po_required=True)
    held = ask(facts).invoices[JANUARY]
    assert (held.held, held.approved_ms, ask(facts).invoice_journals) == ("PO_MISSING", None, {})
    known = replace(contract(3, "SIGNED", "2026-02-03 12:00"), po_number="PO-7", signed_at_ms=1)
    released = ask([*facts, known]).invoices[JANUARY]
    assert (released.held, released.approved_ms) == (None, at("2026-02-03 12:00"))


def test_document_released_after_the_close__is_dated_into_the_next_period() -> None:
    facts = changed(Account, po_required=True)
    known = replace(contract(3, "SIGNED", "2026-02-10 12:00"), po_number="PO-7", signed_at_ms=1)
    invoice = ask([*facts, known], at("2026-02-11 12:00")).invoices[JANUARY]
    assert (invoice.key[1], invoice.acct_date) == (date(2026, 1, 31), date(2026, 2, 1))


def test_close__makes_the_period_closed() -> None:
    assert ask(everything(), JANUARY_CLOSE - 1).closed_periods == frozenset()
    assert ask(everything(), JANUARY_CLOSE).closed_periods == {("US01", "2026-01")}


def test_time_unapproved_at_the_cut_off__is_a_case() -> None:
    assert ask(everything()).cases == (ExpectedCase("TIME_UNAPPROVED", ("TE|TC-000005|Fri",)),)


def test_contract_in_another_currency__is_named_as_out_of_reach() -> None:
    assert ask(changed(LegalEntity, functional_ccy="EUR")).unsupported == (
        "CO|00000101 is in USD, its entity in EUR",
    )


# --- masters --------------------------------------------------------------------------------


def test_tasks__are_quantity_times_template_hours_rounded_half_up() -> None:
    planned = {key[1]: task.planned_e2 for key, task in ask(everything()).tasks.items()}
    assert planned == {"1.10": 5_000, "1.20": 150}  # 1.50 x 33.33 = 49.995


def test_legal_name_changed_after_activation__stays_the_erp_s_and_is_a_case() -> None:
    renamed = replace(
        account(), ver=2, recorded_at_ms=at("2026-01-20 12:00"), legal_name="Other Inc", display_name="Other"
    )
    expected = ask([*everything(), renamed])
    customer = expected.customers["CU|000001"]
    assert (customer.legal_name, customer.name) == ("Example Buyer Inc", "Other")
    assert ExpectedCase("MDM_NON_SOR_WRITE", ("CU|000001",)) in expected.cases


def test_parent_of_a_customer__may_be_there_but_need_not() -> None:
    parent = replace(account(), bk="CU|000002", source_id="001B", legal_name="Parent Inc")
    customers = ask([*changed(Account, parent="CU|000002"), parent]).customers
    assert {bk: customer.required for bk, customer in customers.items()} == {
        "CU|000001": True,
        "CU|000002": False,
    }


def test_leaver__is_inactive_from_the_day_after_the_change_is_certain() -> None:
    gone = person(
        3, "Carla", "ANALYST", terminated=date(2026, 1, 28), ver=2, recorded_at_ms=at("2026-01-20 12:00")
    )
    leaving = replace(gone, terminated=date(2026, 2, 5))
    assert ask([*everything(), gone]).people["RS|3"].active is False
    assert ask([*everything(), leaving]).people["RS|3"].active is None
    assert ask(everything()).people["RS|3"].active is True


def test_customer_names__match_without_marks_case_and_legal_form() -> None:
    assert normal_name("Äpfel & Söhne GmbH") == normal_name("APFEL  SOHNE") == "APFEL SOHNE"
    assert (normal_vat("us 12-3"), normal_vat(None)) == ("US123", "")


def test_two_customers_of_one_name__are_named_as_out_of_reach() -> None:
    other = replace(account(), bk="CU|000002", source_id="001B", legal_name="EXAMPLE BUYER LLC")
    bill_to_other = [replace(f, bill_to="CU|000002") if isinstance(f, Contract) else f for f in everything()]
    reasons = ask([*bill_to_other, other]).unsupported
    assert reasons == ("several accounts match one customer: EXAMPLE BUYER, US, 93701",)


def test_calendar_out_of_order__does_not_matter() -> None:
    rows = (BillingDate(date(2026, 2, 28), "MONTHLY"), BillingDate(date(2026, 1, 31), "MONTHLY"))
    assert set(ask(changed(LegalEntity, billing_calendar=rows)).invoices) == {JANUARY}


def test_order_of_facts__does_not_matter() -> None:
    there, back = ask(everything()), ask(list(reversed(everything())))
    assert (there.invoices, there.cases, there.customers) == (back.invoices, back.cases, back.customers)
