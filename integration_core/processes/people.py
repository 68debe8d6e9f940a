"""Employees of the HRIS as resources of the PSA and employees of the ERP (finance 1.2)."""

from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.ledger import ErpEmployee, LegalEntity
from integration_core.canonical.periods import cutoff_ms, local_date
from integration_core.canonical.work import Employee, JobRow, Resource
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, FOREVER_MS, Core, Told
from integration_core.rules.rating import job_on

LANE_PSA, LANE_ERP = "psa.resource", "erp.employee"


def process(core: Core) -> Process:
    """`people`: states what PSA and ERP should hold of every person; leavers stay, inactive."""

    async def people(run: Run) -> None:
        told: dict[str, Told] = {}
        await run.transaction("want", lambda connection: _want(core, connection, told))
        core.people_told.update(told)  # only now: a transaction may be done again

    return people


def _want(core: Core, connection: Connection, told: dict[str, Told]) -> Json:
    """State everybody who is not known to be stated just so; fills `told` with whom that is true of now."""
    erp_known_ms = core.known_to_ms(connection, core.erp.name)  # before what it promises is read
    references = core.references(connection)
    now_ms = core.clock.now_ms()
    resources, employees, healed = [], [], []
    told.clear()
    for number, employee in references.employees.items():
        known = core.people_told.get(number)
        entity = references.entities.get(employee.entity_code)
        if known is not None and known.still_holds(employee, entity, now_ms):
            continue
        if entity is None:
            if erp_known_ms <= employee.recorded_at_ms:
                continue  # the ERP has not been heard yet
            text = f"Employee {employee.employee_no} belongs to {employee.entity_code}, unknown in the ERP."
            core.store.cases.open(
                connection, "DIM_MISSING", employee.key, text, employee.recorded_at_ms, ("people", "all")
            )
            continue
        today = local_date(entity, now_ms)
        resources.append((employee.employee_no, msgspec.to_builtins(to_resource(employee, today))))
        employees.append(
            (employee.employee_no, msgspec.to_builtins(to_erp_employee(employee, entity, today)))
        )
        healed.append(f"RS|{employee.employee_no}")
        until_ms = min(_changes_ms(employee, entity, today), default=FOREVER_MS)
        told[number] = Told(employee, entity, until_ms)
    for bk in sorted(core.store.cases.open_with(connection, ("DIM_MISSING",)).intersection(healed)):
        core.store.cases.resolve(connection, bk, ("DIM_MISSING",), now_ms)
    outbox = core.store.outbox
    if outbox.want(connection, LANE_PSA, resources, now_ms):
        core.engine.request(connection, "send", LANE_PSA)
    if outbox.want(connection, LANE_ERP, employees, now_ms):
        core.engine.request(connection, "send", LANE_ERP)
    known_until_ms = [one.until_ms for one in {**core.people_told, **told}.values()]
    changes_ms = [until_ms for until_ms in known_until_ms if now_ms < until_ms < FOREVER_MS]
    if changes_ms:
        core.engine.schedule(connection, "people", ALL, min(changes_ms))  # no news will say that it is time
    return None


def _changes_ms(employee: Employee, entity: LegalEntity, today: date) -> list[int]:
    """The midnights to come at which a person changes by what is known of them already."""
    days = [row.valid_from for row in employee.jobs]
    days += [employee.terminated] if employee.terminated is not None else []
    return [cutoff_ms(entity, day - timedelta(days=1)) for day in days if day > today]


def to_resource(employee: Employee, today: date) -> Resource:
    """A person as the PSA should show it on a day."""
    job = job_on(employee, today) or _first_job(employee)
    return Resource(
        key=employee.employee_no,
        employee_no=employee.employee_no,
        first_name=employee.first_name,
        last_name=employee.last_name,
        email=employee.work_email,
        entity_code=employee.entity_code,
        practice=employee.practice,
        cost_centre=job.cost_centre if job else "",
        level=job.level if job else "",
        manager_employee_no=job.manager_employee_no if job else None,
        skills="; ".join(sorted(skill.name for skill in employee.skills)),
        employed_from=employee.hired,
        employed_to=employee.terminated,
        active=_active(employee, today),
    )


def to_erp_employee(employee: Employee, entity: LegalEntity, today: date) -> ErpEmployee:
    """A person as the ERP should show it on a day."""
    return ErpEmployee(
        key=employee.key,
        source_id=employee.native_id,
        employee_no=employee.employee_no,
        first_name=employee.first_name,
        last_name=employee.last_name,
        email=employee.work_email,
        entity_native_id=entity.native_id,
        inactive=not _active(employee, today),
    )


def _active(employee: Employee, today: date) -> bool:
    return not employee.deleted and (employee.terminated is None or today < employee.terminated)


def _first_job(employee: Employee) -> JobRow | None:
    return min(employee.jobs, key=lambda row: row.valid_from, default=None)
