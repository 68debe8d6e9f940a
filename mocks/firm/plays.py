"""What the calendar is made of: acts of single persons in single systems."""

from msgspec import Struct

from mocks.firm.facts.source import SourceFact

CRM, PSA, HRIS, PAYROLL, ERP = "crm", "psa", "hris", "payroll", "erp"
# at one instant people are entered before deals, deals before assignments, those before time and money
_ORDER = {HRIS: 0, CRM: 1, PSA: 2, PAYROLL: 3, ERP: 4}


class Play(Struct, frozen=True):
    """One act of one person at one instant; every fact of it is recorded then."""

    at_ms: int
    role: str
    facts: tuple[SourceFact, ...]


def play_key(play: Play) -> tuple[int, int, str]:
    """The order of plays: instant, role, first business key."""
    return play.at_ms, _ORDER[play.role], play.facts[0].bk
