"""From facts to priced events: priorities, what was known when, versions (finance 0.3, 2.1, 2.7)."""

from datetime import date

import pytest
from msgspec.structs import replace

from mocks.firm.facts.source import JobRow, RateOverride, SourceFact, TimeEntry
from scenarios.oracle.events import approved_versions, parse_task
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expect import expect
from scenarios.oracle.expected import Expected, TimeEvent
from tests.unit.checks.facts import (
    BEFORE,
    NOW,
    account,
    approved,
    assignment,
    at,
    cell,
    deal,
    masters,
    people,
    person,
    rate,
)

DAY = date(2026, 1, 20)
SUBMITTED, APPROVED = "2026-01-23 23:00", "2026-01-26 15:00"


def ask(*facts: SourceFact) -> Expected:
    """The oracle on the deal with its people, given prices and time."""
    return expect(Evidence(facts=(*masters(), *deal(), *people(), *facts), documents=(), now_ms=NOW))


def only(expected: Expected) -> TimeEvent:
    assert len(expected.events) == 1
    return expected.events[0]


def anna(hours_e2: int = 100, day: date = DAY, **changes: object) -> TimeEntry:
    return approved(cell(1, 1, day, hours_e2, SUBMITTED, **changes), APPROVED)


def codes(expected: Expected) -> set[str]:
    return {case.code for case in expected.cases}


CONTRACT = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "DATA", 1_000_000)
CONTRACT_ANY = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "*", 2_000_000)
CLIENT = rate("CLIENT", "CU|000001", "PRINCIPAL", "DATA", 3_000_000)
PARENT = rate("CLIENT", "CU|000002", "PRINCIPAL", "DATA", 4_000_000, card="PARENT-CARD")
ULTIMATE = rate("CLIENT", "CU|000009", "PRINCIPAL", "*", 5_000_000, card="TOP-CARD")
DEFAULT = rate("DEFAULT", None, "PRINCIPAL", "*", 6_000_000)
FAMILY = (
    replace(account(), parent="CU|000002"),
    replace(account(), bk="CU|000002", source_id="001B", parent="CU|000003"),
    replace(account(), bk="CU|000003", source_id="001C", parent="CU|000009"),
    replace(account(), bk="CU|000009", source_id="001D", parent=None),
)


@pytest.mark.parametrize(
    ("cards", "minor"),
    [
        ((CONTRACT, CONTRACT_ANY, CLIENT, PARENT, ULTIMATE, DEFAULT), 10_000),
        ((CONTRACT_ANY, CLIENT, PARENT, ULTIMATE, DEFAULT), 20_000),
        ((CLIENT, PARENT, ULTIMATE, DEFAULT), 30_000),
        ((PARENT, ULTIMATE, DEFAULT), 40_000),
        ((ULTIMATE, DEFAULT), 50_000),
        ((DEFAULT,), 60_000),
    ],
)
def test_cards__contract_then_client_and_its_parents_then_default(
    cards: tuple[SourceFact, ...], minor: int
) -> None:
    assert only(ask(*FAMILY, *cards, anna())).amount_minor == minor


def test_assignment_override__comes_before_every_card() -> None:
    ben = rate("CONTRACT", "CO|00000101", "SENIOR", "DATA", 1_875_000)
    event = only(ask(ben, approved(cell(2, 2, DAY, 350, SUBMITTED), APPROVED)))
    assert (event.amount_minor, event.price and event.price.priority) == (62_983, 1)


def test_override_of_another_time__does_not_count() -> None:
    past = RateOverride(9_990_000, "USD", date(2026, 1, 1), DAY, BEFORE)
    later = RateOverride(8_880_000, "USD", date(2026, 1, 1), None, at("2026-01-30 00:00"))
    staffed = assignment(1, overrides=(past, later))
    assert only(ask(staffed, CONTRACT, anna())).amount_minor == 10_000


def test_price_in_another_currency__is_no_price() -> None:
    euro = replace(CONTRACT, ccy="EUR")
    assert only(ask(euro, DEFAULT, anna())).amount_minor == 60_000


def test_price_change__goes_by_work_date_half_open() -> None:
    until = date(2026, 1, 20)
    old = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "DATA", 1_000_000, valid_to=until)
    new = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "DATA", 2_000_000, valid_from=until)
    amounts = {
        event.work_date: event.amount_minor
        for event in ask(old, new, anna(day=date(2026, 1, 19)), anna(day=DAY)).events
    }
    assert amounts == {date(2026, 1, 19): 10_000, DAY: 20_000}


def test_price_recorded_after_approval__does_not_change_an_entry_that_had_one() -> None:
    late = replace(CONTRACT, recorded_at_ms=at("2026-01-27 00:00"))
    assert only(ask(DEFAULT, late, anna())).amount_minor == 60_000


def test_price_version_recorded_after_approval__leaves_the_one_known_then() -> None:
    raised = replace(CONTRACT, recorded_at_ms=at("2026-01-27 00:00"), ver=2, rate_e4=9_000_000)
    assert only(ask(CONTRACT, raised, anna())).amount_minor == 10_000


def test_missing_price__commits_when_it_is_recorded_and_opens_a_case() -> None:
    late = replace(CONTRACT, recorded_at_ms=at("2026-01-27 00:00"))
    expected = ask(late, anna())
    event = only(expected)
    assert (event.commit_ms, event.amount_minor) == (at("2026-01-27 00:00"), 10_000)
    assert codes(expected) == {"RATE_MISSING"}


def test_no_price_ever__leaves_the_entry_uncommitted() -> None:
    event = only(ask(anna()))
    assert (event.commit_ms, event.amount_minor, event.price) == (None, 0, None)


def test_two_prices_of_one_key__block_until_one_is_gone() -> None:
    twin = rate("CONTRACT", "CO|00000101", "PRINCIPAL", "DATA", 2_000_000, valid_from=date(2026, 1, 1))
    gone = replace(twin, recorded_at_ms=at("2026-01-28 00:00"), deleted=True)
    assert codes(ask(CONTRACT, twin, DEFAULT, anna())) == {"RATE_OVERLAP"}
    assert only(ask(CONTRACT, twin, DEFAULT, anna())).commit_ms is None
    assert only(ask(CONTRACT, twin, gone, DEFAULT, anna())).commit_ms == at("2026-01-28 00:00")


def test_retroactive_price__is_named_as_out_of_reach() -> None:
    retro = replace(CONTRACT, recorded_at_ms=at("2026-01-27 00:00"), apply_retro=True)
    assert ask(DEFAULT, retro, anna()).unsupported == ("retroactive rate for TE|TC-000001|Tue",)


def test_day_price__is_spread_over_the_entity_s_hours() -> None:
    daily = replace(CONTRACT, unit="DAY", rate_e4=10_000_300)
    assert only(ask(daily, anna(300))).amount_minor == 37_501


def test_level__is_the_assignment_s_else_that_of_the_work_date() -> None:
    promoted = person(
        1,
        "Anna",
        "SENIOR",
        jobs=(
            JobRow(date(2024, 1, 1), "SENIOR", "Consultant", "CC|US01|100", None),
            JobRow(DAY, "PRINCIPAL", "Consultant", "CC|US01|100", None),
        ),
    )
    senior = rate("DEFAULT", None, "SENIOR", "*", 1_110_000)
    given = assignment(1, bill_level="PARTNER")
    partner = rate("DEFAULT", None, "PARTNER", "*", 2_220_000)
    before, after = anna(day=date(2026, 1, 19)), anna(day=DAY)
    by_day = {e.work_date: e.amount_minor for e in ask(promoted, senior, DEFAULT, before, after).events}
    assert by_day == {date(2026, 1, 19): 11_100, DAY: 60_000}
    assert only(ask(given, partner, DEFAULT, anna())).amount_minor == 22_200


@pytest.mark.parametrize(("time_type", "minor"), [("REG", 10_000), ("OT", 15_000), ("TRAVEL", 5_000)])
def test_time_type__multiplies(time_type: str, minor: int) -> None:
    assert only(ask(CONTRACT, anna(time_type=time_type))).amount_minor == minor


@pytest.mark.parametrize(("wbs", "billable"), [("1.10", False), ("1.20", True)])
def test_entry_or_task_that_is_not_billable__has_no_amount(wbs: str, billable: bool) -> None:
    task = f"TK|00000101|{wbs}"
    event = only(ask(CONTRACT, assignment(1, task=task), anna(task=task, billable=billable)))
    assert (event.billable, event.commit_ms, event.amount_minor) == (False, None, 0)


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (person(1, "Anna", "PRINCIPAL", terminated=DAY), "TIME_NOT_EMPLOYED"),
        (person(1, "Anna", "PRINCIPAL", hired=date(2026, 1, 21)), "TIME_NOT_EMPLOYED"),
        (assignment(1, valid_to=DAY), "TIME_NOT_ASSIGNED"),
        (assignment(1, status="PROPOSED"), "TIME_NOT_ASSIGNED"),
        (assignment(1, resource="RS|2"), "TIME_NOT_ASSIGNED"),
    ],
)
def test_entry_outside_employment_or_assignment__is_not_valid(fact: SourceFact, code: str) -> None:
    expected = ask(fact, CONTRACT, anna())
    assert (only(expected).valid_ms, codes(expected)) == (None, {code})


def test_assignment_prolonged_later__makes_the_entry_valid_then() -> None:
    short = assignment(1, valid_to=DAY)
    prolonged = assignment(1, recorded_at_ms=at("2026-01-29 12:00"), ver=2)
    event = only(ask(short, prolonged, CONTRACT, anna()))
    assert event.valid_ms == event.commit_ms == at("2026-01-29 12:00")


def test_task_that_the_package_does_not_have__is_inactive() -> None:
    expected = ask(CONTRACT, anna(task="TK|00000101|1.99"))
    assert codes(expected) == {"TIME_TASK_INACTIVE"}


def test_back_dated_approval__counts_from_the_instant_it_was_recorded() -> None:
    entry = replace(anna(), approved_at_ms=at("2026-01-01 00:00"))
    assert only(ask(CONTRACT, entry)).commit_ms == at(APPROVED)


def version(number: int, hours_e2: int, stamp: str, **changes: object) -> TimeEntry:
    entry = cell(number, 1, DAY, hours_e2, stamp, bk="TE|TC-000001|Tue", ver=number, **changes)
    return approved(entry, stamp)


def test_replacement_with_other_hours__supersedes_at_its_approval() -> None:
    versions = approved_versions(
        [version(1, 100, "2026-01-26 15:00"), version(2, 200, "2026-01-28 15:00")], NOW
    )
    assert [(v.fact.ver, v.superseded_ms) for v in versions] == [(1, at("2026-01-28 15:00")), (2, None)]


def test_replacement_that_changes_no_money__keeps_the_first_event_with_both_sources() -> None:
    later = version(2, 100, "2026-01-28 15:00", note="better words")
    versions = approved_versions([version(1, 100, "2026-01-26 15:00"), later], NOW)
    assert [(v.fact.ver, v.sources, v.superseded_ms) for v in versions] == [(1, ("th1#Tue", "th2#Tue"), None)]


def test_replacement_of_zero_hours__deletes_the_entry() -> None:
    first, deleted = version(1, 100, "2026-01-26 15:00"), version(2, 0, "2026-01-28 15:00")
    expected = ask(CONTRACT, first, deleted)
    assert [(e.ver, e.superseded_ms) for e in expected.events] == [(1, at("2026-01-28 15:00"))]
    assert expected.invoices == {}


def test_version_approved_after_its_successor__never_lives() -> None:
    versions = approved_versions(
        [version(1, 100, "2026-01-29 15:00"), version(2, 200, "2026-01-28 15:00")], NOW
    )
    assert [v.fact.ver for v in versions] == [2]


def test_rejected_and_resubmitted_cell__counts_as_it_was_approved() -> None:
    first = cell(1, 1, DAY, 900, SUBMITTED)
    rejected = replace(first, status="REJECTED", recorded_at_ms=at("2026-01-24 15:00"))
    again = replace(first, hours_e2=100, recorded_at_ms=at("2026-01-25 15:00"))
    assert only(ask(CONTRACT, first, rejected, again, anna())).hours_e2 == 100


@pytest.mark.parametrize("bk", ["TK|00000101", "TK||1.10", "TK|00000101|x.10", "PJ|00000101|1.10"])
def test_key_that_is_no_task__is_refused(bk: str) -> None:
    assert parse_task(bk) is None


def test_task_key__names_contract_and_line() -> None:
    task = parse_task("TK|00000101|2.10.3")
    assert task is not None
    assert (task.contract, task.line, task.wbs, task.line_key) == ("CO|00000101", 2, "10.3", "CL|00000101|2")


def test_more_than_a_day_of_hours__is_named_as_out_of_reach() -> None:
    entries = [approved(cell(n, 1, DAY, 1_300, SUBMITTED, note=str(n)), APPROVED) for n in (1, 2)]
    assert ask(CONTRACT, *entries).unsupported == ("more than 24 h of RS|1 on 2026-01-20",)


def test_same_hours_under_another_key__are_suspected() -> None:
    entries = [approved(cell(n, 1, DAY, 100, SUBMITTED, note="same"), APPROVED) for n in (1, 2)]
    suspects = [case for case in ask(CONTRACT, *entries).cases if case.code == "TIME_DUPLICATE_SUSPECT"]
    assert [case.entity_bks for case in suspects] == [("TE|TC-000001|Tue", "TE|TC-000002|Tue")]


@pytest.mark.parametrize(("corrected", "may"), [("2026-01-27 09:00", True), ("2026-01-26 14:00", False)])
def test_entries_alike_until_one_was_put_right__may_have_been_suspected(corrected: str, may: bool) -> None:
    one, two = (approved(cell(n, 1, DAY, 100, SUBMITTED, note="same"), APPROVED) for n in (1, 2))
    two = replace(two, recorded_at_ms=at("2026-01-26 13:00"), approved_at_ms=at("2026-01-26 13:00"))
    right = replace(
        two,
        ver=2,
        hours_e2=200,
        source_id="th3#Tue",
        recorded_at_ms=at(corrected),
        approved_at_ms=at(corrected),
    )
    expected = ask(CONTRACT, one, two, right)
    allowed = {bk for case in expected.allowed_cases for bk in case.entity_bks if "SUSPECT" in case.code}
    assert not [case for case in expected.cases if case.code == "TIME_DUPLICATE_SUSPECT"]
    assert allowed == ({one.bk, two.bk} if may else set())
