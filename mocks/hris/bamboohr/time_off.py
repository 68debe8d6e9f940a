"""Calls about time off, and a request as the API shows it (wire 4.4)."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from mocks.hris.bamboohr.employees import employee
from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.reading import text, today
from mocks.hris.bamboohr.state import stamp_ms
from mocks.hris.bamboohr.wire import (
    Malformed,
    answer,
    checked,
    day,
    day_of,
    instant_text,
    json_reply,
    read_json,
    wants_json,
    xml_reply,
)
from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

_CLOSE = 1e-6  # what binary fractions leave of two decimal places
TIME_OFF_TYPES = {"78": "Vacation", "77": "Sick", "80": "Other"}


def names_of(world: World) -> dict[str, str]:
    """Everybody's name by id, those who were deleted too: a list of thousands asks for each of them."""
    rows = world.store.rows('SELECT id, "firstName", "lastName" FROM "employee"')
    return {native_id: f"{first} {last}" for native_id, first, last in rows}


def time_off_values(record: Record, names: Mapping[str, str]) -> dict[str, Any]:
    """A time off request as the API shows it."""
    values = record.values
    name = names.get(text(values["employeeId"]), "")
    return {
        "id": record.id,
        "employeeId": values["employeeId"],
        "name": name,
        "status": {
            "lastChanged": day_of(record.modified_ms),
            "lastChangedAt": instant_text(record.modified_ms),
            "lastChangedByUserId": "1",
            "status": values["status"],
        },
        "start": values["start"],
        "end": values["end"],
        "created": day_of(record.created_ms),
        "type": {"id": values["typeId"], "name": TIME_OFF_TYPES[text(values["typeId"])]},
        "amount": {"unit": values["unit"], "amount": values["amount"]},
        "dates": json.loads(text(values["dates"]) or "{}"),
        "notes": json.loads(text(values["notes"]) or "{}"),
    }


def seen_requests(world: World, start: str, end: str) -> list[Record]:
    """Requests that touch the days from start to end, as lists see them: late ones as they were before."""
    touching = '"start" <= ? AND "end" >= ?'
    until_ms = world.visible_until_ms()
    if until_ms is None:
        return world.store.select("timeOffRequest", touching, (end, start))
    seen = []
    for record in world.store.select("timeOffRequest", deleted=True):
        versions = [record]
        if record.modified_ms >= until_ms:
            versions = world.store.versions("timeOffRequest", record.id)
        known = [version for version in versions if version.modified_ms < until_ms]
        if known and not known[-1].deleted:
            values = known[-1].values
            if text(values["start"]) <= end and text(values["end"]) >= start:
                seen.append(known[-1])
    return seen


class TimeOffWrite(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a new time off request; amounts and days are in hours."""

    status: str
    start: str
    end: str
    time_off_type_id: str | int = msgspec.field(name="timeOffTypeId")
    amount: str | int | float
    dates: dict[str, str] = {}
    notes: dict[str, str] = {}


def _hours(amount: str | int | float) -> str:
    """Hours as text; a number with more than two places is none that the vendor keeps."""
    if isinstance(amount, float):
        if abs(amount * 100 - round(amount * 100)) > _CLOSE:
            raise Malformed(f"{amount} has more than two decimal places")
        amount = str(int(amount)) if amount.is_integer() else f"{amount:.2f}"
    found = checked("decimal", str(amount))
    if found is None:
        raise Malformed("the amount is missing")
    return found


async def add_time_off(call: Call) -> Reply:
    """Enter a time off request for an employee."""
    world, owner = call.world, employee(call)
    try:
        wanted = msgspec.convert(read_json(call.body), TimeOffWrite)
    except msgspec.ValidationError as problem:
        raise Malformed(str(problem)) from problem
    start, end, type_id = day(wanted.start), day(wanted.end), str(wanted.time_off_type_id)
    if type_id not in TIME_OFF_TYPES or wanted.status not in ("approved", "requested"):
        raise refusal(400, "The type or status is unknown")
    if start > end:
        raise refusal(400, "The end is before the start")
    amount = _hours(wanted.amount)
    with world.store.transaction():
        request_id = str(world.store.next_number("timeOffRequest"))
        at_ms = stamp_ms(world)
        values: dict[str, Value] = {
            "employeeId": owner.id,
            "status": wanted.status,
            "start": start,
            "end": end,
            "typeId": type_id,
            "unit": "hours",
            "amount": amount,
            "dates": json.dumps(
                {day(one): checked("decimal", hours) or "0" for one, hours in wanted.dates.items()},
                sort_keys=True,
            ),
            "notes": json.dumps(wanted.notes, sort_keys=True),
        }
        if wanted.status == "approved":
            values["approvedAt"] = at_ms
        world.store.insert("timeOffRequest", request_id, values, at_ms)
    place = call.path.rstrip("/").partition("/employees/")[0]
    return Reply(201, headers=[("location", f"{call.base_url}{place}/time_off/requests/{request_id}")])


async def time_off_requests(call: Call) -> Reply:
    """Requests that touch the days from start to end."""
    query = call.query()
    if "start" not in query or "end" not in query:
        raise refusal(400, "start and end are required")
    start, end = day(query["start"]), day(query["end"])
    statuses = [one for one in query.get("status", "").split(",") if one]
    types = [one for one in query.get("type", "").split(",") if one]
    names = names_of(call.world)
    shown = [
        time_off_values(record, names)
        for record in seen_requests(call.world, start, end)
        if (not statuses or record.values["status"] in statuses)
        and (not types or record.values["typeId"] in types)
        and query.get("employeeId", record.values["employeeId"]) == record.values["employeeId"]
    ]
    if wants_json(call):
        return json_reply(shown)
    inner = "".join(
        f'<request id="{one["id"]}"><employee id="{one["employeeId"]}">{escape(one["name"])}</employee>'
        f'<status lastChanged="{one["status"]["lastChanged"]}" lastChangedByUserId="1">'
        f"{one['status']['status']}</status><start>{one['start']}</start><end>{one['end']}</end>"
        f"<created>{one['created']}</created>"
        f'<type id="{one["type"]["id"]}">{one["type"]["name"]}</type>'
        f'<amount unit="hours">{escape(one["amount"]["amount"])}</amount></request>'
        for one in shown
    )
    return xml_reply(f"<requests>{inner}</requests>")


async def whos_out(call: Call) -> Reply:
    """Approved time off from start (today) to end (two weeks on as far as known)."""
    query = call.query()
    start = day(query["start"]) if "start" in query else today(call.world)
    end = day(query["end"]) if "end" in query else "9999-12-31"
    names = names_of(call.world)
    requests = [
        time_off_values(record, names)
        for record in seen_requests(call.world, start, end)
        if record.values["status"] == "approved"
    ]
    shown = [
        {
            "id": int(one["id"]),
            "type": "timeOff",
            "employeeId": int(one["employeeId"]),
            "name": one["name"],
            "start": one["start"],
            "end": one["end"],
        }
        for one in requests
    ]
    inner = "".join(
        f'<item type="timeOff"><employee id="{one["employeeId"]}">{escape(one["name"])}</employee>'
        f"<start>{one['start']}</start><end>{one['end']}</end></item>"
        for one in shown
    )
    return answer(call, shown, f"<calendar>{inner}</calendar>")
