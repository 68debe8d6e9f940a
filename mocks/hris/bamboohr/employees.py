"""Calls about employees: directory, one employee, add, update, who changed (wire 4.4)."""

from xml.sax.saxutils import quoteattr

from mocks.hris.bamboohr import state
from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.reading import FieldReader, Seen, is_active, seen_employees, today
from mocks.hris.bamboohr.wire import (
    Malformed,
    instant_ms,
    instant_text,
    json_reply,
    read_fields,
    wants_json,
    xml_employees,
    xml_fields,
    xml_reply,
)
from mocks.kit.calls import Call, Reply
from mocks.kit.store import DuplicateValue, Record
from mocks.kit.world import World

DIRECTORY_FIELDS = (
    "displayName",
    "firstName",
    "lastName",
    "preferredName",
    "jobTitle",
    "workPhone",
    "mobilePhone",
    "workEmail",
    "department",
    "location",
    "division",
    "supervisor",
)
_TYPES = {"inserted": "Inserted", "updated": "Updated", "deleted": "Deleted", "all": ""}


async def directory(call: Call) -> Reply:
    """Everybody who is active today."""
    world = call.world
    people = [seen for seen in seen_employees(world) if is_active(seen.record, today(world))]
    reader = FieldReader(world, DIRECTORY_FIELDS, people)
    employees = [reader.values(seen.record) for seen in people]
    if wants_json(call):
        fields = [{"id": field.alias, "type": field.type, "name": field.name} for field in reader.fields]
        return json_reply({"fields": fields, "employees": employees})
    fieldset = "".join(f"<field id={quoteattr(field.alias)}>{field.name}</field>" for field in reader.fields)
    return xml_reply(
        f"<directory><fieldset>{fieldset}</fieldset>"
        f"<employees>{xml_employees(employees)}</employees></directory>"
    )


async def get(call: Call) -> Reply:
    """One employee, active or not: the fields asked for, unknown ones left out."""
    query = call.query()
    record = employee(call)
    aliases = [alias for alias in query.get("fields", "").split(",") if alias]
    only_current = query.get("onlyCurrent", "true").lower() not in ("false", "0")
    reader = FieldReader(call.world, aliases, [Seen(record, True)], only_current=only_current)
    values = reader.values(record)
    if wants_json(call):
        return json_reply(values)
    return xml_reply(f"<employee id={quoteattr(record.id)}>{xml_fields(values)}</employee>")


async def add(call: Call) -> Reply:
    """Add an employee; nothing makes a repeated call the same employee but a taken employee number."""
    world = call.world
    given = read_fields(call.body, "employee")
    if not given.get("firstName") or not given.get("lastName"):
        raise refusal(400, "First name and last name are required")
    write = state.checked_employee(world, given)
    rows = state.rows_for_columns(world, None, write.fields.get("hireDate"), write.columns)
    try:
        with world.store.transaction():
            employee_id = state.create(world, write.fields, rows, state.stamp_ms(world))
    except DuplicateValue as taken:
        raise refusal(409, "An employee with this employee number exists already") from taken
    # Clients find the new id by taking their own URL off this one: it must be the base they came by.
    return Reply(201, headers=[("location", f"{call.base_url}{call.path.rstrip('/')}/{employee_id}")])


async def update(call: Call) -> Reply:
    """Change some fields of an employee; a field with a history gets a row of today."""
    world = call.world
    before = employee(call)
    write = state.checked_employee(world, read_fields(call.body, "employee"))
    for name in ("firstName", "lastName"):
        if name in write.fields and not write.fields[name]:
            raise refusal(400, "First name and last name are required")
    rows = state.rows_for_columns(world, before.id, None, write.columns)
    try:
        with world.store.transaction():
            state.change(world, before, write.fields, rows, state.stamp_ms(world))
    except DuplicateValue as taken:
        raise refusal(409, "An employee with this employee number exists already") from taken
    return Reply(200)


async def changed(call: Call) -> Reply:
    """Who changed since an instant, itself included, and by what action last; one entry per employee."""
    query = call.query()
    kind = query.get("type", "all").lower()
    if kind not in _TYPES:
        raise refusal(400, "type must be inserted, updated, deleted or all")
    since_ms = since_of(call)
    people = seen_employees(call.world, since_ms, deleted=True)
    people.sort(key=lambda seen: (seen.record.modified_ms, int(seen.record.id)))
    entries = {
        seen.record.id: {
            "id": seen.record.id,
            "action": action_of(seen.record),
            "lastChanged": instant_text(seen.record.modified_ms),
        }
        for seen in people
        if _TYPES[kind] in ("", action_of(seen.record))
    }
    latest_ms = max((seen.record.modified_ms for seen in people), default=since_ms)
    latest = instant_text(latest_ms)
    if wants_json(call):
        # The vendor's server is PHP: an empty map goes out as an empty list.
        return json_reply({"latest": latest, "employees": entries or []})
    inner = "".join(
        "<employee " + " ".join(f"{name}={quoteattr(value)}" for name, value in entry.items()) + "/>"
        for entry in entries.values()
    )
    return xml_reply(f"<changeList latest={quoteattr(latest)}>{inner}</changeList>")


def action_of(record: Record) -> str:
    """What happened to a record last."""
    if record.deleted:
        return "Deleted"
    return "Inserted" if record.ver == 1 else "Updated"


def since_of(call: Call) -> int:
    """The call's `since` in milliseconds; refuses a missing or malformed one."""
    since = call.query().get("since")
    if since is None:
        raise Malformed("since is required")
    return instant_ms(since)


def employee(call: Call) -> Record:
    """The employee that the path names; refuses with 404."""
    return existing(call.world, call.path_parameters["id"])


def existing(world: World, employee_id: str) -> Record:
    """The employee of an id; refuses with 404."""
    record = world.store.get("employee", employee_id)
    if record is None:
        raise refusal(404, f"Employee {employee_id} was not found")
    return record
