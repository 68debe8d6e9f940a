"""The control plane: how a runner steers a world of a mock. No vendor has it, no subject may see it.

`/__rehearse__/{world}/…` and `/__rehearse__/metrics`, the same for every mock, always with the control token.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from mocks.firm.facts.source import SourceFact
from mocks.firm.facts.wire import Row, encode_rows
from mocks.kit.calls import Call, Reply
from mocks.kit.clock import Mode
from mocks.kit.faults import Fault
from mocks.kit.limits import Limit
from mocks.kit.world import World

if TYPE_CHECKING:
    from mocks.kit.system import MockSystem

METRICS_PATH = "/__rehearse__/metrics"  # of all worlds and the process
NDJSON = "application/x-ndjson"
OBSERVED_A_PAGE = 10_000  # rows: what a large firm's systems hold does not fit in one answer
_native = msgspec.json.Encoder(decimal_format="number")


class NewWorld(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `PUT /__rehearse__/{world}`."""

    seed: int = 0
    start_ms: int = 0
    mode: str = "stepped"
    factor: float = 1.0


class Facts(msgspec.Struct, forbid_unknown_fields=True):
    """Body of act and seed: facts in order, and native ids of what they refer to in other systems."""

    facts: list[SourceFact]
    references: dict[str, str] = {}


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST clock`: the instant to step to, and with `mode` how the clock goes on from there."""

    to_ms: int
    mode: Mode | None = None
    factor: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 1.0
    since_wall_ms: int | None = None


class Subscription(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST subscribe`: where this world's notifications go, for vendors without an API for it."""

    url: str
    secret: str = ""


class Snapshot(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST restore`."""

    snapshot: str


class Unclear(Exception):
    """The request cannot be understood; the text says how to put it right."""


Handler = Callable[[World, Call], Awaitable[Any]]


class Control:
    """Serves the control plane of one mock."""

    def __init__(self, system: "MockSystem", token: str) -> None:
        self._system = system
        self._token = token
        self._observing: dict[str, tuple[str, Iterator[Row]]] = {}  # by world: the next page, and its rows
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "health"): self._health,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._step,
            ("POST", "seed"): self._seed,
            ("POST", "act"): self._act,
            ("POST", "reset"): self._reset,
            ("POST", "snapshot"): self._snapshot,
            ("POST", "restore"): self._restore,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "journal"): self._journal,
            ("GET", "observe"): self._observe,
            ("GET", "native"): self._native,
            ("GET", "limits"): self._limits,
            ("POST", "limits"): self._set_limits,
            ("GET", "webhooks"): self._webhooks,
            ("POST", "webhooks"): self._release,
            ("POST", "redeliver"): self._redeliver,
            ("POST", "subscribe"): self._subscribe,
        }

    def operations(self) -> list[tuple[str, str]]:
        """(method, verb) of everything served, for the description."""
        return sorted(self._handlers)

    async def serve(self, call: Call, *, too_large: bool) -> Reply:
        """Answer one control call; errors are one sentence of JSON."""
        given = call.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return _error(401, "The control token is missing or wrong.")
        if too_large:
            return _error(413, "The body is too large; send fewer facts in one call.")
        if (call.method, call.path) == ("GET", METRICS_PATH):
            # Its library is a good part of a mock's start, and most mocks are never asked.
            from mocks.kit.exposition import CONTENT_TYPE, exposition

            return Reply(body=exposition(self._system), content_type=CONTENT_TYPE)
        match = re.fullmatch(r"/__rehearse__/([A-Za-z0-9_-]{1,64})(?:/([a-z]+))?/?", call.path)
        if match is None:
            return _error(404, "The control plane has no such path.")
        name, verb = match[1], match[2]
        try:
            if verb is None:
                return self._world(call, name)
            return await self._verb(call, name, verb)
        except (msgspec.DecodeError, Unclear, ValueError, re.error) as problem:
            return _error(422, f"The request was not understood: {problem}.")

    def _world(self, call: Call, name: str) -> Reply:
        if call.method == "PUT":
            wanted = msgspec.json.decode(call.body or b"{}", type=NewWorld)
            if wanted.mode not in ("stepped", "scaled", "wall"):
                raise Unclear(f"a clock is stepped, scaled or wall, not {wanted.mode}")
            if name in self._system.worlds:
                return _error(409, f"There is a world {name} already; delete it first.")
            world = self._system.create_world(
                name,
                wanted.seed,
                wanted.start_ms,
                wanted.mode,  # type: ignore[arg-type]  # checked above
                wanted.factor,
            )
            return _ok({"world": name, "credentials": world.secrets}, 201)
        if call.method == "DELETE":
            found = self._system.drop_world(name)
            return _ok({"deleted": name}) if found else _error(404, f"There is no world {name}.")
        return _error(405, "A world is made with PUT and forgotten with DELETE.")

    async def _verb(self, call: Call, name: str, verb: str) -> Reply:
        handler = self._handlers.get((call.method, verb))
        if handler is None:
            return _error(404, f"The control plane has no {call.method} {verb}.")
        world = self._system.worlds.get(name)
        if world is None:
            return _error(404, f"There is no world {name}; make it with PUT first.")
        answer = await handler(world, call)
        return answer if isinstance(answer, Reply) else _ok(answer)

    async def _health(self, world: World, call: Call) -> Any:
        return {
            "vendor": self._system.vendor.name,
            "role": self._system.vendor.role,
            "world": world.name,
            "now_ms": world.now_ms(),
            "requests": world.journal.requests,
            "writes": world.store.writes,
        }

    async def _clock(self, world: World, call: Call) -> Any:
        due = [ms for ms in (world.store.next_due_ms(), world.webhooks.next_due_ms()) if ms is not None]
        return {"now_ms": world.now_ms(), "mode": world.clock.mode, "next_due_ms": min(due, default=None)}

    async def _step(self, world: World, call: Call) -> Any:
        step = msgspec.json.decode(call.body, type=Step)
        if step.mode is None:
            world.clock.step_to(step.to_ms)
        else:
            world.clock.set_going(step.to_ms, step.mode, step.factor, step.since_wall_ms)
        done = self._system.run_due(world)
        return {**(await self._clock(world, call)), "done": done}

    async def _seed(self, world: World, call: Call) -> Any:
        body = msgspec.json.decode(call.body, type=Facts)
        return self._system.vendor.act(world, body.facts, body.references, False)

    async def _act(self, world: World, call: Call) -> Any:
        body = msgspec.json.decode(call.body, type=Facts)
        return self._system.vendor.act(world, body.facts, body.references, True)

    async def _reset(self, world: World, call: Call) -> Any:
        world.reset()
        self._system.vendor.prepare(world)
        return {"reset": world.name}

    async def _snapshot(self, world: World, call: Call) -> Any:
        return {"snapshot": b64encode(world.store.snapshot()).decode()}

    async def _restore(self, world: World, call: Call) -> Any:
        world.store.restore(b64decode(msgspec.json.decode(call.body, type=Snapshot).snapshot, validate=True))
        return {"restored": world.name}

    async def _faults(self, world: World, call: Call) -> Any:
        return {"faults": world.faults.listed(), "struck": world.faults.struck}

    async def _add_faults(self, world: World, call: Call) -> Any:
        for fault in msgspec.json.decode(call.body, type=list[Fault]):
            world.faults.add(fault)
        return await self._faults(world, call)

    async def _clear_faults(self, world: World, call: Call) -> Any:
        world.faults.clear(call.query().get("id"))
        return await self._faults(world, call)

    async def _journal(self, world: World, call: Call) -> Any:
        query = call.query()
        entries = list(
            world.journal.search(
                after=int(query.get("after", "0")),
                limit=min(int(query.get("limit", "500")), 5000),
                correlation_id=query.get("correlation_id", ""),
                path=query.get("path", ""),
                outcome=query.get("outcome", ""),
            )
        )
        return {"requests": world.journal.requests, "by_status": world.journal.by_status, "entries": entries}

    async def _observe(self, world: World, call: Call) -> Any:
        if world.clock.mode != "stepped":
            self._system.run_due(world)
        page = call.query().get("page")
        if page is None:
            return Reply(body=encode_rows(self._system.vendor.observe(world)), content_type=NDJSON)
        if page == "0":
            self._observing[world.name] = ("0", self._system.vendor.observe(world))
        expected, rows = self._observing.pop(world.name, ("", iter(())))
        if page != expected:
            return _error(409, f"There is no page {page} to go on with; begin again with page 0.")
        body = encode_rows(islice(rows, OBSERVED_A_PAGE))
        if not body:
            return Reply(body=b"", content_type=NDJSON)
        following = str(int(page) + 1)
        self._observing[world.name] = (following, rows)
        return Reply(body=body, content_type=NDJSON, headers=[("x-next-page", following)])

    async def _native(self, world: World, call: Call) -> Any:
        rows = self._system.vendor.native(world)
        lines = (_native.encode({"object": name, "record": record}) for name, record in rows)
        return Reply(body=b"".join(line + b"\n" for line in lines), content_type=NDJSON)

    async def _limits(self, world: World, call: Call) -> Any:
        return {
            name: {"maximum": limit.maximum, "window_ms": limit.window_ms, "used": world.limits.used(name)}
            for name, limit in world.limits.limits.items()
        }

    async def _set_limits(self, world: World, call: Call) -> Any:
        for name, limit in msgspec.json.decode(call.body, type=dict[str, Limit]).items():
            world.limits.set(name, limit)
        return await self._limits(world, call)

    async def _webhooks(self, world: World, call: Call) -> Any:
        return {"counts": world.webhooks.counts(), "deliveries": world.webhooks.listed()}

    async def _release(self, world: World, call: Call) -> Any:
        return {"sent": await world.webhooks.release(world.now_ms())}

    async def _redeliver(self, world: World, call: Call) -> Any:
        wanted = int(call.query().get("id", "0"))
        if not world.webhooks.redeliver(wanted, world.now_ms()):
            return _error(404, f"There is no delivery {wanted}.")
        return {"redeliver": wanted}

    async def _subscribe(self, world: World, call: Call) -> Any:
        body = msgspec.json.decode(call.body, type=Subscription)
        self._system.vendor.subscribe(world, body.url, body.secret)
        return {"subscribed": world.name}


def _ok(value: Any, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(value))


def _error(status: int, sentence: str) -> Reply:
    return Reply(status, msgspec.json.encode({"error": sentence}))
