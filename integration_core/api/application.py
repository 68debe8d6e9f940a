"""The FastAPI application of the core, built from what `wiring` hands over."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from msgspec import Struct
from pydantic import BaseModel
from sqlalchemy import Connection

from integration_core.ports.engine import Activations, Rest
from integration_core.ports.store import Store
from integration_core.ports.webhooks import Receiver, Unverified

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024


class Operations(Struct, frozen=True, kw_only=True):
    """What the API may touch; `transaction` runs a function in one and rings the engine after it."""

    store: Store
    activations: Activations
    receivers: Mapping[str, Receiver]
    transaction: Callable[[Callable[[Connection], Any]], Awaitable[Any]]
    rest: Callable[[], Awaitable[Rest]]
    now_ms: Callable[[], int]
    step_clock: Callable[[int], Awaitable[None]] | None  # only in rehearsals
    tokens: Mapping[str, str]  # token -> role, operator or reader


class ClockStep(BaseModel):
    """Body of `PUT /operations/clock`."""

    now_ms: int


def application(operations: Operations) -> FastAPI:
    """The API; every route but the notifications asks for a bearer token."""
    api = FastAPI(title="integration core", version="1", docs_url=None, redoc_url=None)
    _add_notifications(api, operations)
    _add_reading(api, operations)
    _add_acting(api, operations)
    return api


def _role(operations: Operations, wanted: str) -> Callable[..., Awaitable[None]]:
    async def guard(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = ""
        for token, name in operations.tokens.items():
            if hmac.compare_digest(given.encode(), token.encode()):
                role = name
        if not role:
            raise HTTPException(401, "The bearer token is missing or wrong.")
        if wanted == "operator" and role != "operator":
            raise HTTPException(403, "This needs the role operator.")

    return guard


def _add_notifications(api: FastAPI, operations: Operations) -> None:
    @api.post("/webhooks/{vendor}/{token}", operation_id="receive_notification", status_code=200)
    async def receive(vendor: str, token: str, request: Request) -> Response:
        """Take a notification as a reason to poll its source; what it says is read from the source."""
        receiver = operations.receivers.get(vendor)
        if receiver is None:
            raise HTTPException(404, f"No notifications of {vendor} are expected here.")
        body = await _bounded_body(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            notified = receiver.receive(headers, body, token)
        except Unverified as unverified:
            raise HTTPException(401, f"The notification was not accepted: {unverified}.") from unverified

        def note(connection: Connection) -> None:
            fresh = [
                key
                for key in notified.keys
                if operations.store.intake.note_delivery(connection, vendor, key, operations.now_ms())
            ]
            if fresh:
                operations.activations.request(connection, "poll", receiver.source)

        await operations.transaction(note)
        return Response(notified.answer, media_type=notified.content_type)


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_BODY_BYTES:
            raise HTTPException(413, "The notification is too large.")
    return bytes(body)


def _add_reading(api: FastAPI, operations: Operations) -> None:
    reader = [Depends(_role(operations, "reader"))]
    store = operations.store

    @api.get("/operations/health", operation_id="health")
    async def health() -> dict[str, Any]:
        """Alive, and what time it is here."""
        return {"status": "up", "now_ms": operations.now_ms()}

    @api.get("/operations/rest", operation_id="rest", dependencies=reader)
    async def rest() -> dict[str, Any]:
        """Whether anything is running, due now, and when the next timer is due."""
        state = await operations.rest()
        return {"running": state.running, "due_now": state.due_now, "next_due": state.next_due_ms}

    @api.get("/operations/cases", operation_id="cases", dependencies=reader)
    async def cases(only_open: bool = False) -> JSONResponse:
        """The exception queue."""
        rows = await operations.transaction(lambda c: store.cases.all(c, only_open=only_open))
        return JSONResponse([{name: getattr(row, name) for name in row.__struct_fields__} for row in rows])

    @api.get("/operations/messages", operation_id="messages", dependencies=reader)
    async def messages() -> dict[str, Any]:
        """Messages by outcome, and the outbox by lane and state."""
        counts = await operations.transaction(store.intake.counts)
        return {"inbox": counts, "outbox": await operations.transaction(store.outbox.counts)}

    @api.get("/operations/book", operation_id="book", dependencies=reader)
    async def book() -> JSONResponse:
        """Pieces, cases, messages and lineage: what a judge may read of this core."""
        return JSONResponse(await operations.transaction(store.book.read))


def _add_acting(api: FastAPI, operations: Operations) -> None:
    operator = [Depends(_role(operations, "operator"))]
    store = operations.store

    @api.post("/operations/cases/{case_id}/replay", operation_id="replay", dependencies=operator)
    async def replay(case_id: str) -> dict[str, Any]:
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
        return {"replayed": case_id}

    @api.put("/operations/clock", operation_id="step_clock", dependencies=operator)
    async def clock(step: Annotated[ClockStep, ...]) -> dict[str, Any]:
        """Move the clock of a rehearsal forward."""
        if operations.step_clock is None:
            raise HTTPException(
                403, "This core follows the wall clock; its clock is stepped in rehearsals only."
            )
        try:
            await operations.step_clock(step.now_ms)
        except ValueError as problem:
            raise HTTPException(422, str(problem)) from problem
        return {"now_ms": operations.now_ms()}
