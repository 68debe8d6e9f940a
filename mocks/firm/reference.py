"""The firm's own reference data: the company, its cost centres, practices, levels, packages and price base.

Everything here is the same for every seed; only instants and the calendars depend on the profile.
"""

from datetime import date, timedelta

from mocks.firm.data.places import STATE_TAX_PERCENT_E4
from mocks.firm.days import Calendar, day_number, first_of_next_month, holidays_of, month_ends
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PackageTask,
    PeriodClose,
    Practice,
    ServicePackage,
    TaxRate,
)
from mocks.firm.profile import Profile

ENTITY_CODE = "US01"
ENTITY = f"LE|{ENTITY_CODE}"
CURRENCY = "USD"
TIME_ZONE = "America/New_York"
MAIL_DOMAIN = "harborline.example"
STANDARD_DAY_E2 = 800
CLOSE_WORKDAY = 5
CLOSE_SECOND = 16 * 3600
EXTRA_BILLING_DAY = 15

LEVELS = ("ANALYST", "CONSULTANT", "SENIOR", "MANAGER", "DIRECTOR", "PARTNER")
TITLES = (
    "Analyst",
    "Consultant",
    "Senior Consultant",
    "Engagement Manager",
    "Practice Director",
    "Managing Partner",
)
LEVEL_SHARE_PM = (200, 260, 230, 160, 100, 50)
LIST_RATE_E4 = (1_150_000, 1_500_000, 1_900_000, 2_400_000, 3_100_000, 4_250_000)
MANAGER_LEVEL = 3

# code, name, cost centre code
PRACTICES = (
    ("ADV", "Advisory", "110"),
    ("CLOUD", "Cloud Platforms", "120"),
    ("DATA", "Data & Analytics", "130"),
    ("OPS", "Operations Excellence", "140"),
)

NON_BILLABLE_WBS = "90"
# sku, version, name, template: (wbs, name, level or None, hours per unit x 100)
_PACKAGES: tuple[tuple[str, int, str, tuple[tuple[str, str, str | None, int], ...]], ...] = (
    (
        "ADV-ASSESS",
        1,
        "Assessment and roadmap",
        (
            ("10", "Interviews and fit-gap", "MANAGER", 2400),
            ("20", "Roadmap and business case", "DIRECTOR", 1250),
        ),
    ),
    (
        "CLD-BUILD",
        2,
        "Platform build",
        (("10", "Solution design", "SENIOR", 1600), ("20", "Build and unit test", "CONSULTANT", 5633)),
    ),
    (
        "DAT-MIGR",
        1,
        "Data migration",
        (("10", "Mapping and cleansing", None, 3200), ("20", "Dry runs and cut-over", "SENIOR", 1875)),
    ),
    (
        "OPS-RUN",
        1,
        "Operations support",
        (("10", "Run support", None, 4000), ("20", "Knowledge transfer", "ANALYST", 867)),
    ),
    (
        "PMO-LEAD",
        1,
        "Programme leadership",
        (("10", "Programme management", "MANAGER", 2000), ("20", "Steering and quality", "PARTNER", 333)),
    ),
)
_COORDINATION_HOURS_E2 = 433


def opening_ms(calendar: Calendar, profile: Profile) -> int:
    """When the master data begin to be recorded: thirty days before the start, at nine."""
    return calendar.ms(day_number(profile.start) - 30, 9 * 3600)


def close_calendar(calendar: Calendar, profile: Profile) -> tuple[PeriodClose, ...]:
    """Closes of every month of the profile and three more: fifth work day after the month, 16:00 local."""
    rows = []
    for last in month_ends(profile.start, profile.months + 3):
        day = calendar.workday(day_number(last) + 1, CLOSE_WORKDAY - 1)
        rows.append(PeriodClose(f"{last:%Y-%m}", calendar.ms(day, CLOSE_SECOND)))
    return tuple(rows)


def billing_calendar(profile: Profile) -> tuple[BillingDate, ...]:
    """Month ends, and the fifteenth for contracts billed on every run; one month beyond the profile."""
    rows = []
    for last in month_ends(profile.start, profile.months + 1):
        rows.append(BillingDate(last.replace(day=EXTRA_BILLING_DAY), "EXTRA"))
        rows.append(BillingDate(last, "MONTHLY"))
    return tuple(rows)


def legal_entity(calendar: Calendar, profile: Profile, at_ms: int) -> LegalEntity:
    """The one company of the group."""
    after = first_of_next_month(profile.start, profile.months + 3) - timedelta(days=1)
    return LegalEntity(
        bk=ENTITY,
        recorded_at_ms=at_ms,
        code=ENTITY_CODE,
        name="Harborline Consulting, Inc.",
        country="US",
        functional_ccy=CURRENCY,
        tz=TIME_ZONE,
        std_hours_day_e2=STANDARD_DAY_E2,
        close_calendar=close_calendar(calendar, profile),
        billing_calendar=billing_calendar(profile),
        holidays=holidays_of(range(profile.start.year, after.year + 1)),
    )


def cost_centre_bk(practice: int) -> str:
    """The cost centre of a practice."""
    return f"CC|{ENTITY_CODE}|{PRACTICES[practice][2]}"


def practice_bk(practice: int) -> str:
    """The business key of a practice."""
    return f"PR|{PRACTICES[practice][0]}"


def cost_centres(at_ms: int) -> tuple[CostCentre, ...]:
    """One cost centre for each practice."""
    return tuple(
        CostCentre(bk=cost_centre_bk(i), recorded_at_ms=at_ms, entity=ENTITY, code=code, name=name)
        for i, (_, name, code) in enumerate(PRACTICES)
    )


def practices(at_ms: int) -> tuple[Practice, ...]:
    """The practices that deals are sold by."""
    return tuple(
        Practice(bk=practice_bk(i), recorded_at_ms=at_ms, code=code, name=name)
        for i, (code, name, _) in enumerate(PRACTICES)
    )


def tax_rates(at_ms: int) -> tuple[TaxRate, ...]:
    """State rates of the class SERVICE."""
    since = date(2020, 1, 1)
    return tuple(
        TaxRate(
            bk=f"TX|US-{state}|SERVICE|{since}",
            recorded_at_ms=at_ms,
            jurisdiction=f"US-{state}",
            tax_class="SERVICE",
            valid_from=since,
            percent_e4=percent_e4,
        )
        for state, percent_e4 in STATE_TAX_PERCENT_E4
    )


def package_bk(package: int) -> str:
    """The business key of a service package."""
    sku, version, _, _ = _PACKAGES[package]
    return f"SK|{sku}|{version}"


def package_count() -> int:
    """How many packages are sold."""
    return len(_PACKAGES)


def package_tasks(package: int) -> tuple[PackageTask, ...]:
    """The task template of a package; the last row is the non-billable coordination task."""
    rows = [
        PackageTask(wbs=wbs, name=name, bill_level=level, hours_e2=hours_e2, billable=True, progress=True)
        for wbs, name, level, hours_e2 in _PACKAGES[package][3]
    ]
    rows.append(
        PackageTask(
            wbs=NON_BILLABLE_WBS,
            name="Internal coordination",
            bill_level=None,
            hours_e2=_COORDINATION_HOURS_E2,
            billable=False,
            progress=False,
        )
    )
    return tuple(rows)


def package_list_price_e4(package: int) -> int:
    """A unit's list price: template hours at list rates, made odd in the last digits."""
    total = 0
    for _, _, level, hours_e2 in _PACKAGES[package][3]:
        total += hours_e2 * LIST_RATE_E4[LEVELS.index(level or "CONSULTANT")] // 100
    return total // 10_000 * 10_000 + (package * 2_375 + 1_425) % 10_000


def packages(at_ms: int) -> tuple[ServicePackage, ...]:
    """What the firm sells in this slice: time and materials, recognised as invoiced."""
    return tuple(
        ServicePackage(
            bk=package_bk(i),
            recorded_at_ms=at_ms,
            sku=sku,
            version=version,
            name=name,
            billing_method="TM",
            revenue_method="RTI",
            tax_class="SERVICE",
            tasks=package_tasks(i),
        )
        for i, (sku, version, name, _) in enumerate(_PACKAGES)
    )
