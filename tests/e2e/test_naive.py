"""The naive subject: right on a sunny day, and found out by the first storm."""

import json
from typing import Any

import pytest

from mocks.kit.faults import Fault
from scenarios.catalogue import scenario_named
from scenarios.catalogue.deal_to_cash import CUT_OFF_HOURS
from scenarios.faults.plan import Plan, PlannedFault
from scenarios.options import Hooks, Options
from scenarios.rehearse import run

SCENARIO = scenario_named("deal-to-cash")
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ROLES = ("crm", "psa", "hris", "erp")
HEALED_HOURS = CUT_OFF_HOURS + 6  # after the job of the night that bills


def rehearse(seed: int, plan: Plan, mode: str = "simulated") -> Any:
    """The result of one run of the script as `--json` has it."""
    return run(SCENARIO, Options(seed=seed, plan=plan, subject="naive", mode=mode))[0]


def violations(result: Any, check_id: str) -> list[tuple[Any, Any]]:
    """Expected and actual of what a check found."""
    found = next(check for check in result["checks"] if check["id"] == check_id)
    return [(violation["expected"], violation["actual"]) for violation in found["violations"]]


def outage(role: str, from_hours: float) -> Plan:
    """A system that is away from some instant until the billing job has run."""
    fault = Fault(id=f"{role}-down", kind="outage")
    planned = PlannedFault(role=role, fault=fault, from_hours=from_hours, until_hours=HEALED_HOURS)
    return Plan(name="outage", faults=(planned,))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_naive_without_faults__passes_and_keeps_no_book(seed: int) -> None:
    result = rehearse(seed, SCENARIO.plans["none"])
    statuses: dict[str, set[str]] = {check["reads"]: set() for check in result["checks"]}
    for check in result["checks"]:
        statuses[check["reads"]].add(check["status"])
    assert (result["verdict"], result["subject"], result["stuck"]) == ("pass", "naive", "")
    assert statuses["book"] == {"not_applicable"}
    assert "fail" not in statuses["systems"]
    assert result["ledger"]["invoices"] >= 1


@pytest.mark.parametrize("seed", [1, 2])
def test_naive_whose_answers_are_lost__bills_twice_and_is_named_for_it(seed: int) -> None:
    result = rehearse(seed, SCENARIO.plans["small"])
    assert result["verdict"] == "fail"
    assert ("one document", "a further one") in violations(result, "X02")
    assert ("one line", "two lines") in violations(result, "I04")


def test_naive_whose_ledger_is_away_on_the_night__loses_the_invoice_and_is_named_for_it() -> None:
    result = rehearse(1, outage("erp", CUT_OFF_HOURS + 3))
    assert result["verdict"] == "fail"
    assert [actual for _, actual in violations(result, "X02")] == ["no document"]


def test_naive_that_cannot_read_the_last_timecards__bills_too_little() -> None:
    result = rehearse(2, outage("psa", CUT_OFF_HOURS - 72))
    assert result["verdict"] == "fail"
    assert "missing" in {actual for _, actual in violations(result, "X02")}


def test_naive_in_a_storm__comes_to_a_verdict() -> None:
    faults = [
        PlannedFault(role=role, fault=Fault(id=f"{role}-{kind}", kind=kind, share_e6=250_000))
        for role in ROLES
        for kind in ("reject", "lose_answer", "truncate", "fail_after_commit")
    ]
    assert rehearse(3, Plan(name="storm", faults=tuple(faults)))["verdict"] == "fail"


def test_naive_that_dies_after_billing__bills_all_again() -> None:
    died: list[int] = []

    async def between(subject: Any, now_ms: int) -> None:
        if not died and now_ms > START_MS + HEALED_HOURS * 3_600_000:
            died.append(now_ms)
            await subject.crash()

    options = Options(seed=1, plan=SCENARIO.plans["none"], subject="naive")
    result = run(SCENARIO, options, Hooks(between_steps=between))[0]
    assert len(died) == 1
    assert ("one document", "a further one") in violations(result, "X02")


def test_naive__gives_the_same_bytes_for_the_same_seed() -> None:
    first, second = rehearse(4, SCENARIO.plans["small"]), rehearse(4, SCENARIO.plans["small"])
    for result in (first, second):
        del result["timing"]
    assert json.dumps(first) == json.dumps(second)


def test_naive_over_real_connections__passes_too() -> None:
    assert rehearse(5, SCENARIO.plans["none"], mode="live")["verdict"] == "pass"
