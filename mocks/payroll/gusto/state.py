"""Writing companies, employees and payrolls: who is the same person, and what makes a new version.

The caller holds the transaction. Ids are a function of the world's seed and a sequence.
"""

import calendar
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.payroll.gusto.schema import COMPANY, EMPLOYEE, EMPLOYEE_NUMBER, PAYROLL
from mocks.payroll.gusto.wire import Line, derived_uuid, encode_lines

REGULAR, CORRECTION = "REGULAR", "CORRECTION"


class Impossible(ValueError):
    """A clerk could not enter this; the text says why, without pay."""


class Processed(Struct, frozen=True, kw_only=True):
    """What entering one run did, to the payroll and, on the way, to (employee, what) each."""

    company: str
    payroll: str
    employees: tuple[tuple[str, str], ...]  # what: created | updated
    event: str  # processed | updated | "" where nothing changed


def new_uuid(world: World, kind: str) -> str:
    """The next id of a kind of record."""
    return derived_uuid(f"{world.seed}|gusto|{kind}|{world.store.next_number(kind)}")


def process(world: World, fact: PayrollRun, at_ms: int) -> Processed:
    """Enter, run and process one payroll; raises Impossible."""
    start, end = _month(fact.period)
    if fact.deleted or fact.kind not in (REGULAR, CORRECTION):
        raise Impossible("A processed payroll is neither deleted nor of another kind.")
    if len({line.employee for line in fact.lines}) != len(fact.lines):
        raise Impossible("A payroll has one compensation for each employee.")
    company = _company(world, fact, at_ms)
    employees = {
        str(record.values[EMPLOYEE_NUMBER] or record.values["work_email"]): record
        for record in world.store.select(EMPLOYEE, '"company" = ?', (company.id,))
    }
    entered = [_employee(world, company.id, line, employees, at_ms) for line in fact.lines]
    lines = [
        Line(employee, line.employee, line.work_email, line.gross_minor, line.burden_minor)
        for (employee, _), line in zip(entered, fact.lines, strict=True)
    ]
    values: dict[str, Value] = {
        "played_as": fact.bk,
        "company": company.id,
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "run": fact.run,
        "off_cycle": int(fact.kind == CORRECTION),
        "check_date": fact.check_date.isoformat(),
        "processed_ms": fact.posted_at_ms,
        "compensations": encode_lines(lines),
    }
    payroll, event = _write(world, fact.bk, values, at_ms)
    return Processed(
        company=company.id,
        payroll=payroll,
        employees=tuple((employee, what) for employee, what in entered if what),
        event=event,
    )


def _write(world: World, business_key: str, values: dict[str, Value], at_ms: int) -> tuple[str, str]:
    found = world.store.find(PAYROLL, "played_as", business_key)
    if found:
        after = world.store.update(PAYROLL, found[0].id, values, at_ms)
        return after.id, "" if after.ver == found[0].ver else "updated"
    payroll = new_uuid(world, PAYROLL)
    world.store.insert(PAYROLL, payroll, values, at_ms)
    return payroll, "processed"


def _company(world: World, fact: PayrollRun, at_ms: int) -> Record:
    code = fact.entity.removeprefix("LE|")
    found = world.store.find(COMPANY, "entity_code", code)
    if not found:
        company = new_uuid(world, COMPANY)
        values = {"name": f"Company {code}", "entity_code": code, "currency": fact.ccy}
        world.store.insert(COMPANY, company, values, at_ms)
        return world.store.require(COMPANY, company)
    if found[0].values["currency"] != fact.ccy:
        raise Impossible(f"The company {code} pays in {found[0].values['currency']}, not {fact.ccy}.")
    return found[0]


def _employee(
    world: World, company: str, line: PayrollLine, known: Mapping[str, Record], at_ms: int
) -> tuple[str, str]:
    number = line.employee.removeprefix("RS|")
    # Somebody entered without a number is known by the work email.
    before = known.get(number) or known.get(line.work_email)
    values: dict[str, Value] = {"work_email": line.work_email, EMPLOYEE_NUMBER: number}
    if before is None:
        first, last = _names(line.work_email, number)
        employee = new_uuid(world, EMPLOYEE)
        named = {"company": company, "first_name": first, "last_name": last}
        world.store.insert(EMPLOYEE, employee, {**named, **values}, at_ms)
        return employee, "created"
    after = world.store.update(EMPLOYEE, before.id, values, at_ms)
    return before.id, "" if after.ver == before.ver else "updated"


def _names(work_email: str, number: str) -> tuple[str, str]:
    parts = work_email.partition("@")[0].replace("-", ".").split(".")
    words = ["".join(sign for sign in part if sign.isalpha()).capitalize() for part in parts]
    words = [word for word in words if word] or ["Employee"]
    return words[0], " ".join(words[1:]) or number


def _month(period: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError as problem:
        raise Impossible(f"{period} is not a month.") from problem
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
