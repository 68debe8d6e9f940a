"""What a vendor must bring to become a mock: its schema, operations and dialect, and how people act in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from mocks.firm.facts.source import SourceFact
from mocks.firm.facts.wire import Row
from mocks.kit.calls import Call, Operation, Reply
from mocks.kit.limits import Limit
from mocks.kit.schema import Schema
from mocks.kit.world import World

FailureKind = Literal["unavailable", "internal", "limit", "not_found", "method", "too_large", "malformed"]


class Acted(Struct, frozen=True, kw_only=True):
    """What became of one fact: applied as a native record, or waiting for a parent that is not there yet."""

    bk: str
    state: Literal["applied", "waiting", "refused"]
    native_id: str = ""
    missing: str = ""  # what it waits for, or why it was refused


class Vendor(Struct, frozen=True, kw_only=True):
    """One product's dialect in one role.

    `worlds_of(call, worlds)` names the world and the principal that a call's credentials belong to,
    or gives the vendor's refusal. `failure(kind, status, retry_after)` is the vendor's error shape.
    `act(world, facts, references, notify)` plays facts as a person there would; `references` maps business
    keys to the native ids of their records in their systems of record. `observe` reads the world back
    as facts (every version) and documents; `native` as the vendor's own API would show the records.
    `run_due(world)` does what the system does by itself by now. `prepare(world)` puts a fresh world's
    own records in place (users, picklists).
    """

    name: str
    role: str
    schema: Schema
    operations: tuple[Operation, ...]
    identify: Callable[[Call, Mapping[str, World]], tuple[World, str] | Reply]
    failure: Callable[[FailureKind, int, float], Reply]
    secrets: Callable[[str, int], dict[str, str]]
    act: Callable[[World, Sequence[SourceFact], Mapping[str, str], bool], list[Acted]]
    observe: Callable[[World], Iterator[Row]]
    native: Callable[[World], Iterator[tuple[str, dict[str, Any]]]]
    prepare: Callable[[World], None] = lambda world: None
    run_due: Callable[[World], int] = lambda world: 0
    subscribe: Callable[[World, str, str], None] = lambda world, url, secret: None
    finish: Callable[[Call, Reply], Reply] = lambda call, reply: reply
    expire_tokens: Callable[[World], None] = lambda world: None
    limits: dict[str, Limit] = field(default_factory=dict)
    version: str = "1"
    # Of the OpenAPI document: its `components` (schemas, securitySchemes, headers), and what
    # every operation that is not public demands.
    components: dict[str, Any] = field(default_factory=dict)
    security: tuple[dict[str, Any], ...] = ()
