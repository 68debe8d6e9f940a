"""The account's operations: records, SuiteQL, asynchronous jobs, limits (wire 4.3).

Record types that the role writes have operations of their own, so that each says what it takes and
shows; those it only reads share theirs, which also answer what it may not do.
"""

import asyncio
from collections.abc import Callable

from mocks.erp.netsuite import description as shows
from mocks.erp.netsuite import jobs
from mocks.erp.netsuite.due import run_due
from mocks.erp.netsuite.errors import failure
from mocks.erp.netsuite.paging import query_page
from mocks.erp.netsuite.properties import RecordType
from mocks.erp.netsuite.samples import CLOSING, SAMPLES
from mocks.erp.netsuite.schema import RECORD_TYPES, TRANSACTIONS
from mocks.erp.netsuite.serving import serve_record
from mocks.erp.netsuite.shapes import Fragment, closed, named
from mocks.erp.netsuite.wire import COLLECTION, RECORD_ROOT, json_reply, self_link
from mocks.kit.calls import Call, Handler, Operation, Refusal, Reply

CONCURRENCY = "concurrency"
_LIMIT_STATUS = "netsuite.limit_status"
_GOVERNANCE = "/services/rest/system/v1/governanceLimits"
_CATALOG = f"{RECORD_ROOT}/metadata-catalog"


def governed(serve: Callable[[Call], Reply]) -> Handler:
    """A handler that counts as a request in flight, after what is due has been done."""

    async def handler(call: Call) -> Reply:
        world = call.world
        if not world.limits.take(CONCURRENCY, world.now_ms()):
            # Some accounts say it with 400 (wire 4.3, rate limit).
            raise Refusal(failure("limit", int(world.settings.get(_LIMIT_STATUS, 429)), 0))
        try:
            # Requests that arrived together are in flight together.
            await asyncio.sleep(0)
            run_due(world)
            return serve(call)
        finally:
            world.limits.give_back(CONCURRENCY)

    return handler


def _records(call: Call) -> Reply:
    return jobs.take_in(call) if jobs.is_wanted(call) else serve_record(call)


def _of(kind: RecordType) -> Callable[[Call], Reply]:
    """Serves a record type whose address names it."""

    def serve(call: Call) -> Reply:
        call.path_parameters["record_type"] = kind.name
        return _records(call)

    return serve


def _governance_limits(call: Call) -> Reply:
    maximum = call.world.limits.limits[CONCURRENCY].maximum
    return json_reply(
        {
            "links": self_link(f"{call.base_url}{_GOVERNANCE}"),
            "accountConcurrencyLimit": maximum,
            "accountUnallocatedConcurrencyLimit": maximum,
        }
    )


def _metadata_catalog(call: Call) -> Reply:
    base = f"{call.base_url}{_CATALOG}"
    items = [{"name": name, "links": self_link(f"{base}/{name}")} for name in sorted(RECORD_TYPES)]
    return json_reply({"links": self_link(base), "items": items}, COLLECTION)


_WRITABLE = tuple(kind for kind in RECORD_TYPES.values() if "create" in kind.access)
_READ = tuple(kind for kind in RECORD_TYPES.values() if "create" not in kind.access)
_TYPE = f"{RECORD_ROOT}/{{record_type}}"
_SUBLIST = f"{_TYPE}/{{record_id}}/{{sublist}}"
_JOB = f"{jobs.JOB_ROOT}/{{job_id}}"


def _operation(
    method: str,
    path: str,
    serve: Callable[[Call], Reply],
    name: str,
    summary: str,
    *parameters: Fragment,
    request: Fragment | None = None,
    responses: Fragment,
) -> Operation:
    return Operation(
        method=method,
        path=path,
        handler=governed(serve),
        summary=summary,
        name=name,
        request=request,
        responses=responses,
        parameters=parameters,
    )


def _reading(
    root: str, kinds: tuple[RecordType, ...], serve: Callable[[Call], Reply], name: str
) -> tuple[Operation, Operation]:
    """Reading one record, and listing them."""
    typed = (shows.type_of(kinds),) if len(kinds) > 1 else ()
    get = _operation(
        "GET",
        f"{root}/{{record_id}}",
        serve,
        f"get{name}",
        f"Read: {name}",
        *typed,
        shows.key_of(*kinds),
        shows.chosen(kinds),
        shows.EXPAND,
        responses=shows.answers(shows.shown(shows.record_answer(*kinds)), refused=("404",)),
    )
    listing = _operation(
        "GET",
        root,
        serve,
        f"list{name}",
        f"List: {name}",
        *typed,
        shows.FILTER,
        *shows.PAGE,
        responses=shows.answers(
            shows.shown(shows.listed(*kinds), shows.COLLECTION), refused=("404",) * len(typed)
        ),
    )
    return get, listing


def _writing(kind: RecordType) -> tuple[Operation, ...]:
    """All that a role with full access does with a record type."""
    root, serve = f"{RECORD_ROOT}/{kind.name}", _of(kind)
    record, name = f"{root}/{{record_id}}", f"{kind.name[0].upper()}{kind.name[1:]}"
    written, checked = shows.written(kind), shows.NAMES_CHECKED

    def body(part: str) -> Fragment:
        return shows.body(named(f"{kind.name}-{part}"), sample=SAMPLES[kind.name])

    def operation(
        method: str, verb: str, *parameters: Fragment, request: Fragment | None, responses: Fragment
    ) -> Operation:
        path = root if verb == "create" else record
        summary = f"{verb.capitalize()}: {name}"
        return _operation(
            method, path, serve, f"{verb}{name}", summary, *parameters, request=request, responses=responses
        )

    external, free = shows.key_of(kind, external=True), shows.key_of(kind, free=True)
    made, there = shows.answers(written, shows.TAKEN_IN), shows.answers(written, refused=("404",))
    change = (checked, shows.key_of(kind), *shows.replaced(kind))
    gone = shows.answers(shows.DELETED, refused=("404",))
    return (
        operation(
            "PUT", "upsert", checked, external, request=body("upsert"), responses=shows.answers(written)
        ),
        *_reading(root, (kind,), serve, name),
        operation("POST", "create", *shows.LATER, checked, request=body("create"), responses=made),
        operation("PATCH", "update", *change, request=body("update"), responses=there),
        operation("DELETE", "delete", free, request=None, responses=gone),
    )


def _refusing() -> tuple[Operation, ...]:
    """What the role may not do with the other record types; closing a period is the exception."""
    record = f"{_TYPE}/{{record_id}}"
    closing = shows.body(named("accountingPeriod-update"), sample=CLOSING)
    period = shows.written(RECORD_TYPES["accountingPeriod"])
    key, external = shows.key_of(*_READ), shows.key_of(*_READ, external=True)

    def operation(
        method: str, name: str, *parameters: Fragment, request: Fragment | None, good: Fragment | None = None
    ) -> Operation:
        summary = "Not allowed" if good is None else "Close an accounting period"
        return _operation(
            method,
            _TYPE if method == "POST" else record,
            _records,
            name,
            summary,
            shows.type_of(_READ),
            *parameters,
            request=request,
            responses=shows.answers(*(() if good is None else (good,)), refused=("403", "404")),
        )

    nothing, checked = shows.body(closed({})), shows.NAMES_CHECKED
    return (
        operation("POST", "createOther", checked, request=nothing),
        operation("PUT", "upsertOther", external, checked, request=nothing),
        operation("PATCH", "closePeriod", key, checked, request=closing, good=period),
        operation("DELETE", "deleteOther", key, request=None),
    )


def _lines() -> tuple[Operation, Operation]:
    typed = (shows.type_of(TRANSACTIONS), shows.SUBLIST_KEY, shows.sublist_name())
    place = shows.path("line", {"type": "string", "pattern": "^[1-9][0-9]{0,4}$"})
    lines = shows.shown(shows.line_answer("lines"), shows.COLLECTION)
    line = shows.shown(shows.line_answer("line"))
    return (
        _operation(
            "GET",
            _SUBLIST,
            _records,
            "getSublist",
            "Read a sublist",
            *typed,
            responses=shows.answers(lines, refused=("404",)),
        ),
        _operation(
            "GET",
            f"{_SUBLIST}/{{line}}",
            _records,
            "getLine",
            "Read a line",
            *typed,
            place,
            responses=shows.answers(line, refused=("404",)),
        ),
    )


def _jobs() -> tuple[Operation, ...]:
    job, task = (shows.JOB,), (shows.JOB, shows.TASK)
    at_task = f"{_JOB}/task/{{task_id}}"
    result = shows.answers(shows.shown(shows.job_result()), shows.RESULT_WRITTEN, refused=("403", "404"))

    def answered(name: str) -> Fragment:
        return shows.answers(shows.shown(named(f"async-{name}")), refused=("404",))

    def get(
        path: str, serve: Callable[[Call], Reply], name: str, summary: str, *place: Fragment, of: Fragment
    ) -> Operation:
        return _operation("GET", path, serve, name, summary, *place, responses=of)

    return (
        get(_JOB, jobs.show_job, "getAsyncJob", "How far a job is", *job, of=answered("job")),
        get(f"{_JOB}/task", jobs.show_tasks, "getAsyncTasks", "Tasks of a job", *job, of=answered("tasks")),
        get(at_task, jobs.show_task, "getAsyncTask", "How far a task is", *task, of=answered("task")),
        get(
            f"{at_task}/result", jobs.show_result, "getAsyncResult", "What a task answered", *task, of=result
        ),
    )


OPERATIONS: tuple[Operation, ...] = (
    _operation(
        "POST",
        "/services/rest/query/v1/suiteql",
        query_page,
        "suiteql",
        "Run a SuiteQL query",
        shows.TRANSIENT,
        *shows.PAGE,
        request=shows.QUERY,
        responses=shows.answers(shows.shown(named("suiteql-page"), shows.COLLECTION)),
    ),
    *(operation for kind in _WRITABLE for operation in _writing(kind)),
    _operation(
        "GET",
        _CATALOG,
        _metadata_catalog,
        "metadataCatalog",
        "Record types of the account",
        responses=shows.answers(shows.shown(shows.CATALOG, shows.COLLECTION)),
    ),
    *_reading(_TYPE, _READ, _records, "Other"),
    *_refusing(),
    *_lines(),
    *_jobs(),
    _operation(
        "GET",
        _GOVERNANCE,
        _governance_limits,
        "governanceLimits",
        "Concurrency limits of the account",
        responses=shows.answers(shows.shown(shows.LIMITS)),
    ),
)
