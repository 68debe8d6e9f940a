"""What the calendar is made of: acts of single persons in single systems."""

from msgspec import Struct

from mocks.firm.facts.source import SourceFact

CRM, PSA, HRIS, PAYROLL, ERP = "crm", "psa", "hris", "payroll", "erp"
_RECORDED_BY = {
    "LegalEntity": ERP,
    "CostCentre": ERP,
    "Practice": ERP,
    "TaxRate": ERP,
    "Account": CRM,
    "ServicePackage": CRM,
    "Opportunity": CRM,
    "Quote": CRM,
    "Contract": CRM,
    "Resource": HRIS,
    "Assignment": PSA,
    "TimeEntry": PSA,
    "Milestone": PSA,
    "Estimate": PSA,
    "ProjectCompletion": PSA,
    "Absence": HRIS,
    "PayrollRun": PAYROLL,
    "PaymentIntent": ERP,
}
# at one instant people are entered before deals, deals before assignments, those before time and money
_ORDER = {HRIS: 0, CRM: 1, PSA: 2, PAYROLL: 3, ERP: 4}


class Play(Struct, frozen=True):
    """One act of one person at one instant; every fact of it is recorded then."""

    at_ms: int
    role: str
    facts: tuple[SourceFact, ...]


def role_of(fact: SourceFact) -> str:
    """The role whose system records this kind of fact."""
    kind = type(fact).__name__
    if kind == "RateLine":
        return PSA if getattr(fact, "scope", "") == "DEFAULT" else CRM
    return _RECORDED_BY[kind]


def play_key(play: Play) -> tuple[int, int, str]:
    """The order of plays: instant, role, first business key."""
    return play.at_ms, _ORDER[play.role], play.facts[0].bk
