"""The exception queue: one open case for each code and entity, with owner, deadline and replay."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from integration_core.ports.store import CaseRow
from integration_core.rules.triage import verdict
from integration_core.store import schema

HOUR_MS = 3_600_000


class Cases:
    """See ports.store.Cases."""

    def open(
        self,
        connection: Connection,
        code: str,
        entity_bk: str,
        text: str,
        opened_at_ms: int,
        replay: tuple[str, str],
    ) -> None:
        """Open a case, or leave the one that is open, or was opened at this very instant, as it is."""
        self.open_all(connection, code, [(entity_bk, text, opened_at_ms, None)], replay)

    def open_all(
        self,
        connection: Connection,
        code: str,
        found: Sequence[tuple[str, str, int, int | None]],
        replay: tuple[str, str],
    ) -> None:
        """Open many cases of one code: entity, text, since when, and until when if that is known."""
        table = schema.case
        known: dict[str, list[tuple[int, int | None]]] = {}
        for chunk in schema.chunks((one[0] for one in found), 400):
            rows = connection.execute(
                select(table.c.entity_bk, table.c.opened_at_ms, table.c.resolved_at_ms).where(
                    table.c.entity_bk.in_(chunk), table.c.code == code
                )
            )
            for entity_bk, opened_ms, resolved_ms in rows:
                known.setdefault(entity_bk, []).append((opened_ms, resolved_ms))
        decided = verdict(code)
        fresh = []
        for entity_bk, text, since_ms, until_ms in found:
            cases = known.setdefault(entity_bk, [])
            is_open = any(resolved_ms is None for _, resolved_ms in cases)
            if is_open and until_ms is not None:
                self.resolve(connection, entity_bk, (code,), until_ms)
            if is_open or any(opened_ms == since_ms for opened_ms, _ in cases):
                continue
            cases.append((since_ms, until_ms))
            fresh.append(
                {
                    "code": code,
                    "entity_bk": entity_bk,
                    "severity": decided.severity,
                    "owner": decided.owner,
                    "text": text,
                    "opened_at_ms": since_ms,
                    "due_at_ms": since_ms + decided.sla_hours * HOUR_MS,
                    "resolved_at_ms": until_ms,
                    "process": replay[0],
                    "key": replay[1],
                }
            )
        if fresh:
            insert_new = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            # Somebody else may have opened one of them since we looked.
            statement = insert_new(table).on_conflict_do_nothing(
                index_elements=[table.c.code, table.c.entity_bk], index_where=table.c.resolved_at_ms.is_(None)
            )
            connection.execute(statement, fresh)

    def resolve(self, connection: Connection, entity_bk: str, codes: Iterable[str], at_ms: int) -> None:
        """Close the open cases of these codes about an entity."""
        table = schema.case
        connection.execute(
            update(table)
            .where(
                table.c.entity_bk == entity_bk,
                table.c.code.in_(list(codes)),
                table.c.resolved_at_ms.is_(None),
            )
            .values(resolved_at_ms=at_ms)
        )

    def open_about(self, connection: Connection, entity_bks: Collection[str]) -> frozenset[str]:
        """Those of some entities that an open case is about."""
        table, found = schema.case, set[str]()
        for chunk in schema.chunks(entity_bks, 400):
            rows = connection.execute(
                select(table.c.entity_bk).where(
                    table.c.entity_bk.in_(chunk), table.c.resolved_at_ms.is_(None)
                )
            )
            found.update(rows.scalars())
        return frozenset(found)

    def open_with(self, connection: Connection, codes: Collection[str]) -> frozenset[str]:
        """The entities that open cases of some codes are about."""
        table = schema.case
        rows = connection.execute(
            select(table.c.entity_bk).where(table.c.resolved_at_ms.is_(None), table.c.code.in_(sorted(codes)))
        )
        return frozenset(rows.scalars())

    def all(self, connection: Connection, *, only_open: bool = False) -> Sequence[CaseRow]:
        """Cases in the order they were opened."""
        table = schema.case
        query = select(table).order_by(table.c.seq)
        if only_open:
            query = query.where(table.c.resolved_at_ms.is_(None))
        return [_case(row) for row in connection.execute(query)]

    def get(self, connection: Connection, case_id: str) -> CaseRow | None:
        """One case by its id."""
        digits = case_id.removeprefix("C-")
        if not digits.isdigit():
            return None
        row = connection.execute(select(schema.case).where(schema.case.c.seq == int(digits))).first()
        return None if row is None else _case(row)


def _case(row: Any) -> CaseRow:
    return CaseRow(
        id=f"C-{row.seq:06d}",
        code=row.code,
        entity_bk=row.entity_bk,
        severity=row.severity,
        owner=row.owner,
        text=row.text,
        opened_at_ms=row.opened_at_ms,
        due_at_ms=row.due_at_ms,
        resolved_at_ms=row.resolved_at_ms,
        process=row.process,
        key=row.key,
    )
