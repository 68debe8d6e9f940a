"""One time-and-material deal from the won opportunity to the paid invoice, ending before the close."""

from mocks.kit.faults import Fault
from scenarios.catalogue.scenario import Scenario
from scenarios.faults.plan import NONE, Plan, PlannedFault

# The billing run's cut-off is midnight after 31 January in New York: five hours later in UTC.
CUT_OFF_HOURS = 31 * 24 + 5


def _at(role: str, fault: Fault, from_hours: float = 0.0, until_hours: float | None = None) -> PlannedFault:
    return PlannedFault(role=role, fault=fault, from_hours=from_hours, until_hours=until_hours)


SMALL = Plan(
    name="small",
    faults=(
        _at("crm", Fault(id="crm-webhook-lost", kind="webhook_lose", share_e6=400_000)),
        _at("crm", Fault(id="crm-webhook-twice", kind="webhook_double", share_e6=500_000)),
        _at("hris", Fault(id="hris-webhook-late", kind="webhook_delay", share_e6=500_000, seconds=5400)),
        _at("crm", Fault(id="crm-token-expires", kind="expire_token"), 10 * 24, 11 * 24),
        _at("psa", Fault(id="psa-token-expires", kind="expire_token"), 20 * 24, 21 * 24),
        _at("crm", Fault(id="crm-small-pages", kind="page_size", size=3)),
        _at("psa", Fault(id="psa-small-pages", kind="page_size", size=7)),
        _at("psa", Fault(id="psa-truncated", kind="truncate", path="/query", share_e6=20_000, times=5)),
        _at("psa", Fault(id="psa-busy", kind="limit", share_e6=10_000, times=10, seconds=30)),
        _at("hris", Fault(id="hris-busy", kind="limit", share_e6=50_000, times=10, seconds=60)),
        _at(
            "psa",
            Fault(
                id="psa-project-answer-lost", kind="lose_answer", method="PATCH", path="pse__Proj__c", times=1
            ),
        ),
        _at("psa", Fault(id="psa-some-items-fail", kind="fail_items", every=3, times=4)),
        _at(
            "erp",
            Fault(
                id="erp-customer-answer-lost", kind="lose_answer", method="PUT", path="/customer/", times=1
            ),
        ),
        _at(
            "erp",
            Fault(id="erp-job-fails-late", kind="fail_after_commit", method="PUT", path="/job/", times=1),
        ),
        _at(
            "erp",
            Fault(
                id="erp-invoice-answer-lost",
                kind="lose_answer",
                method="POST",
                path="/record/v1/invoice",
                times=2,
            ),
        ),
        _at("erp", Fault(id="erp-slow", kind="delay", share_e6=20_000, times=5, seconds=1.5)),
        _at("erp", Fault(id="erp-down-at-billing", kind="outage"), CUT_OFF_HOURS - 1, CUT_OFF_HOURS + 3),
    ),
)

SCENARIO = Scenario(
    name="deal-to-cash",
    title="One time-and-material deal, from the won opportunity to the paid invoice",
    profile="deal",
    # Notifications bring deals and people at once; twice a day is often enough for the rest.
    poll_interval_seconds=12 * 3600.0,
    hours_before_close=36,
    required=frozenset(
        {
            "I01",
            "I02",
            "I03",
            "I04",
            "I05",
            "I11",
            "I12",
            "I13",
            "I14",
            "I28",
            "I29",
            "I30",
            "I32",
            "I33",
            "I34",
            "I35",
            "I36",
            "I37",
            "I42",
            "X01",
            "X02",
            "X03",
            "X04",
            "X05",
            "X06",
        }
    ),
    plans={"none": NONE, "small": SMALL},
)
