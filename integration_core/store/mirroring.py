"""What CRM and PSA still have to be shown: only what moved is looked at again.

A month of a large firm so costs no more than its changes.

Whoever changes a document, carries on a billed card, or sets up or completes a project leaves word here
in the same transaction; the mirrors take it away with the wishes that they make of it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, select

from integration_core.canonical.work import TimeCard
from integration_core.ports.documents import DocumentRow, Due, Mark
from integration_core.store import schema
from integration_core.store.payloads import read

CHUNK = 400
DOCUMENT, CARD, CONTRACT = "document", "card", "contract"
_DUE, _SHARE = schema.mirror_due, schema.share
_PIECE, _ENTRY, _CARD = schema.piece, schema.entry, schema.card
_MARKED = ("rated", "same", "blocked", "new")


def note_due(connection: Connection, kind: str, keys: Iterable[str]) -> None:
    """Leave word that something has to be looked at again.

    Word that is there already is written again: so it is held until this transaction ends, and the mirrors
    cannot take it away together with what they saw before.
    """
    rows = [{"kind": kind, "key": key} for key in sorted(set(keys))]
    schema.upsert(connection, _DUE, rows, update=("key",))


def keep_shares(connection: Connection, document: str) -> None:
    """Add up the pieces that are bound to a document, by contract."""
    rows = connection.execute(
        select(_PIECE.c.contract_native_id, _PIECE.c.amount).where(
            (_PIECE.c.document == document) | (_PIECE.c.credit_document == document)
        )
    )
    nets: dict[str, Decimal] = defaultdict(Decimal)
    for contract, amount in rows:
        nets[contract] += Decimal(amount)
    shares = [
        {"document": document, "contract_native_id": contract, "net": str(net)}
        for contract, net in sorted(nets.items())
    ]
    schema.upsert(connection, _SHARE, shares, update=("net",))


class Mirroring:
    """See ports.store.Mirroring."""

    def due(self, connection: Connection, limit: int) -> Due:
        """What is to be looked at, some of each kind; nothing at all when all is shown.

        It is held until this transaction ends; word that another one is leaving is left to the run that
        this other one asks for.
        """
        found: dict[str, tuple[str, ...]] = {}
        for kind in (DOCUMENT, CARD, CONTRACT):
            keys = select(_DUE.c.key).where(_DUE.c.kind == kind).order_by(_DUE.c.key).limit(limit)
            keys = keys.with_for_update(skip_locked=True)
            found[kind] = tuple(connection.execute(keys).scalars())
        return Due(documents=found[DOCUMENT], cards=found[CARD], contracts=found[CONTRACT])

    def done(self, connection: Connection, due: Due) -> None:
        """Take away what was looked at."""
        for kind, keys in ((DOCUMENT, due.documents), (CARD, due.cards), (CONTRACT, due.contracts)):
            for chunk in schema.chunks(keys, CHUNK):
                connection.execute(delete(_DUE).where(_DUE.c.kind == kind, _DUE.c.key.in_(chunk)))

    def contracts_of(self, connection: Connection, documents: Collection[str]) -> frozenset[str]:
        """The contracts that some documents bill or credit."""
        found = set[str]()
        for chunk in schema.chunks(documents, CHUNK):
            rows = connection.execute(select(_SHARE.c.contract_native_id).where(_SHARE.c.document.in_(chunk)))
            found.update(rows.scalars())
        return frozenset(found)

    def shares(
        self, connection: Connection, contracts: Collection[str]
    ) -> dict[str, list[tuple[str, Decimal]]]:
        """(document key, net) of every document of some contracts, by contract, in the order of keys."""
        found: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        for chunk in schema.chunks(contracts, CHUNK):
            rows = connection.execute(
                select(_SHARE).where(_SHARE.c.contract_native_id.in_(chunk)).order_by(_SHARE.c.document)
            )
            for row in rows:
                found[row.contract_native_id].append((row.document, Decimal(row.net)))
        return dict(found)

    def documents(self, connection: Connection, keys: Collection[str]) -> dict[str, DocumentRow]:
        """Some documents by key."""
        table = schema.document
        found: dict[str, DocumentRow] = {}
        for chunk in schema.chunks(keys, CHUNK):
            rows = connection.execute(select(table).where(table.c.key.in_(chunk)))
            found |= {row.key: document_of(row) for row in rows}
        return found

    def milestones(self, connection: Connection, documents: Collection[str]) -> dict[str, str]:
        """The document of each milestone that some documents bill, by the milestone's native id."""
        found: dict[str, str] = {}
        for chunk in schema.chunks(documents, CHUNK):
            rows = connection.execute(
                select(_PIECE.c.source_id, _PIECE.c.document).where(
                    _PIECE.c.method == "FF", _PIECE.c.document.in_(chunk)
                )
            )
            found |= {row.source_id: row.document for row in rows}
        return found

    def cards_of(self, connection: Connection, documents: Collection[str]) -> frozenset[str]:
        """The cards whose time some documents bill, those that carry it on among them."""
        cards = set[str]()
        for chunk in schema.chunks(documents, CHUNK):
            bks = select(_PIECE.c.entry_bk).where(_PIECE.c.document.in_(chunk), _PIECE.c.method != "FF")
            rows = connection.execute(select(_ENTRY.c.card_native_id).where(_ENTRY.c.bk.in_(bks)).distinct())
            cards.update(rows.scalars())
        return frozenset(cards)

    def marks(self, connection: Connection, cards: Collection[str]) -> Sequence[Mark]:
        """Splits of some cards whose billable cells all stand on documents; replaced cards keep theirs."""
        marks: list[Mark] = []
        for chunk in schema.chunks(cards, CHUNK):
            cells = _cells(connection, chunk)
            documents = _documents_of(
                connection, {cell.event_source_id for some in cells.values() for cell in some}
            )
            rows = connection.execute(
                select(_CARD.c.native_id, _CARD.c.schema_version, _CARD.c.payload)
                .where(_CARD.c.native_id.in_(chunk), _CARD.c.stage == "entered")
                .order_by(_CARD.c.native_id)
            )
            for native_id, version, payload in rows:
                if native_id in cells:
                    marks.extend(_marks(read(TimeCard, version, payload), cells[native_id], documents))
        return marks


def _cells(connection: Connection, cards: Collection[str]) -> dict[str, list[Any]]:
    cells: dict[str, list[Any]] = defaultdict(list)
    columns = _ENTRY.c
    for row in connection.execute(
        select(columns.card_native_id, columns.work_date, columns.event_source_id).where(
            columns.card_native_id.in_(cards), columns.state.in_(_MARKED)
        )
    ):
        cells[row.card_native_id].append(row)
    return dict(cells)


def _documents_of(connection: Connection, sources: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in schema.chunks(sources, CHUNK):
        rows = connection.execute(
            select(_PIECE.c.source_id, _PIECE.c.document).where(
                _PIECE.c.source_id.in_(chunk), _PIECE.c.document != ""
            )
        )
        found |= {row.source_id: row.document for row in rows}
    return found


def _marks(card: TimeCard, cells: Sequence[Any], documents: dict[str, str]) -> list[Mark]:
    marks = []
    for split in card.splits:
        first, last = split.start.isoformat(), split.end.isoformat()
        inside = [cell for cell in cells if first <= cell.work_date <= last]
        billed = sorted({documents.get(cell.event_source_id, "") for cell in inside})
        if inside and "" not in billed:
            marks.append(Mark(split_native_id=split.native_id, documents=tuple(billed)))
    return marks


def document_of(row: Any) -> DocumentRow:
    """A row of the document table."""
    return DocumentRow(
        key=row.key,
        kind=row.kind,
        state=row.state,
        run=row.run,
        contract_native_ids=tuple(json.loads(row.contracts)),
        number=row.number,
        status=row.status,
        net=Decimal(row.net),
        gross=Decimal(row.gross),
        open_amount=Decimal(row.open_amount),
    )
