"""Preset `month-end`: two companies that sell everything, looked at over many seeds."""

from collections import Counter
from datetime import date, timedelta

import pytest
from stdnum.eu import vat

from mocks.firm.facts.source import (
    Absence,
    Account,
    Contract,
    Estimate,
    LegalEntity,
    Milestone,
    PayrollRun,
    ProjectCompletion,
    ServicePackage,
    SourceFact,
    TaxRate,
    TimeEntry,
)
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import parts, profile_named

SEEDS = range(1, 13)
# midnight after the last day of January and February, in New York and Berlin
CUTOFFS = {"US01": (1_769_922_000_000, 1_772_341_200_000), "DE01": (1_769_900_400_000, 1_772_319_600_000)}
GOLDEN = "5808dbc219d5a74d11db1d7f3739d7ef03555053487cfd3572e89e50d2a2d7b3"


class Played:
    """What one firm plays."""

    def __init__(self, seed: int) -> None:
        self.firm: Firm = generate(profile_named("month-end"), seed)
        self.master = self.firm.master()
        self.plays = list(self.firm.calendar())
        self.facts: list[SourceFact] = [fact for play in self.plays for fact in play.facts]
        self.contracts = {c.bk: c for c in self.firm.contracts()}
        self.packages = {f.bk: f for f in self.master if isinstance(f, ServicePackage)}
        self.entities = {f.bk: f for f in self.master if isinstance(f, LegalEntity)}

    def lines(self) -> Counter[tuple[str, str]]:
        """Methods of contract lines."""
        return Counter(
            (line.billing_method, line.revenue_method) for c in self.contracts.values() for line in c.lines
        )

    def entity(self, contract: str) -> str:
        """The code of a contract's company."""
        return self.contracts[contract].entity.removeprefix("LE|")


@pytest.fixture(scope="module")
def firms() -> list[Played]:
    return [Played(seed) for seed in SEEDS]


def test_golden_digest__stands() -> None:
    assert generate(profile_named("month-end"), 1).digest() == GOLDEN


@pytest.mark.parametrize("chunk_size", [1, 7])
def test_chunk_size__does_not_matter(chunk_size: int) -> None:
    profile = profile_named("month-end")
    assert generate(profile, 5, chunk_size).digests() == generate(profile, 5).digests()


def test_parts__add_up_to_the_whole() -> None:
    for consultants in (8, 9, 50, 333):
        whole = profile_named("month-end", consultants)
        head, other = parts(whole)
        for name in ("consultants", "deals_won", "deals_lost", "clients", "joiners", "leavers"):
            assert getattr(head, name) + getattr(other, name) >= getattr(whole, name)
        assert head.consultants + other.consultants == consultants
        assert head.consultants > other.consultants


def test_companies__differ_in_currency_time_zone_and_holidays(firms: list[Played]) -> None:
    american, german = firms[0].entities["LE|US01"], firms[0].entities["LE|DE01"]
    assert (american.functional_ccy, german.functional_ccy) == ("USD", "EUR")
    assert (american.tz, german.tz) == ("America/New_York", "Europe/Berlin")
    assert date(2026, 1, 19) in american.holidays
    assert date(2026, 1, 19) not in german.holidays
    assert german.close_calendar[0].close_at_ms == 1_770_390_000_000  # 2026-02-06 16:00 in Berlin
    assert american.billing_calendar == german.billing_calendar


def test_every_method__occurs_in_every_firm(firms: list[Played]) -> None:
    total: Counter[str] = Counter()
    for played in firms:
        lines = played.lines()
        assert lines["FF", "POC_HOURS"] >= 2
        assert lines["FF", "MILESTONE"] >= 1
        assert lines["RET", "STRAIGHT_LINE"] >= 2
        total.update(Counter(method for method, _ in lines.elements()))
    lines_all = total.total()
    assert 50 <= total["TM"] * 100 // lines_all <= 68
    assert 20 <= total["FF"] * 100 // lines_all <= 34
    assert 8 <= total["RET"] * 100 // lines_all <= 22


def test_contract_lines__follow_their_packages(firms: list[Played]) -> None:
    for played in firms:
        for contract in played.contracts.values():
            for line in contract.lines:
                package = played.packages[line.package]
                assert line.billing_method == package.billing_method
                assert line.revenue_method == package.revenue_method
                assert (line.retainer is not None) == (line.billing_method == "RET")
                assert bool(package.milestones) == (line.billing_method == "FF")
        for package in played.packages.values():
            shares = [milestone.share_e6 for milestone in package.milestones]
            assert not shares or (sum(shares) == 1_000_000 and 3 <= len(shares) <= 5)


def test_retainers__roll_over_or_not_and_begin_and_end_inside_months(firms: list[Played]) -> None:
    for played in firms:
        terms = [(c, line.retainer) for c in played.contracts.values() for line in c.lines if line.retainer]
        assert {r.rollover for _, r in terms} == {True, False}
        assert 1 in {r.advance_months for _, r in terms}
        assert any(r.advance_months > 1 and c.start.day > 1 for c, r in terms)
        assert {c.billing_freq for c, _ in terms} == {"MONTHLY", "EVERY_RUN"}
        assert any(c.end and c.end.month == 2 and c.end.day > 1 for c, _ in terms)
        assert all(r.monthly_fee_minor % 100 and r.overage_rate_e4 % 100 for _, r in terms)


def test_milestones__are_accepted_before_each_cut_off_and_between_cut_off_and_close(
    firms: list[Played],
) -> None:
    for played in firms:
        found: Counter[str] = Counter()
        for fact in played.facts:
            if isinstance(fact, Milestone) and fact.accepted_at_ms is not None:
                code = played.entity(fact.contract)
                close_ms = played.entities[f"LE|{code}"].close_calendar[0].close_at_ms
                january, february = CUTOFFS[code]
                found["january"] += fact.accepted_at_ms < january
                found["window"] += january <= fact.accepted_at_ms < close_ms
                found["february"] += close_ms <= fact.accepted_at_ms < february
        assert found["january"] >= 3
        assert found["window"] >= 1
        assert found["february"] >= 3


def test_a_project__is_completed_in_february_after_all_milestones_and_all_time(firms: list[Played]) -> None:
    for played in firms:
        (done,) = (f for f in played.facts if isinstance(f, ProjectCompletion))
        contract = played.contracts[done.contract]
        accepted = [
            f.recorded_at_ms
            for f in played.facts
            if isinstance(f, Milestone) and f.contract == done.contract and f.status == "ACCEPTED"
        ]
        planned = sum(len(played.packages[line.package].milestones) for line in contract.lines)
        assert CUTOFFS["DE01"][0] <= done.completed_at_ms < CUTOFFS["DE01"][1]
        assert len(accepted) == planned
        assert max(accepted) < done.completed_at_ms
        handed_in = [
            f.submitted_at_ms
            for f in played.facts
            if isinstance(f, TimeEntry) and f.task.startswith(f"TK|{contract.number}|")
        ]
        assert max(handed_in, default=0) < done.completed_at_ms


def test_new_estimates__are_below_what_is_booked_on_one_line_only(firms: list[Played]) -> None:
    for played in firms:
        booked: Counter[str] = Counter()
        for fact in played.facts:
            if isinstance(fact, TimeEntry) and fact.status == "APPROVED" and fact.ver == 1 and fact.billable:
                booked["CL|" + fact.task[3:].rpartition(".")[0]] += fact.hours_e2
        estimates = {fact.bk: fact for fact in played.facts if isinstance(fact, Estimate)}
        low = {
            bk.rpartition("|")[0][3:]
            for bk, fact in estimates.items()
            if fact.total_hours_e2 * 100 < booked[bk.rpartition("|")[0][3:]] * 90
        }
        assert len(low) == 1
        assert len(estimates) >= 2


def test_payroll__runs_once_a_company_and_month_and_pays_everybody_with_hours(firms: list[Played]) -> None:
    for played in firms:
        runs = [fact for fact in played.facts if isinstance(fact, PayrollRun)]
        assert [run.bk for run in runs] == sorted(
            (f"PY|{code}|2026-{month:02d}|1" for code in CUTOFFS for month in (1, 2)),
            key=lambda bk: (bk[8:], bk),
        )
        paid = {(run.period, line.employee) for run in runs for line in run.lines}
        worked = {(f"{f.work_date:%Y-%m}", f.resource) for f in played.facts if isinstance(f, TimeEntry)}
        assert worked <= paid
        assert all(line.gross_minor > 0 < line.burden_minor for run in runs for line in run.lines)
        assert all(run.check_date.weekday() < 5 for run in runs)


def test_absences__are_exactly_work_days_without_time(firms: list[Played]) -> None:
    for played in firms:
        away: dict[tuple[str, date], int] = {}
        for fact in played.facts:
            if isinstance(fact, Absence):
                assert fact.approved_at_ms == fact.recorded_at_ms
                for day in fact.days:
                    assert away.setdefault((fact.resource, day.day), day.hours_e2) == day.hours_e2 > 0
                    assert day.day.weekday() < 5
        worked = {(f.resource, f.work_date) for f in played.facts if isinstance(f, TimeEntry)}
        assert not worked & set(away)
        assert len(away) > 100


def test_a_few_entries__are_put_right_after_they_were_billed(firms: list[Played]) -> None:
    counts = [played.firm.counts() for played in firms]
    assert all(count["credits_expected"] >= 1 for count in counts)
    total = sum(count["credits_expected"] for count in counts)
    assert total * 1000 < sum(count["time_entries"] for count in counts) * 15
    deleted = sum(isinstance(f, TimeEntry) and not f.hours_e2 for played in firms for f in played.facts)
    assert deleted > len(firms)


def test_customers_in_berlin__have_right_vat_ids_inside_the_union_only(firms: list[Played]) -> None:
    countries: Counter[str] = Counter()
    for played in firms:
        for fact in (*played.master, *played.facts):
            if isinstance(fact, Account) and fact.currency == "EUR":
                countries[str(fact.country)] += 1
                assert bool(fact.vat_id) == (fact.country in ("DE", "FR", "AT", "BE"))
                assert fact.vat_id is None or vat.is_valid(fact.vat_id)
                assert (fact.state is None) == (fact.country != "US")
    assert countries["DE"] * 2 > countries.total()
    assert {"FR", "CH"} <= set(countries)


def test_tax_rates__are_of_states_by_service_and_of_countries_by_standard(firms: list[Played]) -> None:
    rates = {(f.jurisdiction, f.tax_class): f for f in firms[0].master if isinstance(f, TaxRate)}
    assert rates["DE", "STANDARD"].percent_e4 == 190_000
    assert all((kind == "SERVICE") == place.startswith("US-") for place, kind in rates)


def test_joiners__begin_in_the_first_days_of_a_month() -> None:
    for seed in SEEDS:
        firm = generate(profile_named("month-end", 90, 3), seed)
        joined = [p for office in firm.offices for p in office.world.people if p.joins]
        days = [(date(1970, 1, 1) + timedelta(days=p.hired_day)).day for p in joined]
        assert len(days) >= 2
        assert max(days) <= 10


def test_smallest_month_end__can_be_made() -> None:
    counts = generate(profile_named("month-end", 8, 1), 1).counts()
    assert (counts["entities"], counts["consultants"], counts["payroll_runs"]) == (2, 8, 2)
    assert counts["time_entries"] > 0


def test_contracts__are_of_one_company_each_with_its_currency(firms: list[Played]) -> None:
    for played in firms:
        assert {(c.entity, c.ccy) for c in played.contracts.values()} == {
            ("LE|US01", "USD"),
            ("LE|DE01", "EUR"),
        }
        ended = [c for c in played.contracts.values() if isinstance(c, Contract) and c.end is None]
        assert all(line.end is None for c in ended for line in c.lines)
