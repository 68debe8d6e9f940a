"""Whole worlds: snapshots, resets, restarts, and records as the API would show them."""

from pathlib import Path

import msgspec

from mocks.firm.facts.documents import ErpCustomer, Invoice
from mocks.kit.faults import Fault
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, START_MS, Estate, firm, invoice


def billed(estate: Estate) -> Estate:
    """With one invoice that waits."""
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("A"))
    return estate


def test_a_restored_snapshot__goes_on_from_where_it_was_taken() -> None:
    estate = billed(Estate())
    taken = estate.control("snapshot", {})
    before = estate.control("observe")
    estate.made("POST", "invoice", invoice("B"))
    estate.step(APPROVAL_MS)
    after = sorted(row.number for row in estate.observed(Invoice))
    assert after == ["US01-INV-2026-000001", "US01-INV-2026-000002"]
    estate.control("restore", taken)
    assert estate.control("observe") == before
    estate.made("POST", "invoice", invoice("B"))
    numbers = {row.external_id: row.number for row in estate.observed(Invoice)}
    assert numbers == {"A": "US01-INV-2026-000001", "B": "US01-INV-2026-000002"}


def test_a_reset_world__has_its_own_set_up_and_nothing_else() -> None:
    estate = billed(Estate())
    estate.control("reset", {})
    assert estate.control("observe") == b""
    assert len(estate.rows("SELECT id FROM account")) == 27
    estate.control("seed", {"facts": firm()})
    billed(estate)
    assert len(estate.observed(ErpCustomer)) == 1


def test_a_mock_with_a_data_folder__comes_back_with_all_it_had_confirmed(tmp_path: Path) -> None:
    first = billed(Estate(tmp_path))
    observed = first.control("observe")
    first.world.store.close()
    second = Estate(tmp_path, play=False)
    assert second.control("observe") == observed
    assert second.made("PUT", "customer/eid:C1", {"companyName": "Calder & Finch"}) == "1"
    second.step(APPROVAL_MS)
    (found,) = second.observed(Invoice)
    assert (found.status, found.number) == ("POSTED", "US01-INV-2026-000001")


def test_two_estates_with_the_same_calls__hold_the_same() -> None:
    one, two = billed(Estate()), billed(Estate())
    one.step(APPROVAL_MS)
    two.step(APPROVAL_MS)
    assert one.control("observe") == two.control("observe")
    assert one.control("native") == two.control("native")


def test_native_records__are_what_the_api_shows() -> None:
    estate = billed(Estate())
    lines = estate.control("native").splitlines()
    rows = [msgspec.json.decode(row) for row in lines]
    kinds = {row["object"] for row in rows}
    assert {"subsidiary", "customer", "job", "invoice", "accountingPeriod"} <= kinds
    (shown,) = [row["record"] for row in rows if row["object"] == "invoice"]
    read = estate.record("invoice/1", expandSubResources="true")
    assert shown["item"]["items"][0]["taxCode"] == read["item"]["items"][0]["taxCode"]
    assert shown.keys() == read.keys()


def test_a_clock_that_runs_by_itself__finds_due_work_done_before_the_answer() -> None:
    estate = billed(Estate())
    estate.world.clock.step_to(APPROVAL_MS)  # as time passes where no runner steps it
    assert estate.record("invoice/1")["tranId"] == "US01-INV-2026-000001"
    assert estate.world.store.next_due_ms() is None


def test_faults_on_stamps__cut_the_modification_stamps_down() -> None:
    estate = Estate(start_ms=START_MS + 59_999)
    estate.control("faults", [Fault(id="coarse", kind="coarse_stamps", seconds=60)])
    estate.customer_and_job()
    assert {row.modified_at_ms for row in estate.observed(ErpCustomer)} == {START_MS}
