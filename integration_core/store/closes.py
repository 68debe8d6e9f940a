"""Closes of periods: which journals were stated for them, what was recognised, and how far they are."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Connection, or_, select

from integration_core.canonical.ledger import Journal
from integration_core.canonical.periods import period_of
from integration_core.store import schema

POSTED, CLOSED = "POSTED", "CLOSED"


class Closes:
    """See ports.store.Closes."""

    def states(self, connection: Connection, entity_code: str) -> dict[str, str]:
        """POSTED or CLOSED by period; a period that is not there is open."""
        table = schema.close_run
        rows = connection.execute(
            select(table.c.period, table.c.state).where(table.c.entity_code == entity_code)
        )
        return {row.period: row.state for row in rows}

    def set_state(
        self, connection: Connection, entity_code: str, period: str, state: str, now_ms: int
    ) -> None:
        """Note how far a close is."""
        row = {"entity_code": entity_code, "period": period, "state": state, "at_ms": now_ms}
        schema.upsert(connection, schema.close_run, [row], update=("state", "at_ms"))

    def note_journals(self, connection: Connection, journals: Sequence[Journal], closes: str) -> None:
        """Remember journals that were stated; `closes` is the period whose close made them, or empty."""
        rows = [
            {
                "key": journal.key,
                "entity_code": journal.entity_code,
                "period": period_of(journal.acct_date),
                "closes": closes,
            }
            for journal in journals
        ]
        schema.upsert(connection, schema.journal, rows, update=())

    def unsent_journals(self, connection: Connection, entity_code: str, period: str) -> int:
        """How many journals of a period, or of its close, the ERP does not have yet."""
        table, outbox = schema.journal, schema.outbox
        rows = connection.execute(
            select(table.c.key)
            .join(outbox, outbox.c.key == table.c.key)
            .where(
                table.c.entity_code == entity_code,
                or_(table.c.period == period, table.c.closes == period),
                outbox.c.lane == "erp.journal",
                outbox.c.state != "sent",
            )
        )
        return len(rows.all())

    def recognised(self, connection: Connection, before: str) -> dict[str, Decimal]:
        """Cumulative earnings by contract line at the last close before a period."""
        table = schema.recognised
        rows = connection.execute(select(table).where(table.c.period < before).order_by(table.c.period))
        return {row.contract_line_native_id: Decimal(row.earned) for row in rows}

    def put_recognised(self, connection: Connection, period: str, earned: Mapping[str, Decimal]) -> None:
        """Keep what a close recognised."""
        rows = [
            {"contract_line_native_id": line, "period": period, "earned": str(amount)}
            for line, amount in sorted(earned.items())
        ]
        schema.upsert(connection, schema.recognised, rows, update=("earned",))
