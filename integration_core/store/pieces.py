"""Billing event pieces: committed, locked to a document, taken back by a credit."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, or_, select, update

from integration_core.canonical.billing import Creditable, Piece, Rated
from integration_core.canonical.close import Charged
from integration_core.store import schema
from integration_core.store.mirroring import keep_shares

LOCKED_STATES = ("LOCKED", "INVOICED")
CHUNK = 400
HOURLY = ("TM", "OV")  # billed once and done with, unless it is corrected


class Pieces:
    """See ports.store.Pieces."""

    def put(self, connection: Connection, pieces: Sequence[Piece]) -> None:
        """Keep pieces that no time entry stands behind; those that are there stay as they are."""
        schema.upsert(connection, schema.piece, [_fixed_row(piece) for piece in pieces], update=())

    def committed(self, connection: Connection, before_ms: int) -> Sequence[Piece]:
        """Pieces a run with this cut-off may take: committed before it and not superseded before it."""
        table = schema.piece
        rows = connection.execute(
            select(table)
            .where(
                table.c.state == "COMMITTED",
                table.c.commit_ms < before_ms,
                table.c.superseded_ms.is_(None) | (table.c.superseded_ms >= before_ms),
            )
            .order_by(table.c.event_bk)
        )
        return [piece_of(row) for row in rows]

    def creditable(self, connection: Connection, before_ms: int) -> Sequence[Creditable]:
        """Billed pieces whose entry was corrected before an instant and that no credit takes back yet."""
        table = schema.piece
        rows = connection.execute(
            select(table.c.event_bk, table.c.source_id, table.c.contract_native_id, table.c.document)
            .where(
                table.c.state.in_(LOCKED_STATES),
                table.c.superseded_ms < before_ms,
                table.c.credit_document == "",
            )
            .order_by(table.c.event_bk)
        )
        return [Creditable(**row._mapping) for row in rows]

    def take_back(self, connection: Connection, event_bks: Sequence[str], credit: str) -> None:
        """Bind billed pieces to the credit memo that takes them back."""
        table = schema.piece
        for at in range(0, len(event_bks), 400):
            connection.execute(
                update(table)
                .where(table.c.event_bk.in_(list(event_bks[at : at + 400])))
                .values(credit_document=credit)
            )
        keep_shares(connection, credit)

    def lock(self, connection: Connection, event_bks: Sequence[str], run: str, document: str) -> None:
        """Bind pieces to a run and a document."""
        table = schema.piece
        for at in range(0, len(event_bks), 400):
            connection.execute(
                update(table)
                .where(table.c.event_bk.in_(list(event_bks[at : at + 400])), table.c.state == "COMMITTED")
                .values(state="LOCKED", run=run, document=document)
            )
        keep_shares(connection, document)

    def charged(self, connection: Connection, entity_code: str, until: date) -> Sequence[Charged]:
        """Pieces that still matter at a day, with the accounting dates of the entity's ready documents."""
        table, document = schema.piece, schema.document
        dates = {
            row.key: date.fromisoformat(row.acct_date)
            for row in connection.execute(
                select(document.c.key, document.c.acct_date).where(
                    document.c.entity_code == entity_code, document.c.acct_date != ""
                )
            )
        }
        settled = select(document.c.key).where(
            document.c.acct_date != "", document.c.acct_date <= until.isoformat()
        )
        matters = or_(
            table.c.method.not_in(HOURLY),
            table.c.document == "",
            table.c.superseded_ms.is_not(None),
            table.c.document.not_in(settled),
        )
        rows = connection.execute(select(table).where(matters).order_by(table.c.event_bk))
        return [_charged(row, dates) for row in rows]


def _charged(row: Any, dates: dict[str, date]) -> Charged:
    return Charged(
        contract_line_native_id=row.contract_line_native_id,
        method=row.method,
        amount=Decimal(row.amount),
        service_date=date.fromisoformat(row.service_date),
        commit_ms=row.commit_ms,
        superseded_ms=row.superseded_ms,
        invoiced_on=dates.get(row.document),
        credited_on=dates.get(row.credit_document),
    )


def _fixed_row(piece: Piece) -> dict[str, Any]:
    return {
        "event_bk": piece.event_bk,
        "source_id": piece.source_id,
        "entry_bk": piece.event_bk.removeprefix("BE|").rpartition("|v")[0],
        "ver": 1,
        "rating": 1,
        "piece": 1,
        "contract_native_id": piece.contract_native_id,
        "contract_line_native_id": piece.contract_line_native_id,
        "method": piece.method,
        "service_date": piece.service_date.isoformat(),
        "hours": str(piece.hours),
        "hourly": str(piece.hourly),
        "amount": str(piece.amount),
        "commit_ms": piece.commit_ms,
        "superseded_ms": None,
        "cost_centre": piece.cost_centre,
        "memo": piece.memo,
        "rate_source": "",
        "state": "COMMITTED",
        "run": "",
        "document": "",
        "credit_document": "",
    }


def piece_row(rated: Rated) -> dict[str, Any]:
    """A priced entry as a row of the piece table."""
    entry = rated.entry
    return {
        "event_bk": f"BE|{entry.bk}|v{entry.ver}.1|p1",
        "source_id": entry.source_id,
        "entry_bk": entry.bk,
        "ver": entry.ver,
        "rating": 1,
        "piece": 1,
        "contract_native_id": rated.contract.native_id,
        "contract_line_native_id": rated.line.native_id,
        "method": rated.line.billing_method,
        "service_date": entry.work_date.isoformat(),
        "hours": str(entry.hours),
        "hourly": str(rated.hourly),
        "amount": str(rated.amount),
        "commit_ms": rated.commit_ms,
        "superseded_ms": None,
        "cost_centre": rated.cost_centre,
        "memo": entry.memo,
        "rate_source": rated.rate_source,
        "state": "COMMITTED",
        "run": "",
        "document": "",
        "credit_document": "",
    }


def piece_of(row: Any) -> Piece:
    """A row of the piece table as a piece."""
    return Piece(
        event_bk=row.event_bk,
        source_id=row.source_id,
        contract_native_id=row.contract_native_id,
        contract_line_native_id=row.contract_line_native_id,
        method=row.method,
        service_date=date.fromisoformat(row.service_date),
        hours=Decimal(row.hours),
        hourly=Decimal(row.hourly),
        amount=Decimal(row.amount),
        commit_ms=row.commit_ms,
        cost_centre=row.cost_centre,
        memo=row.memo,
    )
