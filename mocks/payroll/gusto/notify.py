"""Webhooks of Gusto: events for verified subscriptions, signed with their verification token (wire 4.5)."""

import hashlib
import hmac
import json
from typing import Any

import msgspec

from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.payroll.gusto.schema import HOOK
from mocks.payroll.gusto.state import Processed, new_uuid
from mocks.payroll.gusto.wire import derived_uuid

PENDING, VERIFIED, REMOVED = "pending", "verified", "removed"
TYPES = ("BankAccount", "Company", "Employee", "JobCompensation", "Payroll", "PaySchedule")
_EVENT, _CHALLENGE = "event ", "verification "
_JSON = {"content-type": "application/json"}


def verification_token(world: World, subscription: str) -> str:
    """The token of a subscription: the same for the same world, seed and id."""
    purpose = f"{world.name}|{world.seed}|gusto|webhook|{subscription}"
    return hashlib.blake2b(purpose.encode(), digest_size=20).hexdigest()


def sign_with(world: World) -> None:
    """Let this world's events carry the vendor's signature."""

    def sign(kind: str, body: bytes, now_ms: int) -> dict[str, str]:
        if not kind.startswith(_EVENT):
            return {}  # the challenge carries the very token that would sign it
        hook = world.store.get(HOOK, kind.removeprefix(_EVENT), deleted=True)
        token = "" if hook is None else str(hook.values["verification_token"])
        return {"x-gusto-signature": hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}

    world.webhooks.sign = sign


def subscribe(world: World, url: str, secret: str) -> None:
    """What an administrator sets up and verifies in one go: every payroll goes to one address."""
    with world.store.transaction():
        subscription = new_uuid(world, HOOK)
        values = {
            "url": url,
            "subscription_types": json.dumps(["Payroll"]),
            "status": VERIFIED,
            "verification_token": secret or verification_token(world, subscription),
        }
        world.store.insert(HOOK, subscription, values, world.now_ms())


def challenge(world: World, hook: Record) -> None:
    """Send the verification token to the address that claims to want the events."""
    body = msgspec.json.encode(
        {"verification_token": hook.values["verification_token"], "webhook_subscription_uuid": hook.id}
    )
    world.webhooks.queue(_CHALLENGE + hook.id, str(hook.values["url"]), _JSON, body, world.now_ms())


def told(world: World, done: Processed) -> None:
    """Tell of what one processed payroll did."""
    for employee, what in done.employees:
        tell(world, done.company, "Employee", employee, f"employee.{what}")
    if done.event:
        tell(world, done.company, "Payroll", done.payroll, f"payroll.{done.event}")


def tell(world: World, company: str, entity: str, entity_uuid: str, event: str) -> None:
    """Owe one event to every verified subscription of its type."""
    hooks = [hook for hook in world.store.select(HOOK) if hook.values["status"] == VERIFIED]
    wanting = [hook for hook in hooks if entity in types_of(hook)]
    if not wanting:
        return
    body = msgspec.json.encode(
        {
            "uuid": derived_uuid(f"{world.seed}|gusto|event|{world.store.next_number('event')}"),
            "event_type": event,
            "resource_type": "Company",
            "resource_uuid": company,
            "entity_type": entity,
            "entity_uuid": entity_uuid,
            "timestamp": world.now_ms() // 1000,
        }
    )
    for hook in wanting:
        world.webhooks.queue(_EVENT + hook.id, str(hook.values["url"]), _JSON, body, world.now_ms())


def types_of(hook: Record) -> list[str]:
    """What a subscription is about."""
    found: list[str] = json.loads(str(hook.values["subscription_types"]))
    return found


def hook_values(hook: Record) -> dict[str, Any]:
    """A subscription as the API shows it, without its token."""
    return {
        "uuid": hook.id,
        "url": hook.values["url"],
        "status": hook.values["status"],
        "subscription_types": types_of(hook),
    }
