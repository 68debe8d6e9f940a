"""A vendor of one object and three operations: enough to see what the kit does for all of them."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mocks.firm.facts.source import Practice, SourceFact
from mocks.firm.facts.wire import Row
from mocks.kit.calls import Call, Operation, Refusal, Reply
from mocks.kit.limits import Limit
from mocks.kit.schema import Field, ObjectType, Schema
from mocks.kit.vendor import Acted, FailureKind, Vendor
from mocks.kit.world import World

SCHEMA = Schema(
    (ObjectType("thing", (Field("code", external_id=True), Field("amount", "decimal", scale=2))),)
)


async def put(call: Call) -> Reply:
    """Create or update a thing by its code; notifies."""
    world, code = call.world, call.path_parameters["code"]
    body = msgspec.json.decode(call.body or b"{}")
    if "amount" not in body:
        raise Refusal(failure("malformed", 400, 0))
    with world.store.transaction():
        found = world.store.find("thing", "code", code)
        if found:
            world.store.update("thing", found[0].id, {"amount": body["amount"]}, world.commit_ms())
        else:
            number = str(world.store.next_number("thing"))
            world.store.insert("thing", number, {"code": code, "amount": body["amount"]}, world.commit_ms())
        target = world.store.state("target")
        if target:
            world.webhooks.queue("thing", target, {}, code.encode(), world.now_ms())
    return Reply(201 if not found else 200, msgspec.json.encode({"code": code}))


async def get(call: Call) -> Reply:
    """Read a thing by its code."""
    found = call.world.store.find("thing", "code", call.path_parameters["code"])
    if not found:
        raise Refusal(failure("not_found", 404, 0))
    return Reply(200, msgspec.json.encode({"amount": found[0].values["amount"], "ver": found[0].ver}))


async def broken(call: Call) -> Reply:
    """A bug of ours."""
    raise ZeroDivisionError


def failure(kind: FailureKind, status: int, retry_after: float) -> Reply:
    """One error shape for everything."""
    reply = Reply(status, msgspec.json.encode({"toy": kind}))
    if retry_after:
        reply.headers.append(("retry-after", str(int(retry_after))))
    return reply


def identify(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    """A world is known by its key."""
    given = call.headers.get("x-key", "")
    for world in worlds.values():
        if hmac.compare_digest(given, world.secrets["key"]):
            return world, "toy-user"
    return failure("malformed", 401, 0)


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify: bool
) -> list[Acted]:
    """Practices become things."""
    done = []
    for fact in facts:
        assert isinstance(fact, Practice)
        with world.store.transaction():
            number = str(world.store.next_number("thing"))
            stamp = world.commit_ms() if notify else fact.recorded_at_ms
            world.store.insert("thing", number, {"code": fact.code, "amount": 0}, stamp)
        done.append(Acted(bk=fact.bk, state="applied", native_id=number))
    return done


def observe(world: World) -> Iterator[Row]:
    """Things become practices."""
    for record in world.store.select("thing"):
        code = str(record.values["code"])
        yield Practice(
            bk=f"PR|{code}", recorded_at_ms=record.modified_ms, source_id=record.id, code=code, name=code
        )


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Things as they are."""
    for record in world.store.select("thing"):
        yield "thing", dict(record.values)


TOY = Vendor(
    name="toy",
    role="crm",
    schema=SCHEMA,
    operations=(
        Operation("PUT", "/things/{code}", put, "Create or update", "put_thing"),
        Operation("GET", "/things/{code}", get, "Read", "get_thing"),
        Operation("GET", "/broken", broken, "Fail", "broken"),
    ),
    identify=identify,
    failure=failure,
    secrets=lambda world, seed: {"key": f"key-{world}-{seed}"},
    act=act,
    observe=observe,
    native=native,
    subscribe=lambda world, url, secret: world.store.set_state("target", url),
    limits={"calls": Limit(2, 1000)},
)
