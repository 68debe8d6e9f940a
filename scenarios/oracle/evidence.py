"""Evidence: everything the judge may look at, as plain records; built by whoever observes."""

from collections.abc import Collection

from msgspec import Struct

from mocks.firm.facts.documents import TargetDocument
from mocks.firm.facts.source import SourceFact
from scenarios.oracle.book import Book


class Evidence(Struct, frozen=True, kw_only=True):
    """One rehearsal's end state.

    `facts` are all versions observed in the systems of record, each with its native id;
    `documents` the current records of the target systems; `played` what people did;
    `waiting` what could never be played; `book` what the subject publishes, if it does. Facts of
    a large firm come as a `FactLog`.
    """

    facts: Collection[SourceFact]
    documents: tuple[TargetDocument, ...]
    now_ms: int
    played: Collection[SourceFact] = ()
    waiting: tuple[SourceFact, ...] = ()
    book: Book | None = None
