"""Payrolls played by the clerk come back as they were played, live or seeded."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mocks.firm.facts.source import CostCentre, PayrollLine, PayrollRun

from .estate import START_MS, Estate, payroll, without_places

LINES = st.lists(
    st.builds(
        PayrollLine,
        employee=st.sampled_from(["RS|1", "RS|2", "RS|3"]),
        work_email=st.sampled_from(["a.b@firm.example", "c@firm.example", "1.2@firm.example"]),
        gross_minor=st.integers(-10_000_000, 10_000_000),
        burden_minor=st.integers(-1_000_000, 1_000_000),
    ),
    max_size=3,
    unique_by=lambda line: line.employee,
).map(tuple)
DATES = st.dates(payroll().check_date, payroll().check_date.replace(year=2027))


@st.composite
def versions(draw: st.DrawFn, entity: str, number: int) -> list[PayrollRun]:
    """Versions of one run, each unlike the one before."""
    made: list[PayrollRun] = []
    for _ in range(draw(st.integers(1, 3))):
        fact = payroll(
            entity,
            number=number,
            ver=len(made) + 1,
            kind=draw(st.sampled_from(["REGULAR", "CORRECTION"])),
            check_date=draw(DATES),
            posted_at_ms=START_MS + draw(st.integers(0, 10**9)),
            lines=draw(LINES),
        )
        if not made or replace(made[-1], ver=fact.ver) != fact:
            made.append(fact)
    return made


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(
    versions("US01", 1), versions("US01", 2), versions("DE01", 1), st.sampled_from(["act", "seed"]),
    st.integers(0, 900),
)  # fmt: skip
def test_any_history__comes_back_as_it_was_played(
    first: list[PayrollRun], second: list[PayrollRun], third: list[PayrollRun], verb: str, gap_ms: int
) -> None:
    estate = Estate()
    stamps = {}
    for fact in sorted(first + second + third, key=lambda fact: (fact.ver, fact.bk)):
        estate.step(estate.world.now_ms() + gap_ms)
        seeded = replace(fact, recorded_at_ms=START_MS + fact.ver * gap_ms)
        (acted,) = estate.act([seeded], verb)
        at_ms = estate.world.now_ms() if verb == "act" else seeded.recorded_at_ms
        stamps[fact.bk, fact.ver] = (acted["native_id"], at_ms)
    observed = sorted(estate.observe(), key=lambda fact: (fact.bk, fact.ver))
    played = sorted(first + second + third, key=lambda fact: (fact.bk, fact.ver))
    assert without_places(observed) == without_places(played)
    assert stamps == {(fact.bk, fact.ver): (fact.source_id, fact.recorded_at_ms) for fact in observed}


def test_a_repeated_fact__changes_nothing() -> None:
    estate = Estate()
    first = estate.act([payroll()])
    writes = estate.world.store.writes
    assert estate.act([payroll()]) == first
    assert estate.world.store.writes == writes


def test_what_a_clerk_cannot_enter__is_refused_and_leaves_nothing() -> None:
    estate = Estate()
    twice = payroll().lines[:1] * 2
    strange = CostCentre(bk="CC|US01|1", recorded_at_ms=0, entity="LE|US01", code="1", name="One")
    month = replace(payroll(), period="2026-13")
    wrong = [payroll(lines=twice), payroll(kind="BONUS"), payroll(deleted=True), strange, month]
    assert {acted["state"] for acted in estate.act(wrong)} == {"refused"}
    assert estate.observe() == []
    estate.act([payroll()])
    (other,) = estate.act([payroll(period="2026-02", ccy="EUR")])
    assert (other["state"], other["missing"]) == ("refused", "The company US01 pays in USD, not EUR.")
    assert len(estate.employees()) == 2


def test_native_records__show_pay_but_no_token() -> None:
    estate = Estate()
    estate.act([payroll()])
    estate.control("POST", "subscribe", {"url": "https://core.example/hooks", "secret": "s3cret"})
    _, _, body = estate.control_raw("GET", "native")
    lines = body.decode().splitlines()
    assert [line.split('"')[3] for line in lines] == [
        "company", "employee", "employee", "payroll", "webhook_subscription",
    ]  # fmt: skip
    assert "8333.34" in body.decode()
    assert "s3cret" not in body.decode()


@pytest.mark.parametrize("code", ["US01", "DE01"])
def test_ids__are_the_same_for_the_same_seed(code: str) -> None:
    def ids(seed: int) -> list[str]:
        estate = Estate()
        estate.system.create_world("two", seed, START_MS)
        return [acted["native_id"] for acted in estate.act([payroll(code)], world="two")]

    assert ids(3) == ids(3) != ids(4)


def test_a_snapshot__brings_everything_back() -> None:
    estate = Estate()
    estate.act([payroll()])
    before = estate.observe()
    taken = estate.control("POST", "snapshot")
    estate.act([payroll("DE01"), payroll(ver=2, lines=())])
    estate.control("POST", "restore", taken)
    assert estate.observe() == before


def test_a_data_folder__keeps_payrolls_over_a_restart(tmp_path: Path) -> None:
    estate = Estate(tmp_path)
    estate.act([payroll()])
    before = estate.observe()
    estate.world.store.close()
    again = Estate(tmp_path)
    assert again.observe() == before
    assert len(again.employees()) == 2
