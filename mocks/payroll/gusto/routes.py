"""Gusto's operations, and what every call goes through first (wire 4.5)."""

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from mocks.kit.calls import Call, Handler, Operation, Refusal, Reply
from mocks.kit.limits import Limit
from mocks.kit.world import World
from mocks.payroll.gusto import companies, employees, hooks, payrolls
from mocks.payroll.gusto import description as shown
from mocks.payroll.gusto.companies import READER
from mocks.payroll.gusto.errors import error, refusal
from mocks.payroll.gusto.shapes import listed, ref

API_VERSION = shown.VERSIONS[-1]
_VERSIONS = frozenset(shown.VERSIONS)
LIMITS = {"requests": Limit(200, 60_000)}
_LIMIT = "requests"
CLERK = "access token"
_SECRETS = (("access_token", CLERK), ("read_only_access_token", READER))


def identify(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    """The world whose access token is the bearer's."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    given = token.strip().encode() if kind.lower() == "bearer" else b""
    found: tuple[World, str] | None = None
    for world in worlds.values():
        for name, principal in _SECRETS:
            if hmac.compare_digest(world.secrets[name].encode(), given):
                found = (world, principal)
    return found or error(401, "invalid_token", "The access token is missing, invalid or expired.")


def finish(call: Call, reply: Reply) -> Reply:
    """Every answer says which version gave it and how much of the limit is left."""
    limits, now_ms = call.world.limits, call.world.now_ms()
    limit = limits.limits[_LIMIT]
    asked = call.headers.get("x-gusto-api-version", API_VERSION)
    reply.headers += [
        ("x-gusto-api-version", asked if asked in _VERSIONS else API_VERSION),
        ("x-ratelimit-limit", str(limit.maximum)),
        ("x-ratelimit-remaining", str(max(0, limit.maximum - limits.used(_LIMIT)))),
        ("x-ratelimit-reset", str(now_ms // 1000 + limits.retry_after_seconds(_LIMIT, now_ms))),
    ]
    return reply


def _served(handler: Handler, *, writes: bool) -> Handler:
    async def serve(call: Call) -> Reply:
        limits, now_ms = call.world.limits, call.world.now_ms()
        if not limits.take(_LIMIT, now_ms):
            wait = limits.retry_after_seconds(_LIMIT, now_ms)
            text = "Too many requests; try again later."
            raise Refusal(error(429, "rate_limit_exceeded", text, retry_after_seconds=wait))
        version = call.headers.get("x-gusto-api-version", API_VERSION)
        if version not in _VERSIONS:
            raise refusal(406, "invalid_api_version", "The API version is not known.")
        if writes and call.principal == READER:
            raise refusal(403, "missing_oauth_scopes", "The access token lacks the scope for this request.")
        return await handler(call)

    return serve


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
    versioned: bool = False


_PAGES = ("page", "per")
_COMPANY, _HOOKS, _HOOK = (
    "/companies/{company}",
    "/webhook_subscriptions",
    "/webhook_subscriptions/{subscription}",
)
_LIST = (
    "processing_statuses",
    "payroll_types",
    "processed",
    "start_date",
    "end_date",
    "date_filter_by",
    "include",
)
_ROUTES = (
    _Route("GET", "/me", "me", companies.me, "Who the token acts for", ref("Me")),
    _Route("GET", "/token_info", "token_info", companies.token_info, "Scopes of the token", ref("TokenInfo")),
    _Route(
        "GET",
        "/companies",
        "companies",
        companies.listed,
        "All companies",
        listed(ref("Company")),
        query=_PAGES,
    ),
    _Route("GET", _COMPANY, "company", companies.get, "One company", ref("Company")),
    _Route(
        "GET",
        f"{_COMPANY}/custom_fields",
        "custom_fields",
        companies.custom_fields,
        "Custom fields",
        ref("CustomFields"),
    ),
    _Route(
        "GET",
        f"{_COMPANY}/employees",
        "employees",
        employees.listed,
        "Employees of a company",
        listed(ref("Employee")),
        query=("include", "search_term", *_PAGES),
    ),
    _Route(
        "POST",
        f"{_COMPANY}/employees",
        "add_employee",
        employees.add,
        "Add an employee",
        ref("Employee"),
        201,
        body=ref("EmployeeAdd"),
    ),
    _Route(
        "GET",
        "/employees/{employee}",
        "employee",
        employees.get,
        "One employee",
        ref("Employee"),
        query=("include",),
    ),
    _Route(
        "PUT",
        "/employees/{employee}",
        "update_employee",
        employees.update,
        "Change an employee",
        ref("Employee"),
        body=ref("EmployeeUpdate"),
        versioned=True,
    ),
    _Route(
        "GET",
        f"{_COMPANY}/payrolls",
        "payrolls",
        payrolls.listed,
        "Payrolls of a company",
        listed(ref("ListedPayroll")),
        query=(*_LIST, *_PAGES),
    ),
    _Route(
        "GET",
        f"{_COMPANY}/payrolls/{{payroll}}",
        "payroll",
        payrolls.get,
        "One payroll with its people",
        ref("Payroll"),
        query=("include",),
    ),
    _Route("GET", _HOOKS, "hooks", hooks.listed, "All subscriptions", listed(ref("Subscription"))),
    _Route(
        "POST",
        _HOOKS,
        "add_hook",
        hooks.add,
        "Subscribe",
        ref("Subscription"),
        201,
        body=ref("SubscriptionAdd"),
    ),
    _Route("GET", _HOOK, "hook", hooks.get, "One subscription", ref("Subscription")),
    _Route(
        "PUT",
        _HOOK,
        "change_hook",
        hooks.change,
        "Change a subscription",
        ref("Subscription"),
        body=ref("SubscriptionUpdate"),
    ),
    _Route("DELETE", _HOOK, "delete_hook", hooks.delete, "End a subscription", status=204),
    _Route(
        "PUT",
        f"{_HOOK}/verify",
        "verify_hook",
        hooks.verify,
        "Verify a subscription",
        ref("Subscription"),
        body=ref("Verification"),
    ),
    _Route(
        "GET",
        f"{_HOOK}/request_verification_token",
        "request_token",
        hooks.request_token,
        "Token again",
        status=204,
    ),
)


def _refused(route: _Route) -> tuple[int, ...]:
    """With which statuses an operation may refuse."""
    found = [401, 403, 406, 429, 500, 503]
    if "{" in route.path:
        found.append(404)
    if route.query or route.body is not None:
        found.append(422)
    if route.body is not None:
        found.append(400)
    return (*found, 409) if route.versioned else tuple(found)


def _operations() -> Iterator[Operation]:
    for route in _ROUTES:
        path = "/v1" + route.path
        yield Operation(
            route.method,
            path,
            _served(route.handler, writes=route.method != "GET"),
            route.summary,
            route.name,
            request=shown.body(route.body),
            responses=shown.responses(
                route.status, route.answer, _refused(route), paged="page" in route.query
            ),
            parameters=shown.parameters(path, route.query, route.name),
        )


OPERATIONS = tuple(_operations())
