"""Webhooks: subscriptions by the API, and field-based notices of what happened to an employee.

Each notice is signed when it goes out: hex HMAC-SHA256 of body and then timestamp, with the
private key that the subscription got once (wire 4.4; the vendor's field-based format).
"""

import hashlib
import hmac
import json
from collections.abc import Collection
from typing import Any

import msgspec

from mocks.hris.bamboohr.reading import FieldReader, Seen, text
from mocks.hris.bamboohr.schema import FIELDS_BY_ALIAS, MONITORED, MONITORED_BY_ALIAS
from mocks.hris.bamboohr.wire import instant_text
from mocks.kit.store import Record
from mocks.kit.world import World

_KIND = "webhook "
EVENTS = {
    "Created": "employee_with_fields.created",
    "Updated": "employee_with_fields.updated",
    "Deleted": "employee_with_fields.deleted",
}


def private_key(world: World, webhook_id: str) -> str:
    """The key of a new subscription: the same for the same world, seed and number."""
    purpose = f"{world.name}|{world.seed}|bamboohr|webhook|{webhook_id}"
    return hashlib.blake2b(purpose.encode(), digest_size=16).hexdigest()


def sign_with(world: World) -> None:
    """Let this world's deliveries carry the vendor's signature."""

    def sign(kind: str, body: bytes, now_ms: int) -> dict[str, str]:
        webhook = world.store.get("webhook", kind.removeprefix(_KIND), deleted=True)
        key = "" if webhook is None else str(webhook.values["privateKey"])
        timestamp = str(now_ms // 1000)
        digest = hmac.new(key.encode(), body + timestamp.encode(), hashlib.sha256)
        return {"x-bamboohr-timestamp": timestamp, "x-bamboohr-signature": digest.hexdigest()}

    world.webhooks.sign = sign


def subscribe(world: World, url: str, secret: str) -> None:
    """What an administrator does in the settings: everything about everybody goes to one address."""
    with world.store.transaction():
        values = {
            "name": "Set up by an administrator",
            "url": url,
            "format": "json",
            "monitorFields": json.dumps([field.alias for field in MONITORED]),
            "postFields": "{}",
            "events": json.dumps(list(EVENTS.values())),
            "frequency": "{}",
            "limit": "{}",
        }
        webhook_id = str(world.store.next_number("webhook"))
        key = secret or private_key(world, webhook_id)
        world.store.insert("webhook", webhook_id, {**values, "privateKey": key}, world.now_ms())


def created(world: World, employee_id: str, at_ms: int) -> None:
    """Tell of a new employee: the id alone."""
    _tell(world, employee_id, "Created", None, at_ms)


def updated(world: World, employee_id: str, changed: Collection[str], at_ms: int) -> None:
    """Tell those who watch one of the changed fields."""
    _tell(world, employee_id, "Updated", changed, at_ms)


def deleted(world: World, employee_id: str, at_ms: int) -> None:
    """Tell that an employee is gone: the id alone."""
    _tell(world, employee_id, "Deleted", None, at_ms)


def _tell(world: World, employee_id: str, action: str, changed: Collection[str] | None, at_ms: int) -> None:
    for webhook in world.store.select("webhook"):
        if EVENTS[action] not in _json(webhook, "events"):
            continue
        watched = [] if changed is None else [a for a in _json(webhook, "monitorFields") if a in changed]
        if changed is not None and not watched:
            continue
        item = {
            "id": employee_id,
            "action": action,
            "timestamp": instant_text(at_ms).replace("+00:00", "+0000"),
            "changedFields": [MONITORED_BY_ALIAS[alias].name for alias in watched],
            "fields": _posted(world, webhook, employee_id) if watched else {},
        }
        world.webhooks.queue(
            _KIND + webhook.id,
            str(webhook.values["url"]),
            {"content-type": "application/json"},
            msgspec.json.encode({"employees": [item]}),
            world.now_ms(),
        )


def _posted(world: World, webhook: Record, employee_id: str) -> dict[str, str | None]:
    wanted: dict[str, str] = _json(webhook, "postFields")
    aliases = [alias for alias in wanted if alias in FIELDS_BY_ALIAS]
    record = world.store.require("employee", employee_id)
    values = FieldReader(world, aliases, [Seen(record, True)]).values(record)
    return {wanted[alias] or FIELDS_BY_ALIAS[alias].name: values[alias] for alias in aliases}


def _json(webhook: Record, name: str) -> Any:
    return json.loads(text(webhook.values[name]) or "null")


def webhook_values(record: Record) -> dict[str, Any]:
    """A subscription as the API shows it after its creation: without the private key."""
    shown: dict[str, Any] = {"id": record.id}
    for name in ("name", "url", "format"):
        shown[name] = record.values[name]
    for name in ("monitorFields", "postFields", "events", "frequency", "limit"):
        shown[name] = _json(record, name)
    return shown
