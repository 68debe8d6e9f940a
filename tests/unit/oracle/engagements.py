"""Deals of any method by hand: a quarter of US01 and DE01 with one contract whose lines a test chooses."""

from datetime import date, timedelta

from msgspec.structs import replace

from mocks.firm.facts.source import (
    BillingDate,
    ContractLine,
    Estimate,
    LegalEntity,
    Milestone,
    PackageMilestone,
    PackageTask,
    PeriodClose,
    ProjectCompletion,
    Retainer,
    ServicePackage,
    SourceFact,
    TaxRate,
    TimeEntry,
)
from scenarios.oracle.evidence import Evidence
from scenarios.oracle.expect import expect
from scenarios.oracle.expected import Amounts, Expected
from tests.unit.checks.facts import (
    BEFORE,
    account,
    approved,
    assignment,
    at,
    cell,
    contract,
    contract_line,
    entity,
    masters,
    opportunity,
    package,
    person,
    quote,
)

LINE = "CL|00000101|1"
DIMS = ("CU|000001", LINE, "CO|00000101", "DATA")
JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
JANUARY_CLOSE, FEBRUARY_CLOSE, MARCH_CLOSE = (
    at("2026-02-06 21:00"),
    at("2026-03-06 21:00"),
    at("2026-04-07 16:00"),
)
CALENDAR = (
    BillingDate(date(2026, 1, 12), "EXTRA"),
    BillingDate(JANUARY, "MONTHLY"),
    BillingDate(FEBRUARY, "MONTHLY"),
    BillingDate(MARCH, "MONTHLY"),
)
CLOSES = (
    PeriodClose("2026-01", JANUARY_CLOSE),
    PeriodClose("2026-02", FEBRUARY_CLOSE),
    PeriodClose("2026-03", MARCH_CLOSE),
)


def us01() -> LegalEntity:
    """US01 with a quarter of billing dates and closes."""
    return replace(entity(), billing_calendar=CALENDAR, close_calendar=CLOSES)


def de01() -> LegalEntity:
    """DE01 in Berlin with the same calendars."""
    return replace(
        us01(), bk="LE|DE01", source_id="sub2", code="DE01", country="DE", functional_ccy="EUR",
        tz="Europe/Berlin",
    )  # fmt: skip


def german_tax() -> TaxRate:
    return TaxRate(
        bk="TX|DE|STANDARD|2020-01-01",
        recorded_at_ms=BEFORE,
        source_id="tax2",
        jurisdiction="DE",
        tax_class="STANDARD",
        valid_from=date(2020, 1, 1),
        percent_e4=190_000,
    )


def plan(*shares_e6: int) -> tuple[PackageMilestone, ...]:
    return tuple(PackageMilestone(seq, f"Milestone {seq}", share) for seq, share in enumerate(shares_e6, 1))


THIRDS = plan(300_000, 400_000, 300_000)


def fixed_fee_package(milestones: tuple[PackageMilestone, ...] = THIRDS) -> ServicePackage:
    """800 hours on a progress task, and a coordination task that does not count."""
    tasks = (
        PackageTask("10", "Build", None, 80_000, True, True),
        PackageTask("90", "Coordinate", None, 4_000, False, False),
    )
    return replace(
        package(), billing_method="FF", revenue_method="POC_HOURS", tasks=tasks, milestones=milestones
    )


def fixed_fee(value_minor: int = 12_000_000, revenue_method: str = "POC_HOURS") -> ContractLine:
    return _line(value_minor, "FF", revenue_method)


TERMS = Retainer(
    monthly_fee_minor=950_000,
    included_hours_e2=4_000,
    rollover=True,
    rollover_cap_e2=1_000,
    overage_rate_e4=2_500_000,
    advance_months=3,
)


def retainer(terms: Retainer = TERMS, **changes: object) -> ContractLine:
    plain = _line(11_400_000, "RET", "STRAIGHT_LINE")
    return replace(replace(plain, start=date(2026, 1, 12), retainer=terms), **changes)


def _line(value_minor: int, billing_method: str, revenue_method: str) -> ContractLine:
    return contract_line(
        value_minor=value_minor,
        billing_method=billing_method,
        revenue_method=revenue_method,
        quantity_e2=100,
    )


def engagement(
    line: ContractLine, sold: ServicePackage, freq: str = "MONTHLY", seller: LegalEntity | None = None
) -> list[SourceFact]:
    """One active contract of one line, sold by US01 or DE01, with Anna on its first task."""
    house, value = seller or us01(), line.value_minor
    kept = [fact for fact in masters() if fact.bk not in ("LE|US01", "SK|ADVICE|1", "CU|000001")]
    buyer = replace(account(), country=house.country, state="CA" if house.country == "US" else None)
    quoted = quote()
    row = replace(quoted.lines[0], quantity_e2=100, list_price_e4=value * 100, net_minor=value)
    signed = replace(
        contract(2, "SIGNED", "2026-01-05 15:00", line),
        entity=house.bk, ccy=house.functional_ccy, billing_freq=freq,
    )  # fmt: skip
    won = replace(
        opportunity(2, "CLOSED_WON", "2026-01-05 16:00"),
        amount_minor=value, entity=house.bk, ccy=house.functional_ccy,
    )  # fmt: skip
    aside = assignment(9, resource="RS|1", task="TK|00000101|1.90")
    who: list[SourceFact] = [person(1, "Anna", "PRINCIPAL", entity=house.bk), assignment(1), aside]
    return [*kept, house, german_tax(), sold, buyer, replace(quoted, lines=(row,)), signed, won, *who]


def hours(card: int, day: date, hours_e2: int, recorded: str, **changes: object) -> TimeEntry:
    """Anna's hours of one day on the first task, approved at an instant."""
    return approved(cell(card, 1, day, hours_e2, recorded, **changes), recorded)


def stretch(card: int, start: date, days: int, recorded: str, **changes: object) -> list[SourceFact]:
    """Ten hours on each of many days."""
    return [
        hours(card + number, start + timedelta(days=number), 1_000, recorded, **changes)
        for number in range(days)
    ]


def accepted(seq: int, recorded: str) -> Milestone:
    stamp = at(recorded)
    return Milestone(
        bk=f"MS|{LINE}|{seq}",
        recorded_at_ms=stamp,
        ver=2,
        source_id=f"a0M{seq}",
        contract="CO|00000101",
        line=1,
        seq=seq,
        status="ACCEPTED",
        accepted_at_ms=stamp,
        accepted_by="RS|4",
    )


def estimate(seq: int, total_e2: int, recorded: str) -> Estimate:
    return Estimate(
        bk=f"EA|{LINE}|{seq}",
        recorded_at_ms=at(recorded),
        source_id=f"ea{seq}",
        contract="CO|00000101",
        line=1,
        seq=seq,
        total_hours_e2=total_e2,
    )


def completion(recorded: str) -> ProjectCompletion:
    return ProjectCompletion(
        bk="PJ|CO|00000101",
        recorded_at_ms=at(recorded),
        source_id="a0P1",
        contract="CO|00000101",
        completed_at_ms=at(recorded),
    )


def ask(facts: list[SourceFact], now_ms: int = MARCH_CLOSE) -> Expected:
    return expect(Evidence(facts=tuple(facts), documents=(), now_ms=now_ms))


def close_amounts(expected: Expected, kind: str, period: str, source: str = LINE) -> dict[str, int]:
    """Net debits by account of one close journal of US01; empty where there is none."""
    found = expected.close_journals.get((kind, "US01", source, period))
    return by_account(found.amounts) if found else {}


def by_account(amounts: Amounts) -> dict[str, int]:
    totals: dict[str, int] = {}
    for account_dims, minor in amounts:
        totals[account_dims[0]] = totals.get(account_dims[0], 0) + minor
    return totals


def case_codes(expected: Expected) -> dict[str, tuple[str, ...]]:
    return {case.code: case.entity_bks for case in expected.cases}
