"""Every check accepts the month-end as it is; those of closes and corrections reject one thing spoilt."""

import json
from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import PayrollRun
from scenarios.checks import CHECKS
from tests.unit.checks.month_end import month_end
from tests.unit.checks.test_rejections import REJECTED as OF_TIME
from tests.unit.checks.world import World

Spoil = Callable[[World], object]


def _post(world: World, native_id: str, minor: int, *places: int) -> None:
    """Move the amounts of a journal's lines, debits and credits alike."""
    for place in places or range(len(world[native_id].lines)):
        line = world[native_id].lines[place]
        moved = {
            name: getattr(line, name) + minor
            for name in ("dr_tc_minor", "cr_tc_minor", "dr_fc_minor", "cr_fc_minor")
            if getattr(line, name)
        }
        world.change_line(native_id, place, **moved)


def _shift(world: World, native_id: str, place: int, minor: int) -> None:
    """One cost object more, the next one less."""
    _post(world, native_id, minor, place)
    _post(world, native_id, -minor, place + 1)


def _retax(world: World) -> None:
    total = replace(world["cm1"].taxes[0], tax_tc_minor=10_291)
    world.change("cm1", taxes=(total,), tax_tc_minor=10_291, gross_tc_minor=255_291)


def _estimate_less(world: World) -> None:
    """Hours that people recorded are not what revenue was computed from."""
    world.facts = [
        replace(fact, hours_e2=500) if getattr(fact, "source_id", "") == "th4#Tue" else fact
        for fact in world.facts
    ]


def _pay_more(world: World) -> None:
    for facts in (world.facts, world.played):
        for place, fact in enumerate(facts):
            if isinstance(fact, PayrollRun):
                lines = (replace(fact.lines[0], gross_minor=800_001), *fact.lines[1:])
                facts[place] = replace(fact, lines=lines)


# check, what is wrong, how, a layer of the differences
REJECTED: tuple[tuple[str, str, Spoil, str], ...] = (
    ("I02", "a milestone billed short", lambda w: w.change_line("i2", 1, amount_tc_minor=239_999), "event"),
    ("I02b", "a credited piece still billed", lambda w: w.spoil_piece(0, state="INVOICED"), "event"),
    ("I02b", "a fee lost in the book", lambda w: w.spoil_piece(3, amount_minor=612_902), "event"),
    ("I02b", "an amount on covered time", lambda w: w.spoil_piece(6, amount_minor=1), "event"),
    ("I03", "overage hours", lambda w: w.change_line("i2", 2, quantity_e4=12_000), "line"),
    ("I03b", "overage hours in the book", lambda w: w.spoil_piece(5, hours_e2=120), "event"),
    ("I04", "a fee row twice", lambda w: w.change_line("i2", 1, source_id="a01C#BS1"), "line"),
    ("I04", "an unknown row", lambda w: w.change_line("i2", 1, source_id="a01Z#BS1"), "line"),
    ("I05", "a credit's tax of its own", _retax, "document"),
    ("I06", "more credited than billed", lambda w: w.change_line("cm1", 0, amount_tc_minor=245_001), "line"),
    ("I06", "credited twice", lambda w: w.copy("cm1", "cm2"), "line"),
    ("I06", "a credit of nothing", lambda w: w.change("cm1", invoice="i9"), "document"),
    ("I07", "no credit", lambda w: w.drop("cm1"), "event"),
    ("I07", "a partial credit", lambda w: w.change_line("cm1", 0, amount_tc_minor=49_000), "event"),
    ("I07", "the new version unbilled", lambda w: w.change("i2", lines=w["i2"].lines[1:]), "event"),
    ("I07", "a credit nobody asked for", lambda w: w.change_line("cm1", 0, source_id="th2#Mon"), "event"),
    ("I09", "milestones short of the fee", lambda w: w.change("ms2", amount_minor=959_999), "master"),
    ("I09", "more than the fee", lambda w: w.change_line("i2", 1, amount_tc_minor=1_200_001), "line"),
    ("I10", "a whole month for a part", lambda w: w.change_line("i1", 1, amount_tc_minor=950_000), "line"),
    ("I10", "overage without proration", lambda w: w.change_line("i2", 2, amount_tc_minor=0), "line"),
    ("I13", "a credit still open", lambda w: w.change("cm1", open_fc_minor=1), "balance"),
    ("I14", "an applied credit still open", lambda w: w.change("cm1", open_tc_minor=1), "document"),
    ("I14", "an unapplied credit", lambda w: w.change("cm1", status="POSTED"), "document"),
    ("I15", "recognised a cent less", lambda w: _post(w, "je72", -1), "balance"),
    ("I16", "no reclassification", lambda w: w.drop("je73"), "balance"),
    ("I17", "an accrual short of a cent", lambda w: _post(w, "je70", -1), "balance"),
    ("I17", "no reversal", lambda w: w.drop("je71"), "balance"),
    ("I18", "revenue on another line", lambda w: _post(w, "je72", 5, 1), "balance"),
    ("I19", "another share of the fee", lambda w: _post(w, "je72", 100), "balance"),
    ("I19", "hours that were corrected", _estimate_less, "balance"),
    ("I20", "a whole month's fee", lambda w: _post(w, "je75", 337_097), "balance"),
    ("I21", "a cent not allocated", lambda w: _post(w, "je61", -1, 1), "journal"),
    ("I21", "a pool that is not empty", lambda w: _post(w, "je61", -1, 2), "balance"),
    ("I21", "nobody's cost allocated", lambda w: w.drop("je64"), "journal"),
    ("I22", "cost by other hours", lambda w: _shift(w, "je61", 0, 100), "journal"),
    ("I22", "a bucket of its own", lambda w: w.change_line("je62", 1, bucket="INTERNAL"), "journal"),
    ("I23", "a payroll not posted", lambda w: w.drop("je5"), "balance"),
    ("I23", "a cent of pay lost", _pay_more, "balance"),
    ("I28", "credits not taken off", lambda w: w.change("800A", billed_minor=1_323_653), "mirror"),
    ("I29", "a milestone not marked", lambda w: w.change("ms1", billed=False), "mirror"),
    ("I29", "an unbilled milestone marked", lambda w: w.change("ms2", billed=True), "mirror"),
    ("I32", "a credit of no line", lambda w: w.change_line("cm1", 0, source_id="th2#Mon"), "line"),
    ("I32", "revenue of an unknown line", lambda w: w.change("je72", source_id="a01Z"), "journal"),
    ("I32", "labour of nobody", lambda w: w.change("je61", source_id="py1#9"), "journal"),
    ("I32", "a close journal's project", lambda w: w.change_line("je61", 0, project="j9"), "journal"),
    ("I32b", "a fee without lineage", lambda w: _forget(w, "a01C#BS1"), "event"),
    ("I33", "a credit's gap", lambda w: w.change("cm1", number="US01-CM-2026-000002"), "document"),
    ("I33", "a credit numbered alike", lambda w: w.change("cm1", number="US01-INV-2026-000003"), "document"),
    ("I34", "a period left open", lambda w: w.change("ap1", state="OPEN", closed_at_ms=None), "balance"),
    ("I34", "closed too early", lambda w: w.change("ap1", closed_at_ms=1), "balance"),
    ("I34", "recognised after the close", lambda w: w.change("je72", posted_at_ms=1 << 50), "journal"),
    ("I34", "a credit's date", lambda w: w.change("cm1", acct_date=date(2026, 2, 1)), "document"),
    ("I35", "a close journal twice", lambda w: w.copy("je72", "je99", external_id="x"), "journal"),
    ("I35", "a milestone twice", lambda w: w.copy("ms1", "ms9"), "master"),
    ("I35", "a credit twice", lambda w: w.copy("cm1", "cm9"), "document"),
    ("I36", "a milestone of no project", lambda w: w.change("ms1", project="p9"), "master"),
    ("I36", "a credit of no customer", lambda w: w.change("cm1", customer="c9"), "master"),
    ("I42", "a milestone left out", lambda w: w.change("i2", lines=w["i2"].lines[:1]), "event"),
    ("X01", "pay that was not played", lambda w: w.played.pop(), "event"),
    ("X02", "no credit", lambda w: w.drop("cm1"), "document"),
    ("X02", "a further credit", lambda w: w.copy("cm1", "cm9"), "document"),
    ("X02", "paid, not credited", lambda w: w.change("i1", status="PAID"), "document"),
    ("X02", "a credit line short", lambda w: w.change_line("cm1", 0, amount_tc_minor=244_999), "line"),
    ("X03", "no recognition", lambda w: w.drop("je72"), "journal"),
    ("X03", "no labour", lambda w: w.drop("je61"), "journal"),
    ("X03", "a further recognition", lambda w: w.copy("je72", "je99"), "journal"),
    (
        "X03",
        "recognition of another month",
        lambda w: w.change("je72", acct_date=date(2026, 2, 1)),
        "journal",
    ),
    ("X03", "another account", lambda w: w.change_line("je75", 1, account="4010"), "journal"),
    ("X03", "another cost centre", lambda w: w.change_line("je61", 0, cost_centre="200"), "journal"),
    ("X03", "a credit's journal short", lambda w: _post(w, "je3", -1, 1), "journal"),
    ("X04", "a credit open", lambda w: w.change("cm1", open_tc_minor=5), "document"),
    ("X05", "pay in another period", lambda w: w.change("je5", period="2026-02"), "balance"),
    ("X06", "a milestone's name", lambda w: w.change("ms1", name="Sketch"), "master"),
    ("X02", "a credit's run", lambda w: w.change("cm1", run="BR|US01|2026-01-15"), "document"),
    ("X02", "a credit of no contract", lambda w: w.change("cm1", source_id="800Z"), "document"),
    ("X02", "a credit's hours", lambda w: w.change_line("cm1", 0, quantity_e4=1), "line"),
    ("X02", "a fee's rate", lambda w: w.change_line("i1", 1, rate_e4=95_000_000), "line"),
    ("X02", "a fee by the hour", lambda w: w.change_line("i2", 1, quantity_e4=80_000), "line"),
    ("X02", "overage at another rate", lambda w: w.change_line("i2", 2, rate_e4=2_450_000), "line"),
    ("X06", "an acceptance undone", lambda w: w.change("ms1", status="PLANNED"), "master"),
    ("X06", "an acceptance nobody gave", lambda w: w.change("ms2", status="ACCEPTED"), "master"),
    ("X06", "a milestone not planned", lambda w: w.drop("ms2"), "master"),
    ("X06", "a milestone nobody sold", lambda w: w.copy("ms2", "ms3", seq=3), "master"),
)


def _forget(world: World, source_id: str) -> None:
    assert world.book is not None
    rows = tuple(row for row in world.book.lineage if row.source_id != source_id)
    world.book = replace(world.book, lineage=rows)


@pytest.mark.parametrize("check_id", [check.id for check in CHECKS])
def test_the_month_end_as_it_is__is_accepted(check_id: str) -> None:
    result = month_end().check(check_id)
    assert result.violations == ()
    assert (result.status, result.reasons, result.compared > 0) == ("pass", (), True)


@pytest.mark.parametrize(
    ("check_id", "spoil", "layer"),
    [pytest.param(check, spoil, layer, id=f"{check} {what}") for check, what, spoil, layer in REJECTED],
)
def test_one_thing_of_the_month_end_spoilt__is_rejected(check_id: str, spoil: Spoil, layer: str) -> None:
    world = month_end()
    spoil(world)
    result = world.check(check_id)
    assert result.status == "fail"
    assert layer in {violation.layer for violation in result.violations}
    assert all(violation.witness for violation in result.violations)


def test_every_check__has_a_history_it_rejects() -> None:
    rejecting = {check for check, *_ in (*OF_TIME, *REJECTED)}
    assert rejecting == {check.id for check in CHECKS}


# every figure of somebody's pay: gross, burden, cost and its parts
PAY = ("800000", "73467", "873467", "59555", "813912", "68182", "504545", "1000000", "2973467")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: w.drop("je5"),
        lambda w: w.drop("je61"),
        lambda w: w.drop("je64"),
        lambda w: w.copy("je61", "je99"),
        lambda w: w.change_line("je61", 0, account="5190"),
        lambda w: w.change_line("je64", 0, resource="3"),
        lambda w: w.change_line("je5", 0, dr_tc_minor=0),
        lambda w: w.change("je5", period="2026-02"),
        lambda w: w.played.pop(),
        lambda w: w.facts.pop(),
        _pay_more,
    ],
)
def test_differences_of_pay__never_show_what_anybody_earns(spoil: Spoil) -> None:
    world = month_end()
    spoil(world)
    case = world.case()
    results = [check.run(case) for check in CHECKS]
    assert "fail" in {result.status for result in results}
    text = json.dumps(msgspec.to_builtins([result.violations for result in results]))
    assert [figure for figure in PAY if figure in text] == []


def test_small_gap_of_pay__is_told() -> None:
    world = month_end()
    _post(world, "je61", -1, 1)
    (violation, *_) = world.check("I21").violations
    assert (violation.expected, violation.actual) == ("the exact amount", "off by -1 minor units")


def test_fee_row_that_is_not_due__may_stand_in_the_book_already() -> None:
    world = month_end()
    assert world.book is not None
    later = replace(world.book.pieces[3], source_id="a01C#BS3", state="COMMITTED", amount_minor=950_000)
    world.book = replace(world.book, pieces=(*world.book.pieces, later))
    assert world.check("I02b").status == "pass"


def test_line_credited_in_full__may_be_billed_again() -> None:
    world = month_end()
    again = replace(world["i1"].lines[0], line=4)
    world.change("i2", lines=(*world["i2"].lines, again))
    assert world.check("I04").status == "pass"


def test_held_back_close__is_not_judged_where_the_oracle_cannot_say() -> None:
    world = month_end()
    world.change("ap1", state="OPEN", closed_at_ms=None)
    world.facts = [replace(fact, ccy="EUR") if isinstance(fact, PayrollRun) else fact for fact in world.facts]
    assert world.case().expected.unsupported
    assert world.check("I34").status == "pass"


def test_balances__are_of_each_entity_and_currency_alone() -> None:
    """What is missing in New York does not make up for what is too much in Berlin."""
    world = month_end()
    world.copy("je2", "je98", entity="DE01", ccy="EUR", document="i98")
    world.change_line("je2", 0, dr_tc_minor=485_311, dr_fc_minor=485_311)
    world.change_line("je98", 0, dr_tc_minor=485_313, dr_fc_minor=485_313)
    found = {(violation.witness, violation.actual) for violation in world.check("I12").violations}
    assert {witness[0] for witness, _ in found} == {"LE|DE01", "LE|US01"}
    assert ("DE01", "1100", "2026-01", "EUR", "tc") in {v.witness for v in world.check("X05").violations}
