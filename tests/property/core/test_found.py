"""What the properties found in the core, told as plain stories so that it stays found."""

from .history import CUTOFFS_MS, END_MS, HOUR_MS, START_MS, Booking, Plan, Version
from .office import SOURCES, Office, Schedule
from .strategies import USUAL
from .test_outbox_machine import invoice
from .workshop import Workshop

FEBRUARY = "IN|US01|2026-02-28|00000101"


def test_promotion_that_was_told_before_its_day__reaches_the_psa_on_its_day_without_further_news() -> None:
    office = Office(Plan(lines=("TM",), promoted_ms=START_MS + HOUR_MS))
    office.play(Schedule(USUAL))
    assert office.targets.held["resource"]["E008"]["level"] == "MANAGER"


def test_time_of_somebody_the_hris_showed_just_now__is_waited_for_by_a_run() -> None:
    worked = Version(START_MS + HOUR_MS, (32, 0, 0, 0, 0), line=0)
    office = Office(Plan(lines=("TM",), bookings=(Booking(0, 0, (worked,)),)))
    office.clock.at_ms = END_MS
    for name in SOURCES:
        if name != "hris":
            office.run("poll", name)
            office.serve()
    office.run("poll", "hris")
    office.run("billing", "US01")  # before `people` has had its turn
    office.serve()
    assert [line["source_id"] for line in office.targets.held["invoice"][FEBRUARY]["lines"]] == ["c0v1#Mon"]
    assert worked.at_ms < CUTOFFS_MS[0]


def test_invoice_that_is_put_off_for_longer_than_another__is_sent_when_its_time_comes() -> None:
    shop = Workshop()
    shop.memory.pair("erp", "customer", "CU|C0001", "native:CU|C0001")
    first, second = invoice(1), invoice(2)
    shop.target.faults.append("unavailable")  # a second
    shop.want("erp.invoice", first.key, first)
    shop.wait(0)
    shop.target.faults.append("limited")  # half a minute
    shop.want("erp.invoice", second.key, second)
    shop.wait(0)
    shop.wait(1)
    assert shop.target.made == [first.key]
    shop.wait(30)
    assert shop.target.made == [first.key, second.key]
    shop.close()


def test_fee_that_is_billed_while_its_deal_is_being_built__is_sent_when_the_deal_stands() -> None:
    office = Office(Plan(lines=("RET",)))
    office.clock.at_ms = END_MS
    for name in SOURCES:
        office.run("poll", name)
    office.run("billing", "US01")
    office.run("send", "erp.invoice")
    assert "invoice" not in office.targets.held
    office.serve()
    office.rest()
    assert FEBRUARY in office.targets.held["invoice"]
    assert office.owed() == {}
