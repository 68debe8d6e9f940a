"""Processed payrolls become the cost pool of the ledger: one PAY journal a run (finance 3.3)."""

import msgspec
from sqlalchemy import Connection

from integration_core.canonical.ledger import Journal
from integration_core.canonical.payroll import PayrollRun
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core
from integration_core.rules.labour import payroll_journal
from integration_core.rules.references import References

LANE = "erp.journal"


def process(core: Core) -> Process:
    """`payroll`: states the journal of every run whose people are all known."""

    async def payroll(run: Run) -> None:
        await run.transaction("want", lambda connection: _want(core, connection))

    return payroll


def _want(core: Core, connection: Connection) -> Json:
    people_known_ms = core.known_to_ms(connection, core.hris.name)  # before what it promises is read
    references = core.references(connection)
    journals = []
    for run in references.payrolls.values():
        entity = references.entities.get(run.entity_code)
        if (
            run.deleted
            or entity is None
            or not _everybody_known(core, connection, run, references, people_known_ms)
        ):
            continue
        try:
            journal = payroll_journal(run, entity)
        except LookupError as nowhere:
            _note_no_period(core, connection, run, str(nowhere))
            continue
        journals += [] if journal is None else [journal]
    state_journals(core, connection, journals, closes="")
    return None


def _note_no_period(core: Core, connection: Connection, run: PayrollRun, why: str) -> None:
    text = f"Payroll {run.period} of {run.entity_code} has no open period to be posted in: {why}"
    replay = ("payroll", ALL)
    core.store.cases.open(connection, "PERIOD_CLOSED", run.native_id, text, run.recorded_at_ms, replay)


def _everybody_known(
    core: Core, connection: Connection, run: PayrollRun, references: References, known_ms: int
) -> bool:
    """Whether the HRIS knows everyone who is paid; who is not known by now is a case."""
    strangers = [line for line in run.lines if line.employee_no not in references.employees]
    now_ms = core.clock.now_ms()
    if strangers and known_ms > run.recorded_at_ms:
        text = (
            f"Payroll {run.period} of {run.entity_code} pays {len(strangers)} people"
            " whom the HRIS does not know; map them or correct the run."
        )
        core.store.cases.open(
            connection, "PAY_UNKNOWN_EMP", run.native_id, text, run.recorded_at_ms, ("payroll", ALL)
        )
    elif not strangers:
        core.store.cases.resolve(connection, run.native_id, ("PAY_UNKNOWN_EMP",), now_ms)
    return not strangers


def state_journals(core: Core, connection: Connection, journals: list[Journal], *, closes: str) -> None:
    """Want journals in the ERP; those that stand already change nothing."""
    core.store.closes.note_journals(connection, journals, closes)
    rows = [(journal.key, msgspec.to_builtins(journal)) for journal in journals]
    if core.store.outbox.want(connection, LANE, rows, core.clock.now_ms()):
        core.engine.request(connection, "send", LANE)
