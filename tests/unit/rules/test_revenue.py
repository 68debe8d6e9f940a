"""Revenue at a close: completion, reclassification, accruals (finance 3.4, 3.5, example 8.2)."""

from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from integration_core.canonical.close import Booked, Charged
from integration_core.canonical.deals import PackageMilestone
from integration_core.canonical.ledger import Journal
from integration_core.canonical.work import Estimate, MilestoneState, ProjectState
from integration_core.rules.milestones import milestone_pieces, plan_adds_up, planned
from integration_core.rules.references import RecordOf
from integration_core.rules.revenue import Close, accrual, deferred_balance, earned, line_journals

from .firm import ACME, CONTRACT, DEAL, LINE, PACKAGE, US01, D, known, ms

PLAN = tuple(
    PackageMilestone(seq=seq, name=f"M{seq}", share=D(share))
    for seq, share in ((1, "0.3"), (2, "0.4"), (3, "0.3"))
)
PACKAGE_FF = replace(PACKAGE, billing_method="FF", revenue_method="POC_HOURS", milestones=PLAN)
FIXED = replace(LINE, billing_method="FF", revenue_method="POC_HOURS", value=D("120000.00"))
CONTRACT_FF = replace(CONTRACT, lines=(FIXED,))
CLOSE_MS = ms("2026-03-06 17:00", "America/New_York")


def close(*records: RecordOf, period: str = "2026-02", **changes: Any) -> Close:
    picture = known(ACME, DEAL, PACKAGE_FF, CONTRACT_FF, *records)
    plain = Close(entity=US01, period=period, close_ms=CLOSE_MS, end=date(2026, 2, 28), references=picture)
    return replace(plain, **changes)


def hours(day: date, amount: str, known_ms: int = 0, **changes: Any) -> Booked:
    plain = Booked(
        employee_no="100001",
        contract_native_id="800C",
        contract_line_native_id="a0L1",
        billable=True,
        progress=True,
        work_date=day,
        hours=D(amount),
        known_ms=known_ms,
        superseded_ms=None,
    )
    return replace(plain, **changes)


def estimate(total: str, recorded_ms: int, native_id: str = "a9E1") -> Estimate:
    return Estimate(
        native_id=native_id,
        contract_line_native_id="a0L1",
        total_hours=D(total),
        deleted=False,
        recorded_at_ms=recorded_ms,
    )


def charged(method: str, amount: str, **changes: Any) -> Charged:
    plain = Charged(
        contract_line_native_id="a0L1",
        method=method,
        amount=D(amount),
        service_date=date(2026, 2, 20),
        commit_ms=0,
        superseded_ms=None,
        invoiced_on=None,
        credited_on=None,
    )
    return replace(plain, **changes)


def amounts(journals: list[Journal]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            journal.journal_type,
            journal.acct_date.isoformat(),
            "/".join(line.account for line in journal.lines if line.debit),
            "/".join(line.account for line in journal.lines if line.credit),
            str(sum((line.debit for line in journal.lines), Decimal(0))),
        )
        for journal in journals
    ]


def test_percentage_of_completion__is_rounded_once() -> None:
    now = close(estimate("800", 0))
    found = earned(now, CONTRACT_FF, FIXED, [hours(date(2026, 1, 20), "150.00")])
    assert found is not None
    assert found.earned == D("22500.00")
    odd = earned(close(estimate("880", 0)), CONTRACT_FF, FIXED, [hours(date(2026, 1, 20), "545.50")])
    assert odd is not None
    assert odd.earned == D("74386.36")


def test_only_what_was_known_at_the_close__counts() -> None:
    now = close(estimate("800", 0), estimate("400", CLOSE_MS, "a9E2"))
    entries = [
        hours(date(2026, 2, 3), "150.00"),
        hours(date(2026, 2, 4), "8.00", known_ms=CLOSE_MS),
        hours(date(2026, 3, 1), "8.00"),
        hours(date(2026, 2, 5), "8.00", superseded_ms=CLOSE_MS - 1),
        hours(date(2026, 2, 6), "10.00", superseded_ms=CLOSE_MS),
        hours(date(2026, 2, 7), "8.00", progress=False),
    ]
    found = earned(now, CONTRACT_FF, FIXED, entries)
    assert found is not None
    assert found.earned == D("24000.00")


def test_hours_above_the_estimate__earn_the_whole_fee_and_warn() -> None:
    found = earned(close(estimate("100", 0)), CONTRACT_FF, FIXED, [hours(date(2026, 2, 3), "100.01")])
    assert found is not None
    assert (found.earned, found.above_estimate) == (D("120000.00"), True)
    exact = earned(close(estimate("100", 0)), CONTRACT_FF, FIXED, [hours(date(2026, 2, 3), "100.00")])
    assert exact is not None
    assert (exact.earned, exact.above_estimate) == (D("120000.00"), False)


def test_first_estimate__is_the_template_times_the_quantity() -> None:
    found = earned(close(), CONTRACT_FF, FIXED, [hours(date(2026, 2, 3), "10.335")])
    assert found is not None
    assert found.earned == D("60000.00")  # of 2 x 10.335 h, which is 20.67 h


def test_completed_project__has_earned_its_fee() -> None:
    done = ProjectState(
        native_id="a0P1",
        contract_native_id="800C",
        completed_at_ms=ms("2026-02-27 18:00", "America/New_York"),
        deleted=False,
        recorded_at_ms=ms("2026-02-27 18:00", "America/New_York"),
    )
    entries = [hours(date(2026, 2, 3), "8.00")]
    now = earned(close(estimate("800", 0), done), CONTRACT_FF, FIXED, entries)
    assert now is not None
    assert now.earned == D("120000.00")
    later = replace(done, completed_at_ms=ms("2026-03-01 00:00", "America/New_York"))
    not_yet = earned(close(estimate("800", 0), later), CONTRACT_FF, FIXED, entries)
    assert not_yet is not None
    assert not_yet.earned == D("1200.00")


def test_earned_above_billed__is_a_contract_asset_for_a_day() -> None:
    now = close()
    billed = [charged("FF", "36000.00", invoiced_on=date(2026, 1, 31))]
    journals = line_journals(now, CONTRACT_FF, FIXED, billed, D("54000.00"), D("22500.00"))
    assert amounts(journals) == [
        ("REV", "2026-02-28", "2400", "4010", "31500.00"),
        ("RCL", "2026-02-28", "1150", "2400", "18000.00"),
        ("RCR", "2026-03-01", "2400", "1150", "18000.00"),
    ]
    fallen = line_journals(now, CONTRACT_FF, FIXED, billed, D("20000.00"), D("22500.00"))
    assert amounts(fallen) == [("REV", "2026-02-28", "4010", "2400", "2500.00")]
    assert deferred_balance(FIXED, billed, date(2026, 1, 30)) == 0


def test_unbilled_time__is_accrued_less_credits_to_come() -> None:
    line = replace(LINE, billing_method="TM", revenue_method="RTI")
    february = date(2026, 2, 28)
    pieces = [
        charged("TM", "989.73"),
        charged("TM", "100.00", invoiced_on=february),
        charged("TM", "40.00", invoiced_on=date(2026, 3, 1)),
        charged("TM", "7.00", commit_ms=CLOSE_MS),
        charged("TM", "9.00", service_date=date(2026, 3, 1)),
        charged("TM", "11.00", superseded_ms=CLOSE_MS - 1),
        charged("TM", "200.00", invoiced_on=february, superseded_ms=CLOSE_MS - 1),
        charged("TM", "300.00", invoiced_on=february, superseded_ms=CLOSE_MS - 1, credited_on=february),
        charged("TM", "500.00", invoiced_on=february, superseded_ms=CLOSE_MS),
        charged("OV", "860.00"),
    ]
    now = close()
    assert accrual(line, pieces, now) == {"4000": D("829.73"), "4020": D("860.00")}
    assert amounts(line_journals(now, CONTRACT, line, pieces[6:7], None, Decimal(0))) == [
        ("ACC", "2026-02-28", "4000", "1140", "200.00"),
        ("ACR", "2026-03-01", "1140", "4000", "200.00"),
    ]


def test_milestones__take_their_share_and_the_last_one_the_rest() -> None:
    odd = replace(FIXED, value=D("100.01"))
    picture = known(PACKAGE_FF)
    rows = planned(replace(CONTRACT_FF, lines=(odd,)), picture)
    assert [(row.key, row.amount) for row in rows] == [
        ("MS|CL|00000101|1|1", D("30.00")),
        ("MS|CL|00000101|1|2", D("40.00")),
        ("MS|CL|00000101|1|3", D("30.01")),
    ]
    assert plan_adds_up(CONTRACT_FF, picture)
    assert not plan_adds_up(CONTRACT_FF, known(replace(PACKAGE_FF, milestones=PLAN[:2])))


def test_accepted_milestone__bills_from_its_recording_on() -> None:
    state = MilestoneState(
        native_id="a5M2",
        contract_line_native_id="a0L1",
        seq=2,
        status="Accepted",
        accepted_at_ms=ms("2026-02-27 23:30", "America/New_York"),
        deleted=False,
        recorded_at_ms=ms("2026-02-28 09:00", "America/New_York"),
    )
    picture = known(PACKAGE_FF, CONTRACT_FF, state)
    (piece,) = milestone_pieces(CONTRACT_FF, US01, picture, CLOSE_MS)
    assert (piece.source_id, piece.amount, piece.service_date) == (
        "a5M2",
        D("48000.00"),
        date(2026, 2, 27),
    )
    assert piece.commit_ms == state.recorded_at_ms
    assert milestone_pieces(CONTRACT_FF, US01, picture, state.recorded_at_ms) == []
    achieved = known(PACKAGE_FF, CONTRACT_FF, replace(state, status="Achieved"))
    assert milestone_pieces(CONTRACT_FF, US01, achieved, CLOSE_MS) == []
