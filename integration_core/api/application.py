"""The FastAPI application of the core, built from what `wiring` hands over."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from integration_core.api.description import (
    CASE_ID,
    CLOCK_BODY,
    EXPOSED,
    MAXIMUM_MS,
    MAXIMUM_POLL_SECONDS,
    MAXIMUM_SPEED,
    METRICS_TYPE,
    NOTED,
    NOTIFICATION,
    NOTIFIERS,
    POLLING_BODY,
    AtRest,
    BookShown,
    CaseShown,
    Health,
    MessagesShown,
    Polling,
    Replayed,
    Stepped,
    answers,
    refused,
)
from integration_core.ports.engine import Activations, Rest
from integration_core.ports.metrics import SILENT, Metrics
from integration_core.ports.store import Store
from integration_core.ports.webhooks import Receiver, Unverified

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024
RETRY_SECONDS = 30


async def nothing_to_show() -> bytes:
    """The metrics of a core that nobody watches."""
    return b""


class Operations(Struct, frozen=True, kw_only=True):
    """What the API may touch; `transaction` runs a function in one and rings the engine after it."""

    store: Store
    activations: Activations
    receivers: Mapping[str, Receiver]
    transaction: Callable[[Callable[[Connection], Any]], Awaitable[Any]]
    rest: Callable[[], Awaitable[Rest]]
    pressure: Callable[[int], Awaitable[int]]  # how much waits, counted no further than a bound
    maximum_waiting: int
    now_ms: Callable[[], int]
    poll_every: Callable[[float], Awaitable[None]]  # seconds
    set_clock: Callable[[int, int, int | None], Awaitable[None]] | None  # only in rehearsals
    tokens: Mapping[str, str]  # token -> role, operator or reader
    metrics: Metrics = SILENT
    exposition: Callable[[], Awaitable[bytes]] = nothing_to_show  # the metrics as Prometheus reads them


class ClockStep(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /operations/clock`: the present, and how fast time goes by itself from here."""

    now_ms: Annotated[int, msgspec.Meta(ge=0, le=MAXIMUM_MS)]
    speed: Annotated[int, msgspec.Meta(ge=0, le=MAXIMUM_SPEED)] = 0
    since_wall_ms: Annotated[int, msgspec.Meta(ge=1, le=MAXIMUM_MS)] | None = None


class Pace(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /operations/polling`."""

    every_seconds: Annotated[float, msgspec.Meta(ge=1, le=MAXIMUM_POLL_SECONDS)]


_Body = TypeVar("_Body", ClockStep, Pace)
_BEARER = HTTPBearer(auto_error=False, description="The token of an operator or a reader.")
Vendor = Annotated[str, Path(json_schema_extra={"enum": list(NOTIFIERS)})]
Token = Annotated[str, Path(min_length=1, max_length=200)]
CaseId = Annotated[str, Path(pattern=CASE_ID)]


def application(operations: Operations) -> FastAPI:
    """The API; every route but the notifications asks for a bearer token."""
    api = FastAPI(title="integration core", version="1", docs_url=None, redoc_url=None)
    api.add_exception_handler(RequestValidationError, _not_understood)
    api.add_exception_handler(OperationalError, _no_database)
    api.add_exception_handler(PoolExhausted, _no_database)
    _add_notifications(api, operations)
    _add_reading(api, operations)
    _add_acting(api, operations)
    return api


async def _not_understood(request: Request, problem: Exception) -> JSONResponse:
    """One sentence like every other refusal; what was sent is not repeated."""
    errors = problem.errors() if isinstance(problem, RequestValidationError) else ()
    places = sorted({".".join(str(part) for part in error["loc"]) + ": " + error["msg"] for error in errors})
    return JSONResponse({"detail": f"The call cannot be understood: {'; '.join(places)}."}, 422)


async def _no_database(request: Request, problem: Exception) -> JSONResponse:
    """What could not be kept was not taken: whoever sent it must send it again."""
    return JSONResponse(
        {"detail": "The database does not answer at present; try again later."},
        503,
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def _role(operations: Operations, wanted: str) -> Callable[..., Awaitable[None]]:
    async def guard(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        token_given = "" if given is None else given.credentials
        role = ""
        for token, name in operations.tokens.items():
            if hmac.compare_digest(token_given.encode(), token.encode()):
                role = name
        if not role:
            raise HTTPException(
                401, "The bearer token is missing or wrong.", headers={"WWW-Authenticate": "Bearer"}
            )
        if wanted == "operator" and role != "operator":
            raise HTTPException(403, "This needs the role operator.")

    return guard


def _add_notifications(api: FastAPI, operations: Operations) -> None:
    @api.post(
        "/webhooks/{vendor}/{token}",
        operation_id="receive_notification",
        response_class=Response,
        responses=NOTED | refused(401, 404, 413, 422, 429, 503),
        openapi_extra=NOTIFICATION,
    )
    async def receive(vendor: Vendor, token: Token, request: Request) -> Response:
        """Take a notification as a reason to poll its source; what it says is read from the source."""
        receiver = operations.receivers.get(vendor)
        if receiver is None:
            raise HTTPException(404, f"No notifications of {vendor} are expected here.")
        noted = partial(operations.metrics.notified, vendor)
        body = await _bounded_body(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            notified = receiver.receive(headers, body, token)
        except Unverified as unverified:
            noted("refused")
            raise HTTPException(401, f"The notification was not accepted: {unverified}.") from unverified
        except RecursionError as nested:  # before any signature is checked, so it is anybody's to send
            noted("refused")
            raise HTTPException(422, "The notification is nested too deeply.") from nested

        if await operations.pressure(operations.maximum_waiting + 1) > operations.maximum_waiting:
            noted("put off")
            raise HTTPException(
                429,
                "There is more work here than can be taken on; send the notification again later.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )

        def note(connection: Connection) -> bool:
            fresh = [
                key
                for key in notified.keys
                if operations.store.intake.note_delivery(connection, vendor, key, operations.now_ms())
            ]
            if fresh:
                operations.activations.request(connection, "poll", receiver.source)
            return bool(fresh)

        noted("fresh" if await operations.transaction(note) else "repeated")
        return Response(notified.answer, media_type=notified.content_type)


async def _body_as(request: Request, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(await _bounded_body(request), type=kind)
    except (ValueError, RecursionError) as problem:  # msgspec's refusals are ValueErrors
        raise HTTPException(422, str(problem)) from problem


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_BODY_BYTES:
            raise HTTPException(413, "The body is too large.")
    return bytes(body)


def _add_reading(api: FastAPI, operations: Operations) -> None:
    reader = [Depends(_role(operations, "reader"))]
    store = operations.store

    @api.get("/operations/health", operation_id="health", responses=answers(Health))
    async def health() -> JSONResponse:
        """Alive, and what time it is here."""
        return JSONResponse({"status": "up", "now_ms": operations.now_ms()})

    @api.get("/operations/rest", operation_id="rest", dependencies=reader, responses=answers(AtRest, 401))
    async def rest() -> JSONResponse:
        """Whether anything is running, due now, and when the next timer is due."""
        state = await operations.rest()
        return JSONResponse(
            {"running": state.running, "due_now": state.due_now, "next_due": state.next_due_ms}
        )

    @api.get(
        "/operations/cases",
        operation_id="cases",
        dependencies=reader,
        responses=answers(list[CaseShown], 401, 422),
    )
    async def cases(only_open: bool = False) -> JSONResponse:
        """The exception queue."""
        rows = await operations.transaction(lambda c: store.cases.all(c, only_open=only_open))
        return JSONResponse([{name: getattr(row, name) for name in row.__struct_fields__} for row in rows])

    @api.get(
        "/operations/messages",
        operation_id="messages",
        dependencies=reader,
        responses=answers(MessagesShown, 401),
    )
    async def messages() -> JSONResponse:
        """Messages by outcome, and the outbox by lane and state."""
        counts = await operations.transaction(store.intake.counts)
        return JSONResponse({"inbox": counts, "outbox": await operations.transaction(store.outbox.counts)})

    @api.get(
        "/operations/metrics",
        operation_id="metrics",
        dependencies=reader,
        response_class=Response,
        responses=EXPOSED | refused(401),
    )
    async def metrics() -> Response:
        """Counts, times and depths of this process, as Prometheus reads them."""
        return Response(await operations.exposition(), media_type=METRICS_TYPE)

    @api.get("/operations/book", operation_id="book", dependencies=reader, responses=answers(BookShown, 401))
    async def book() -> JSONResponse:
        """Pieces, cases, messages and lineage: what a judge may read of this core."""
        return JSONResponse(await operations.transaction(store.book.read))


def _add_acting(api: FastAPI, operations: Operations) -> None:
    operator = [Depends(_role(operations, "operator"))]
    store = operations.store

    @api.post(
        "/operations/cases/{case_id}/replay",
        operation_id="replay",
        dependencies=operator,
        responses=answers(Replayed, 401, 403, 404, 422),
    )
    async def replay(case_id: CaseId) -> JSONResponse:
        """Let a case's process run again now."""

        def ask(connection: Connection) -> bool:
            case = store.cases.get(connection, case_id)
            if case is None:
                return False
            if case.process == "send":
                store.outbox.revive(connection, case.key, case.entity_bk.removeprefix("RS|"))
            operations.activations.request(connection, case.process, case.key)
            return True

        if not await operations.transaction(ask):
            raise HTTPException(404, f"There is no case {case_id}.")
        return JSONResponse({"replayed": case_id})

    @api.put(
        "/operations/polling",
        operation_id="poll_every",
        dependencies=operator,
        responses=answers(Polling, 401, 403, 413, 422),
        openapi_extra=POLLING_BODY,
    )
    async def polling(request: Request) -> JSONResponse:
        """Have sources polled at another pace, beginning now; until this worker is started again."""
        pace = await _body_as(request, Pace)
        await operations.poll_every(pace.every_seconds)
        return JSONResponse({"every_seconds": pace.every_seconds})

    @api.put(
        "/operations/clock",
        operation_id="step_clock",
        dependencies=operator,
        responses=answers(Stepped, 401, 403, 413, 422),
        openapi_extra=CLOCK_BODY,
    )
    async def clock(request: Request) -> JSONResponse:
        """Move the clock of a rehearsal forward, or let it run by itself."""
        if operations.set_clock is None:
            raise HTTPException(
                403, "This core follows the wall clock; its clock is stepped in rehearsals only."
            )
        step = await _body_as(request, ClockStep)
        try:
            await operations.set_clock(step.now_ms, step.speed, step.since_wall_ms)
        except ValueError as problem:
            raise HTTPException(422, str(problem)) from problem
        return JSONResponse({"now_ms": operations.now_ms()})
