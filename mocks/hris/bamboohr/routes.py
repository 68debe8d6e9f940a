"""BambooHR's operations, at both prefixes, and what every call goes through first (wire 4.4)."""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from mocks.hris.bamboohr import description as shown
from mocks.hris.bamboohr import employees, hooks, meta, reports, tables, time_off
from mocks.hris.bamboohr.errors import error, refusal
from mocks.hris.bamboohr.shapes import closed, listed, ref
from mocks.hris.bamboohr.wire import Malformed
from mocks.kit.calls import Call, Handler, Operation, Refusal, Reply
from mocks.kit.world import World

# By host of the API gateway, and by the company's own host.
PREFIXES = {"": "/api/v1", "gateway_": "/api/gateway.php/{co}/v1"}
API_USER, READER = "api user", "read-only api user"
# No limit is published. Set either name to have one; it says with which status it refuses.
LIMITS = {"requests": 429, "requests_503": 503}


def identify(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    """The world whose API key is the user name of the Basic credentials; any password will do."""
    key = _user_name(call.headers.get("authorization", ""))
    found: tuple[World, str] | None = None
    for world in worlds.values():
        for name, principal in (("api_key", API_USER), ("read_only_api_key", READER)):
            if hmac.compare_digest(world.secrets[name].encode(), key):
                found = (world, principal)
    if found is None:
        return error(401, "Invalid API key")
    company = call.path_parameters.get("co")
    if company is not None and company != found[0].secrets["company"]:
        return error(404, "There is no such company")
    return found


def _user_name(header: str) -> bytes:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[0]
    except (binascii.Error, ValueError):
        return b""


def _served(handler: Handler, *, writes: bool) -> Handler:
    async def serve(call: Call) -> Reply:
        _take(call.world)
        if writes and call.principal == READER:
            raise refusal(403, "This API key may not change anything")
        try:
            return await handler(call)
        except Malformed as problem:
            raise refusal(400, str(problem)) from problem

    return serve


def _take(world: World) -> None:
    now_ms = world.now_ms()
    for name, status in LIMITS.items():
        if name in world.limits.limits and not world.limits.take(name, now_ms):
            wait = world.limits.retry_after_seconds(name, now_ms)
            text = "Too many requests" if status == 429 else "Service Unavailable"
            raise Refusal(error(status, text, wait))


class _Route(Struct, frozen=True):
    method: str
    path: str
    name: str
    handler: Handler
    summary: str
    answer: dict[str, Any] | None = None
    status: int = 200
    query: tuple[str, ...] = ()
    body: dict[str, Any] | None = None
    conflict: bool = False
    everybody: bool = False  # the id may be `all`
    xml: bool = True  # besides JSON, for what has an answer
    reads: bool = False  # a POST that changes nothing

    @property
    def writes(self) -> bool:
        """Whether it changes anything, so that a key that only reads may not do it."""
        return self.method != "GET" and not self.reads


_PERSON, _TABLE, _HOOK = "/employees/{id}", "/employees/{id}/tables/{table}", "/webhooks/{webhook}"
_EMPLOYEE_ROUTES = (
    _Route(
        "GET",
        "/employees/directory",
        "directory",
        employees.directory,
        "Everybody who is active",
        ref("Directory"),
    ),
    _Route(
        "GET",
        "/employees/changed",
        "changed",
        employees.changed,
        "Who changed since an instant",
        ref("Changes"),
        query=("since!", "type"),
    ),
    _Route(
        "GET",
        "/employees/changed/tables/{table}",
        "changed_rows",
        tables.changed_rows,
        "Rows of everybody who changed since an instant",
        ref("ChangedRows"),
        query=("since!",),
    ),
    _Route(
        "GET",
        _PERSON,
        "get_employee",
        employees.get,
        "Fields of one employee",
        ref("Employee"),
        query=("fields", "onlyCurrent"),
    ),
    _Route(
        "POST",
        _PERSON,
        "update_employee",
        employees.update,
        "Change an employee",
        body=shown.body(ref("EmployeeUpdate"), xml=True),
        conflict=True,
    ),
    _Route(
        "POST",
        "/employees",
        "add_employee",
        employees.add,
        "Add an employee",
        status=201,
        body=shown.body(ref("EmployeeAdd"), xml=True),
        conflict=True,
    ),
)
_ROW_ROUTES = (
    _Route(
        "GET",
        _TABLE,
        "rows",
        tables.rows,
        "Rows of one employee, or of all",
        listed(ref("Row")),
        everybody=True,
    ),
    _Route("POST", _TABLE, "add_row", tables.add_row, "Add a row", body=shown.body(ref("RowAdd"), xml=True)),
    _Route(
        "POST",
        f"{_TABLE}/{{row}}",
        "change_row",
        tables.change_row,
        "Change a row",
        body=shown.body(ref("RowChange"), xml=True),
    ),
    _Route("DELETE", f"{_TABLE}/{{row}}", "delete_row", tables.delete_row, "Delete a row"),
    _Route(
        "PUT",
        f"{_PERSON}/time_off/request",
        "add_time_off",
        time_off.add_time_off,
        "Request time off",
        status=201,
        body=shown.body(ref("TimeOffAdd")),
    ),
)
_OTHER_ROUTES = (
    _Route(
        "GET",
        "/time_off/requests",
        "time_off_requests",
        time_off.time_off_requests,
        "Time off requests",
        listed(ref("TimeOffRequest")),
        query=("start!", "end!", "status", "typeId", "employeeId"),
    ),
    _Route(
        "GET",
        "/time_off/whos_out",
        "whos_out",
        time_off.whos_out,
        "Who is out",
        listed(ref("Absence")),
        query=("start", "end"),
    ),
    _Route("GET", "/meta/fields", "meta_fields", meta.meta_fields, "All fields", listed(ref("MetaField"))),
    _Route("GET", "/meta/lists", "meta_lists", meta.meta_lists, "List fields", listed(ref("MetaList"))),
    _Route("GET", "/meta/users", "meta_users", meta.meta_users, "Users", ref("MetaUsers")),
    _Route("GET", "/meta/tables", "meta_tables", meta.meta_tables, "Tables", listed(ref("MetaTable"))),
    _Route(
        "POST",
        "/reports/custom",
        "custom_report",
        reports.custom,
        "A report of chosen fields",
        ref("Report"),
        query=("format", "onlyCurrent"),
        body=shown.body(ref("ReportWrite"), xml=True),
        reads=True,
    ),
)
_HOOK_ROUTES = (
    _Route(
        "GET",
        "/webhooks/monitor_fields",
        "monitor_fields",
        hooks.monitor_fields,
        "Fields that webhooks can watch",
        ref("MonitorFields"),
        xml=False,
    ),
    _Route(
        "GET",
        "/webhooks",
        "webhooks",
        hooks.listed,
        "All webhooks",
        closed({"webhooks": listed(ref("Webhook"))}),
        xml=False,
    ),
    _Route(
        "POST",
        "/webhooks",
        "add_webhook",
        hooks.subscribe,
        "Add a webhook",
        ref("NewWebhook"),
        status=201,
        body=shown.body(ref("WebhookWrite")),
        xml=False,
    ),
    _Route("GET", _HOOK, "get_webhook", hooks.get, "One webhook", ref("Webhook"), xml=False),
    _Route(
        "PUT",
        _HOOK,
        "change_webhook",
        hooks.change,
        "Change a webhook",
        ref("Webhook"),
        body=shown.body(ref("WebhookWrite")),
        xml=False,
    ),
    _Route("DELETE", _HOOK, "delete_webhook", hooks.unsubscribe, "Delete a webhook"),
    _Route(
        "GET",
        f"{_HOOK}/log",
        "webhook_log",
        hooks.log,
        "What was sent",
        listed(ref("WebhookLogEntry")),
        xml=False,
    ),
)
_ROUTES = (*_EMPLOYEE_ROUTES, *_ROW_ROUTES, *_OTHER_ROUTES, *_HOOK_ROUTES)


def _refused(route: _Route, path: str) -> tuple[int, ...]:
    """With which statuses an operation may refuse."""
    found = [401, 429, 503]
    if route.body is not None or route.query:
        found.append(400)
    if route.writes:
        found.append(403)
    if "{" in path:
        found.append(404)
    return (*found, 409) if route.conflict else tuple(found)


def _operations() -> Iterator[Operation]:
    for mark, prefix in PREFIXES.items():
        for route in _ROUTES:
            path = prefix + route.path
            yield Operation(
                route.method,
                path,
                _served(route.handler, writes=route.writes),
                route.summary,
                mark + route.name,
                request=route.body,
                responses=shown.responses(
                    route.status,
                    route.answer,
                    _refused(route, path),
                    located=route.status == 201 and route.answer is None,
                    xml=route.xml,
                ),
                parameters=(
                    *shown.path_parameters(path, everybody=route.everybody),
                    *shown.query_parameters(route.query),
                ),
            )


OPERATIONS = tuple(_operations())
