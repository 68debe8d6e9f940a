"""Calls about employees: list, one, add, and the update that must name the version it saw (wire 4.5)."""

import msgspec

from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.payroll.gusto import notify
from mocks.payroll.gusto.errors import invalid, missing, refusal
from mocks.payroll.gusto.reading import choices, company_of, page_reply, paged, seen
from mocks.payroll.gusto.schema import EMPLOYEE
from mocks.payroll.gusto.state import new_uuid
from mocks.payroll.gusto.wire import clean_text, employee_values, read_body, reply, version_of

INCLUDES = ("all_compensations", "all_home_addresses", "custom_fields")
_NAMES = ("first_name", "last_name", "email", "work_email", "department")
_Text = str | None | msgspec.UnsetType


class EmployeeWrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of an employee: only what is named is written; `version` is needed for an update."""

    version: str = ""
    first_name: _Text = msgspec.UNSET
    last_name: _Text = msgspec.UNSET
    email: _Text = msgspec.UNSET
    work_email: _Text = msgspec.UNSET
    department: _Text = msgspec.UNSET


async def listed(call: Call) -> Reply:
    """The employees of a company, oldest first."""
    company, query = company_of(call), call.query()
    custom = "custom_fields" in choices(query, "include", INCLUDES, "")
    people = seen(call.world, EMPLOYEE, '"company" = ?', (company.id,))
    if query.get("search_term"):
        term = query["search_term"].lower()
        people = [one for one in people if any(term in str(one.values[name]).lower() for name in _NAMES)]
    shown, headers = paged(call, people)
    return page_reply([employee_values(one, custom=custom) for one in shown], headers)


async def get(call: Call) -> Reply:
    """One employee."""
    custom = "custom_fields" in choices(call.query(), "include", INCLUDES, "")
    return reply(employee_values(_employee(call), custom=custom))


async def add(call: Call) -> Reply:
    """Add an employee; nothing makes a repeated call the same employee."""
    world, company = call.world, company_of(call)
    values = _checked(read_body(call.body, EmployeeWrite))
    for name in ("first_name", "last_name"):
        if not values.get(name):
            raise invalid(name, f"{name} is required")
    with world.store.transaction():
        employee = new_uuid(world, EMPLOYEE)
        world.store.insert(EMPLOYEE, employee, {**values, "company": company.id}, world.commit_ms())
        notify.tell(world, company.id, "Employee", employee, "employee.created")
    return reply(employee_values(world.store.require(EMPLOYEE, employee), custom=True), 201)


async def update(call: Call) -> Reply:
    """Change an employee whose version is still the one the caller saw; 409 otherwise."""
    world, before = call.world, _employee(call)
    wanted = read_body(call.body, EmployeeWrite)
    if not wanted.version:
        raise invalid("version", "version is required")
    if wanted.version != version_of(before):
        text = "The version is out of date; read the resource again before updating it."
        raise refusal(409, "invalid_resource_version", text, "version")
    values = _checked(wanted)
    with world.store.transaction():
        after = world.store.update(EMPLOYEE, before.id, values, world.commit_ms())
        if after.ver != before.ver:
            notify.tell(world, str(before.values["company"]), "Employee", before.id, "employee.updated")
    return reply(employee_values(after, custom=True))


def _checked(wanted: EmployeeWrite) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name in _NAMES:
        given: _Text = getattr(wanted, name)
        if given is not msgspec.UNSET:
            values[name] = clean_text(name, given, mail=name.endswith("email"))
            if name.endswith("_name") and values[name] is None:
                raise invalid(name, f"{name} is required")
    return values


def _employee(call: Call) -> Record:
    record = call.world.store.get(EMPLOYEE, call.path_parameters["employee"])
    if record is None:
        raise missing("employee")
    return record
