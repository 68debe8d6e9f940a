"""Calls about webhook subscriptions: made pending, verified with the token that their address got."""

import hmac
import json
from urllib.parse import urlsplit

import msgspec

from mocks.kit.calls import Call, Reply
from mocks.kit.store import Record
from mocks.payroll.gusto.errors import invalid, missing
from mocks.payroll.gusto.notify import (
    PENDING,
    TYPES,
    VERIFIED,
    challenge,
    hook_values,
    verification_token,
)
from mocks.payroll.gusto.schema import HOOK
from mocks.payroll.gusto.state import new_uuid
from mocks.payroll.gusto.wire import TEXT_LIMIT, read_body, reply

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HookWrite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a new subscription."""

    url: str
    subscription_types: list[str]


class HookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a changed subscription: its address stays."""

    subscription_types: list[str]


class Verification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body that proves that the address received its token."""

    verification_token: str


async def add(call: Call) -> Reply:
    """Make a pending subscription; its address gets the verification token at once."""
    world, wanted = call.world, read_body(call.body, HookWrite)
    _check_url(wanted.url)
    _check_types(wanted.subscription_types)
    with world.store.transaction():
        hook = new_uuid(world, HOOK)
        values = {
            "url": wanted.url,
            "subscription_types": json.dumps(wanted.subscription_types),
            "status": PENDING,
            "verification_token": verification_token(world, hook),
        }
        world.store.insert(HOOK, hook, values, world.commit_ms())
        challenge(world, world.store.require(HOOK, hook))
    return reply(hook_values(world.store.require(HOOK, hook)), 201)


async def verify(call: Call) -> Reply:
    """Begin to send, once the caller shows the token; 422 for another one."""
    world, before = call.world, _hook(call)
    given = read_body(call.body, Verification).verification_token
    if not hmac.compare_digest(str(before.values["verification_token"]).encode(), given.encode()):
        raise invalid("verification_token", "The verification token is not valid.")
    with world.store.transaction():
        after = world.store.update(HOOK, before.id, {"status": VERIFIED}, world.commit_ms())
    return reply(hook_values(after))


async def request_token(call: Call) -> Reply:
    """Send the verification token once more."""
    hook = _hook(call)
    with call.world.store.transaction():
        challenge(call.world, hook)
    return Reply(204)


async def listed(call: Call) -> Reply:
    """All subscriptions."""
    return reply([hook_values(hook) for hook in call.world.store.select(HOOK)])


async def get(call: Call) -> Reply:
    """One subscription."""
    return reply(hook_values(_hook(call)))


async def change(call: Call) -> Reply:
    """Change what a subscription is about."""
    world, before = call.world, _hook(call)
    types = read_body(call.body, HookChange).subscription_types
    _check_types(types)
    with world.store.transaction():
        changes = {"subscription_types": json.dumps(types)}
        after = world.store.update(HOOK, before.id, changes, world.commit_ms())
    return reply(hook_values(after))


async def delete(call: Call) -> Reply:
    """End a subscription; what is owed already still goes out."""
    world, hook = call.world, _hook(call)
    with world.store.transaction():
        world.store.delete(HOOK, hook.id, world.commit_ms())
    return Reply(204)


def _hook(call: Call) -> Record:
    record = call.world.store.get(HOOK, call.path_parameters["subscription"])
    if record is None:
        raise missing("webhook subscription")
    return record


def _check_types(types: list[str]) -> None:
    if not types or any(kind not in TYPES for kind in types):
        raise invalid("subscription_types", f"subscription_types are of {', '.join(TYPES)}")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as problem:
        raise invalid("url", "url is not valid") from problem
    # The vendor takes https alone; http to this very machine is for rehearsals.
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not secure or len(url) > TEXT_LIMIT:
        raise invalid("url", "url must be https")
