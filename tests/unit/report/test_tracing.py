"""From a difference to its calls: found by every name of a document, writes first, and nothing of pay."""

import asyncio
from typing import Any, cast

import msgspec

from scenarios.checks.result import CheckResult, Violation
from scenarios.estate import ROLES, Estate
from scenarios.events import CallSeen
from scenarios.tracing import CALLS_KEPT, READS_KEPT, calls_behind, group_of
from tests.unit.checks.documents import invoice
from tests.unit.report.runs import evidence

INVOICE = invoice()
GROUP = f"erp:invoice:{INVOICE.native_id}"


class Journals:
    """An estate of which only the journals are asked."""

    def __init__(self, calls: dict[str, list[dict[str, Any]]]) -> None:
        self.systems = {role: _System(calls.get(role, [])) for role in ROLES}


class _System:
    def __init__(self, calls: list[dict[str, Any]]) -> None:
        self.control = self
        self._calls = calls

    async def journal(self, after: int, limit: int) -> dict[str, Any]:
        return {"entries": [call for call in self._calls if call["seq"] > after][:limit]}


def call(seq: int, method: str, path: str, **changes: Any) -> dict[str, Any]:
    blank = {"query": "", "status": 200, "outcome": "answered", "fault": "", "correlation_id": "c"}
    return {
        "seq": seq,
        "at_ms": seq,
        "method": method,
        "path": path,
        "request": "",
        "response": "",
        **blank,
        **changes,
    }


def behind(
    calls: dict[str, list[dict[str, Any]]], *witness: str, status: str = "fail"
) -> dict[str, tuple[CallSeen, ...]]:
    found = Violation(witness=witness, expected="1", actual="2", layer="document")
    failed = CheckResult(id="X02", name="", reads="systems", status=status, compared=1, violations=(found,))
    return asyncio.run(calls_behind(cast(Estate, Journals(calls)), [failed], evidence()))


def test_document__is_found_by_external_id_and_by_its_own_path() -> None:
    made = call(1, "POST", "/record/v1/invoice", request=f'{{"externalId":"{INVOICE.external_id}"}}')
    changed = call(3, "PATCH", f"/record/v1/invoice/{INVOICE.native_id}")
    other = call(2, "POST", "/record/v1/invoice", request=f'{{"externalId":"{INVOICE.external_id}9"}}')
    found = behind({"erp": [made, other, changed]}, GROUP, INVOICE.external_id, "net")
    assert [seen.at_ms for seen in found[GROUP]] == [1, 3]


def test_short_native_id__means_nothing_in_another_system() -> None:
    found = behind({"crm": [call(1, "PATCH", f"/x/{INVOICE.native_id}")]}, GROUP)
    assert found == {GROUP: ()}


def test_source_id__leads_to_the_systems_of_record() -> None:
    native = "a1DPSA2000000012BA"
    told = call(1, "PATCH", "/sobjects/x", request=f'[{{"id":"{native}"}}]')
    found = behind({"psa": [told]}, "BE|TE|TC-1|Tue|v1.1|p1", f"{native}#Tue")
    assert [seen.method for seen in found["BE|TE|TC-1|Tue|v1.1|p1"]] == ["PATCH"]


def test_polls__are_left_out_where_a_write_is_known() -> None:
    poll = [call(n, "GET", "/query", response=f'"{INVOICE.external_id}"') for n in range(1, 30)]
    write = call(50, "POST", "/invoice", request=f'"{INVOICE.external_id}"')
    assert [seen.at_ms for seen in behind({"erp": [*poll, write]}, GROUP)[GROUP]] == [50]
    assert len(behind({"erp": poll}, GROUP)[GROUP]) == READS_KEPT


def test_calls__are_bounded_and_in_order() -> None:
    writes = [call(n, "PATCH", f"/invoice/eid:{INVOICE.external_id}") for n in range(1, 60)]
    kept = behind({"erp": writes}, GROUP)[GROUP]
    assert [seen.at_ms for seen in kept] == list(range(1, CALLS_KEPT + 1))


def test_bodies_that_could_tell_pay__are_not_kept() -> None:
    key = f'"{INVOICE.external_id}"'
    calls = {
        "erp": [call(1, "POST", "/record/v1/journalEntry", request=f'{key} "debit":4711.5')],
        "hris": [call(2, "POST", "/x", request=f'{key} "salary":4711.5')],
        "payroll": [call(3, "POST", "/x", request=f"{key} 4711.5")],
        "crm": [call(4, "POST", "/x", request=f"{key} kept")],
    }
    found = behind({role: calls[role] for role in calls if role in ROLES}, GROUP)
    text = msgspec.json.encode(found).decode()
    assert "4711" not in text
    assert "kept" in text


def test_passing_checks__are_not_traced() -> None:
    assert behind({"erp": [call(1, "POST", "/x")]}, GROUP, status="pass") == {}


def test_place_inside_a_document__belongs_to_the_document() -> None:
    assert group_of(("erp:invoice:1/3", "BE|x")) == "erp:invoice:1"
    assert group_of(("CO|1/2",)) == "CO|1/2"
