"""One mock as an ASGI application: finds the operation and the world of a call, lets faults strike,
serves it, journals it.

The vendor's operations are routes of a FastAPI application, which writes the OpenAPI description.
Calls do not run through FastAPI's own request handling: matching its routes here and answering
prepared bytes keeps a read by id within its time budget.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute

from mocks.kit.calls import Call, Operation, Refusal, Reply
from mocks.kit.clock import Mode, machine_seconds
from mocks.kit.control import Control
from mocks.kit.faults import Strike
from mocks.kit.metrics import NO_OPERATION, NOT_ANSWERED, LoopLag, Served
from mocks.kit.vendor import Vendor
from mocks.kit.webhooks import Outgoing
from mocks.kit.world import World

if TYPE_CHECKING:
    from mocks.kit.spans import Spans

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAXIMUM_BODY_BYTES = 32 * 1024 * 1024
CONTROL_PREFIX = "/__rehearse__/"
log = logging.getLogger("mocks")


class ConnectionDropped(Exception):
    """Raised out of the application to end a connection without an answer."""


class MockSystem:
    """A vendor's servers: all its worlds behind one address."""

    def __init__(
        self,
        vendor: Vendor,
        control_token: str,
        outgoing: Outgoing,
        *,
        data: Path | None = None,
        deliveries_at_once: int = 1,
    ) -> None:
        self.vendor = vendor
        self.worlds: dict[str, World] = {}
        self.application = described(vendor)
        self.served = Served()
        self.loop_lag = LoopLag()  # whoever runs the process puts its own here
        self.spans: Spans | None = None
        self._outgoing = outgoing
        self._data = data
        self._deliveries_at_once = deliveries_at_once
        self._routes = _route_table(self.application, vendor)
        self._control = Control(self, control_token)

    def create_world(
        self, name: str, seed: int, start_ms: int, mode: Mode = "stepped", factor: float = 1.0
    ) -> World:
        """Make (or, with a data folder, take up again) the world of this name."""
        path = self._data / f"{self.vendor.name}-{name}.sqlite" if self._data else None
        world = World(
            name,
            seed,
            self.vendor.schema,
            self.vendor.secrets(name, seed),
            self.vendor.limits,
            self._outgoing,
            start_ms=start_ms,
            mode=mode,
            factor=factor,
            path=path,
            deliveries_at_once=self._deliveries_at_once,
        )
        self.vendor.prepare(world)
        self.worlds[name] = world
        return world

    def drop_world(self, name: str) -> bool:
        """Forget a world; False when there was none."""
        world = self.worlds.pop(name, None)
        if world is not None:
            world.store.close()
            self.served.forget(name)
        return world is not None

    def run_due(self, world: World) -> int:
        """Let tokens expire that a fault wants gone, then do what the system does by itself by now."""
        for fault in world.faults.listed():
            expired = fault.kind == "expire_token" and fault.from_ms <= world.now_ms() < fault.until_ms
            if expired and not world.faults.struck.get(fault.id):
                world.faults.note(fault)
                self.vendor.expire_tokens(world)
        return self.vendor.run_due(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"This server speaks HTTP only, not {scope['type']}.")
        body = await _read_body(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        call = Call(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            body or b"",
            scope.get("scheme", "http"),
            scope["raw_path"].decode("latin-1") if scope.get("raw_path") else None,
            scope.get("root_path", ""),
        )
        if call.path.startswith(CONTROL_PREFIX):
            await _answer(send, await self._control.serve(call, too_large=body is None))
            return
        if call.path == "/openapi.json":
            await _answer(send, Reply(body=_json(self.application.openapi())))
            return
        if body is None:
            await _answer(send, self.vendor.failure("too_large", 413, 0))
            return
        await self._serve(call, send)

    async def _serve(self, call: Call, send: Send) -> None:
        began = machine_seconds()
        found = self._match(call)
        if isinstance(found, Reply):
            self.served.note("", NO_OPERATION, found.status, machine_seconds() - began)
            await _answer(send, found)
            return
        call.operation = found
        named = self.vendor.identify(call, self.worlds)
        if isinstance(named, Reply):
            self.served.note("", found.name, named.status, machine_seconds() - began)
            await _answer(send, named)
            return
        world, call.principal = named
        call.world = world
        strike = world.faults.for_call(call, world.now_ms())
        reply, outcome = await self._struck(call, strike)
        fault = strike.fault.id if strike else ""
        self._count(call, reply.status, outcome, fault, machine_seconds() - began)
        world.journal.add(
            at_ms=world.now_ms(),
            method=call.method,
            path=call.path,
            query=call.query_string,
            status=reply.status,
            outcome=outcome,
            correlation_id=_correlation(call.headers.get("traceparent", "")),
            fault=fault,
            principal=call.principal,
            request=call.body,
            response=reply.body,
        )
        if outcome != "answered":
            await _drop(send)
        reply.headers.append(("date", formatdate(world.now_ms() // 1000, usegmt=True)))
        cut = strike is not None and strike.fault.kind == "truncate"
        await _answer(send, reply, cut=cut)

    def _count(self, call: Call, status: int, outcome: str, fault: str, seconds: float) -> None:
        if call.operation is None:
            raise RuntimeError("a call without an operation was counted")
        seen = status if outcome == "answered" else NOT_ANSWERED
        self.served.note(call.world.name, call.operation.name, seen, seconds)
        if self.spans is not None:
            self.spans.served(call, status, outcome, fault, seconds)

    async def _struck(self, call: Call, strike: Strike | None) -> tuple[Reply, str]:
        """The reply, and whether it is answered, dropped after the effect, or lost before it."""
        if strike is None:
            return await self._handle(call), "answered"
        fault, failure = strike.fault, self.vendor.failure
        match fault.kind:
            case "reject":
                return failure("unavailable", fault.status, fault.seconds), "answered"
            case "outage":
                return failure("unavailable", 503, 0), "lost" if fault.drop else "answered"
            case "limit":
                return failure(
                    "limit", fault.status if fault.status != 503 else 429, fault.seconds
                ), "answered"
            case "lose_request":
                return Reply(0), "lost"
            case "lose_answer":
                return await self._handle(call), "dropped"
            case "fail_after_commit":
                await self._handle(call)
                return failure("internal", 500, 0), "answered"
            case "delay":
                await asyncio.sleep(fault.seconds)
        return await self._handle(call), "answered"

    async def _handle(self, call: Call) -> Reply:
        operation = call.operation
        if operation is None:
            raise RuntimeError("a call without an operation was handled")
        try:
            reply = await operation.handler(call)
        except Refusal as refusal:
            reply = refusal.reply
        except Exception:
            log.exception("%s failed on %s %s", self.vendor.name, call.method, call.path)
            reply = self.vendor.failure("internal", 500, 0)
        return self.vendor.finish(call, reply)

    def _match(self, call: Call) -> Operation | Reply:
        path = call.path.rstrip("/") or "/"
        allowed: set[str] = set()
        for pattern, methods in self._routes:
            match = pattern.match(path)
            if match is None:
                continue
            operation = methods.get(call.method)
            if operation is not None:
                call.path_parameters = match.groupdict()
                return operation
            allowed |= methods.keys()
        if not allowed:
            return self.vendor.failure("not_found", 404, 0)
        refused = self.vendor.failure("method", 405, 0)
        refused.headers.append(("allow", ", ".join(sorted(allowed))))
        return refused


def described(vendor: Vendor) -> FastAPI:
    """The vendor's operations as a FastAPI application: the source of routes and of the description."""
    application = FastAPI(
        title=f"{vendor.name} ({vendor.role})", version=vendor.version, docs_url=None, redoc_url=None
    )
    for operation in vendor.operations:
        application.add_api_route(
            operation.path,
            _described_only,
            methods=[operation.method],
            operation_id=operation.name,
            response_model=None,
        )

    def openapi() -> dict[str, Any]:
        if application.openapi_schema is None:
            application.openapi_schema = description_of(vendor)
        return application.openapi_schema

    # The framework's own way to bring a description; its generated one adds answers that no vendor gives.
    application.openapi = openapi  # type: ignore[method-assign]
    return application


def description_of(vendor: Vendor) -> dict[str, Any]:
    """The OpenAPI description: exactly the parameters, bodies and answers that the operations name."""
    paths: dict[str, Any] = {}
    for operation in vendor.operations:
        shown: dict[str, Any] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "security": [] if operation.public else list(vendor.security),
            "parameters": list(operation.parameters),
            "responses": operation.responses or {"200": {"description": "Done"}},
        }
        if operation.request is not None:
            shown["requestBody"] = operation.request
        # Of a path parameter that takes slashes (`{value:path}`) the description knows the name alone.
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = shown
    title = f"{vendor.name} ({vendor.role})"
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": vendor.version},
        "paths": paths,
    }
    if vendor.components:
        found["components"] = vendor.components
    return found


async def _described_only() -> None:
    """Never served: calls are answered by the system itself."""


def _route_table(application: FastAPI, vendor: Vendor) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    by_name = {operation.name: operation for operation in vendor.operations}
    if len(by_name) != len(vendor.operations):
        raise ValueError(f"Two operations of {vendor.name} share a name; one would answer the other's calls.")
    table: dict[str, tuple[re.Pattern[str], dict[str, Operation]]] = {}
    for route in application.routes:
        if isinstance(route, APIRoute) and route.operation_id in by_name:
            entry = table.setdefault(route.path_regex.pattern, (route.path_regex, {}))
            for method in route.methods or ():
                entry[1][method] = by_name[route.operation_id]
    return list(table.values())


def _correlation(traceparent: str) -> str:
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than any vendor would take."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAXIMUM_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _answer(send: Send, reply: Reply, *, cut: bool = False) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    if reply.body or reply.status not in (204, 304):
        headers.append((b"content-type", reply.content_type.encode("latin-1")))
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if cut:
        await send(
            {"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True}
        )
        await _drop(send)
    await send({"type": "http.response.body", "body": reply.body})


async def _drop(send: Send) -> None:
    """End the connection with no further byte: uvicorn's cycle owns the transport, a test client catches."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
    raise ConnectionDropped


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
