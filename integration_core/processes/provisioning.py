"""One won deal becomes one customer, one contract and one project everywhere, or nowhere (finance V8).

A saga: each call is a step under its own key; if the PSA refuses for good what the ERP accepted,
the ERP's job is switched off again and a case says so.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from msgspec import structs
from sqlalchemy import Connection

from integration_core.canonical.deals import Contract, Customer
from integration_core.canonical.ledger import ErpCustomer, ErpProject
from integration_core.canonical.work import Project, Task
from integration_core.ports.engine import Json, Process, Run
from integration_core.ports.systems import Outcome, Refused, Rejected, Transient, VendorError, Written
from integration_core.processes.calling import Exhausted, write
from integration_core.processes.core import ALL, Core
from integration_core.rules.gate import Passed, contract_value, gate, tasks_of
from integration_core.rules.milestones import plan_adds_up, planned
from integration_core.rules.references import References
from integration_core.rules.triage import PROBE_SECONDS

CODES = ("TECH_DLQ", "TECH_AUTH", "STATE_INVALID", "CUST_INACTIVE", "DIM_MISSING", "MS_SUM_MISMATCH")
BILLING_TYPES = {"FF": "Fixed Price", "RET": "Retainer"}
CHUNK = 200  # records a call
T = TypeVar("T")


def process(core: Core) -> Process:
    """`provision`, keyed by the contract's native id."""

    async def provision(run: Run) -> None:
        plan = await run.transaction("plan", lambda connection: _plan(core, connection, run.key))
        if plan is None:
            return
        deal = core.references_now().contracts[run.key]
        try:
            await _build(core, run, deal)
        except Refused as refused:
            await _fail(core, run, deal, "STATE_INVALID", refused.text, retry=False)
        except Exhausted as exhausted:
            await _fail(core, run, deal, exhausted.code, exhausted.text, retry=True)

    return provision


def _plan(core: Core, connection: Connection, contract_native_id: str) -> Json:
    """What is to be done: nothing if it stands, or if the gate has closed again."""
    if core.store.references.is_provisioned(connection, contract_native_id):
        return None
    references = core.references(connection)
    contract = references.contracts[contract_native_id]
    opportunity = references.opportunities[contract.opportunity_native_id]
    if not isinstance(gate(opportunity, references), Passed):
        return None
    if not plan_adds_up(contract, references):
        text = f"The milestones of contract {contract.number} do not add up to its fee; amend the package."
        core.store.cases.open(
            connection,
            "MS_SUM_MISMATCH",
            contract.key,
            text,
            contract.recorded_at_ms,
            ("provision", contract_native_id),
        )
        return None
    return {"go": True}


async def _build(core: Core, run: Run, contract: Contract) -> None:
    references = core.references_now()
    customer_ids = {}
    for customer in _customers(contract, references):
        customer_ids[customer.native_id] = await _customer(core, run, contract, customer, references)
    job = _job(contract, references)
    owner = customer_ids[contract.account_native_id]  # who pays the bills may be somebody else
    job_id = await write(
        run,
        "erp.project",
        lambda: core.erp.upsert_project(job, owner),
        lambda: core.erp.find("job", job.key),
    )
    try:
        project_id = await _project(core, run, contract, references)
        tasks = await _tasks(core, run, contract, project_id, references)
        await _milestones(core, run, contract, project_id, references)
    except Refused:
        off = structs.replace(job, inactive=True)
        await write(
            run,
            "erp.project.undo",
            lambda: core.erp.upsert_project(off, owner),
            lambda: core.erp.find("job", off.key),
        )
        raise

    def done(connection: Connection) -> Json:
        now_ms = core.clock.now_ms()
        crosswalk = core.store.crosswalk
        crosswalk.put(connection, "erp", "job", job.key, job_id)
        crosswalk.put(connection, "psa", "project", f"PJ|{contract.key}", project_id)
        for task, native_id in tasks:
            crosswalk.put(connection, "psa", "task", task.key, native_id)
        core.store.work.put_tasks(connection, contract.native_id, tasks)
        core.store.references.set_provisioned(connection, contract.native_id, now_ms)
        core.store.cases.resolve(connection, contract.key, CODES, now_ms)
        for name in ("rating", "mirrors"):
            core.engine.request(connection, name, ALL)
        return None

    await run.transaction("done", done)


def _customers(contract: Contract, references: References) -> list[Customer]:
    """Bill-to and account with their parents, parents first, each once."""
    found: list[Customer] = []
    for native_id in (contract.account_native_id, contract.bill_to_native_id):
        chain = []
        customer = references.customers.get(native_id)
        while customer is not None and customer not in found and customer not in chain:
            chain.append(customer)
            customer = references.customers.get(customer.parent_native_id or "")
        found.extend(reversed(chain))
    return found


async def _customer(
    core: Core, run: Run, contract: Contract, customer: Customer, references: References
) -> str:
    parent = references.customers.get(customer.parent_native_id or "")
    wanted = ErpCustomer(
        key=customer.key,
        source_id=customer.native_id,
        display_name=customer.display_name,
        legal_name=customer.legal_name,
        entity_native_id=references.entities[contract.entity_code].native_id,
        ccy=customer.ccy,
        payment_terms=customer.payment_terms or "",
        vat_id=customer.vat_id,
        tax_status=customer.tax_status,
        parent_key=parent.key if parent else None,
    )
    native_id = await write(
        run,
        f"erp.customer:{customer.key}",
        lambda: core.erp.upsert_customer(wanted),
        lambda: core.erp.find("customer", wanted.key),
    )

    def keep(connection: Connection) -> Json:
        core.store.crosswalk.put(connection, "erp", "customer", customer.key, native_id)
        return None

    await run.transaction(f"keep.customer:{customer.key}", keep)
    return native_id


def _job(contract: Contract, references: References) -> ErpProject:
    customer = references.customers[contract.account_native_id]
    return ErpProject(
        key=f"PJ|{contract.key}",
        source_id=contract.native_id,
        name=_name(contract, references),
        customer_key=customer.key,
        entity_native_id=references.entities[contract.entity_code].native_id,
        ccy=contract.ccy,
        value=contract_value(contract),
    )


async def _project(core: Core, run: Run, contract: Contract, references: References) -> str:
    opportunity = references.opportunities[contract.opportunity_native_id]
    project = Project(
        key=f"PJ|{contract.key}",
        source_id=contract.native_id,
        opportunity_source_id=opportunity.native_id,
        account_source_id=contract.account_native_id,
        name=_name(contract, references),
        ccy=contract.ccy,
        entity_code=contract.entity_code,
        practice=opportunity.practice,
        billing_type=_billing_type(contract),
        value=contract_value(contract),
        start=contract.start,
        end=contract.end,
        active=True,
        status="ACTIVE",
    )
    return await write(run, "psa.project", lambda: core.psa.upsert_project(project), _never_found)


async def _tasks(
    core: Core, run: Run, contract: Contract, project_id: str, references: References
) -> list[tuple[Task, str]]:
    upsert = partial(core.psa.upsert_tasks, project_id)
    made = await _in_chunks(run, "psa.tasks", tasks_of(contract, references), upsert)
    return [pair for chunk, ids in made for pair in zip(chunk, ids, strict=True)]


async def _milestones(
    core: Core, run: Run, contract: Contract, project_id: str, references: References
) -> None:
    """Plan the milestones of fixed-fee lines (finance V6)."""
    upsert = partial(core.psa.upsert_milestones, project_id)
    await _in_chunks(run, "psa.milestones", planned(contract, references), upsert)


async def _in_chunks(
    run: Run,
    name: str,
    items: Sequence[T],
    upsert: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
) -> list[tuple[Sequence[T], list[str]]]:
    """Bring items into effect, as many a call as the PSA takes; each chunk with its native ids."""
    made: list[tuple[Sequence[T], list[str]]] = []
    for at in range(0, len(items), CHUNK):
        chunk = items[at : at + CHUNK]
        joined = await write(run, f"{name}:{at}", partial(_all_of, upsert, chunk), _never_found)
        made.append((chunk, joined.split()))
    return made


async def _all_of(
    upsert: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]], chunk: Sequence[T]
) -> Written:
    """All of a chunk or a failure; their ids travel in one result."""
    outcomes = await upsert(chunk)
    refused = next((one for one in outcomes if isinstance(one, Rejected)), None)
    if refused is not None:
        raise _as_error(refused)
    written = [one for one in outcomes if isinstance(one, Written)]
    return Written(
        key=" ".join(one.key for one in written), native_id=" ".join(one.native_id for one in written)
    )


def _billing_type(contract: Contract) -> str:
    methods = {line.billing_method for line in contract.lines}
    return (
        BILLING_TYPES.get(methods.pop(), "Time and Materials") if len(methods) == 1 else "Time and Materials"
    )


def _as_error(rejected: Rejected) -> VendorError:
    kind = Transient if rejected.retry else Refused
    return kind(rejected.code, rejected.text)


async def _never_found() -> str | None:
    """Upserts by external id repeat safely: nothing has to be looked up first."""
    return None


def _name(contract: Contract, references: References) -> str:
    opportunity = references.opportunities[contract.opportunity_native_id]
    return opportunity.name


async def _fail(core: Core, run: Run, contract: Contract, code: str, text: str, *, retry: bool) -> None:
    def note(connection: Connection) -> Json:
        now_ms = core.clock.now_ms()
        sentence = f"Contract {contract.number} could not be provisioned: {text}"
        core.store.cases.open(
            connection, code, contract.key, sentence, now_ms, ("provision", contract.native_id)
        )
        if retry:
            later_ms = now_ms + int(PROBE_SECONDS * 1000)
            core.engine.schedule(connection, "provision", contract.native_id, later_ms)
        return None

    await run.transaction("fail", note)
