"""Rating: four priorities, what was known when, and R1 to the half cent (finance 2.1, 2.2)."""

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from integration_core.canonical.billing import Blocked, Entry, Rated, Unpriced
from integration_core.canonical.deals import RateLine
from integration_core.rules.rating import job_on, rate
from integration_core.rules.references import RecordOf, References

from .firm import (
    ACME,
    BEN,
    CONTRACT,
    DEAL,
    DEFAULT_RATE,
    ENTERED_MS,
    ENTRY,
    LINE,
    STAFFING,
    US01,
    D,
    known,
    override,
    price,
)

LATER_MS = ENTERED_MS + 86_400_000


def rated(references: References, entry: Entry = ENTRY) -> Rated:
    result = rate(entry, references)
    assert isinstance(result, Rated), result
    return result


def blocked(references: References, entry: Entry = ENTRY) -> str:
    result = rate(entry, references)
    assert isinstance(result, Blocked), result
    assert entry.bk in result.text
    return result.code


def on_contract(native_id: str, amount: str, **changes: Any) -> RateLine:
    return price(native_id, amount, card="C101", scope="CONTRACT", owner_native_id="800C", **changes)


def on_client(native_id: str, amount: str, owner: str = "001A", **changes: Any) -> RateLine:
    return price(native_id, amount, card="ACME", scope="CLIENT", owner_native_id=owner, **changes)


STAFFED_AT_SPECIAL_PRICE = replace(STAFFING, overrides=(override("179.95"),))


@pytest.mark.parametrize(
    ("more", "hourly", "source"),
    [
        ((), "150", "4|RC|STD|SENIOR|*|2026-01-01"),
        ((on_client("r3", "160"),), "160", "3|RC|ACME|SENIOR|*|2026-01-01"),
        ((on_client("r3", "160"), on_contract("r2", "170")), "170", "2|RC|C101|SENIOR|*|2026-01-01"),
        ((on_contract("r2", "170"), STAFFED_AT_SPECIAL_PRICE), "179.95", "1|AS|A-0001"),
    ],
)
def test_priorities__first_hit_wins(more: tuple[RecordOf, ...], hourly: str, source: str) -> None:
    result = rated(known(*more))
    assert (result.hourly, result.rate_source) == (D(hourly), source)


@pytest.mark.parametrize("scope", ["CONTRACT", "CLIENT", "DEFAULT"])
def test_practice__exact_stands_before_star(scope: str) -> None:
    owner = {"CONTRACT": "800C", "CLIENT": "001A", "DEFAULT": None}[scope]
    lines = [
        price("rx", "111", scope=scope, owner_native_id=owner, practice="DATA"),
        price("ry", "222", scope=scope, owner_native_id=owner, practice="*"),
        price("rz", "333", scope=scope, owner_native_id=owner, practice="CLOUD"),
    ]
    references = known(*lines, without=(DEFAULT_RATE,))
    assert rated(references).hourly == 111


def test_star_of_the_contract_card__stands_before_exact_practice_of_the_client_card() -> None:
    references = known(on_contract("r2", "170", practice="*"), on_client("r3", "160", practice="DATA"))
    assert rated(references).hourly == 170


def test_client_card__is_looked_for_up_the_parents() -> None:
    group, holding = (
        replace(ACME, native_id="001G", key="CU|C0002", parent_native_id="001H"),
        replace(ACME, native_id="001H", key="CU|C0003"),
    )
    child = replace(ACME, parent_native_id="001G")
    of_holding, of_group = on_client("rh", "130", owner="001H"), on_client("rg", "140", owner="001G")
    assert rated(known(child, group, holding, of_holding)).hourly == 130
    assert rated(known(child, group, holding, of_holding, of_group)).hourly == 140
    assert rated(known(child, group, holding, of_holding, of_group, on_client("ra", "145"))).hourly == 145


def test_client_chain__is_bill_to_then_parent_then_ultimate_parent() -> None:
    chain = ["001A", "001B", "001M", "001Z"]
    customers = [
        replace(ACME, native_id=own, key=f"CU|{own}", parent_native_id=parent)
        for own, parent in zip(chain, [*chain[1:], None], strict=True)
    ]
    between, top = on_client("rm", "120", owner="001M"), on_client("rz", "110", owner="001Z")
    assert rated(known(*customers, between, top)).hourly == 110


def test_parents_in_a_circle__end_the_search() -> None:
    child, parent = (
        replace(ACME, parent_native_id="001G"),
        replace(ACME, native_id="001G", key="CU|C0002", parent_native_id="001A"),
    )
    assert rated(known(child, parent)).hourly == 150


def test_bill_to__decides_the_client_card_not_the_account() -> None:
    payer = replace(ACME, native_id="001P", key="CU|C0009")
    contract = replace(CONTRACT, bill_to_native_id="001P")
    references = known(payer, contract, on_client("ra", "145"), on_client("rp", "135", owner="001P"))
    assert rated(references).hourly == 135


def test_price_recorded_after_approval__is_not_used_while_an_earlier_one_exists() -> None:
    references = known(on_contract("r2", "170", recorded_at_ms=LATER_MS))
    result = rated(references)
    assert (result.hourly, result.commit_ms) == (D(150), ENTERED_MS)


def test_rate_missing_then_recorded__commits_at_its_recording() -> None:
    late = on_contract("r2", "170", recorded_at_ms=LATER_MS)
    references = known(late, without=(DEFAULT_RATE,))
    result = rated(references)
    assert (result.hourly, result.commit_ms) == (D(170), LATER_MS)


def test_rate_recorded_at_the_very_instant_of_approval__counts() -> None:
    references = known(on_contract("r2", "170", recorded_at_ms=ENTERED_MS))
    assert rated(references).hourly == 170


def test_several_late_prices__the_earliest_that_rates_wins_even_from_a_weaker_card() -> None:
    weaker = on_client("r3", "160", recorded_at_ms=LATER_MS)
    stronger = on_contract("r2", "170", recorded_at_ms=LATER_MS + 1)
    result = rated(known(weaker, stronger, without=(DEFAULT_RATE,)))
    assert (result.hourly, result.commit_ms) == (D(160), LATER_MS)


def test_no_rate__is_missing() -> None:
    assert blocked(known(without=(DEFAULT_RATE,))) == "RATE_MISSING"


def test_deleted_rate__is_no_rate() -> None:
    assert blocked(known(replace(DEFAULT_RATE, deleted=True))) == "RATE_MISSING"


def test_rate_in_another_currency__is_never_converted() -> None:
    euro = replace(STAFFING, overrides=(override("99", ccy="EUR"),))
    assert rated(known(euro, on_contract("r2", "170", ccy="EUR"))).hourly == 150


def test_two_prices_of_one_key__overlap() -> None:
    assert blocked(known(on_contract("r2", "170"), on_contract("r5", "171"))) == "RATE_OVERLAP"


def test_two_overrides_of_one_day__overlap() -> None:
    assert blocked(known(replace(STAFFING, overrides=(override("1"), override("2"))))) == "RATE_OVERLAP"


def test_overlap__is_not_healed_by_a_weaker_card_but_by_a_stronger_price_later() -> None:
    overlapping = (on_client("r3", "160"), on_client("r5", "161"))
    stronger = on_contract("r2", "170", recorded_at_ms=LATER_MS)
    result = rated(known(*overlapping, stronger))
    assert (result.hourly, result.commit_ms) == (D(170), LATER_MS)


def test_price_change__is_by_work_date_with_half_open_validity() -> None:
    old = on_contract("r2", "245.00", valid_to=date(2026, 3, 16))
    new = on_contract("r5", "252.35", valid_from=date(2026, 3, 16))
    references = known(old, new)
    before, after = replace(ENTRY, work_date=date(2026, 3, 15)), replace(ENTRY, work_date=date(2026, 3, 16))
    assert rated(references, before).hourly == D("245.00")
    assert rated(references, after).hourly == D("252.35")


@pytest.mark.parametrize(
    ("hours", "hourly", "amount"),
    [
        ("7.75", "245.00", "1898.75"),
        ("8.00", "252.35", "2018.80"),
        ("5.33", "252.35", "1345.03"),
        ("3.50", "179.95", "629.83"),  # 629.825: a tie, away from zero
        ("3.25", "139.60", "453.70"),
        ("5.50", "179.95", "989.73"),  # 989.725
        ("0.01", "0.50", "0.01"),  # 0.005
        ("0.01", "0.49", "0.00"),
    ],
)
def test_amount__is_rounded_once_half_up(hours: str, hourly: str, amount: str) -> None:
    staffed = replace(STAFFING, overrides=(override(hourly),))
    result = rated(known(staffed), replace(ENTRY, hours=D(hours)))
    assert str(result.amount) == amount


@pytest.mark.parametrize(
    ("time_type", "amount"), [("REG", "629.83"), ("OT", "944.74"), ("TRAVEL", "314.91"), ("NIGHT", "629.83")]
)
def test_multiplier__follows_the_time_type(time_type: str, amount: str) -> None:
    result = rated(known(STAFFED_AT_SPECIAL_PRICE), replace(ENTRY, time_type=time_type))
    assert result.amount == D(amount)


def test_discount__is_taken_before_the_one_rounding() -> None:
    contract = replace(CONTRACT, lines=(replace(LINE, discount=D("0.5")),))
    result = rated(known(contract, STAFFED_AT_SPECIAL_PRICE))
    assert result.amount == D("314.91")  # 314.9125; half of the rounded 629.83 were 314.92


def test_day_rate__is_divided_unrounded() -> None:
    seven_and_a_half = replace(US01, std_hours_day=D("7.5"))
    references = known(seven_and_a_half, on_contract("r2", "1000.00", unit="DAY"))
    result = rated(references, replace(ENTRY, hours=D("3.75")))
    assert result.amount == D("500.00")
    assert D("133.33") < result.hourly < D("133.34")
    third = rated(known(replace(US01, std_hours_day=D("3")), on_contract("r2", "0.05", unit="DAY")))
    assert third.amount == D("0.06")  # 3.5 x 0.05 / 3 = 0.058333; of a rounded 0.02 it were 0.07


def test_yen__has_no_minor_unit() -> None:
    contract = replace(CONTRACT, ccy="JPY")
    staffed = replace(STAFFING, overrides=(override("101", ccy="JPY"),))
    assert str(rated(known(contract, staffed)).amount) == "354"  # 353.5


def test_level__is_the_assignments_else_the_persons_on_that_day() -> None:
    promoted = replace(
        BEN,
        jobs=(
            *BEN.jobs,
            replace(BEN.jobs[0], valid_from=date(2026, 3, 13), level="PRINCIPAL", cost_centre="LEAD"),
        ),
    )
    principal = price("r5", "300", level="PRINCIPAL")
    references = known(promoted, principal)
    assert rated(references, replace(ENTRY, work_date=date(2026, 3, 12))).hourly == 150
    after = rated(references)
    assert (after.hourly, after.cost_centre) == (D(300), "LEAD")
    fixed = rated(known(promoted, principal, replace(STAFFING, bill_level="SENIOR")))
    assert (fixed.hourly, fixed.cost_centre) == (D(150), "LEAD")


def test_two_job_rows_of_one_day__the_last_one_stands() -> None:
    second = replace(BEN.jobs[0], level="LEAD")
    found = job_on(replace(BEN, jobs=(*BEN.jobs, second)), date(2026, 3, 13))
    assert found is second
    assert job_on(BEN, date(2025, 5, 31)) is None


@pytest.mark.parametrize("method", ["FF", "RET"])
def test_fixed_price_line__covers_the_time(method: str) -> None:
    contract = replace(CONTRACT, lines=(replace(LINE, billing_method=method),))
    for entry in (ENTRY, replace(ENTRY, billable=False)):
        result = rate(entry, known(contract))
        assert isinstance(result, Unpriced)
        assert result.klass == "COVERED"


@pytest.mark.parametrize("change", [{"billable": False}, {"task_billable": False}])
def test_non_billable_entry_or_task__has_no_amount(change: dict[str, bool]) -> None:
    result = rate(replace(ENTRY, **change), known(without=(DEFAULT_RATE,)))
    assert isinstance(result, Unpriced)
    assert result.klass == "NON_BILLABLE"


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (replace(BEN, hired=date(2026, 3, 13)), None),
        (replace(BEN, hired=date(2026, 3, 14)), "TIME_NOT_EMPLOYED"),
        (replace(BEN, terminated=date(2026, 3, 14)), None),
        (replace(BEN, terminated=date(2026, 3, 13)), "TIME_NOT_EMPLOYED"),
        (replace(BEN, jobs=()), "DIM_MISSING"),
        (replace(BEN, employee_no="E008"), None),
    ],
)
def test_employment__is_half_open(person: Any, code: str | None) -> None:
    result = rate(ENTRY, known(person))
    assert (result.code if isinstance(result, Blocked) else None) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"valid_from": date(2026, 3, 13)}, None),
        ({"valid_from": date(2026, 3, 14)}, "TIME_NOT_ASSIGNED"),
        ({"valid_to": date(2026, 3, 14)}, None),
        ({"valid_to": date(2026, 3, 13)}, "TIME_NOT_ASSIGNED"),
        ({"valid_to": None}, None),
        ({"deleted": True}, "TIME_NOT_ASSIGNED"),
        ({"status": "CANCELLED"}, "TIME_NOT_ASSIGNED"),
        ({"status": "PROPOSED"}, "TIME_NOT_ASSIGNED"),
        ({"status": "ENDED"}, None),
    ],
)
def test_assignment__must_cover_the_day(change: dict[str, Any], code: str | None) -> None:
    result = rate(ENTRY, known(replace(STAFFING, **change)))
    assert (result.code if isinstance(result, Blocked) else None) == code


def test_unknown_references__block_the_entry() -> None:
    references = known()
    assert blocked(references, replace(ENTRY, contract_line_native_id="a0L9")) == "TIME_TASK_INACTIVE"
    assert blocked(references, replace(ENTRY, employee_no="E999")) == "REF_MISSING"
    assert blocked(references, replace(ENTRY, assignment_native_id="a1A9")) == "TIME_NOT_ASSIGNED"


def test_line_dropped_from_its_contract__is_unknown_and_its_neighbour_keeps_its_own_terms() -> None:
    second = replace(LINE, native_id="a0L2", line=2, discount=D("0.5"))
    references = known(replace(CONTRACT, lines=(LINE, second)))
    references.add(replace(CONTRACT, lines=(second,)))
    assert blocked(references) == "TIME_TASK_INACTIVE"
    assert rated(references, replace(ENTRY, contract_line_native_id="a0L2")).amount == D("262.50")


def test_unknown_opportunity__leaves_the_star_practice() -> None:
    references = known(on_contract("r2", "170", practice="DATA"), without=(DEAL,))
    assert rated(references).hourly == 150


LINES = (
    on_contract("r2", "170", recorded_at_ms=LATER_MS),
    on_client("r3", "160", practice="DATA", recorded_at_ms=LATER_MS + 5),
    on_client("r6", "161", practice="DATA", recorded_at_ms=LATER_MS + 6),
    DEFAULT_RATE,
)


def test_order_of_arrival__changes_nothing() -> None:
    results = {
        (result.hourly, result.commit_ms, result.rate_source)
        for lines in permutations(LINES)
        if isinstance(result := rate(ENTRY, known(*lines)), Rated)
    }
    assert results == {(D(150), ENTERED_MS, "4|RC|STD|SENIOR|*|2026-01-01")}


cents = st.decimals(min_value=0, max_value=5000, places=4, allow_nan=False, allow_infinity=False)
worked = st.decimals(min_value=D("0.01"), max_value=24, places=2, allow_nan=False, allow_infinity=False)


@given(hours=worked, hourly=cents)
def test_amount__is_within_half_a_cent_of_the_exact_product(hours: Decimal, hourly: Decimal) -> None:
    result = rated(known(replace(STAFFING, overrides=(override(str(hourly)),))), replace(ENTRY, hours=hours))
    exact = hours * hourly
    assert abs(result.amount - exact) <= D("0.005")
    assert result.amount == result.amount.quantize(D("0.01"))
