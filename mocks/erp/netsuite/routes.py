"""The account's operations: records, SuiteQL, asynchronous jobs, limits (wire 4.3)."""

import asyncio
from collections.abc import Callable
from typing import Any

from mocks.erp.netsuite import jobs
from mocks.erp.netsuite.due import run_due
from mocks.erp.netsuite.errors import failure
from mocks.erp.netsuite.paging import query_page
from mocks.erp.netsuite.schema import RECORD_TYPES
from mocks.erp.netsuite.serving import serve_record
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


_OBJECT = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
_QUERY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}}
        }
    },
}
_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "o:errorDetails"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "o:errorDetails": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "o:errorCode"],
                "properties": {"detail": {"type": "string"}, "o:errorCode": {"type": "string"}},
            },
        },
    },
}
_ERRORS: dict[str, Any] = {
    status: {
        "description": text,
        "content": {"application/vnd.oracle.resource+json; type=error": {"schema": _ERROR_SCHEMA}},
    }
    for status, text in (
        ("400", "The request was not understood or the record was refused."),
        ("401", "The signature is not valid."),
        ("403", "The role may not do this."),
        ("404", "There is no such record."),
        ("429", "Too many requests at once."),
    )
}
_SHOWN = {"200": {"description": "What was asked for."}, **_ERRORS}
_WRITTEN = {
    "204": {
        "description": "Done; Location names the record.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    "202": {"description": "Taken in as an asynchronous job; Location names it."},
    **_ERRORS,
}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _option(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}}


_PAGE = (_option("limit", "integer"), _option("offset", "integer"))
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "enum": ["transient"]},
}
_TYPE, _ID, _JOB, _TASK = _path("record_type"), _path("record_id"), _path("job_id"), _path("task_id")


def _operation(
    method: str,
    path: str,
    serve: Callable[[Call], Reply],
    name: str,
    summary: str,
    *parameters: dict[str, Any],
    request: dict[str, Any] | None = None,
    responses: dict[str, Any] | None = None,
) -> Operation:
    return Operation(
        method=method,
        path=path,
        handler=governed(serve),
        summary=summary,
        name=name,
        request=request,
        responses=responses or _SHOWN,
        parameters=parameters,
    )


_TYPE_PATH = f"{RECORD_ROOT}/{{record_type}}"
_RECORD = f"{_TYPE_PATH}/{{record_id}}"
_SUBLIST = f"{_RECORD}/{{sublist}}"
_JOB_PATH = f"{jobs.JOB_ROOT}/{{job_id}}"
_READ_OPTIONS = (_option("fields"), _option("expandSubResources", "boolean"))

OPERATIONS: tuple[Operation, ...] = (
    _operation("GET", _CATALOG, _metadata_catalog, "metadataCatalog", "Record types of the account"),
    _operation("GET", _RECORD, _records, "getRecord", "Read a record", _TYPE, _ID, *_READ_OPTIONS),
    _operation(
        "PUT",
        _RECORD,
        _records,
        "upsertRecord",
        "Create or update by external id",
        _TYPE,
        _ID,
        request=_OBJECT,
        responses=_WRITTEN,
    ),
    _operation(
        "PATCH",
        _RECORD,
        _records,
        "updateRecord",
        "Update a record",
        _TYPE,
        _ID,
        _option("replace"),
        request=_OBJECT,
        responses=_WRITTEN,
    ),
    _operation(
        "DELETE", _RECORD, _records, "deleteRecord", "Delete a record", _TYPE, _ID, responses=_WRITTEN
    ),
    _operation(
        "POST",
        _TYPE_PATH,
        _records,
        "createRecord",
        "Create a record",
        _TYPE,
        request=_OBJECT,
        responses=_WRITTEN,
    ),
    _operation(
        "GET", _TYPE_PATH, _records, "listRecords", "List records of a type", _TYPE, _option("q"), *_PAGE
    ),
    _operation(
        "POST",
        "/services/rest/query/v1/suiteql",
        query_page,
        "suiteql",
        "Run a SuiteQL query",
        _PREFER,
        *_PAGE,
        request=_QUERY,
    ),
    _operation("GET", _SUBLIST, _records, "getSublist", "Read a sublist", _TYPE, _ID, _path("sublist")),
    _operation(
        "GET",
        f"{_SUBLIST}/{{line}}",
        _records,
        "getLine",
        "Read a line",
        _TYPE,
        _ID,
        _path("sublist"),
        _path("line"),
    ),
    _operation("GET", _JOB_PATH, jobs.show_job, "getJob", "How far a job is", _JOB),
    _operation("GET", f"{_JOB_PATH}/task", jobs.show_tasks, "getTasks", "Tasks of a job", _JOB),
    _operation(
        "GET", f"{_JOB_PATH}/task/{{task_id}}", jobs.show_task, "getTask", "How far a task is", _JOB, _TASK
    ),
    _operation(
        "GET",
        f"{_JOB_PATH}/task/{{task_id}}/result",
        jobs.show_result,
        "getResult",
        "What a task answered",
        _JOB,
        _TASK,
    ),
    _operation(
        "GET", _GOVERNANCE, _governance_limits, "governanceLimits", "Concurrency limits of the account"
    ),
)
