"""Won deals: which of them pass the gate, and what stands in the way of the others (finance 1.4)."""

from sqlalchemy import Connection

from integration_core.canonical.deals import Opportunity
from integration_core.ports.engine import Json, Process, Run
from integration_core.processes.core import ALL, Core, Settled
from integration_core.rules.gate import Obstacle, Passed, gate
from integration_core.rules.references import References

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
        settled: dict[str, Settled] = {}
        await run.transaction("judge", lambda connection: _judge(core, connection, settled))
        core.deals_settled.update(settled)  # only now: a transaction may be done again

    return deals


def _judge(core: Core, connection: Connection, settled: dict[str, Settled]) -> Json:
    """Judge every deal that is not known to be settled; fills `settled` with those that are by now."""
    known_ms = core.known_to_ms(connection, core.crm.name, core.erp.name)  # before what it promises is read
    references = core.references(connection)
    provisioned = core.store.references.provisioned(connection)
    troubled = core.store.cases.open_with(connection, GATE_CODES)
    settled.clear()
    for native_id in sorted(references.opportunities):
        opportunity = references.opportunities[native_id]
        papers = _papers(opportunity, references)
        before = core.deals_settled.get(native_id)
        if before is not None and before.still_holds(papers, troubled):
            continue
        outcome = gate(opportunity, references)
        if outcome is None:
            continue
        if isinstance(outcome, Passed):
            keys = _keys(outcome, references)
            _passed(core, connection, outcome, provisioned, keys & troubled)
            if outcome.contract.native_id in provisioned:
                settled[native_id] = Settled(papers, keys)
            continue
        for obstacle in outcome:
            if obstacle.since_ms < known_ms:
                _obstacle(core, connection, obstacle)
    return None


def _papers(opportunity: Opportunity, references: References) -> tuple[object, ...]:
    """The records that a deal is judged by."""
    contracts = references.contracts_of(opportunity.native_id)
    parties = [one for each in contracts for one in (each.account_native_id, each.bill_to_native_id)]
    return (
        opportunity,
        references.quotes.get(opportunity.accepted_quote_native_id or ""),
        *contracts,
        *(references.customers.get(party) for party in parties),
        *(references.entities.get(contract.entity_code) for contract in contracts),
    )


def _keys(passed: Passed, references: References) -> frozenset[str]:
    parties = (passed.contract.account_native_id, passed.contract.bill_to_native_id)
    profiles = (references.customers[native_id].key for native_id in parties)
    return frozenset((passed.opportunity.key, passed.contract.key, *profiles))


def _passed(
    core: Core,
    connection: Connection,
    passed: Passed,
    provisioned: frozenset[str],
    troubled: frozenset[str],
) -> None:
    stands = passed.contract.native_id in provisioned
    if not stands:
        for obstacle in passed.overcome:
            _obstacle(core, connection, obstacle)
        troubled = troubled | {passed.opportunity.key}
    for key in sorted(troubled):
        core.store.cases.resolve(connection, key, GATE_CODES, passed.active_at_ms)
    if not stands:
        core.engine.request(connection, "provision", passed.contract.native_id)


def _obstacle(core: Core, connection: Connection, obstacle: Obstacle) -> None:
    core.store.cases.open(
        connection, obstacle.code, obstacle.key, obstacle.text, obstacle.since_ms, ("deals", ALL)
    )
