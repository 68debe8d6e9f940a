"""The world read back: every version of every payroll as a fact, and records as the API shows them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.payroll.gusto.notify import hook_values
from mocks.payroll.gusto.schema import COMPANY, EMPLOYEE, HOOK, PAYROLL
from mocks.payroll.gusto.state import CORRECTION, REGULAR
from mocks.payroll.gusto.wire import company_values, employee_values, lines_of, payroll_values

_EVERYTHING = frozenset({"taxes", "benefits", "deductions"})


def observe(world: World) -> Iterator[PayrollRun]:
    """Every version of every payroll; no subject writes documents here."""
    companies = {company.id: company for company in world.store.select(COMPANY)}
    changed = world.store.with_history(PAYROLL)
    for payroll in world.store.select(PAYROLL):
        versions = world.store.versions(PAYROLL, payroll.id) if payroll.id in changed else [payroll]
        for version in versions:
            yield _fact(version, companies[str(version.values["company"])])


def _fact(payroll: Record, company: Record) -> PayrollRun:
    values = payroll.values
    return PayrollRun(
        bk=str(values["played_as"]),
        recorded_at_ms=payroll.modified_ms,
        ver=payroll.ver,
        source_id=payroll.id,
        entity=f"LE|{company.values['entity_code']}",
        period=str(values["start_date"])[:7],
        run=int(values["run"] or 0),
        kind=CORRECTION if values["off_cycle"] else REGULAR,
        ccy=str(company.values["currency"]),
        check_date=date.fromisoformat(str(values["check_date"])),
        posted_at_ms=int(values["processed_ms"] or 0),
        lines=tuple(
            PayrollLine(line.employee, line.work_email, line.gross_minor, line.burden_minor)
            for line in lines_of(payroll)
        ),
    )


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Companies, employees, payrolls and subscriptions as the API would return them; tokens stay secret."""
    store = world.store
    companies = {company.id: company for company in store.select(COMPANY)}
    for company in companies.values():
        yield "company", company_values(company)
    for employee in store.select(EMPLOYEE):
        yield "employee", employee_values(employee, custom=True)
    for payroll in store.select(PAYROLL):
        company = companies[str(payroll.values["company"])]
        yield "payroll", payroll_values(payroll, company.values, _EVERYTHING, lines=True)
    for hook in store.select(HOOK):
        yield "webhook_subscription", hook_values(hook)
