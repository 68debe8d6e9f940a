"""The gate between a won deal and work: V1 to V5 of finance 1.4."""

from typing import Any

import pytest
from msgspec.structs import replace

from integration_core.rules.gate import Obstacle, Passed, complete_tax_profile, contract_value, gate, tasks_of
from integration_core.rules.references import RecordOf, References

from .firm import ACME, CONTRACT, DEAL, LINE, PACKAGE, QUOTE, SIGNED_MS, US01, D, known


def obstacles(references: References, *, of: Any = DEAL) -> list[tuple[str, str]]:
    result = gate(of, references)
    assert isinstance(result, tuple), result
    assert all(isinstance(one, Obstacle) and one.text.endswith(".") for one in result)
    return [(one.code, one.key) for one in result]


def passed(references: References) -> Passed:
    result = gate(DEAL, references)
    assert isinstance(result, Passed), result
    return result


def test_complete_deal__passes_at_the_last_of_its_instants() -> None:
    result = passed(known())
    assert result.contract.key == "CO|00000101"
    assert result.active_at_ms == SIGNED_MS


@pytest.mark.parametrize("change", [{"stage": "COMMIT"}, {"stage": "CLOSED_LOST"}, {"deleted": True}])
def test_deal_not_won__is_not_judged(change: dict[str, Any]) -> None:
    assert gate(replace(DEAL, **change), known()) is None


@pytest.mark.parametrize(
    ("records", "without"),
    [
        ((), (QUOTE,)),
        ((replace(QUOTE, status="SENT"),), ()),
        ((replace(QUOTE, status="DELETED"),), ()),
        ((), (CONTRACT,)),
        ((replace(CONTRACT, status="DRAFT"),), ()),
        ((replace(CONTRACT, status="CANCELLED"),), ()),
        ((replace(CONTRACT, signed_at_ms=None),), ()),
        ((replace(CONTRACT, deleted=True),), ()),
        ((replace(CONTRACT, opportunity_native_id="006X"),), ()),
    ],
)
def test_deal_without_accepted_quote_or_signed_contract__waits_for_papers(
    records: tuple[RecordOf, ...], without: tuple[RecordOf, ...]
) -> None:
    assert obstacles(known(*records, without=without)) == [("OPP_NO_QUOTE", "OP|R0001")]


def test_contract_moved_to_another_deal__no_longer_carries_the_first() -> None:
    references = known()
    references.add(replace(CONTRACT, opportunity_native_id="006X"))
    assert references.contracts_of("006O") == []
    assert [contract.native_id for contract in references.contracts_of("006X")] == ["800C"]


def test_papers_signed_after_the_win__leave_a_case_that_was_overcome() -> None:
    late = passed(known(replace(CONTRACT, signed_at_ms=SIGNED_MS + 60_000)))
    assert [(one.code, one.since_ms) for one in late.overcome] == [("OPP_NO_QUOTE", SIGNED_MS - 2_000)]
    assert late.active_at_ms == SIGNED_MS + 60_000


def test_papers_signed_before_the_win__leave_none() -> None:
    early = passed(known(replace(CONTRACT, signed_at_ms=SIGNED_MS - 10_000)))
    assert early.overcome == ()
    assert early.active_at_ms == SIGNED_MS - 1_000


@pytest.mark.parametrize("amount", ["1900.01", "1899.99", "0"])
def test_amount_unlike_the_quotes_sum__is_a_mismatch(amount: str) -> None:
    deal = replace(DEAL, amount=D(amount))
    assert obstacles(known(deal), of=deal) == [("OPP_AMOUNT_MISMATCH", "OP|R0001")]


def test_line_net_unlike_quantity_price_and_discount__is_a_mismatch() -> None:
    wrong = replace(QUOTE, lines=(replace(QUOTE.lines[0], list_price=D("1000.01")),))
    assert obstacles(known(wrong)) == [("OPP_AMOUNT_MISMATCH", "OP|R0001")]


def test_line_net__is_rounded_half_up() -> None:
    half_a_cent = replace(
        QUOTE.lines[0], quantity=D("3.5"), list_price=D("179.95"), discount=D("0"), net=D("629.83")
    )
    deal = replace(DEAL, amount=D("629.83"))
    assert isinstance(gate(deal, known(deal, replace(QUOTE, lines=(half_a_cent,)))), Passed)


@pytest.mark.parametrize(
    ("change", "complete"),
    [
        ({}, True),
        ({"country": None}, False),
        ({"country": ""}, False),
        ({"state": None}, False),
        ({"country": "DE", "state": None}, True),
        ({"tax_status": "UNKNOWN"}, False),
    ],
)
def test_tax_profile__must_be_complete_before_work_begins(change: dict[str, Any], complete: bool) -> None:
    customer = replace(ACME, **change)
    assert complete_tax_profile(customer) is complete
    if complete:
        assert passed(known(customer)).contract is CONTRACT
    else:
        assert obstacles(known(customer)) == [("TAX_PROFILE_INCOMPLETE", "CU|C0001")]


def test_customer_without_terms__is_not_active() -> None:
    outcome = gate(DEAL, known(replace(ACME, payment_terms=None)))
    assert isinstance(outcome, tuple)
    assert {obstacle.code for obstacle in outcome} == {"CUST_INACTIVE"}


def test_profile_of_the_payer__is_what_counts() -> None:
    payer = replace(ACME, native_id="001P", key="CU|C0009", tax_status="UNKNOWN")
    references = known(payer, replace(CONTRACT, bill_to_native_id="001P"))
    assert obstacles(references) == [("TAX_PROFILE_INCOMPLETE", "CU|C0009")]


def test_unknown_entity_or_customer__is_in_the_way() -> None:
    assert obstacles(known(without=(US01,))) == [("DIM_MISSING", "CO|00000101")]
    assert obstacles(known(without=(ACME,))) == [("REF_MISSING", "CO|00000101")]


def test_amount_and_profile__are_both_named() -> None:
    deal = replace(DEAL, amount=D("1"))
    references = known(deal, replace(ACME, tax_status="UNKNOWN"))
    assert obstacles(references, of=deal) == [
        ("OPP_AMOUNT_MISMATCH", "OP|R0001"),
        ("TAX_PROFILE_INCOMPLETE", "CU|C0001"),
    ]


def test_several_contracts_of_a_deal__the_smallest_number_is_the_one() -> None:
    second = replace(CONTRACT, native_id="800B", number="00000100", key="CO|00000100")
    assert passed(known(second)).contract.number == "00000100"


def test_cancelled_contract_of_a_deal__does_not_hide_the_signed_one() -> None:
    cancelled = replace(CONTRACT, native_id="800B", number="00000100", status="CANCELLED")
    assert passed(known(cancelled)).contract is CONTRACT


def test_judging_twice__gives_the_same() -> None:
    references = known()
    assert gate(DEAL, references) == gate(DEAL, references)


def test_tasks__are_the_packages_template_times_quantity() -> None:
    first, second = tasks_of(CONTRACT, known())
    assert (first.key, first.wbs, first.project_key) == ("TK|00000101|1.1", "1.1", "PJ|CO|00000101")
    assert (first.contract_line_source_id, first.bill_level, first.billable) == ("a0L1", "SENIOR", True)
    assert (str(first.planned), str(second.planned)) == ("20.67", "3.00")
    assert (second.wbs, second.billable, second.progress) == ("1.2", False, False)


def test_planned_hours__are_rounded_half_up() -> None:
    half = replace(CONTRACT, lines=(replace(LINE, quantity=D("1")),))
    assert str(tasks_of(half, known(half))[0].planned) == "10.34"  # 10.335


def test_every_line__has_its_own_tasks() -> None:
    second = replace(LINE, native_id="a0L2", line=2)
    contract = replace(CONTRACT, lines=(LINE, second))
    assert [task.wbs for task in tasks_of(contract, known(contract))] == ["1.1", "1.2", "2.1", "2.2"]


def test_contract_value__is_the_sum_of_its_lines() -> None:
    second = replace(LINE, native_id="a0L2", line=2, value=D("0.05"))
    assert contract_value(replace(CONTRACT, lines=(LINE, second))) == D("1900.05")
    assert contract_value(replace(CONTRACT, lines=())) == 0


def test_package__has_a_task_for_every_row() -> None:
    assert len(PACKAGE.tasks) == len(tasks_of(CONTRACT, known()))
