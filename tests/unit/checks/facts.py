"""A small month by hand: three consultants on one T&M deal of US01, the numbers of finance 8.1 in dollars.

Anna bills 245.00 until 15 January and 252.35 from 16 January (contract card), Ben 179.95 (agreed for his
assignment), Carla 139.60 (client card, any practice). Amounts stand here as literals, worked out by hand.
"""

from datetime import UTC, date, datetime

from msgspec.structs import replace

from mocks.firm.facts.source import (
    Account,
    Assignment,
    BillingDate,
    Contract,
    ContractLine,
    CostCentre,
    JobRow,
    LegalEntity,
    Opportunity,
    PackageTask,
    PaymentIntent,
    PeriodClose,
    Practice,
    Quote,
    QuoteLine,
    RateLine,
    RateOverride,
    Resource,
    ServicePackage,
    SourceFact,
    TaxRate,
    TimeEntry,
)

PROJECT_TASK = "TK|00000101|1.10"


def at(text: str) -> int:
    """An instant in UTC, `2026-01-31 08:00`, as milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


BEFORE = at("2025-12-01 12:00")
CUT_OFF = at("2026-02-01 05:00")  # midnight after 31 January in New York
APPROVAL = at("2026-02-01 14:00")  # nine hours later
JANUARY_CLOSE = at("2026-02-06 21:00")
NOW = at("2026-02-05 12:00")


def entity() -> LegalEntity:
    return LegalEntity(
        bk="LE|US01",
        recorded_at_ms=BEFORE,
        source_id="sub1",
        code="US01",
        name="Rehearsal Consulting Inc",
        country="US",
        functional_ccy="USD",
        tz="America/New_York",
        std_hours_day_e2=800,
        close_calendar=(
            PeriodClose("2026-01", JANUARY_CLOSE),
            PeriodClose("2026-02", at("2026-03-06 21:00")),
        ),
        billing_calendar=(
            BillingDate(date(2026, 1, 15), "EXTRA"),
            BillingDate(date(2026, 1, 31), "MONTHLY"),
            BillingDate(date(2026, 2, 28), "MONTHLY"),
        ),
    )


def account() -> Account:
    return Account(
        bk="CU|000001",
        recorded_at_ms=BEFORE,
        source_id="001A",
        legal_name="Example Buyer Inc",
        display_name="Example Buyer",
        parent=None,
        bill_to="CU|000001",
        street="1 Elm Street",
        city="Fresno",
        postcode="93701",
        state="CA",
        country="US",
        tax_status="BUSINESS",
        vat_id=None,
        payment_terms="NET 30",
        currency="USD",
    )


def package() -> ServicePackage:
    return ServicePackage(
        bk="SK|ADVICE|1",
        recorded_at_ms=BEFORE,
        source_id="01tA",
        sku="ADVICE",
        version=1,
        name="Advice",
        billing_method="TM",
        revenue_method="RTI",
        tax_class="SERVICE",
        tasks=(
            PackageTask("10", "Advise", None, 3333, True, True),
            PackageTask("20", "Administer", None, 100, False, False),
        ),
    )


def masters() -> list[SourceFact]:
    return [
        entity(),
        CostCentre(
            bk="CC|US01|100",
            recorded_at_ms=BEFORE,
            source_id="dep1",
            entity="LE|US01",
            code="100",
            name="Delivery",
        ),
        Practice(bk="PR|DATA", recorded_at_ms=BEFORE, source_id="cls1", code="DATA", name="Data"),
        TaxRate(
            bk="TX|US-CA|SERVICE|2020-01-01",
            recorded_at_ms=BEFORE,
            source_id="tax1",
            jurisdiction="US-CA",
            tax_class="SERVICE",
            valid_from=date(2020, 1, 1),
            percent_e4=42_000,
        ),
        account(),
        package(),
    ]


def opportunity(ver: int, stage: str, recorded: str) -> Opportunity:
    won = stage == "CLOSED_WON"
    return Opportunity(
        bk="OP|O1",
        recorded_at_ms=at(recorded),
        ver=ver,
        source_id="006A",
        account="CU|000001",
        name="Advice for the buyer",
        stage=stage,
        amount_minor=2_000_000,
        ccy="USD",
        entity="LE|US01",
        practice="PR|DATA",
        close_date=date(2026, 1, 6),
        closed_won_at_ms=at(recorded) if won else None,
        accepted_quote="QU|Q1|1" if won else None,
    )


def quote(status: str = "ACCEPTED", recorded: str = "2026-01-04 15:00") -> Quote:
    return Quote(
        bk="QU|Q1|1",
        recorded_at_ms=at(recorded),
        source_id="0Q0A",
        opportunity="OP|O1",
        number="Q1",
        revision=1,
        status=status,
        ccy="USD",
        valid_until=date(2026, 3, 1),
        lines=(QuoteLine(1, "SK|ADVICE|1", 150, 133_333_333, 0, 2_000_000, date(2026, 1, 6), None),),
    )


def contract_line(**changes: object) -> ContractLine:
    plain = ContractLine(
        line=1,
        package="SK|ADVICE|1",
        billing_method="TM",
        revenue_method="RTI",
        tax_class="SERVICE",
        value_minor=2_000_000,
        discount_e6=0,
        multiplier_reg_e2=100,
        multiplier_ot_e2=150,
        multiplier_travel_e2=50,
        quantity_e2=150,
        start=date(2026, 1, 6),
        end=None,
        source_id="a01A",
    )
    return replace(plain, **changes)


def contract(ver: int, status: str, recorded: str, line: ContractLine | None = None) -> Contract:
    return Contract(
        bk="CO|00000101",
        recorded_at_ms=at(recorded),
        ver=ver,
        source_id="800A",
        number="00000101",
        account="CU|000001",
        bill_to="CU|000001",
        opportunity="OP|O1",
        entity="LE|US01",
        ccy="USD",
        start=date(2026, 1, 6),
        end=None,
        status=status,
        billing_freq="MONTHLY",
        signed_at_ms=at(recorded) if status == "SIGNED" else None,
        lines=(line or contract_line(),),
    )


def deal() -> list[SourceFact]:
    return [
        opportunity(1, "OPEN", "2026-01-02 15:00"),
        quote(),
        contract(1, "DRAFT", "2026-01-05 14:00"),
        contract(2, "SIGNED", "2026-01-05 15:00"),
        opportunity(2, "CLOSED_WON", "2026-01-05 16:00"),
    ]


def rate(
    scope: str, owner: str | None, level: str, practice: str, rate_e4: int, **changes: object
) -> RateLine:
    plain = RateLine(
        bk="",
        recorded_at_ms=BEFORE,
        source_id="",
        card=f"{scope}-CARD",
        scope=scope,
        owner=owner,
        ccy="USD",
        level=level,
        practice=practice,
        unit="HOUR",
        rate_e4=rate_e4,
        valid_from=date(2020, 1, 1),
    )
    line = replace(plain, **changes)
    parts = (line.card, level, practice, str(line.valid_from))
    return replace(line, bk=f"RC|{'|'.join(parts)}", source_id=f"rc-{'-'.join(parts)}")


def rates() -> list[SourceFact]:
    contract_card, until = "CO|00000101", date(2026, 1, 16)
    return [
        rate("CONTRACT", contract_card, "PRINCIPAL", "DATA", 2_450_000, valid_to=until),
        rate("CONTRACT", contract_card, "PRINCIPAL", "DATA", 2_523_500, valid_from=until),
        rate("CONTRACT", contract_card, "SENIOR", "DATA", 1_875_000),
        rate("CLIENT", "CU|000001", "ANALYST", "*", 1_396_000),
        rate("DEFAULT", None, "ANALYST", "DATA", 1_000_000),
    ]


def person(number: int, first_name: str, level: str, **changes: object) -> Resource:
    plain = Resource(
        bk=f"RS|{number}",
        recorded_at_ms=BEFORE,
        source_id=f"hr{number}",
        employee_no=str(number),
        first_name=first_name,
        last_name="Example",
        work_email=f"{first_name.lower()}@example.com",
        entity="LE|US01",
        practice="PR|DATA",
        hired=date(2024, 1, 1),
        terminated=None,
        weekly_pattern_e2=(800, 800, 800, 800, 800, 0, 0),
        jobs=(JobRow(date(2024, 1, 1), level, "Consultant", "CC|US01|100", None),),
    )
    return replace(plain, **changes)


def assignment(number: int, **changes: object) -> Assignment:
    plain = Assignment(
        bk=f"AS|A{number}",
        recorded_at_ms=at("2026-01-06 15:00"),
        source_id=f"as{number}",
        number=f"A{number}",
        resource=f"RS|{number}",
        contract="CO|00000101",
        task=PROJECT_TASK,
        valid_from=date(2026, 1, 6),
        valid_to=date(2026, 7, 1),
        bill_level=None,
        planned_e2=10_000,
        status="CONFIRMED",
    )
    return replace(plain, **changes)


def people() -> list[SourceFact]:
    agreed = RateOverride(1_799_500, "USD", date(2026, 1, 1), None, at("2026-01-06 15:00"))
    return [
        person(1, "Anna", "PRINCIPAL"),
        person(2, "Ben", "SENIOR"),
        person(3, "Carla", "ANALYST"),
        person(4, "Mia", "PARTNER"),
        assignment(1),
        assignment(2, overrides=(agreed,)),
        assignment(3),
    ]


def cell(card: int, who: int, day: date, hours_e2: int, recorded: str, **changes: object) -> TimeEntry:
    """One submitted day cell."""
    name, weekday = f"TC-{card:06d}", day.strftime("%a")
    plain = TimeEntry(
        bk=f"TE|{name}|{weekday}",
        recorded_at_ms=at(recorded),
        source_id=f"th{card}#{weekday}",
        card=name,
        resource=f"RS|{who}",
        assignment=f"AS|A{who}",
        task=PROJECT_TASK,
        work_date=day,
        hours_e2=hours_e2,
        time_type="REG",
        billable=True,
        note=f"card {card}",
        status="SUBMITTED",
        submitted_at_ms=at(recorded),
    )
    return replace(plain, **changes)


def approved(entry: TimeEntry, recorded: str) -> TimeEntry:
    """The same cell approved by Mia."""
    stamp = at(recorded)
    return replace(entry, recorded_at_ms=stamp, status="APPROVED", approved_by="RS|4", approved_at_ms=stamp)


def recorded_time() -> list[SourceFact]:
    """Six entries; the last is submitted before the cut-off and approved after it."""
    cells = [
        (cell(1, 1, date(2026, 1, 13), 775, "2026-01-16 23:00"), "2026-01-19 15:00"),
        (cell(1, 1, date(2026, 1, 16), 800, "2026-01-16 23:00"), "2026-01-19 15:00"),
        (cell(2, 2, date(2026, 1, 20), 350, "2026-01-23 23:00"), "2026-01-26 15:00"),
        (cell(3, 3, date(2026, 1, 19), 325, "2026-01-23 23:00"), "2026-01-26 15:00"),
        (cell(4, 1, date(2026, 1, 27), 533, "2026-01-30 23:00"), "2026-01-31 15:00"),
        (cell(5, 2, date(2026, 1, 30), 550, "2026-01-30 23:00"), "2026-02-02 15:00"),
    ]
    return [fact for entry, stamp in cells for fact in (entry, approved(entry, stamp))]


def payment(received_on: date, booked: str, share_e6: int = 1_000_000) -> PaymentIntent:
    """What the buyer pays of what is open."""
    return PaymentIntent(
        bk=f"PM|00000101|{received_on}",
        recorded_at_ms=at(booked),
        contract="CO|00000101",
        received_on=received_on,
        share_e6=share_e6,
        bank_ref="BANK-1",
    )


def everything() -> list[SourceFact]:
    return [*masters(), *deal(), *rates(), *people(), *recorded_time()]
