"""Two months of a firm of two companies, through both closes, while much of what can go wrong does."""

from mocks.kit.faults import Fault
from scenarios.catalogue.scenario import Scenario
from scenarios.faults.plan import NONE, Plan, PlannedCrash, PlannedFault

# Cut-offs of the month-end billing runs: midnight after 31 January and 28 February, New York and Berlin.
DAY = 24
US_CUT_OFF, DE_CUT_OFF = 31 * DAY + 5, 31 * DAY - 1
DE_SECOND_CUT_OFF = 59 * DAY - 1
DE_SECOND_CLOSE = 64 * DAY + 15


def _at(role: str, fault: Fault, from_hours: float = 0.0, until_hours: float | None = None) -> PlannedFault:
    return PlannedFault(role=role, fault=fault, from_hours=from_hours, until_hours=until_hours)


NOTIFICATIONS = (
    _at("crm", Fault(id="crm-webhook-lost", kind="webhook_lose", share_e6=300_000)),
    _at("crm", Fault(id="crm-webhook-twice", kind="webhook_double", share_e6=500_000)),
    _at("crm", Fault(id="crm-webhook-out-of-order", kind="webhook_reorder", share_e6=500_000)),
    _at("hris", Fault(id="hris-webhook-late", kind="webhook_delay", share_e6=500_000, seconds=5400)),
    _at("hris", Fault(id="hris-webhook-twice", kind="webhook_double", share_e6=400_000)),
    _at("payroll", Fault(id="payroll-webhook-lost", kind="webhook_lose", share_e6=500_000)),
)
READS = (
    _at("crm", Fault(id="crm-small-pages", kind="page_size", size=17)),
    _at("psa", Fault(id="psa-small-pages", kind="page_size", size=43)),
    _at("psa", Fault(id="psa-truncated", kind="truncate", path="/query", share_e6=20_000, times=8)),
    _at("psa", Fault(id="psa-busy", kind="limit", share_e6=10_000, times=15, seconds=30)),
    _at("crm", Fault(id="crm-busy", kind="limit", share_e6=10_000, times=10, seconds=20)),
    _at("hris", Fault(id="hris-busy", kind="limit", share_e6=30_000, times=12, seconds=60)),
    _at("payroll", Fault(id="payroll-busy", kind="limit", share_e6=20_000, times=6, seconds=60)),
    _at("crm", Fault(id="crm-token-expires", kind="expire_token"), 10 * DAY, 11 * DAY),
    _at("psa", Fault(id="psa-token-expires-in-the-run", kind="expire_token"), US_CUT_OFF, US_CUT_OFF + 2),
    _at("payroll", Fault(id="payroll-down", kind="outage"), 27 * DAY, 28 * DAY),
)
WRITES = (
    _at(
        "psa",
        Fault(id="psa-project-answer-lost", kind="lose_answer", method="PATCH", path="pse__Proj__c", times=3),
    ),
    _at("psa", Fault(id="psa-some-items-fail", kind="fail_items", every=3, times=6)),
    _at(
        "erp",
        Fault(
            id="erp-customer-answer-lost",
            kind="lose_answer",
            method="PUT",
            path="/customer/",
            share_e6=400_000,
            times=4,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-job-fails-late",
            kind="fail_after_commit",
            method="PUT",
            path="/job/",
            share_e6=400_000,
            times=4,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-invoice-answer-lost",
            kind="lose_answer",
            method="POST",
            path="/record/v1/invoice",
            share_e6=300_000,
            times=8,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-credit-answer-lost",
            kind="lose_answer",
            method="POST",
            path="/record/v1/creditMemo",
            share_e6=500_000,
            times=4,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-journal-fails-late",
            kind="fail_after_commit",
            method="POST",
            path="/record/v1/journalEntry",
            share_e6=50_000,
            times=12,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-journal-answer-lost",
            kind="lose_answer",
            method="POST",
            path="/record/v1/journalEntry",
            share_e6=50_000,
            times=12,
        ),
    ),
    _at(
        "erp",
        Fault(
            id="erp-busy",
            kind="limit",
            method="POST",
            path="/record/v1/",
            share_e6=50_000,
            times=10,
            seconds=15,
        ),
    ),
    _at("erp", Fault(id="erp-slow", kind="delay", share_e6=20_000, times=20, seconds=1.5)),
    _at("erp", Fault(id="erp-down-at-billing", kind="outage"), DE_CUT_OFF - 1, US_CUT_OFF + 3),
)
DEFAULT = Plan(
    name="default",
    faults=(*NOTIFICATIONS, *READS, *WRITES),
    crashes=(
        PlannedCrash(id="dies-while-provisioning", from_hours=5 * DAY),
        PlannedCrash(id="dies-while-invoicing", from_hours=DE_SECOND_CUT_OFF),
        PlannedCrash(id="dies-while-closing", from_hours=DE_SECOND_CLOSE),
    ),
)

SCENARIO = Scenario(
    name="month-end",
    title="Two month-ends of a firm of two companies: billing, revenue, payroll, close",
    profile="month-end",
    # Notifications bring deals, people and payrolls at once; the cut-offs poll at their own instants.
    poll_interval_seconds=6 * 3600.0,
    hours_before_close=-12,  # past the close of the last month
    required=frozenset(
        {
            *(f"I{number:02d}" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17)),
            *(f"I{number:02d}" for number in (18, 19, 20, 21, 22, 23, 28, 29, 30, 32, 33, 34, 35, 36)),
            *("I37", "I42", "X01", "X02", "X03", "X04", "X05", "X06"),
        }
    ),
    plans={"none": NONE, "default": DEFAULT},
    default_plan="default",
)
