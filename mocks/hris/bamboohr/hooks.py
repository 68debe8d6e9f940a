"""Calls about webhooks: subscribe, list, change, unsubscribe, see what was sent (wire 4.4)."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.notify import EVENTS, private_key, webhook_values
from mocks.hris.bamboohr.schema import FIELDS, MONITORED, ApiField
from mocks.hris.bamboohr.wire import TEXT_LIMIT, Malformed, instant_text, json_reply, read_json
from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value
from mocks.kit.store import Record

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class WebhookWrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of a subscription; without `events` all three field-based ones."""

    name: str
    url: str
    format: str = "json"
    monitor_fields: list[str | int] = msgspec.field(name="monitorFields", default_factory=list)
    post_fields: dict[str, str] = msgspec.field(name="postFields", default_factory=dict)
    events: list[str] = msgspec.field(default_factory=lambda: list(EVENTS.values()))
    frequency: dict[str, Any] = {}
    limit: dict[str, Any] = {}
    include_company_domain: bool = msgspec.field(name="includeCompanyDomain", default=False)


async def monitor_fields(call: Call) -> Reply:
    """What can be watched."""
    fields = [{"id": field.number, "name": field.name, "alias": field.alias} for field in MONITORED]
    return json_reply({"fields": fields})


async def subscribe(call: Call) -> Reply:
    """Make a subscription; its private key is told here and never again."""
    world, values = call.world, _checked(call)
    with world.store.transaction():
        webhook_id = str(world.store.next_number("webhook"))
        key = private_key(world, webhook_id)
        world.store.insert("webhook", webhook_id, {**values, "privateKey": key}, world.commit_ms())
    return json_reply({**_shown(world.store.require("webhook", webhook_id)), "privateKey": key}, 201)


async def listed(call: Call) -> Reply:
    """All subscriptions."""
    return json_reply({"webhooks": [_shown(record) for record in call.world.store.select("webhook")]})


async def get(call: Call) -> Reply:
    """One subscription."""
    return json_reply(_shown(_webhook(call)))


async def change(call: Call) -> Reply:
    """Replace a subscription's settings; its key stays."""
    world, before, values = call.world, _webhook(call), _checked(call)
    with world.store.transaction():
        record = world.store.update("webhook", before.id, values, world.commit_ms())
    return json_reply(_shown(record))


async def unsubscribe(call: Call) -> Reply:
    """End a subscription; what is owed already still goes out."""
    world, record = call.world, _webhook(call)
    with world.store.transaction():
        world.store.delete("webhook", record.id, world.commit_ms())
    return Reply(200)


async def log(call: Call) -> Reply:
    """The last deliveries of one subscription."""
    record = _webhook(call)
    shown = [
        {
            "webhookId": record.id,
            "url": delivery.url,
            "lastAttempted": instant_text(delivery.next_at_ms),
            "failureCount": delivery.attempts if delivery.state != "delivered" else delivery.attempts - 1,
            "status": delivery.last_status,
            "employeeIds": [one["id"] for one in json.loads(delivery.body)["employees"]],
        }
        for delivery in call.world.webhooks.listed()
        if delivery.kind == f"webhook {record.id}" and delivery.attempts
    ]
    return json_reply(shown)


def _webhook(call: Call) -> Record:
    record = call.world.store.get("webhook", call.path_parameters["webhook"])
    if record is None:
        raise refusal(404, f"Webhook {call.path_parameters['webhook']} was not found")
    return record


def _shown(record: Record) -> dict[str, Any]:
    return {**webhook_values(record), "created": instant_text(record.created_ms)}


def _checked(call: Call) -> dict[str, Value]:
    try:
        wanted = msgspec.convert(read_json(call.body), WebhookWrite)
    except msgspec.ValidationError as problem:
        raise Malformed(str(problem)) from problem
    _check_url(wanted.url)
    if not wanted.name or len(wanted.name) > TEXT_LIMIT:
        raise Malformed("a webhook has a name")
    if wanted.format != "json":
        raise Malformed("only webhooks in the format json are available")
    if not wanted.events or any(event not in EVENTS.values() for event in wanted.events):
        raise Malformed(f"the events are {', '.join(EVENTS.values())}")
    watched = [_monitored(name) for name in wanted.monitor_fields]
    if EVENTS["Updated"] in wanted.events and not watched:
        raise Malformed("monitorFields needs at least one field")
    posted = {_alias(name): shown for name, shown in wanted.post_fields.items()}
    return {
        "name": wanted.name,
        "url": wanted.url,
        "format": wanted.format,
        "monitorFields": json.dumps(watched),
        "postFields": json.dumps(posted),
        "events": json.dumps(wanted.events),
        "frequency": json.dumps(wanted.frequency),
        "limit": json.dumps(wanted.limit),
    }


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as problem:
        raise Malformed(f"the url is not valid: {problem}") from problem
    # The vendor takes https alone; http to this very machine is for rehearsals.
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)):
        raise Malformed("the url must be https")


def _monitored(name: str | int) -> str:
    return _named(name, MONITORED, "monitor")


def _alias(name: str) -> str:
    return _named(name, FIELDS, "post")


def _named(name: str | int, fields: Sequence[ApiField], purpose: str) -> str:
    """The alias of a field given by alias, number or English name."""
    for field in fields:
        if name in (field.alias, field.number, str(field.number), field.name):
            return field.alias
    raise Malformed(f"unknown field to {purpose}: {name}")
