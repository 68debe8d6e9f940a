"""What a run remembers across restarts, written in the same transaction as the work itself."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from integration_core.engine.schema import checkpoint, upsert

Slot = tuple[str, int]  # a name within a run, and which use of that name it is, from 1


class CheckpointTaken(Exception):
    """Somebody else has committed this very work: undo ours and take their result."""


def load(connection: Connection, run_id: str) -> dict[Slot, str]:
    """Everything that a run remembers."""
    rows = connection.execute(
        select(checkpoint.c.name, checkpoint.c.occurrence, checkpoint.c.result).where(
            checkpoint.c.run_id == run_id
        )
    )
    return {(name, occurrence): result for name, occurrence, result in rows}


def save(connection: Connection, run_id: str, slot: Slot, result: str) -> None:
    """Remember one result; raises CheckpointTaken, and the transaction must then be undone."""
    try:
        connection.execute(insert(checkpoint), _row(run_id, slot, result))
    except IntegrityError as error:
        raise CheckpointTaken from error


def keep(connection: Connection, run_id: str, results: Mapping[Slot, str]) -> None:
    """Remember results that may be there already; the first one stands."""
    if results:
        statement = upsert(connection, checkpoint).on_conflict_do_nothing()
        connection.execute(statement, _rows(run_id, results))


def forget(connection: Connection, run_id: str) -> None:
    """Drop what a finished run remembered."""
    connection.execute(delete(checkpoint).where(checkpoint.c.run_id == run_id))


def _rows(run_id: str, results: Mapping[Slot, str]) -> list[dict[str, object]]:
    items: Iterable[tuple[Slot, str]] = results.items()
    return [_row(run_id, slot, result) for slot, result in items]


def _row(run_id: str, slot: Slot, result: str) -> dict[str, object]:
    return {"run_id": run_id, "name": slot[0], "occurrence": slot[1], "result": result}
