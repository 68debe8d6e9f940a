"""Until when processes wait for time alone, kept for all workers: polls are timed by what is waited for."""

from sqlalchemy import Connection, select

from integration_core.store import schema


class Waits:
    """See ports.store.Waits."""

    def put(self, connection: Connection, process: str, key: str, until_ms: int) -> bool:
        """Note until when somebody waits; False when that was known."""
        table = schema.wait
        mine = select(table.c.until_ms).where(table.c.process == process, table.c.key == key)
        if connection.execute(mine).scalar() == until_ms:
            return False
        row = {"process": process, "key": key, "until_ms": until_ms}
        schema.upsert(connection, table, [row], update=("until_ms",))
        return True

    def all(self, connection: Connection) -> list[int]:
        """Every instant that somebody waits for, earliest first."""
        return sorted(connection.execute(select(schema.wait.c.until_ms)).scalars())
