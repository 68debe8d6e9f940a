"""Preset `deal`: the firm of the deal-to-cash rehearsal, looked at over many seeds."""

from datetime import date

import pytest

from mocks.firm.facts.source import (
    Account,
    Assignment,
    Contract,
    Opportunity,
    PaymentIntent,
    Quote,
    RateLine,
    Resource,
    SourceFact,
    TimeEntry,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import profile_named

SEEDS = range(1, 31)
JANUARY_CUTOFF_MS = 1_769_922_000_000  # 2026-02-01T05:00Z, midnight in New York
JANUARY_CLOSE_MS = 1_770_411_600_000  # 2026-02-06T21:00Z


@pytest.fixture(scope="module")
def firms() -> list[Firm]:
    return [generate(profile_named("deal"), seed) for seed in SEEDS]


def played(firm: Firm) -> list[SourceFact]:
    return [fact for play in firm.calendar() for fact in play.facts]


def entries(firm: Firm) -> list[TimeEntry]:
    return [fact for fact in played(firm) if isinstance(fact, TimeEntry)]


def test_deal__has_one_won_contract_of_two_packages_and_one_lost_opportunity(firms: list[Firm]) -> None:
    for firm in firms:
        facts = played(firm)
        stages = {f.bk: f.stage for f in facts if isinstance(f, Opportunity)}
        (contract,) = {f.bk: f for f in facts if isinstance(f, Contract)}.values()
        assert sorted(stages.values()) == ["CLOSED_LOST", "CLOSED_WON"]
        assert contract.status == "SIGNED"
        assert contract.billing_freq == "MONTHLY"
        assert len({line.package for line in contract.lines}) == 2
        assert {f.status for f in facts if isinstance(f, Quote)} >= {"DRAFT", "ACCEPTED", "REJECTED"}


def test_customer_of_the_deal__has_a_parent_and_is_sometimes_new(firms: list[Firm]) -> None:
    new = 0
    for firm in firms:
        accounts = {f.bk: f for f in (*firm.master(), *played(firm)) if isinstance(f, Account)}
        assert accounts["CU|000102"].parent == "CU|000101"
        assert len(accounts) == 3
        new += any(isinstance(f, Account) for f in played(firm))
    assert 5 <= new <= 20


def test_signature_and_win__come_in_either_order(firms: list[Firm]) -> None:
    signed_first = {
        firm.world.deals[0].steps.signed_ms < firm.world.deals[0].steps.closed_ms for firm in firms
    }
    assert signed_first == {True, False}


def test_three_to_six_people__work_from_mid_january_to_its_end(firms: list[Firm]) -> None:
    for firm in firms:
        written = entries(firm)
        assert 3 <= len({entry.resource for entry in written}) <= 6
        assert date(2026, 1, 13) <= min(entry.work_date for entry in written) <= date(2026, 1, 16)
        assert date(2026, 1, 27) <= max(entry.work_date for entry in written) <= date(2026, 1, 31)


def test_most_entries__are_approved_before_the_cut_off_and_some_after(firms: list[Firm]) -> None:
    after = 0
    for firm in firms:
        approved = {e.bk: e.recorded_at_ms for e in entries(firm) if e.status == "APPROVED"}
        early = sum(at_ms < JANUARY_CUTOFF_MS for at_ms in approved.values())
        assert early * 2 > len(approved), firm.seed
        after += early < len(approved)
    assert after >= len(firms) * 3 // 4


def test_rejected_and_corrected_cards__occur_in_most_seeds(firms: list[Firm]) -> None:
    rejected = sum(any(e.status == "REJECTED" for e in entries(firm)) for firm in firms)
    corrected = sum(any(e.replaces and e.status == "APPROVED" for e in entries(firm)) for firm in firms)
    assert rejected > len(firms) * 2 // 3
    assert corrected > len(firms) * 2 // 3


def test_deleted_cells__occur_as_zero_hours_of_a_replacement(firms: list[Firm]) -> None:
    deleted = [e for firm in firms for e in entries(firm) if e.hours_e2 == 0]
    assert deleted
    assert all(entry.replaces for entry in deleted)


def test_one_person_joins_and_one_leaves__inside_the_month(firms: list[Firm]) -> None:
    for firm in firms:
        moves = [f for f in played(firm) if isinstance(f, Resource)]
        joined = [f for f in moves if f.ver == 1]
        left = [f for f in moves if f.terminated]
        assert len(joined) == len(left) == 1
        assert date(2026, 1, 8) <= joined[0].hired <= date(2026, 1, 21)
        assert left[0].terminated is not None
        assert date(2026, 1, 20) <= left[0].terminated <= date(2026, 1, 30)


def test_customer_pays_in_full__on_the_fourth_of_february(firms: list[Firm]) -> None:
    for firm in firms:
        (payment,) = (f for f in played(firm) if isinstance(f, PaymentIntent))
        assert (payment.received_on, payment.share_e6) == (date(2026, 2, 4), 1_000_000)


def test_calendar__ends_before_the_close_of_january(firms: list[Firm]) -> None:
    for firm in firms:
        assert firm.horizon_ms == JANUARY_CLOSE_MS
        assert max(play.at_ms for play in firm.calendar()) < JANUARY_CLOSE_MS


def test_rate_cards__stand_on_all_levels_and_change_inside_the_month(firms: list[Firm]) -> None:
    units, practices, overrides = set(), set(), 0
    for firm in firms:
        facts = (*firm.master(), *played(firm))
        rows = [f for f in facts if isinstance(f, RateLine)]
        scopes = {row.scope for row in rows}
        assert {"CLIENT", "DEFAULT"} <= scopes
        changes = [row.valid_from for row in rows if date(2026, 1, 1) < row.valid_from < date(2026, 1, 31)]
        assert any(day.weekday() == 2 for day in changes)
        units |= {row.unit for row in rows}
        practices |= {row.practice for row in rows if row.scope == "CONTRACT"}
        overrides += any(f.overrides for f in facts if isinstance(f, Assignment))
    assert units == {"HOUR", "DAY"}
    assert {"*", "ADV", "DATA"} <= practices
    assert overrides > len(firms) // 2


def test_managers__approve_several_cards_at_one_instant(firms: list[Firm]) -> None:
    for firm in firms:
        instants = [e.recorded_at_ms for e in entries(firm) if e.status == "APPROVED"]
        cards = {(e.recorded_at_ms, e.card) for e in entries(firm) if e.status == "APPROVED"}
        assert len(set(instants)) < len(cards)


@pytest.mark.parametrize("seed", range(1, 13))
def test_parent_accounts__stand_before_their_children(seed: int) -> None:
    firm = generate(profile_named("deal", 60), seed)
    facts = [*firm.master(), *(fact for play in firm.calendar() for fact in play.facts)]
    known: set[str] = set()
    for account in (fact for fact in facts if isinstance(fact, Account)):
        assert account.parent is None or account.parent in known
        known.add(account.bk)
    assert len(known) > 3
