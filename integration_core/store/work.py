"""Approved time and its billing events: from cards to entries to pieces.

Cards become entries once everything they refer to is known; until then they are parked, never
lost. A later version of an entry replaces the piece of the one before as of its own approval
instant, so that a run's selection never depends on when the correction was read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, union_all, update

from integration_core.canonical.billing import Blocked, Entry, Rated, Unpriced
from integration_core.canonical.close import Booked
from integration_core.canonical.work import Task
from integration_core.ports.store import Resolved, Unapproved
from integration_core.store import bulk, schema
from integration_core.store.booked import PRICE_PROBLEMS, booked_time
from integration_core.store.entering import Cursor, enter_cards, has_successor
from integration_core.store.pieces import piece_row
from integration_core.store.unapproved import waiting_cells

OPEN_STATES = ("new", "blocked")
CARDS_A_BATCH = 2_000
CHUNK = 400
ENTERING = "resolve"  # the lock of whoever makes entries, or pieces of them

_ENTRY, _PIECE = schema.entry, schema.piece
_HEALED = (
    update(_ENTRY)
    .where(
        _ENTRY.c.source_id == bindparam("entry"),
        _ENTRY.c.state == "blocked",
        _ENTRY.c.problem.not_in(PRICE_PROBLEMS),
    )
    .values(valid_ms=bindparam("at_ms"))
)
_SUPERSEDED = (
    update(_PIECE).where(_PIECE.c.event_bk == bindparam("event")).values(superseded_ms=bindparam("at_ms"))
)


class Work:
    """See ports.store.Work."""

    def put_tasks(
        self, connection: Connection, contract_native_id: str, tasks: Iterable[tuple[Task, str]]
    ) -> None:
        """Remember the tasks made for a contract, with their native ids in the PSA."""
        rows = [
            {
                "native_id": native_id,
                "key": task.key,
                "contract_native_id": contract_native_id,
                "contract_line_native_id": task.contract_line_source_id,
                "billable": task.billable,
                "progress": task.progress,
            }
            for task, native_id in tasks
        ]
        names = ("key", "contract_native_id", "contract_line_native_id", "billable", "progress")
        schema.upsert(connection, schema.task, rows, update=names)

    def resolve(
        self, connection: Connection, limit: int = CARDS_A_BATCH, after: Cursor | None = None
    ) -> Resolved:
        """Turn a batch of approved cards whose references are known into entries; others stay parked."""
        schema.serialise(connection, ENTERING)
        return enter_cards(connection, limit, after)

    def parked(self, connection: Connection, before_ms: int) -> int:
        """How many cards approved before an instant are not entries yet."""
        table = schema.card
        waiting = select(func.count()).where(table.c.stage == "parked", table.c.recorded_at_ms < before_ms)
        return int(connection.execute(waiting).scalar_one())

    def unrated(self, connection: Connection, before_ms: int, limit: int, after: str) -> Sequence[Entry]:
        """Entries approved before an instant and not rated for good, by source id after `after`."""
        of_states = [  # each by itself comes in the order of its index
            select(_ENTRY)
            .where(_ENTRY.c.state == state, _ENTRY.c.source_id > after, _ENTRY.c.a_ms < before_ms)
            .order_by(_ENTRY.c.source_id)
            .limit(limit)
            .subquery()
            for state in OPEN_STATES
        ]
        found = union_all(*(select(one) for one in of_states)).subquery()
        # The database orders them, as it compares with `after`: its order of texts may not be Python's.
        return [
            _entry(row) for row in connection.execute(select(found).order_by(found.c.source_id).limit(limit))
        ]

    def settle(
        self,
        connection: Connection,
        results: Sequence[Rated | Unpriced | Blocked],
        now_ms: int,
        healed_ms: Mapping[str, int] | None = None,
    ) -> None:
        """Record the outcome of rating; `healed_ms` says since when what was blocked is valid."""
        # A correction that is being entered beside this would see no piece, and this would see no correction.
        schema.serialise(connection, ENTERING)
        if healed_ms:
            rows = [{"entry": entry, "at_ms": at_ms} for entry, at_ms in sorted(healed_ms.items())]
            connection.execute(_HEALED, rows)
        if not results:
            return
        states = [
            {
                "source_id": result.entry.source_id,
                "state": _state_of(result),
                "problem": result.code if isinstance(result, Blocked) else "",
            }
            for result in results
        ]
        bulk.update_rows(connection, _ENTRY, states, by=("source_id",))
        pieces = [piece_row(result) for result in results if isinstance(result, Rated)]
        schema.upsert(connection, _PIECE, pieces, update=())
        self._supersede_late(connection, pieces)

    def _supersede_late(self, connection: Connection, pieces: Sequence[dict[str, Any]]) -> None:
        """A piece rated after its own successor was approved is superseded from that instant on."""
        versions: dict[str, list[tuple[int, int]]] = {}
        for chunk in schema.chunks([piece["entry_bk"] for piece in pieces], CHUNK):
            later = connection.execute(
                select(_ENTRY.c.bk, _ENTRY.c.ver, _ENTRY.c.a_ms).where(
                    _ENTRY.c.bk.in_(chunk), _ENTRY.c.ver > 1, _ENTRY.c.state != "same"
                )
            )
            for bk, ver, a_ms in later:
                versions.setdefault(bk, []).append((ver, a_ms))
        late = []
        for piece in pieces:
            after = [a_ms for ver, a_ms in versions.get(piece["entry_bk"], ()) if ver > piece["ver"]]
            if after:
                late.append({"event": piece["event_bk"], "at_ms": min(after)})
        if late:
            connection.execute(_SUPERSEDED, late)

    def booked(
        self,
        connection: Connection,
        before_ms: int,
        *,
        lines: Collection[str] | None = None,
        days: tuple[date, date] | None = None,
    ) -> Sequence[Booked]:
        """Valid approved versions of time before an instant, with what superseded them when.

        All, or those of entries that ever stood on some contract lines, or those of some days of work.
        """
        return booked_time(connection, before_ms, lines, days)

    def unapproved(self, connection: Connection, cutoff_ms: int) -> Sequence[Unapproved]:
        """Billable cells that were submitted but not approved at an instant."""
        return waiting_cells(connection, cutoff_ms)

    def unfinished(self, connection: Connection) -> bool:
        """Whether a card is parked or an entry unrated: time alone may bring them on."""
        parked = select(schema.card.c.native_id).where(schema.card.c.stage == "parked").limit(1)
        open_entry = _ENTRY.c.state.in_(OPEN_STATES)
        waiting = select(_ENTRY.c.source_id).where(open_entry, ~has_successor()).limit(1)
        return connection.execute(parked).first() is not None or (
            connection.execute(waiting).first() is not None
        )

    def oldest_unrated_ms(self, connection: Connection) -> int | None:
        """The earliest approval instant among entries that were never rated."""
        return connection.execute(select(func.min(_ENTRY.c.a_ms)).where(_ENTRY.c.state == "new")).scalar()


def _state_of(result: Rated | Unpriced | Blocked) -> str:
    if isinstance(result, Rated):
        return "rated"
    return result.klass.lower() if isinstance(result, Unpriced) else "blocked"


def _entry(row: Any) -> Entry:
    return Entry(
        source_id=row.source_id,
        bk=row.bk,
        ver=row.ver,
        employee_no=row.employee_no,
        assignment_native_id=row.assignment_native_id,
        contract_line_native_id=row.contract_line_native_id,
        task_billable=row.task_billable,
        work_date=date.fromisoformat(row.work_date),
        hours=Decimal(row.hours),
        time_type=row.time_type,
        billable=row.billable,
        a_ms=row.a_ms,
        memo=row.memo,
        was_blocked=row.state == "blocked",
    )
