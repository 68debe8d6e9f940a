"""Running queries: a snapshot of ids, pages of at most a batch, locators that lead on (wire 4.1, query)."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from mocks.kit.calls import Call, Reply
from mocks.kit.store import quoted
from mocks.kit.world import World
from mocks.protocols.salesforce.identifiers import numbered_id
from mocks.protocols.salesforce.lagging import lagged_source
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.soql.compiling import Plan, Source, compile_query
from mocks.protocols.salesforce.values import encode_json

USUAL_BATCH, SMALLEST_BATCH = 2000, 200
LOCATOR_PREFIX = "01g"
OPEN_LOCATORS = 100
LOCATOR_LIFE_MS = 2 * 86_400_000
LATEST_PATH = "/services/data/v59.0"
_LOCATORS = "salesforce.locators"
_INDEXED = "salesforce.text_indexes"


class Cursor(Struct, frozen=True):
    """A result that is read page by page: the snapshot of its ids, and how rows of them look."""

    plan: Plan
    ids: list[str]
    opened_ms: int


def query(org: Org, call: Call, *, deleted: bool) -> Reply:
    """GET query and queryAll: the first page of an answer."""
    soql = call.query().get("q", "")
    if not soql.strip():
        raise WriteRefused(Problem("MALFORMED_QUERY", "A query string has to be specified"))
    world = call.world
    _index_texts(org, world)
    plan = compile_query(soql, org.shapes, world.now_ms())
    sql, arguments = plan.ids_sql(_source(world), deleted=deleted)
    try:
        ids = [row[0] for row in world.store.rows(sql, arguments)]
    except sqlite3.OperationalError as error:
        # What the parser bounds and the database still refuses is too much of a query.
        raise WriteRefused(
            Problem("QUERY_TOO_COMPLICATED", f"The query is too complicated: {error}")
        ) from None
    if plan.count_only:
        return Reply(body=encode_json({"totalSize": len(ids), "done": True, "records": []}))
    cursor = Cursor(plan, ids, world.now_ms())
    return _page(org, call, cursor, 0, "")


def query_more(org: Org, call: Call) -> Reply:
    """GET query/{locator}: the page that begins where the locator says."""
    locator, _, start = call.path_parameters["locator"].rpartition("-")
    cursor = _locators(call.world).get(locator)
    if cursor is None or not start.isdigit() or len(start) > 9 or int(start) > len(cursor.ids):
        raise WriteRefused(Problem("INVALID_QUERY_LOCATOR", "invalid query locator"))
    if call.world.now_ms() - cursor.opened_ms > LOCATOR_LIFE_MS:
        raise WriteRefused(Problem("INVALID_QUERY_LOCATOR", "invalid query locator"))
    return _page(org, call, cursor, int(start), locator)


def version_path(call: Call) -> str:
    """`/services/data/v59.0` as this call named it."""
    return f"/services/data/v{call.path_parameters['version']}"


def _page(org: Org, call: Call, cursor: Cursor, start: int, locator: str) -> Reply:
    world, plan = call.world, cursor.plan
    end = start + world.page_size(_batch(call))
    ids = cursor.ids[start:end]
    prefix = version_path(call)
    rows = world.store.rows(plan.rows_sql(_source(world)), (encode_json(ids).decode(),)) if ids else []
    records = [plan.root.record(row, prefix) for row in rows]
    answer: dict[str, Any] = {"totalSize": len(cursor.ids), "done": end >= len(cursor.ids)}
    if not answer["done"]:
        locator = locator or _keep(org, world, cursor)
        answer["nextRecordsUrl"] = f"{prefix}/query/{locator}-{end}"
    answer["records"] = records
    return Reply(body=encode_json(answer))


def _batch(call: Call) -> int:
    for option in call.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.strip().partition("=")
        if name.lower() == "batchsize" and value.isdigit() and len(value) < 6:
            return max(SMALLEST_BATCH, min(USUAL_BATCH, int(value)))
    return USUAL_BATCH


def _locators(world: World) -> dict[str, Cursor]:
    # In memory alone: a server that was killed has forgotten its cursors, as the vendor's has.
    found: dict[str, Cursor] = world.settings.setdefault(_LOCATORS, {})
    return found


def _keep(org: Org, world: World, cursor: Cursor) -> str:
    locators = _locators(world)
    while len(locators) >= OPEN_LOCATORS:
        del locators[next(iter(locators))]
    locator = numbered_id(LOCATOR_PREFIX, org.instance, world.store.next_number("locator"))
    locators[locator] = cursor
    return locator


def _source(world: World) -> Source:
    horizon_ms = world.visible_until_ms()
    if horizon_ms is None:
        return quoted
    made: dict[str, str] = {}

    def lagged(object_name: str) -> str:
        if object_name not in made:
            made[object_name] = lagged_source(world, object_name, horizon_ms)
        return made[object_name]

    return lagged


def _index_texts(org: Org, world: World) -> None:
    """Texts compare in any letter case, for which the store's own indexes do not serve."""
    if world.settings.get(_INDEXED):
        return
    world.settings[_INDEXED] = True
    for shape in org.shapes.values():
        for field in shape.type.fields:
            text = field.kind == "text" and field.references is None
            if text and (field.indexed or field.unique or field.external_id):
                name = quoted(f"{shape.name}_{field.name}_nocase")
                world.store.rows(
                    f"CREATE INDEX IF NOT EXISTS {name}"
                    f" ON {quoted(shape.name)} ({quoted(field.name)} COLLATE NOCASE)"
                )


def every_record(org: Org, world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record that is not deleted, by object in order of creation, as the API shows it."""
    for shape in org.shapes.values():
        columns = ", ".join(column.expression("t0") for column in shape.columns)
        sql = (
            f"SELECT {columns}, t0.rowseq FROM {quoted(shape.name)} t0"
            f" WHERE t0.deleted = 0 AND t0.rowseq > ? ORDER BY t0.rowseq LIMIT {USUAL_BATCH}"
        )
        last = 0
        while rows := world.store.rows(sql, (last,)):
            last = rows[-1][-1]
            for row in rows:
                yield shape.name, shape.render(row[:-1], LATEST_PATH)
