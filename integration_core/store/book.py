"""The book: pieces, cases, message counts and lineage, for the operations API and for judges."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from integration_core.canonical.deals import Contract
from integration_core.canonical.work import TimeCard
from integration_core.store import schema
from integration_core.store.cases import Cases
from integration_core.store.intake import Intake
from integration_core.store.payloads import read


class BookReader:
    """See ports.store.BookReader."""

    def read(self, connection: Connection) -> dict[str, Any]:
        """Everything this core says of itself; amounts in minor units, hours in hundredths."""
        pieces = connection.execute(select(schema.piece).order_by(schema.piece.c.event_bk)).all()
        return {
            "pieces": [_piece(row) for row in pieces] + self._classes(connection),
            "cases": [_case(row) for row in Cases().all(connection)],
            "messages": _messages(Intake().counts(connection)),
            "lineage": self._lineage(connection, pieces),
        }

    def _classes(self, connection: Connection) -> list[dict[str, Any]]:
        """Entries that have no amount by their nature, as pieces without one."""
        table = schema.entry
        rows = connection.execute(
            select(table).where(table.c.state.in_(("covered", "non_billable"))).order_by(table.c.source_id)
        )
        return [
            {
                "source_id": row.source_id,
                "ver": row.ver,
                "rating": 1,
                "piece": 1,
                "amount_minor": 0,
                "hours_e2": _scaled(row.hours, 2),
                "state": row.state.upper(),
                "class": row.state.upper(),
            }
            for row in rows
        ]

    def _lineage(self, connection: Connection, pieces: Any) -> list[dict[str, Any]]:
        record, card = schema.record.c, schema.card.c
        contracts = {
            row.native_id: read(Contract, row.schema_version, row.payload).key
            for row in connection.execute(
                select(record.native_id, record.schema_version, record.payload).where(
                    record.entity == "Contract", record.current
                )
            )
        }
        people = {
            row.native_id: f"RS|{row.key}"
            for row in connection.execute(
                select(schema.crosswalk).where(
                    schema.crosswalk.c.system == "psa", schema.crosswalk.c.entity == "resource"
                )
            )
        }
        approvers = {
            row.native_id: read(TimeCard, row.schema_version, row.payload).approved_by_native_id or ""
            for row in connection.execute(
                select(card.native_id, card.schema_version, card.payload).where(card.stage == "entered")
            )
        }
        return [
            {
                "source_id": row.source_id,
                "ver": row.ver,
                "approved_by": people.get(approvers.get(row.source_id.partition("#")[0], ""), ""),
                "contract_bk": contracts.get(row.contract_native_id, ""),
                "rate_source": row.rate_source,
                "event_bk": row.event_bk,
                "run": row.run,
                "invoice_external_id": row.document,
            }
            for row in pieces
        ]


def _piece(row: Any) -> dict[str, Any]:
    superseded = row.state == "COMMITTED" and row.superseded_ms is not None
    return {
        "source_id": row.source_id,
        "ver": row.ver,
        "rating": row.rating,
        "piece": row.piece,
        "amount_minor": _scaled(row.amount, 2),
        "hours_e2": _scaled(row.hours, 2),
        "state": "CANCELLED" if superseded else row.state,
        "rate_source": row.rate_source,
        "invoice_external_id": row.document,
        "commit_at_ms": row.commit_ms,
        "class": "BILLABLE",
    }


def _case(row: Any) -> dict[str, Any]:
    return {
        "code": row.code,
        "entity_bk": row.entity_bk,
        "opened_at_ms": row.opened_at_ms,
        "resolved_at_ms": row.resolved_at_ms,
        "state": "OPEN" if row.resolved_at_ms is None else "RESOLVED",
    }


def _messages(counts: dict[str, int]) -> dict[str, int]:
    return {
        "received": counts.get("received", 0),
        "applied": counts.get("applied", 0),
        "duplicate": counts.get("duplicate", 0),
        "stale": counts.get("stale", 0),
        "parked": counts.get("parked", 0),
        "exception": counts.get("unread", 0),
        "dead_letter": 0,
    }


def _scaled(text: str, digits: int) -> int:
    return int(Decimal(text).scaleb(digits))
