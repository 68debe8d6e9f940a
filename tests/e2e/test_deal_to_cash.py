"""The whole house, simulated: from the won deal to the paid invoice, and what no burglar gets away with."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from integration_core.engine.run import AFTER_CHECKPOINT, AFTER_EFFECT, BEFORE_EFFECT
from integration_core.engine.simulated import CrashNow
from mocks.kit.store import Store
from scenarios.catalogue import scenario_named
from scenarios.estate import Estate
from scenarios.options import Hooks, Options
from scenarios.rehearse import run
from scenarios.simulation.estate import SimulatedEstate

SCENARIO = scenario_named("deal-to-cash")


def rehearse(
    seed: int, plan: str = "none", hooks: Hooks | None = None, database_url: str | None = None
) -> Any:
    """The result of one run as `--json` has it."""
    options = Options(seed=seed, plan=SCENARIO.plans[plan], database_url=database_url)
    return run(SCENARIO, options, hooks)[0]


def failed(result: Any) -> dict[str, Any]:
    """Failed checks by id."""
    return {check["id"]: check for check in result["checks"] if check["status"] == "fail"}


def assert_pass(result: Any) -> None:
    """A pass in which every required check compared something."""
    assert result["verdict"] == "pass", (result["stuck"], result["unsupported"], failed(result))
    assert {check["id"] for check in result["checks"] if check["required"] and not check["compared"]} == set()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("plan", ["none", "small"])
def test_deal__passes_with_and_without_faults(seed: int, plan: str) -> None:
    result = rehearse(seed, plan)
    assert_pass(result)
    assert (result["faults"]["injected"] > 5) == (plan == "small")


def test_faults__change_nothing_in_the_ledger() -> None:
    quiet, disturbed = rehearse(4), rehearse(4, "small")
    assert quiet["faults"]["facts_that_waited"] == disturbed["faults"]["facts_that_waited"] == 0
    assert quiet["ledger"] == disturbed["ledger"]


def test_postgresql__gives_the_same_result(fresh_postgres: str) -> None:
    on_sqlite, on_postgres = rehearse(5, "small"), rehearse(5, "small", database_url=fresh_postgres)
    assert_pass(on_postgres)
    for result in (on_sqlite, on_postgres):
        del result["timing"]
    assert json.dumps(on_sqlite) == json.dumps(on_postgres)


class Crashes:
    """Kills the core at every n-th place where a crash is interesting, a bounded number of times."""

    def __init__(self, every: int, point: str, most: int = 12) -> None:
        self._every, self._point, self._left, self._visits = every, point, most, 0
        self.crashed = 0

    def visit(self, point: str, run_id: str, name: str, occurrence: int) -> None:
        if point != self._point:
            return
        self._visits += 1
        if self._left and self._visits % self._every == 0:
            self._left -= 1
            self.crashed += 1
            raise CrashNow


@pytest.mark.parametrize("point", [BEFORE_EFFECT, AFTER_EFFECT, AFTER_CHECKPOINT])
def test_core_that_dies_again_and_again__still_passes(point: str) -> None:
    crashes = Crashes(every=5, point=point)
    assert_pass(rehearse(6, "small", Hooks(crash_points=crashes)))
    assert crashes.crashed >= 5


# --- corruptions ----------------------------------------------------------------------------------


def _tamper(change: Callable[[dict[str, Store]], None]) -> Callable[[Estate], Awaitable[None]]:
    async def before_judging(estate: Estate) -> None:
        assert isinstance(estate, SimulatedEstate)
        change({role: mock.worlds["default"].store for role, mock in estate.mocks.items()})

    return before_judging


def _first(store: Store, object_name: str) -> Any:
    return store.select(object_name)[0]


def _corrupted(change: Callable[[dict[str, Store]], None]) -> tuple[Any, str]:
    """The result after a change, and the text of all its violations."""
    result = rehearse(1, hooks=Hooks(before_judging=_tamper(change)))
    assert result["verdict"] == "fail"
    return result, json.dumps([check["violations"] for check in failed(result).values()])


def _invoice(stores: dict[str, Store]) -> Any:
    return stores["erp"].find("transaction", "type", "CustInvc")[0]


def _lines(stores: dict[str, Store], invoice: Any) -> list[Any]:
    erp = stores["erp"]
    return [
        line
        for line in erp.find("transactionline", "transaction", invoice.id)
        if line.values["linetype"] == "item"
    ]


def _cent(stores: dict[str, Store]) -> int:
    kind = stores["erp"].schema.object("transactionline")
    field = kind.field("foreignamount") if kind else None
    assert field is not None
    return int(10 ** (field.scale - 2))


def test_one_cent_on_one_line__is_found_with_the_invoice_as_witness() -> None:
    witness: list[str] = []

    def change(stores: dict[str, Store]) -> None:
        invoice = _invoice(stores)
        line = _lines(stores, invoice)[0]
        witness.extend((str(invoice.values["externalid"]), invoice.id))
        changes = {"foreignamount": line.values["foreignamount"] + _cent(stores)}
        stores["erp"].update("transactionline", line.id, changes, line.modified_ms)

    result, text = _corrupted(change)
    assert "X02" in failed(result)
    assert any(name in text for name in witness)


def test_deleted_invoice__is_missed_by_name() -> None:
    witness: list[str] = []

    def change(stores: dict[str, Store]) -> None:
        invoice = _invoice(stores)
        witness.append(str(invoice.values["externalid"]))
        stores["erp"].delete("transaction", invoice.id, invoice.modified_ms)

    result, text = _corrupted(change)
    assert "X02" in failed(result)
    assert witness[0].split("|")[-1] in text


def test_doubled_invoice__is_found_as_one_too_many() -> None:
    witness: list[str] = []

    def change(stores: dict[str, Store]) -> None:
        invoice, erp = _invoice(stores), stores["erp"]
        twin = "987654"
        witness.append(twin)
        erp.insert("transaction", twin, {**invoice.values, "externalid": "twin"}, invoice.modified_ms)
        for number, line in enumerate(_lines(stores, invoice)):
            copied = {**line.values, "transaction": twin}
            erp.insert("transactionline", f"98765{number}", copied, invoice.modified_ms)

    result, text = _corrupted(change)
    assert {"I04", "X02"} & failed(result).keys()
    assert witness[0] in text


def test_swapped_source_ids__are_found_with_both_lines() -> None:
    witness: list[str] = []

    def change(stores: dict[str, Store]) -> None:
        invoice, erp = _invoice(stores), stores["erp"]
        lines = _lines(stores, invoice)
        one = lines[0]
        two = next(line for line in lines if line.values["foreignamount"] != one.values["foreignamount"])
        name = "custcol_rh_source_id"
        witness.extend((str(one.values[name]), invoice.id, str(invoice.values["externalid"])))
        erp.update("transactionline", one.id, {name: two.values[name]}, one.modified_ms)
        erp.update("transactionline", two.id, {name: one.values[name]}, two.modified_ms)

    result, text = _corrupted(change)
    assert "X02" in failed(result)
    assert any(name in text for name in witness)


def test_project_that_vanished__is_found() -> None:
    def change(stores: dict[str, Store]) -> None:
        project = _first(stores["psa"], "pse__Proj__c")
        stores["psa"].delete("pse__Proj__c", project.id, project.modified_ms)

    result, _ = _corrupted(change)
    assert "I01" in failed(result)


def test_mirror_a_cent_off__is_found() -> None:
    def change(stores: dict[str, Store]) -> None:
        contract = next(
            record for record in stores["crm"].select("Contract") if record.values["RH_Billed_To_Date__c"]
        )
        value = contract.values["RH_Billed_To_Date__c"]
        assert isinstance(value, int)
        stores["crm"].update(
            "Contract", contract.id, {"RH_Billed_To_Date__c": value + 10}, contract.modified_ms
        )

    result, _ = _corrupted(change)
    assert "I28" in failed(result)


def test_calls_of_one_deal__carry_one_trace_through_every_system() -> None:
    seen: dict[str, set[str]] = {}

    async def look(estate: Estate) -> None:
        assert isinstance(estate, SimulatedEstate)
        for role, part in (
            ("psa", "/pse__Proj__c/"),
            ("erp", "/record/v1/job/"),
            ("erp", "/record/v1/customer/"),
        ):
            entries = estate.mocks[role].worlds["default"].journal.search(path=part)
            seen[part] = {entry.correlation_id for entry in entries if entry.method in ("PUT", "PATCH")}

    assert_pass(rehearse(1, hooks=Hooks(before_judging=look)))
    traces = set.union(*seen.values())
    assert len(seen) == 3
    assert len(traces) == 1
    assert "" not in traces
