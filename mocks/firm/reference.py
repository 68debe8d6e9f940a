"""The firm's own reference data: companies, cost centres, practices, levels, packages and price base.

Everything here is the same for every seed; only instants and the calendars depend on the profile.
"""

from datetime import date, timedelta
from functools import cache

from mocks.firm.branch import US01, Branch
from mocks.firm.data.germany import STANDARD_PERCENT_E4
from mocks.firm.data.places import STATE_TAX_PERCENT_E4
from mocks.firm.days import Calendar, day_number, first_of_next_month, holidays_of, month_ends
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PackageMilestone,
    PackageTask,
    PeriodClose,
    Practice,
    ServicePackage,
    TaxRate,
)
from mocks.firm.profile import Profile

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
TIME_PACKAGES = len(_PACKAGES)
# what a firm of all methods sells besides: the same row, then methods and (name, share) of its milestones
_FIXED: tuple[
    tuple[
        tuple[str, int, str, tuple[tuple[str, str, str | None, int], ...]],
        tuple[str, str],
        tuple[tuple[str, int], ...],
    ],
    ...,
] = (
    (
        (
            "FXD-DEPLOY",
            1,
            "Fixed-price deployment",
            (
                ("10", "Design and configuration", "SENIOR", 2200),
                ("20", "Build and test", "CONSULTANT", 3833),
            ),
        ),
        ("FF", "POC_HOURS"),
        (
            ("Design signed off", 250_000),
            ("Build complete", 333_333),
            ("Go-live", 266_667),
            ("Hypercare closed", 150_000),
        ),
    ),
    (
        (
            "FXD-REDESIGN",
            1,
            "Process redesign",
            (("10", "Process analysis", "CONSULTANT", 2650), ("20", "Target process", "MANAGER", 1417)),
        ),
        ("FF", "POC_HOURS"),
        (("Analysis presented", 333_333), ("Target process agreed", 333_333), ("Handover", 333_334)),
    ),
    (
        (
            "FXD-REVIEW",
            2,
            "Controls review",
            (("10", "Fieldwork", "ANALYST", 3125), ("20", "Findings and report", "SENIOR", 1950)),
        ),
        ("FF", "MILESTONE"),
        (
            ("Plan agreed", 150_000),
            ("Fieldwork half done", 212_500),
            ("Fieldwork done", 212_500),
            ("Draft report", 225_000),
            ("Final report", 200_000),
        ),
    ),
    (
        (
            "RET-CARE",
            1,
            "Care retainer",
            (("10", "Support on call", None, 3000), ("20", "Improvements", "CONSULTANT", 1000)),
        ),
        ("RET", "STRAIGHT_LINE"),
        (),
    ),
)
DEPLOY, REDESIGN, REVIEW, CARE = range(TIME_PACKAGES, TIME_PACKAGES + len(_FIXED))


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


def list_rate_e4(level: int, branch: Branch) -> int:
    """What an hour of a level costs at a company's list."""
    return LIST_RATE_E4[level] * branch.list_pm // 1000


def legal_entity(calendar: Calendar, profile: Profile, at_ms: int) -> LegalEntity:
    """The company of a profile."""
    branch = profile.branch
    after = first_of_next_month(profile.start, profile.months + 3) - timedelta(days=1)
    return LegalEntity(
        bk=branch.bk,
        recorded_at_ms=at_ms,
        code=branch.code,
        name=branch.name,
        country=branch.country,
        functional_ccy=branch.currency,
        tz=branch.time_zone,
        std_hours_day_e2=STANDARD_DAY_E2,
        close_calendar=close_calendar(calendar, profile),
        billing_calendar=billing_calendar(profile),
        holidays=holidays_of(range(profile.start.year, after.year + 1), branch.holidays),
    )


def cost_centre_bk(practice: int, branch: Branch = US01) -> str:
    """The cost centre of a practice."""
    return f"CC|{branch.code}|{PRACTICES[practice][2]}"


def practice_bk(practice: int) -> str:
    """The business key of a practice."""
    return f"PR|{PRACTICES[practice][0]}"


def cost_centres(at_ms: int, branch: Branch = US01) -> tuple[CostCentre, ...]:
    """One cost centre for each practice."""
    return tuple(
        CostCentre(bk=cost_centre_bk(i, branch), recorded_at_ms=at_ms, entity=branch.bk, code=code, name=name)
        for i, (_, name, code) in enumerate(PRACTICES)
    )


def practices(at_ms: int) -> tuple[Practice, ...]:
    """The practices that deals are sold by."""
    return tuple(
        Practice(bk=practice_bk(i), recorded_at_ms=at_ms, code=code, name=name)
        for i, (code, name, _) in enumerate(PRACTICES)
    )


def tax_rates(at_ms: int) -> tuple[TaxRate, ...]:
    """Rates of the American states, class SERVICE."""
    return tuple(
        _tax_rate(f"US-{state}", "SERVICE", percent, at_ms) for state, percent in STATE_TAX_PERCENT_E4
    )


def standard_tax_rates(at_ms: int) -> tuple[TaxRate, ...]:
    """Rates of the European countries that the firm deals with, class STANDARD."""
    return tuple(_tax_rate(country, "STANDARD", percent, at_ms) for country, percent in STANDARD_PERCENT_E4)


def _tax_rate(jurisdiction: str, tax_class: str, percent_e4: int, at_ms: int) -> TaxRate:
    since = date(2020, 1, 1)
    return TaxRate(
        bk=f"TX|{jurisdiction}|{tax_class}|{since}",
        recorded_at_ms=at_ms,
        jurisdiction=jurisdiction,
        tax_class=tax_class,
        valid_from=since,
        percent_e4=percent_e4,
    )


def _row(package: int) -> tuple[str, int, str, tuple[tuple[str, str, str | None, int], ...]]:
    return _PACKAGES[package] if package < TIME_PACKAGES else _FIXED[package - TIME_PACKAGES][0]


def package_methods(package: int) -> tuple[str, str]:
    """How a package is billed, and how its revenue is recognised."""
    return ("TM", "RTI") if package < TIME_PACKAGES else _FIXED[package - TIME_PACKAGES][1]


def package_milestones(package: int) -> tuple[PackageMilestone, ...]:
    """The milestone plan of a package; empty where it has none."""
    rows = () if package < TIME_PACKAGES else _FIXED[package - TIME_PACKAGES][2]
    return tuple(PackageMilestone(i, name, share) for i, (name, share) in enumerate(rows, start=1))


def package_bk(package: int) -> str:
    """The business key of a service package."""
    sku, version, _, _ = _row(package)
    return f"SK|{sku}|{version}"


def package_count() -> int:
    """How many packages are sold by the hour."""
    return TIME_PACKAGES


@cache
def package_tasks(package: int) -> tuple[PackageTask, ...]:
    """The task template of a package; the last row is the non-billable coordination task."""
    rows = [
        PackageTask(wbs=wbs, name=name, bill_level=level, hours_e2=hours_e2, billable=True, progress=True)
        for wbs, name, level, hours_e2 in _row(package)[3]
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


def package_list_price_e4(package: int, branch: Branch = US01) -> int:
    """A unit's list price: template hours at list rates, made odd in the last digits."""
    total = 0
    for _, _, level, hours_e2 in _row(package)[3]:
        total += hours_e2 * list_rate_e4(LEVELS.index(level or "CONSULTANT"), branch) // 100
    return total // 10_000 * 10_000 + (package * 2_375 + 1_425) % 10_000


def packages(at_ms: int, all_methods: bool = False) -> tuple[ServicePackage, ...]:
    """What the firm sells: time and material, and on request fixed fees and retainers."""
    sold = range(TIME_PACKAGES + (len(_FIXED) if all_methods else 0))
    return tuple(
        ServicePackage(
            bk=package_bk(i),
            recorded_at_ms=at_ms,
            sku=_row(i)[0],
            version=_row(i)[1],
            name=_row(i)[2],
            billing_method=package_methods(i)[0],
            revenue_method=package_methods(i)[1],
            tax_class="SERVICE",
            tasks=package_tasks(i),
            milestones=package_milestones(i),
        )
        for i in sold
    )
