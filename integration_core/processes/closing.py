"""The close of a period: revenue, accruals, labour, then the period itself (finance 0.5, 3.4, 3.5, 4).

A close looks at the sources as they were at its instant, so it yields the same journals whenever it
gets to run. A period is closed only when the ERP holds all of its documents and journals.
"""

from collections import defaultdict
from collections.abc import Container, Sequence
from decimal import Decimal
from functools import partial

from msgspec import structs
from sqlalchemy import Connection

from integration_core.canonical.close import Booked, Recognised
from integration_core.canonical.deals import Contract, ContractLine
from integration_core.canonical.ledger import Journal, LegalEntity, PeriodClose
from integration_core.canonical.money import ZERO
from integration_core.canonical.payroll import PayrollLine, PayrollRun
from integration_core.canonical.periods import close_at_ms, cutoff_ms, first_day, last_day
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.billing import complete, run_id_of
from integration_core.processes.core import ALL, FOREVER_MS, Core
from integration_core.processes.payroll import state_journals
from integration_core.rules.gate import active_contracts
from integration_core.rules.labour import (
    REGULAR,
    cost,
    labour_journal,
    payroll_journal,
    runs_to_spread,
    spread,
    weights,
)
from integration_core.rules.references import References
from integration_core.rules.revenue import Close, earned, is_deferred, line_journals

LANE_PERIOD = "erp.period"
POSTED, CLOSED = "POSTED", "CLOSED"


def process(core: Core) -> Process:
    """`close`, keyed by the entity's code."""

    async def close(run: Run) -> None:
        period = await run.transaction("due", lambda connection: _look(core, connection, run.key))
        if period:
            stated = await run.transaction("post", partial(_post, core, code=run.key, period=period))
            core.metrics.documents_stated("journal", stated)

    return close


def _look(core: Core, connection: Connection, code: str) -> Json:
    """Close what the ERP holds completely, then say which period is to be posted now."""
    _finish(core, connection, code)
    return _due(core, connection, code)


def _due(core: Core, connection: Connection, code: str) -> Json:
    """The period to be posted now, if one is; the instant of the next close is waited for."""
    entity = core.references(connection).entities[code]
    states = core.store.closes.states(connection, code)
    for row in sorted(entity.close_calendar, key=lambda row: row.period):
        if row.period in states:
            continue
        core.wait_until(connection, "close", code, row.close_at_ms)
        waits_for_earlier = any(state != CLOSED for state in states.values())
        ready = row.close_at_ms <= core.clock.now_ms() and not waits_for_earlier
        posts = ready and _ready(core, connection, entity, row)
        return row.period if posts else None
    core.wait_until(connection, "close", code, FOREVER_MS)
    return None


def _ready(core: Core, connection: Connection, entity: LegalEntity, row: PeriodClose) -> bool:
    """Everything before the close is known, rated and billed."""
    runs = [one for one in entity.billing_calendar if cutoff_ms(entity, one.billing_date) <= row.close_at_ms]
    done = all(core.store.documents.run_done(connection, run_id_of(entity, one)) for one in runs)
    return done and complete(core, connection, row.close_at_ms)


def _post(core: Core, connection: Connection, code: str, period: str) -> Json:
    references = core.references_at(connection, _close_ms(core, connection, code, period))
    entity = references.entities[code]
    close = Close(
        entity=entity,
        period=period,
        close_ms=_close_ms(core, connection, code, period),
        end=last_day(period),
        references=references,
    )
    journals = _revenue(core, connection, close)
    journals += _labour(core, connection, close)
    state_journals(core, connection, journals, closes=period)
    core.store.closes.set_state(connection, code, period, POSTED, core.clock.now_ms())
    core.engine.request(connection, "close", code)  # where nothing had to be posted, nobody else would ask
    return len(journals)


def _close_ms(core: Core, connection: Connection, code: str, period: str) -> int:
    at_ms = close_at_ms(core.references(connection).entities[code], period)
    if at_ms is None:
        raise LookupError(f"The close calendar of {code} has no {period} any more; restore it.")
    return at_ms


def _revenue(core: Core, connection: Connection, close: Close) -> list[Journal]:
    contracts = _contracts(close, core.store.references.provisioned(connection))
    deferred = {line.native_id for contract in contracts for line in contract.lines if is_deferred(line)}
    charged = defaultdict(list)
    for one in core.store.pieces.charged(connection, close.entity.code, close.end):
        charged[one.contract_line_native_id].append(one)
    hours = defaultdict(list)
    for entry in core.store.work.booked(connection, close.close_ms, lines=deferred):
        hours[entry.contract_line_native_id].append(entry)
    before = core.store.closes.recognised(connection, close.period)
    journals: list[Journal] = []
    recognised: dict[str, Decimal] = {}
    for contract in contracts:
        for line in contract.lines:
            now = _earned(core, connection, close, contract, line, hours[line.native_id])
            if now is not None:
                recognised[line.native_id] = now.earned
            journals += line_journals(
                close,
                contract,
                line,
                charged[line.native_id],
                None if now is None else now.earned,
                before.get(line.native_id, ZERO),
            )
    core.store.closes.put_recognised(connection, close.period, recognised)
    return journals


def _contracts(close: Close, standing: Container[str]) -> list[Contract]:
    """The entity's contracts that were active at the close, by number."""
    references = close.references
    found = [references.contracts[native_id] for native_id in active_contracts(references, standing)]
    mine = [contract for contract in found if contract.entity_code == close.entity.code]
    return sorted(mine, key=lambda contract: contract.number)


def _earned(
    core: Core,
    connection: Connection,
    close: Close,
    contract: Contract,
    line: ContractLine,
    booked: Sequence[Booked],
) -> Recognised | None:
    """Cumulative earnings of a deferred line; hours above the estimate, or none, become a case."""
    if not is_deferred(line):
        return None
    found = earned(close, contract, line, booked)
    if found is None or found.above_estimate:
        code = "EAC_MISSING" if found is None else "EAC_BELOW_ACTUAL"
        text = f"{line.key}: " + (
            "no estimate of its hours is known; make one." if found is None else "more hours than estimated."
        )
        replay = ("close", close.entity.code)
        core.store.cases.open(connection, code, line.key, text, close.close_ms, replay)
    return found


def _labour(core: Core, connection: Connection, close: Close) -> list[Journal]:
    """PAY of runs that were not stated yet, and LAB of everyone whose cost stands in this period's pool."""
    references = close.references
    mine = [
        run
        for run in references.payrolls.values()
        if run.entity_code == close.entity.code and not run.deleted
    ]
    runs = sorted(runs_to_spread(close, mine), key=lambda run: (run.period, run.native_id))
    first = first_day(min([close.period, *(run.period for run in runs)]))
    booked = core.store.work.booked(connection, close.close_ms, days=(first, close.end))
    by_person = defaultdict(list)
    for entry in booked:
        by_person[entry.employee_no].append(entry)
    journals = []
    for run in runs:
        journals += [journal for journal in (payroll_journal(run, close.entity),) if journal is not None]
        journals += _spread(core, connection, close, run, by_person)
    _note_unpaid(core, connection, close, runs, booked)
    return journals


def _spread(
    core: Core,
    connection: Connection,
    close: Close,
    run: PayrollRun,
    by_person: dict[str, list[Booked]],
) -> list[Journal]:
    journals = []
    basis = _basis(core, connection, close, run)
    for line in _one_a_person(run.lines):
        employee = close.references.employees.get(line.employee_no)
        if employee is None or not cost(line):
            continue
        hours = weights(basis, employee, by_person[line.employee_no], basis.references)
        if not hours:
            text = f"Employee {line.employee_no} is paid for {run.period} and has no hours in it."
            core.store.cases.open(
                connection, "LAB_NO_HOURS", employee.key, text, close.close_ms, ("close", close.entity.code)
            )
        journal = labour_journal(close, run, line, employee, spread(cost(line), hours, run.ccy))
        journals += [] if journal is None else [journal]
    return journals


def _one_a_person(lines: Sequence[PayrollLine]) -> list[PayrollLine]:
    """Someone who was hired twice may be paid twice in a run; the cost is one person's."""
    found: dict[str, PayrollLine] = {}
    for line in lines:
        known = found.get(line.employee_no)
        if known is not None:
            line = structs.replace(known, gross=known.gross + line.gross, burden=known.burden + line.burden)
        found[line.employee_no] = line
    return list(found.values())


def _basis(core: Core, connection: Connection, close: Close, run: PayrollRun) -> Close:
    """Whose weights count: a correction takes those of the period it corrects."""
    at_ms = close_at_ms(close.entity, run.period)
    if run.period == close.period or at_ms is None:
        return close
    references: References = core.references_at(connection, at_ms)
    return Close(
        entity=close.entity,
        period=run.period,
        close_ms=at_ms,
        end=last_day(run.period),
        references=references,
    )


def _note_unpaid(
    core: Core, connection: Connection, close: Close, runs: Sequence[PayrollRun], booked: Sequence[Booked]
) -> None:
    """People with hours in the period and no line in its regular payroll."""
    regular = [run for run in runs if run.kind == REGULAR and run.period == close.period]
    if not regular:
        return
    paid = {line.employee_no for run in regular for line in run.lines}
    working = {
        entry.employee_no
        for entry in booked
        if f"{entry.work_date:%Y-%m}" == close.period and entry.counts_at(close.close_ms)
    }
    for number in sorted(working - paid):
        employee = close.references.employees.get(number)
        if employee is not None and employee.entity_code == close.entity.code:
            text = f"Employee {number} has hours in {close.period} and is not in its payroll."
            core.store.cases.open(
                connection, "PAY_MISSING", employee.key, text, close.close_ms, ("payroll", ALL)
            )


def _finish(core: Core, connection: Connection, code: str) -> None:
    """Close posted periods in the ERP once it holds everything of them."""
    for period, state in sorted(core.store.closes.states(connection, code).items()):
        if state != POSTED:
            continue
        unsent = core.store.closes.unsent_journals(connection, code, period)
        if unsent or core.store.documents.unposted(connection, code, last_day(period)):
            return
        row = (f"PD|{code}|{period}", {"entity_code": code, "period": period})
        if core.store.outbox.want(connection, LANE_PERIOD, [row], core.clock.now_ms()):
            core.engine.request(connection, "send", LANE_PERIOD)
