"""Reading as of a while ago: where changes become readable late, queries see earlier versions."""

from mocks.kit.schema import Value
from mocks.kit.store import SYSTEM_COLUMNS, Record, quoted
from mocks.kit.world import World


def version_before(world: World, object_name: str, record_id: str, horizon_ms: int) -> Record | None:
    """The version of a record that was readable before the horizon; None where there was none yet."""
    versions = world.store.versions(object_name, record_id)
    for version in reversed(versions):
        if version.modified_ms < horizon_ms:
            return version
    if versions and versions[0].created_ms < horizon_ms:
        first = versions[0]  # only a system write moved its stamp
        return Record(
            first.object, first.id, first.created_ms, first.created_ms, first.ver, first.deleted, first.values
        )
    return None


def lagged_source(world: World, object_name: str, horizon_ms: int) -> str:
    """What stands for an object's table in FROM: its rows as they were readable before the horizon."""
    store = world.store
    kind = store.schema.object(object_name)
    if kind is None:
        raise KeyError(object_name)
    table, late = quoted(object_name), f"temp.{quoted('late ' + object_name)}"
    names = [field.name for field in kind.fields]
    store.rows(
        f"CREATE TEMP TABLE IF NOT EXISTS {quoted('late ' + object_name)} AS SELECT * FROM {table} WHERE 0"
    )
    store.rows(f"DELETE FROM {late}")
    marks = ", ".join("?" * (1 + len(SYSTEM_COLUMNS) + len(names)))
    columns = ", ".join(quoted(name) for name in ("rowseq", *SYSTEM_COLUMNS, *names))
    for rowseq, record_id in store.rows(
        f"SELECT rowseq, id FROM {table} WHERE modified_ms >= ?", (horizon_ms,)
    ):
        shown = version_before(world, object_name, record_id, horizon_ms)
        if shown is not None:
            row: list[Value] = [rowseq, shown.id, shown.created_ms, shown.modified_ms, shown.ver]
            row += [int(shown.deleted), *(shown.values[name] for name in names)]
            store.rows(f"INSERT INTO {late} ({columns}) VALUES ({marks})", row)
    return f"(SELECT * FROM {table} WHERE modified_ms < {int(horizon_ms)} UNION ALL SELECT * FROM {late})"
