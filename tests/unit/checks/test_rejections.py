"""Every check accepts the small month as it is, and rejects it with one thing spoilt."""

from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace

from scenarios.checks import CHECKS
from scenarios.oracle.book import CaseRow, Messages, Piece
from tests.unit.checks.documents import GROSS, NET, SALES_TAX, TAX
from tests.unit.checks.facts import at, cell
from tests.unit.checks.world import World

Spoil = Callable[[World], object]


def _swap_hours(world: World) -> None:
    """The sum over a contract line stays what it is."""
    first, second = (world["i1"].lines[place].quantity_e4 for place in (0, 1))
    world.change_line("i1", 0, quantity_e4=second)
    world.change_line("i1", 1, quantity_e4=first)


# check, what is wrong, how, lowest layer of the differences
REJECTED: tuple[tuple[str, str, Spoil, str], ...] = (
    ("I01", "a second ERP project", lambda w: w.copy("j1", "j2"), "master"),
    ("I01", "no PSA project", lambda w: w.drop("p1"), "master"),
    ("I01", "a project for nothing", lambda w: w.copy("j1", "j2", source_id="800Z"), "master"),
    ("I02", "a line short of a cent", lambda w: w.change_line("i1", 3, amount_tc_minor=62_982), "event"),
    ("I02", "time billed before approval", lambda w: w.change_line("i1", 4, source_id="th5#Fri"), "event"),
    ("I02b", "a cent lost in the book", lambda w: w.spoil_piece(0, amount_minor=189_874), "event"),
    ("I02b", "a billed piece still unbilled", lambda w: w.spoil_piece(0, state="COMMITTED"), "event"),
    ("I02b", "a piece for nothing", lambda w: w.spoil_piece(0, source_id="th9#Mon"), "event"),
    ("I03", "a quarter of an hour too much", lambda w: w.change_line("i1", 0, quantity_e4=80_000), "line"),
    ("I03b", "hours lost in the book", lambda w: w.spoil_piece(5, hours_e2=500), "event"),
    ("I04", "one entry on two lines", lambda w: w.change_line("i1", 1, source_id="th1#Tue"), "line"),
    ("I04", "one entry on two invoices", lambda w: w.copy("i1", "i2"), "line"),
    ("I04", "an invented line", lambda w: w.change_line("i1", 1, source_id="th7#Mon"), "line"),
    ("I05", "a net that is no sum", lambda w: w.change("i1", net_tc_minor=NET + 1), "document"),
    ("I05", "a gross that is no sum", lambda w: w.change("i1", gross_tc_minor=GROSS - 1), "document"),
    ("I05", "tax rounded a line", lambda w: _retax(w, SALES_TAX - 1), "document"),
    ("I05", "no tax total", lambda w: w.change("i1", taxes=(), tax_tc_minor=0), "document"),
    ("I11", "a one-sided journal", lambda w: w.change_line("je1", 2, cr_tc_minor=0), "journal"),
    ("I12", "a one-sided functional amount", lambda w: w.change_line("je1", 2, cr_fc_minor=0), "balance"),
    ("I13", "a receipt without journal", lambda w: w.drop("je2"), "balance"),
    ("I13", "the wrong customer", lambda w: w.change_line("je2", 1, customer="c9"), "balance"),
    ("I14", "open although paid", lambda w: w.change("i1", open_tc_minor=5), "document"),
    ("I14", "paid in name only", lambda w: w.change("i1", status="POSTED"), "document"),
    ("I14", "a receipt that clears too much", lambda w: w.change("pm1", amount_tc_minor=1), "document"),
    ("I28", "gross shown as billed", lambda w: w.change("800A", billed_minor=GROSS), "mirror"),
    ("I28", "nothing collected yet", lambda w: w.change("800A", collected_minor=None), "mirror"),
    ("I28", "no contract to show it", lambda w: w.drop("800A"), "mirror"),
    ("I29", "an old status in the CRM", lambda w: w.change("006A", last_invoice_status="POSTED"), "mirror"),
    ("I29", "an old project status", lambda w: w.change("006A", project_status="Requested"), "mirror"),
    ("I29", "a split not marked", lambda w: w.change("s-th2", billed=False), "mirror"),
    ("I29", "an unbilled split marked", lambda w: w.change("s-th5", billed=True), "mirror"),
    ("I30", "another value in the ERP", lambda w: w.change("j1", value_minor=1_999_999), "master"),
    ("I30", "another value in the PSA", lambda w: w.change("p1", value_minor=0), "master"),
    ("I32", "a line of another contract line", lambda w: _misplace(w), "line"),
    ("I32", "a journal of no document", lambda w: w.change("je1", document="i9"), "journal"),
    ("I32b", "no lineage", lambda w: _lineage(w, 0), "event"),
    ("I32b", "another rate named", lambda w: _lineage(w, 6, rate_source="4|RC|x"), "event"),
    ("I33", "a gap", lambda w: w.change("i1", number="US01-INV-2026-000002"), "document"),
    ("I33", "a number of another year", lambda w: w.change("i1", number="US01-INV-2025-000001"), "document"),
    ("I33", "a number on a draft", lambda w: w.change("i1", status="DRAFT"), "document"),
    (
        "I34",
        "posted after the close",
        lambda w: w.change("ap1", closed_at_ms=at("2026-02-01 00:00")),
        "journal",
    ),
    ("I34", "dated against the calendar", lambda w: w.change("i1", acct_date=date(2026, 2, 1)), "document"),
    ("I35", "a customer twice", lambda w: w.copy("c1", "c2"), "document"),
    ("I35", "an employee twice", lambda w: w.copy("e1", "e9", external_id="x"), "master"),
    ("I35", "a journal twice", lambda w: w.copy("je1", "je9"), "journal"),
    ("I35b", "a piece twice", lambda w: _again(w), "event"),
    ("I36", "a VAT id shared", lambda w: _shared_vat(w), "master"),
    ("I36", "a project of no customer", lambda w: w.change("j1", customer="c9"), "master"),
    ("I36", "an unknown employee", lambda w: w.change("e1", source_id="hr9"), "master"),
    ("I37", "the rate of before the change", lambda w: _old_rate(w), "event"),
    ("I42", "something on suspense", lambda w: _suspense(w), "balance"),
    ("I42", "an entry left out", lambda w: w.change("i1", lines=w["i1"].lines[:4]), "event"),
    ("I42b", "a message without outcome", lambda w: _messages(w), "event"),
    ("X01", "a fact not recorded", lambda w: w.facts.pop(), "event"),
    ("X01", "a fact nobody played", lambda w: w.played.pop(), "event"),
    ("X02", "no invoice", lambda w: w.drop("i1"), "document"),
    ("X02", "an invoice too many", lambda w: w.copy("i1", "i2"), "document"),
    ("X02", "an invoice of no run", lambda w: w.copy("i1", "i2", run="BR|US01|2026-01-15"), "document"),
    ("X02", "half-even rounding", lambda w: w.change_line("i1", 3, amount_tc_minor=62_982), "line"),
    ("X02", "another tax category", lambda w: w.change_line("i1", 0, tax_code="US-CA|O|0"), "line"),
    ("X02", "due too late", lambda w: w.change("i1", due_date=date(2026, 3, 3)), "document"),
    ("X02", "approved at another hour", lambda w: w.change("i1", approved_at_ms=1), "document"),
    ("X03", "no journal", lambda w: w.drop("je1"), "journal"),
    ("X03", "another account", lambda w: w.change_line("je1", 1, account="2400"), "journal"),
    ("X03", "another practice", lambda w: w.change_line("je1", 1, practice="OPS"), "journal"),
    ("X03", "an invented journal", lambda w: w.copy("je1", "je9", document=""), "journal"),
    ("X04", "open although paid", lambda w: w.change("i1", open_fc_minor=1), "document"),
    ("X05", "in another period", lambda w: w.change("je1", period="2026-02"), "balance"),
    ("X06", "an old name", lambda w: w.change("c1", name="Buyer"), "master"),
    ("X06", "no employee", lambda w: w.drop("e2"), "master"),
    ("X06", "an inactive resource", lambda w: w.change("0031", active=False), "master"),
    ("X06", "another level", lambda w: w.change("0031", level="SENIOR"), "master"),
    ("X06", "planned hours cut off", lambda w: w.change("t1", planned_e2=4_999), "master"),
    ("X06", "a task nobody sold", lambda w: w.copy("t1", "t9", wbs="1.30"), "master"),
    ("X08", "a case not opened", lambda w: _cases(w), "event"),
    ("X08", "a case for nothing", lambda w: _cases(w, ("RATE_MISSING", "TE|TC-000001|Tue")), "event"),
    ("X01", "a payment nobody made", lambda w: w.copy("pm1", "pm2", external_id="BANK-2"), "event"),
    ("X01", "a payment booked twice", lambda w: w.copy("pm1", "pm2"), "event"),
    ("X01", "a payment of less", lambda w: w.change("pm1", amount_tc_minor=GROSS - 1), "event"),
    ("X01", "a payment never booked", lambda w: w.drop("pm1"), "event"),
    ("X01", "a payment's day", lambda w: w.change("pm1", received_on=date(2026, 2, 3)), "event"),
    ("X01", "a billed card set back", lambda w: w.change("s-th1", card_status="SAVED"), "event"),
    ("X02", "no order of that number", lambda w: w.change("i1", po_number="PO-1"), "document"),
    ("X02", "no run", lambda w: w.change("i1", run=""), "document"),
    ("X02", "no source", lambda w: w.change("i1", source_id=""), "document"),
    ("X02", "another item", lambda w: w.change_line("i1", 0, item="FF"), "line"),
    ("X02", "another account", lambda w: w.change_line("i1", 0, account="4010"), "line"),
    ("X02", "another practice", lambda w: w.change_line("i1", 0, practice="CLOUD"), "line"),
    ("X02", "another rate", lambda w: w.change_line("i1", 0, rate_e4=2_450_001), "line"),
    ("X02", "hours of another line", _swap_hours, "line"),
    ("X06", "a job's name", lambda w: w.change("j1", name="Somebody else's"), "master"),
    ("X06", "a job's entity", lambda w: w.change("j1", entity="DE01"), "master"),
    ("X06", "a job's currency", lambda w: w.change("j1", ccy="EUR"), "master"),
    ("X06", "a project's name", lambda w: w.change("p1", name=""), "master"),
    ("X06", "a task's progress", lambda w: w.change("t1", progress=False), "master"),
    ("X06", "a task's level", lambda w: w.change("t1", bill_level="PARTNER"), "master"),
    ("I14", "a functional total", lambda w: w.change("pm1", amount_fc_minor=GROSS - 1), "document"),
    ("I33", "two journals of a number", lambda w: w.change("je2", number="JE-je1"), "document"),
    ("I34", "a payment's period", lambda w: w.change("pm1", period="2026-01"), "document"),
    ("I34", "a payment's date", lambda w: w.change("pm1", acct_date=date(2026, 2, 1)), "document"),
    ("X09", "time that still waits", lambda w: w.waiting.append(w.played[-1]), "event"),
)


def _retax(world: World, minor: int) -> None:
    total = replace(world["i1"].taxes[0], tax_tc_minor=minor)
    world.change("i1", taxes=(total,), tax_tc_minor=minor, gross_tc_minor=NET + minor)


def _misplace(world: World) -> None:
    world.change_line("i1", 0, contract_line_source_id="a01Z")


def _lineage(world: World, keep: int, **fields: str) -> None:
    assert world.book is not None
    rows = tuple(replace(row, **fields) for row in world.book.lineage[:keep])
    world.book = replace(world.book, lineage=rows)


def _again(world: World) -> None:
    assert world.book is not None
    world.book = replace(world.book, pieces=(*world.book.pieces, world.book.pieces[0]))


def _shared_vat(world: World) -> None:
    world.change("c1", vat_id="US 12-3")
    world.copy("c1", "c2", vat_id="us123")


def _old_rate(world: World) -> None:
    world.change_line("i1", 1, amount_tc_minor=196_000)  # 8.00 x 245.00


def _suspense(world: World) -> None:
    world.change_line("je1", 2, account="9999")


def _messages(world: World) -> None:
    assert world.book is not None
    world.book = replace(world.book, messages=Messages(received=40, applied=39))


def _cases(world: World, *further: tuple[str, str]) -> None:
    assert world.book is not None
    rows = tuple(CaseRow(code=code, entity_bk=bk, opened_at_ms=0) for code, bk in further)
    world.book = replace(world.book, cases=(*world.book.cases, *rows) if rows else ())


# what a month of time alone, before its close, gives no occasion for
WITHOUT_OCCASION = {
    *("I06", "I07", "I09", "I10", "I15", "I16", "I17", "I18", "I19", "I20", "I21", "I22", "I23")
}


@pytest.mark.parametrize("check_id", [check.id for check in CHECKS])
def test_the_month_as_it_is__is_accepted(check_id: str) -> None:
    result = World().check(check_id)
    assert result.violations == ()
    expected = ("not_applicable", False) if check_id in WITHOUT_OCCASION else ("pass", True)
    assert (result.status, result.compared > 0) == expected


@pytest.mark.parametrize(
    ("check_id", "spoil", "layer"),
    [pytest.param(check, spoil, layer, id=f"{check} {what}") for check, what, spoil, layer in REJECTED],
)
def test_one_thing_spoilt__is_rejected_with_a_witness(check_id: str, spoil: Spoil, layer: str) -> None:
    world = World()
    spoil(world)
    result = world.check(check_id)
    assert result.status == "fail"
    assert layer in {violation.layer for violation in result.violations}
    assert all(
        violation.witness and violation.expected != violation.actual for violation in result.violations
    )


def test_checks_of_the_book__do_not_apply_to_a_subject_without_one() -> None:
    world = World(book=None)
    statuses = {check.id: world.check(check.id).status for check in CHECKS if check.reads == "book"}
    assert set(statuses.values()) == {"not_applicable"}
    assert len(statuses) == 6


def test_case_caused_by_delivery__need_not_be_explained() -> None:
    world = World()
    _cases(world, ("TECH_TIMEOUT", "OP|O1"), ("REF_MISSING", "TE|TC-000001|Tue"))
    assert world.check("X08").status == "pass"


def test_piece_without_amount__may_stand_for_a_non_billable_entry() -> None:
    world = World()
    internal = cell(6, 1, date(2026, 1, 28), 100, "2026-01-30 23:00", task="TK|00000101|1.20")
    assert world.book is not None
    piece = Piece(
        source_id=internal.source_id,
        ver=1,
        rating=1,
        piece=1,
        amount_minor=0,
        hours_e2=100,
        state="NON_BILLABLE",
        piece_class="NON_BILLABLE",
    )
    world.book = replace(world.book, pieces=(*world.book.pieces, piece))
    assert world.check("I02b").status == "pass"


def test_tax_code__is_compared_by_meaning_not_by_digits() -> None:
    world = World()
    for place in range(5):
        world.change_line("i1", place, tax_code=TAX.replace("4.2000", "4.2"))
    assert world.check("X02").status == "pass"
