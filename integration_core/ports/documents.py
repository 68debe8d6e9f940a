"""What the core keeps of its documents, and what CRM and PSA still have to be shown of them."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from msgspec import Struct
from sqlalchemy import Connection

from integration_core.canonical.billing import CreditDraft, Draft, Piece
from integration_core.canonical.ledger import InvoiceState


class DocumentRow(Struct, frozen=True, kw_only=True):
    """A document of ours, with what the ERP last said of it."""

    key: str
    kind: str  # invoice | credit
    state: str  # HELD | READY
    run: str
    contract_native_ids: tuple[str, ...]
    number: str | None
    status: str | None
    net: Decimal
    gross: Decimal
    open_amount: Decimal


class Mark(Struct, frozen=True, kw_only=True):
    """A timecard split whose billable cells all stand on documents, and on which."""

    split_native_id: str
    documents: tuple[str, ...]


class Documents(Protocol):
    """Billing runs and their documents."""

    def run_done(self, connection: Connection, run: str) -> bool: ...

    def finish_run(
        self,
        connection: Connection,
        run: str,
        drafts: Sequence[Draft],
        credits: Sequence[CreditDraft],
        now_ms: int,
    ) -> None: ...

    def unposted(self, connection: Connection, entity_code: str, until: date) -> int:
        """How many ready documents with an accounting date up to a day the ERP has not posted yet."""
        ...

    def held(self, connection: Connection, entity_code: str) -> Sequence[tuple[str, str, date]]:
        """(document key, run, invoice date) of held documents."""
        ...

    def pieces_of(self, connection: Connection, document: str) -> Sequence[Piece]: ...

    def release(self, connection: Connection, draft: Draft) -> None: ...

    def observed(self, connection: Connection, states: Sequence[InvoiceState]) -> int:
        """Take up what the ERP says; returns how many of our documents changed."""
        ...

    def all(self, connection: Connection) -> Sequence[DocumentRow]: ...


class Due(Struct, frozen=True, kw_only=True):
    """Keys of what the mirrors have to look at again: it moved since they last did."""

    documents: tuple[str, ...]
    cards: tuple[str, ...]
    contracts: tuple[str, ...]


class Mirroring(Protocol):
    """What CRM and PSA still have to be shown."""

    def due(self, connection: Connection, limit: int) -> Due:
        """What is to be looked at, some of each kind; nothing at all when all is shown."""
        ...

    def done(self, connection: Connection, due: Due) -> None: ...

    def contracts_of(self, connection: Connection, documents: Collection[str]) -> frozenset[str]:
        """The contracts that some documents bill or credit."""
        ...

    def shares(
        self, connection: Connection, contracts: Collection[str]
    ) -> dict[str, list[tuple[str, Decimal]]]:
        """(document key, net) of every document of some contracts, by contract, in the order of keys."""
        ...

    def documents(self, connection: Connection, keys: Collection[str]) -> dict[str, DocumentRow]: ...

    def milestones(self, connection: Connection, documents: Collection[str]) -> dict[str, str]:
        """The document of each milestone that some documents bill, by the milestone's native id."""
        ...

    def cards_of(self, connection: Connection, documents: Collection[str]) -> frozenset[str]:
        """The cards whose time some documents bill, those that carry it on among them."""
        ...

    def marks(self, connection: Connection, cards: Collection[str]) -> Sequence[Mark]:
        """Splits of some cards whose billable cells all stand on documents; replaced cards keep theirs."""
        ...
