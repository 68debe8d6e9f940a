"""Billing runs, their documents, and what the ERP last said of each."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from integration_core.canonical.billing import CreditDraft, Draft, Piece
from integration_core.canonical.ledger import InvoiceState
from integration_core.canonical.work import TimeCard
from integration_core.ports.store import DocumentRow, Mark
from integration_core.store import schema
from integration_core.store.payloads import read
from integration_core.store.pieces import LOCKED_STATES, piece_of

POSTED_STATES = frozenset({"POSTED", "PARTIALLY_PAID", "PAID", "CREDITED", "APPLIED"})
INVOICE, CREDIT = "invoice", "credit"


class Documents:
    """See ports.store.Documents."""

    def run_done(self, connection: Connection, run: str) -> bool:
        """Whether a billing run has selected and drafted."""
        table = schema.billing_run
        return connection.execute(select(table.c.run).where(table.c.run == run)).first() is not None

    def finish_run(
        self,
        connection: Connection,
        run: str,
        drafts: Sequence[Draft],
        credits: Sequence[CreditDraft],
        now_ms: int,
    ) -> None:
        """Keep a run's documents and that it is done."""
        schema.upsert(connection, schema.billing_run, [{"run": run, "finished_ms": now_ms}], update=())
        rows = [*(_row(run, draft) for draft in drafts), *(_credit_row(run, credit) for credit in credits)]
        schema.upsert(connection, schema.document, rows, update=())

    def held(self, connection: Connection, entity_code: str) -> Sequence[tuple[str, str, date]]:
        """(document key, run, invoice date) of held documents."""
        table = schema.document
        rows = connection.execute(
            select(table.c.key, table.c.run, table.c.invoice_date)
            .where(table.c.entity_code == entity_code, table.c.state == "HELD")
            .order_by(table.c.key)
        )
        return [(row.key, row.run, date.fromisoformat(row.invoice_date)) for row in rows]

    def pieces_of(self, connection: Connection, document: str) -> Sequence[Piece]:
        """The pieces bound to a document."""
        table = schema.piece
        rows = connection.execute(
            select(table).where(table.c.document == document).order_by(table.c.event_bk)
        )
        return [piece_of(row) for row in rows]

    def release(self, connection: Connection, draft: Draft) -> None:
        """A held document is ready after all."""
        table = schema.document
        connection.execute(
            update(table)
            .where(table.c.key == draft.key)
            .values(state="READY", hold_code="", hold_key="", acct_date=_acct_date(draft))
        )

    def observed(self, connection: Connection, states: Sequence[InvoiceState]) -> int:
        """Take up what the ERP says; returns how many of our documents changed."""
        table, changed = schema.document, 0
        for state in states:
            row = connection.execute(select(table).where(table.c.key == state.key)).first()
            if row is None or row.recorded_at_ms > state.recorded_at_ms:
                continue
            values = {
                "native_id": state.native_id,
                "number": state.number,
                "status": state.status,
                "net": str(state.net),
                "gross": str(state.gross),
                "open_amount": str(state.open_amount),
            }
            # The stamp moves even where nothing else does, or an older state could still come in after it.
            stamped = {**values, "recorded_at_ms": state.recorded_at_ms}
            connection.execute(update(table).where(table.c.key == state.key).values(**stamped))
            if all(getattr(row, name) == value for name, value in values.items()):
                continue
            changed += 1
            if state.status in POSTED_STATES:
                self._posted(connection, row.kind, state.key)
        return changed

    def _posted(self, connection: Connection, kind: str, key: str) -> None:
        table = schema.piece
        mine = table.c.document == key if kind == INVOICE else table.c.credit_document == key
        before = ("LOCKED",) if kind == INVOICE else LOCKED_STATES
        after = "INVOICED" if kind == INVOICE else "CREDITED"
        connection.execute(update(table).where(mine, table.c.state.in_(before)).values(state=after))

    def unposted(self, connection: Connection, entity_code: str, until: date) -> int:
        """How many ready documents with an accounting date up to a day the ERP has not posted yet."""
        table = schema.document
        rows = connection.execute(
            select(table.c.status).where(
                table.c.entity_code == entity_code,
                table.c.acct_date != "",
                table.c.acct_date <= until.isoformat(),
            )
        )
        return sum(row.status not in POSTED_STATES for row in rows)

    def all(self, connection: Connection) -> Sequence[DocumentRow]:
        """Every document, by key."""
        rows = connection.execute(select(schema.document).order_by(schema.document.c.key))
        return [
            DocumentRow(
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
            for row in rows
        ]

    def amounts_by_contract(self, connection: Connection) -> dict[str, dict[str, Decimal]]:
        """Net of every document's lines by contract: document key -> contract native id -> net."""
        table = schema.piece
        found: dict[str, dict[str, Decimal]] = defaultdict(dict)
        rows = connection.execute(
            select(table.c.document, table.c.credit_document, table.c.contract_native_id, table.c.amount)
            .where(table.c.document != "")
            .order_by(table.c.event_bk)
        )
        for row in rows:
            for key in filter(None, (row.document, row.credit_document)):
                amounts, contract = found[key], row.contract_native_id
                amounts[contract] = amounts.get(contract, Decimal(0)) + Decimal(row.amount)
        return dict(found)

    def marks(self, connection: Connection) -> Sequence[Mark]:
        """Splits whose billable cells all stand on documents; those of replaced cards keep their marks."""
        documents = self._document_of_source(connection)
        cells: dict[str, list[Any]] = defaultdict(list)
        entry = schema.entry
        for row in connection.execute(
            select(entry.c.card_native_id, entry.c.work_date, entry.c.state, entry.c.event_source_id).where(
                entry.c.state.in_(("rated", "same", "blocked", "new"))
            )
        ):
            cells[row.card_native_id].append(row)
        marks = []
        card = schema.card
        current = connection.execute(
            select(card.c.native_id, card.c.schema_version, card.c.payload)
            .where(card.c.stage == "entered")
            .order_by(card.c.native_id)
        )
        for native_id, version, payload in current:
            if native_id in cells:
                marks.extend(_marks(read(TimeCard, version, payload), cells[native_id], documents))
        return marks

    def _document_of_source(self, connection: Connection) -> dict[str, str]:
        table = schema.piece
        rows = connection.execute(select(table.c.source_id, table.c.document).where(table.c.document != ""))
        return {row.source_id: row.document for row in rows}


def _marks(card: TimeCard, cells: Sequence[Any], documents: dict[str, str]) -> list[Mark]:
    marks = []
    for split in card.splits:
        first, last = split.start.isoformat(), split.end.isoformat()
        inside = [cell for cell in cells if first <= cell.work_date <= last]
        billed = sorted({documents.get(cell.event_source_id, "") for cell in inside})
        if inside and "" not in billed:
            marks.append(Mark(split_native_id=split.native_id, documents=tuple(billed)))
    return marks


def _row(run: str, draft: Draft) -> dict[str, Any]:
    return {
        **_untouched(run, draft.key, INVOICE, draft.contract_native_ids),
        "acct_date": _acct_date(draft),
        "state": "READY" if draft.invoice is not None else "HELD",
        "hold_code": draft.hold.code if draft.hold else "",
        "hold_key": draft.hold_key if draft.hold else "",
    }


def _credit_row(run: str, credit: CreditDraft) -> dict[str, Any]:
    return {
        **_untouched(run, credit.memo.key, CREDIT, credit.contract_native_ids),
        "acct_date": credit.memo.acct_date.isoformat(),
        "state": "READY",
        "hold_code": "",
        "hold_key": "",
    }


def _acct_date(draft: Draft) -> str:
    return draft.invoice.acct_date.isoformat() if draft.invoice is not None else ""


def _untouched(run: str, key: str, kind: str, contracts: Sequence[str]) -> dict[str, Any]:
    """A document that the ERP has said nothing of yet."""
    _, entity_code, day = run.split("|")
    return {
        "key": key,
        "kind": kind,
        "run": run,
        "entity_code": entity_code,
        "invoice_date": day,
        "contracts": json.dumps(list(contracts)),
        "native_id": "",
        "number": None,
        "status": None,
        "net": "0",
        "gross": "0",
        "open_amount": "0",
        "recorded_at_ms": 0,
    }
