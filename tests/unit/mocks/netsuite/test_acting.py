"""People in the ERP: masters played and read back version by version, payments by the clerk."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from mocks.firm.facts.documents import Application, Invoice, Journal, Payment, Period
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PeriodClose,
    Practice,
    ServicePackage,
    SourceFact,
    TaxRate,
)
from mocks.kit.faults import Fault
from tests.unit.mocks.netsuite.estate import (
    APPROVAL_MS,
    CLOSES,
    START_MS,
    Estate,
    at,
    firm,
    intent,
    invoice,
    line,
)

MASTERS = (LegalEntity, CostCentre, Practice, TaxRate)
CONTRACT = {"CO|00000101": "800CONTRACT"}


def masters(estate: Estate) -> list[SourceFact]:
    """Observed facts without their native ids."""
    facts = [row for kind in MASTERS for row in estate.observed(kind)]
    assert all(row.source_id for row in facts)
    return [replace(row, source_id="") for row in facts]


def by_key(facts: list[SourceFact]) -> list[SourceFact]:
    """Facts in an order of their own."""
    return sorted(facts, key=lambda fact: (fact.bk, fact.ver))


def next_versions() -> list[SourceFact]:
    """Second and third versions: changed calendars, names, a rate; a cost centre deleted."""
    entity, advisory, data, practice, _, rate = firm(START_MS)
    assert isinstance(entity, LegalEntity)
    assert isinstance(practice, Practice)
    assert isinstance(rate, TaxRate)
    second = replace(
        entity,
        ver=2,
        name="Harborline Consulting LLC",
        close_calendar=(*CLOSES[:1], PeriodClose("2026-02", at("2026-03-09T21:00")), CLOSES[2]),
        billing_calendar=(*entity.billing_calendar, BillingDate(date(2026, 2, 28), "MONTHLY")),
        holidays=(date(2026, 1, 1),),
    )
    third = replace(
        second,
        ver=3,
        holidays=(date(2026, 1, 1), date(2026, 1, 19), date(2026, 5, 25)),
        close_calendar=(*second.close_calendar, PeriodClose("2026-04", at("2026-05-07T20:00"))),
    )
    return [
        second,
        replace(practice, ver=2, name="Advisory & Strategy"),
        replace(rate, ver=2, percent_e4=82_501),
        third,
        replace(advisory, ver=2, deleted=True),
        replace(data, ver=2),
    ]


@pytest.mark.parametrize("verb", ["seed", "act"])
def test_masters_played__read_back_version_by_version(verb: str) -> None:
    estate = Estate(play=False)
    played = [*firm(), *next_versions()]
    acted = estate.control(verb, {"facts": played})
    assert [(one["bk"], one["state"]) for one in acted] == [(fact.bk, "applied") for fact in played]
    if verb == "act":
        played = [replace(fact, recorded_at_ms=START_MS) for fact in played]
    assert by_key(masters(estate)) == by_key(played)


def test_masters_played_one_by_one__carry_the_stamp_of_their_commit() -> None:
    estate = Estate()
    expected = firm()
    for place, fact in enumerate(next_versions(), start=1):
        estate.step(START_MS + place * 1000)
        estate.act(fact)
        expected.append(replace(fact, recorded_at_ms=START_MS + place * 1000))
    assert by_key(masters(estate)) == by_key(expected)


def test_versions_within_one_coarse_stamp__are_kept_apart() -> None:
    estate = Estate(play=False, start_ms=START_MS + 123)
    estate.control("faults", [Fault(id="coarse", kind="coarse_stamps", seconds=60)])
    played = [*firm(), *next_versions()]
    estate.act(*played)
    assert by_key(masters(estate)) == by_key([replace(fact, recorded_at_ms=START_MS) for fact in played])


def test_a_legal_entity__brings_a_period_for_each_month_of_its_calendar() -> None:
    estate = Estate()
    assert [(row.entity, row.period, row.state) for row in estate.observed(Period)] == [
        ("US01", "2026-01", "OPEN"),
        ("US01", "2026-02", "OPEN"),
        ("US01", "2026-03", "OPEN"),
    ]


def test_a_cost_centre_without_its_entity__waits() -> None:
    estate = Estate(play=False)
    (acted,) = estate.act(firm()[1])
    assert (acted["state"], acted["missing"]) == ("waiting", "the subsidiary LE|US01")
    assert estate.observed(CostCentre) == []


def test_a_fact_of_another_system__is_refused() -> None:
    package = ServicePackage(
        bk="SK|X|1",
        recorded_at_ms=0,
        sku="X",
        version=1,
        name="X",
        billing_method="TM",
        revenue_method="RTI",
        tax_class="SERVICE",
    )
    assert Estate().act(package)[0]["state"] == "refused"


def posted(*invoices: dict[str, Any]) -> Estate:
    """An account on 4 February with posted invoices."""
    estate = Estate()
    estate.customer_and_job()
    for content in invoices:
        estate.made("POST", "invoice", content)
    estate.step(at("2026-02-04T15:00"))
    return estate


def status(estate: Estate) -> dict[str, tuple[str, int]]:
    """Status and open amount by key."""
    return {row.external_id: (row.status, row.open_tc_minor) for row in estate.observed(Invoice)}


def test_a_payment__pays_the_contracts_invoice_and_makes_a_journal() -> None:
    estate = posted(invoice("A"))
    (acted,) = estate.act(intent(), references=CONTRACT)
    (payment,) = estate.observed(Payment)
    assert (acted["state"], acted["native_id"]) == ("applied", payment.native_id)
    assert (payment.amount_tc_minor, payment.open_tc_minor, payment.number) == (
        68179,
        0,
        "US01-PMT-2026-000001",
    )
    assert payment.applications == (Application(invoice="1", amount_tc_minor=68179),)
    assert (payment.received_on, payment.acct_date) == (date(2026, 2, 4), date(2026, 2, 4))
    assert status(estate) == {"A": ("PAID", 0)}
    journal = next(row for row in estate.observed(Journal) if row.journal_type == "PMT")
    assert (journal.document, journal.period) == (payment.native_id, "2026-02")
    assert [(row.account, row.dr_fc_minor, row.cr_fc_minor, row.customer) for row in journal.lines] == [
        ("1000", 68179, 0, ""),
        ("1100", 0, 68179, "1"),
    ]
    assert estate.record("invoice/1")["status"] == {"id": "B", "refName": "Paid In Full"}
    shown = estate.record(f"customerPayment/{payment.native_id}", expandSubResources="true")
    assert (shown["customer"]["id"], shown["apply"]["items"][0]["doc"]["id"]) == ("1", "1")


def test_a_share__goes_to_the_oldest_invoice_first_and_rounds_half_up() -> None:
    estate = posted(
        invoice("B", line("10.01", tax="US-OR|O|0")),
        invoice("A", line("20.00", tax="US-OR|O|0"), tranDate="2026-01-20"),
    )
    # Half of 30.01 is 15.005: 15.01, all on the invoice of 20 January.
    estate.act(intent(500_000), references=CONTRACT)
    assert status(estate) == {"A": ("PARTIALLY_PAID", 499), "B": ("POSTED", 1001)}
    estate.act(intent(ref="WIRE-2"), references=CONTRACT)
    assert status(estate) == {"A": ("PAID", 0), "B": ("PAID", 0)}
    assert [payment.amount_tc_minor for payment in estate.observed(Payment)] == [1501, 1500]


def test_a_payment__waits_for_a_posted_invoice_and_is_booked_once() -> None:
    estate = Estate()
    estate.customer_and_job()
    assert estate.act(intent())[0]["state"] == "waiting"
    estate.made("POST", "invoice", invoice("A"))
    assert estate.act(intent(), references=CONTRACT)[0]["state"] == "waiting"
    estate.step(APPROVAL_MS)
    first = estate.act(intent(), references=CONTRACT)[0]
    assert first["state"] == "applied"
    assert estate.act(intent(), references=CONTRACT)[0] == first
    assert len(estate.observed(Payment)) == 1
    assert estate.act(intent(ref="WIRE-2"), references=CONTRACT)[0]["state"] == "refused"


def test_a_consolidated_invoice__is_found_by_the_job_of_its_lines() -> None:
    content = invoice("A", line("10.00", job={"externalId": "J1"}), custbody_rh_source_id="001ACCOUNT")
    estate = posted(content)
    assert estate.act(intent(), references=CONTRACT)[0]["state"] == "applied"
    assert status(estate) == {"A": ("PAID", 0)}


def test_a_receipt_booked_after_the_close__is_dated_into_the_next_period() -> None:
    estate = posted(invoice("A"))
    estate.step(at("2026-03-06T21:00"))
    estate.act(intent(), references=CONTRACT)
    (payment,) = estate.observed(Payment)
    assert (payment.received_on, payment.acct_date) == (date(2026, 2, 4), date(2026, 3, 1))
