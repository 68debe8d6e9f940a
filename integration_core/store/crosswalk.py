"""Business keys and native ids, one to one for each system and entity (finance K2)."""

from sqlalchemy import Connection, select

from integration_core.store import schema


class Crosswalk:
    """See ports.store.Crosswalk."""

    def put(self, connection: Connection, system: str, entity: str, key: str, native_id: str) -> None:
        """Remember a pair; the same pair again changes nothing, another one for the key replaces it."""
        row = {"system": system, "entity": entity, "key": key, "native_id": native_id}
        schema.upsert(connection, schema.crosswalk, [row], update=("native_id",))

    def native_id(self, connection: Connection, system: str, entity: str, key: str) -> str | None:
        """The native id of a key."""
        table = schema.crosswalk
        return connection.execute(
            select(table.c.native_id).where(
                table.c.system == system, table.c.entity == entity, table.c.key == key
            )
        ).scalar()

    def native_ids(self, connection: Connection, system: str, entity: str) -> dict[str, str]:
        """All pairs of one system and entity, native id by key."""
        table = schema.crosswalk
        rows = connection.execute(
            select(table.c.key, table.c.native_id).where(table.c.system == system, table.c.entity == entity)
        )
        return {row.key: row.native_id for row in rows}
