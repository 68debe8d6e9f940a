"""Billing runs, their documents, and what the ERP last said of each."""

import json
from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select, update

from integration_core.canonical.billing import CreditDraft, Draft, Piece
from integration_core.canonical.ledger import InvoiceState
from integration_core.ports.documents import DocumentRow
from integration_core.store import schema
from integration_core.store.mirroring import DOCUMENT, document_of, note_due
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
        table, changed = schema.document, list[str]()
        known = self._known(connection, [state.key for state in states])
        for state in states:
            row = known.get(state.key)
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
            known[state.key] = SimpleNamespace(**{**vars(row), **stamped})
            if all(getattr(row, name) == value for name, value in values.items()):
                continue
            changed.append(state.key)
            if state.status in POSTED_STATES:
                self._posted(connection, row.kind, state.key)
        note_due(connection, DOCUMENT, changed)
        return len(changed)

    def _known(self, connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
        table = schema.document
        found: dict[str, Any] = {}
        for chunk in schema.chunks(keys, 400):
            rows = connection.execute(select(table).where(table.c.key.in_(chunk)))
            found |= {row.key: SimpleNamespace(**row._mapping) for row in rows}
        return found

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
        return [document_of(row) for row in rows]


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
