"""Payroll in the ledger: cost when a run is posted, spread at the close that follows (finance 3.3, 4.2)."""

from collections import defaultdict

from mocks.firm.facts.source import PayrollRun
from scenarios.oracle.calendars import accounting_date, period_end, period_of
from scenarios.oracle.closed_periods import ClosedCalendar, Closing
from scenarios.oracle.expected import Allocation, CaseSet
from scenarios.oracle.labour import BUCKETS, LabourBook, spread
from scenarios.oracle.posting import (
    OTHER_LABOUR,
    PAYROLL_COST,
    PAYROLL_OWED,
    PROJECT_LABOUR,
    Account,
    CloseJournals,
)
from scenarios.oracle.rating import job_on
from scenarios.oracle.versions import Sources


class PayrollBook:
    """Posts the runs of every entity and spreads each person's cost at the close that follows."""

    def __init__(
        self,
        sources: Sources,
        calendars: dict[str, ClosedCalendar],
        labour: LabourBook,
        journals: CloseJournals,
        cases: CaseSet,
    ) -> None:
        self._sources = sources
        self._calendars = calendars
        self._labour = labour
        self._journals = journals
        self._cases = cases
        self.allocations: dict[tuple[str, str], Allocation] = {}
        self.unsupported: set[str] = set()

    def post_all(self, now_ms: int) -> None:
        """Every run that was posted by now, in order of keys; then who was paid in none."""
        paid: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for bk in sorted(self._sources.payrolls):
            history = self._sources.payrolls[bk]
            run = history.latest()
            if run is None:
                continue
            if any(fact.lines != run.lines or fact.kind != run.kind for fact in history.facts):
                self.unsupported.add(f"{bk} changed after it was posted")
            known_ms = max(history.facts[0].recorded_at_ms, run.posted_at_ms)
            calendar = self._calendars.get(run.entity)
            if known_ms > now_ms or calendar is None:
                continue
            if run.ccy != calendar.entity.functional_ccy:
                self.unsupported.add(f"{bk} is in {run.ccy}")
                continue
            closing = self._post(run, calendar, known_ms)
            if closing is not None and run.kind == "REGULAR" and closing.period == run.period:
                for line in run.lines:
                    paid[(run.entity, run.period)][line.employee] = bk
                paid[(run.entity, run.period)][""] = bk
        for (entity_bk, period), employees in sorted(paid.items()):
            self._note_unpaid(entity_bk, period, employees)

    def _post(self, run: PayrollRun, calendar: ClosedCalendar, known_ms: int) -> Closing | None:
        """PAY of one run, and LAB of each person where its period is closed; that period's close."""
        entity = calendar.entity
        costs: defaultdict[str, int] = defaultdict(int)
        for line in run.lines:
            costs[line.employee] += line.gross_minor + line.burden_minor
            if line.employee not in self._sources.resources:
                keys = (line.employee, run.bk, f"{run.bk}#{line.employee}", line.work_email)
                self._cases.demand("PAY_UNKNOWN_EMP", keys)
        day = accounting_date(entity, period_end(run.period), known_ms)
        net: dict[Account, int] = {(PAYROLL_COST, person): cost for person, cost in costs.items()}
        net[(PAYROLL_OWED,)] = -sum(costs.values())
        self._journals.post("PAY", entity, run.bk, run.bk, day, net)
        closing = calendar.of_period(period_of(day))
        weighing = calendar.of_period(run.period) or closing
        if closing is None or weighing is None:
            return None
        for person, cost in sorted(costs.items()):
            if cost and person in self._sources.resources:
                self._allocate(run, person, cost, closing, weighing)
        return closing

    def _allocate(self, run: PayrollRun, person: str, cost: int, closing: Closing, weighing: Closing) -> None:
        """LAB of one person: cost by the hours of the period paid for, dated in the period of posting."""
        entity = self._calendars[run.entity].entity
        hours = self._labour.weights(person, weighing, entity)
        amounts = spread(cost, hours)
        resource = self._labour.known(person, closing)
        job = job_on(resource, closing.end) if resource else None
        cost_centre = job.cost_centre.rpartition("|")[2] if job else ""
        source = f"{run.bk}#{person}"
        if not hours:
            number = person.removeprefix("RS|")
            self._cases.demand("LAB_NO_HOURS", (person, source, f"LA|{number}|{run.period}|{run.run}"))
        self.allocations[(run.bk, person)] = Allocation(
            payroll=run.bk,
            employee=person,
            entity=entity.code,
            cost_centre=cost_centre,
            period=run.period,
            cost_minor=cost,
            hours_e2=hours,
            amounts_minor=amounts,
        )
        net: dict[Account, int] = {(PAYROLL_COST, person): -cost}
        for cost_object, minor in amounts:
            account = OTHER_LABOUR if cost_object in BUCKETS else PROJECT_LABOUR
            net[(account, person, cost_object, cost_centre)] = minor
        self._journals.post("LAB", entity, source, source, closing.end, net)

    def _note_unpaid(self, entity_bk: str, period: str, employees: dict[str, str]) -> None:
        """PAY_MISSING: hours without a payroll line in a period that was paid."""
        for person in self._labour.workers(period):
            employer = self._sources.resources[person].facts[-1].entity
            if employer == entity_bk and person not in employees:
                self._cases.demand("PAY_MISSING", (person, employees[""], f"{employees['']}#{person}"))
