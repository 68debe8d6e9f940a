"""Won deals: which of them pass the gate, and what stands in the way of the others (finance 1.4)."""

from sqlalchemy import Connection

from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core
from integration_core.rules.gate import Obstacle, Passed, gate

GATE_CODES = (
    "OPP_NO_QUOTE",
    "OPP_AMOUNT_MISMATCH",
    "DIM_MISSING",
    "REF_MISSING",
    "TAX_PROFILE_INCOMPLETE",
    "CUST_INACTIVE",
)


def process(core: Core) -> Process:
    """`deals`: asks for the provisioning of every deal that passes and does not stand yet."""

    async def deals(run: Run) -> None:
        await run.transaction("judge", lambda connection: _judge(core, connection))

    return deals


def _judge(core: Core, connection: Connection) -> Json:
    known_ms = core.known_to_ms(connection, core.crm.name, core.erp.name)  # before what it promises is read
    references = core.references(connection)
    provisioned = core.store.references.provisioned(connection)
    troubled = frozenset(case.entity_bk for case in core.store.cases.all(connection, only_open=True))
    for native_id in sorted(references.opportunities):
        opportunity = references.opportunities[native_id]
        outcome = gate(opportunity, references)
        if outcome is None:
            continue
        if isinstance(outcome, Passed):
            _passed(core, connection, outcome, provisioned, troubled)
            continue
        for obstacle in outcome:
            if obstacle.since_ms < known_ms:
                _obstacle(core, connection, obstacle)
    return None


def _passed(
    core: Core,
    connection: Connection,
    passed: Passed,
    provisioned: frozenset[str],
    troubled: frozenset[str],
) -> None:
    if passed.contract.native_id not in provisioned:
        for obstacle in passed.overcome:
            _obstacle(core, connection, obstacle)
        troubled = troubled | {passed.opportunity.key}
    references = core.references(connection)
    parties = (passed.contract.account_native_id, passed.contract.bill_to_native_id)
    profiles = [references.customers[native_id].key for native_id in parties]
    for key in sorted({passed.opportunity.key, passed.contract.key, *profiles} & troubled):
        core.store.cases.resolve(connection, key, GATE_CODES, passed.active_at_ms)
    if passed.contract.native_id not in provisioned:
        core.engine.request(connection, "provision", passed.contract.native_id)


def _obstacle(core: Core, connection: Connection, obstacle: Obstacle) -> None:
    core.store.cases.open(
        connection, obstacle.code, obstacle.key, obstacle.text, obstacle.since_ms, ("deals", ALL)
    )
