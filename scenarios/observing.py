"""What all systems hold, read back through their control planes in bounded pages."""

from collections.abc import Callable

from msgspec import Struct

from mocks.firm.facts.documents import TargetDocument
from mocks.firm.facts.source import Fact, SourceFact
from scenarios.estate import ROLES, Estate
from scenarios.oracle.facts_log import FactLog
from scenarios.oracle.sharing import shared

Said = Callable[[SourceFact], SourceFact]


class Observed(Struct, frozen=True, kw_only=True):
    """All facts with their versions, all documents, and how many calls each system had by then."""

    facts: FactLog
    documents: tuple[TargetDocument, ...]
    requests: dict[str, int]


def as_said(fact: SourceFact) -> SourceFact:
    """A fact as its system tells it."""
    return fact


async def observe(estate: Estate, said: Said = as_said) -> Observed:
    """Read everything; `said` translates keys that a system cannot know."""
    facts = FactLog()
    documents: list[TargetDocument] = []
    requests = {}
    for role in ROLES:
        control = estate.systems[role].control
        requests[role] = int((await control.health())["requests"])
        async for row in control.observe_pages():
            if isinstance(row, Fact):
                facts.append(said(row))
            else:
                documents.append(shared(row))
    return Observed(facts=facts, documents=tuple(documents), requests=requests)
