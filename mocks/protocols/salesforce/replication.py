"""What changed and what went in a span of time: `updated` and `deleted` of an object (wire 4.1)."""

from mocks.kit.calls import Call, Reply
from mocks.kit.store import quoted
from mocks.protocols.salesforce.incoming import shape_named
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.rules import Problem, WriteRefused
from mocks.protocols.salesforce.values import encode_json, instant_text, parse_instant

EARLIEST_MS = 0


def updated(org: Org, call: Call) -> Reply:
    """GET sobjects/{object}/updated: ids of the records that were created or changed, once each."""
    shape = shape_named(org, call.path_parameters["object"])
    start_ms, end_ms = _span(call)
    rows = call.world.store.rows(
        f"SELECT id FROM {quoted(shape.name)} WHERE modified_ms >= ? AND modified_ms < ? AND deleted = 0"
        " ORDER BY modified_ms, id",
        (start_ms, end_ms),
    )
    body = {"ids": [row[0] for row in rows], "latestDateCovered": instant_text(end_ms)}
    return Reply(body=encode_json(body))


def deleted(org: Org, call: Call) -> Reply:
    """GET sobjects/{object}/deleted: ids of the records that were deleted, each with when."""
    shape = shape_named(org, call.path_parameters["object"])
    start_ms, end_ms = _span(call)
    rows = call.world.store.rows(
        f"SELECT id, modified_ms FROM {quoted(shape.name)}"
        " WHERE modified_ms >= ? AND modified_ms < ? AND deleted = 1 ORDER BY modified_ms, id",
        (start_ms, end_ms),
    )
    body = {
        "deletedRecords": [{"id": row[0], "deletedDate": instant_text(row[1])} for row in rows],
        "earliestDateAvailable": instant_text(EARLIEST_MS),
        "latestDateCovered": instant_text(end_ms),
    }
    return Reply(body=encode_json(body))


def _span(call: Call) -> tuple[int, int]:
    """Start and end in milliseconds; nothing later than what is readable now is covered."""
    query = call.query()
    bounds: list[int] = []
    for name in ("start", "end"):
        # A plus that was not escaped arrives as a space.
        at_ms = parse_instant(query.get(name, "").replace(" ", "+"))
        if at_ms is None:
            raise WriteRefused(
                Problem("INVALID_REPLICATION_DATE", f"The {name} date is missing or no ISO instant")
            )
        bounds.append(at_ms)
    start_ms, end_ms = bounds
    if start_ms > end_ms:
        raise WriteRefused(Problem("INVALID_REPLICATION_DATE", "startDate cannot be after endDate"))
    readable_ms = call.world.visible_until_ms()
    latest_ms = call.world.now_ms() + 1 if readable_ms is None else readable_ms
    return start_ms, max(start_ms, min(end_ms, latest_ms))
