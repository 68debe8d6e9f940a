"""Fixed fees: the milestones a contract is planned with, and what accepted ones bill (finance V6, 2.3)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from integration_core.canonical.billing import Piece
from integration_core.canonical.deals import Contract, ContractLine
from integration_core.canonical.ledger import LegalEntity
from integration_core.canonical.money import ZERO, product, quantise
from integration_core.canonical.periods import local_date
from integration_core.canonical.work import Milestone, MilestoneState
from integration_core.rules.references import References

FIXED_FEE = "FF"
ACCEPTED = "ACCEPTED"


def planned(contract: Contract, references: References) -> list[Milestone]:
    """The milestones of every fixed-fee line: shares of its value, the last takes the remainder."""
    found = []
    for line in contract.lines:
        if line.billing_method != FIXED_FEE:
            continue
        plan = sorted(references.packages[line.package_native_id].milestones, key=lambda row: row.seq)
        amounts = _amounts(line.value, [row.share for row in plan], contract.ccy)
        found += [
            Milestone(
                key=f"MS|{line.key}|{row.seq}",
                project_key=f"PJ|{contract.key}",
                contract_line_source_id=line.native_id,
                seq=row.seq,
                name=row.name,
                amount=amount,
                target=line.end or contract.end or line.start,
            )
            for row, amount in zip(plan, amounts, strict=True)
        ]
    return found


def plan_adds_up(contract: Contract, references: References) -> bool:
    """Whether the shares of every fixed-fee line's plan add up to exactly one."""
    return all(
        sum((row.share for row in references.packages[line.package_native_id].milestones), ZERO) == 1
        for line in contract.lines
        if line.billing_method == FIXED_FEE
    )


def _amounts(value: Decimal, shares: list[Decimal], ccy: str) -> list[Decimal]:
    amounts = [quantise(product(value, share), ccy) for share in shares[:-1]]
    return [*amounts, value - sum(amounts, ZERO)] if shares else []


def accepted_ms(state: MilestoneState) -> int | None:
    """The instant from which a milestone counts as accepted, a(e); None before that."""
    if state.deleted or state.status.upper() != ACCEPTED or state.accepted_at_ms is None:
        return None
    return max(state.recorded_at_ms, state.accepted_at_ms)


def accepted_on(state: MilestoneState, entity: LegalEntity) -> date:
    """The local date of acceptance."""
    return local_date(entity, state.accepted_at_ms or 0)


def accepted_amounts(
    contract: Contract,
    line: ContractLine,
    entity: LegalEntity,
    references: References,
    before_ms: int,
) -> Iterable[tuple[MilestoneState, date, Decimal]]:
    """Milestones of a line that were accepted before an instant, with their day and amount."""
    amounts = {
        row.seq: row.amount
        for row in planned(contract, references)
        if row.contract_line_source_id == line.native_id
    }
    for state in references.milestones_of(line.native_id):
        at_ms = accepted_ms(state)
        if at_ms is not None and at_ms < before_ms and state.seq in amounts:
            yield state, accepted_on(state, entity), amounts[state.seq]


def milestone_pieces(
    contract: Contract, entity: LegalEntity, references: References, before_ms: int
) -> list[Piece]:
    """The billing event pieces of milestones accepted before an instant."""
    pieces = []
    for line in contract.lines:
        if line.billing_method != FIXED_FEE:
            continue
        for state, day, amount in accepted_amounts(contract, line, entity, references, before_ms):
            pieces.append(
                Piece(
                    event_bk=f"BE|MS|{line.key}|{state.seq}|v1.1|p1",
                    source_id=state.native_id,
                    contract_native_id=contract.native_id,
                    contract_line_native_id=line.native_id,
                    method=FIXED_FEE,
                    service_date=day,
                    hours=ZERO,
                    hourly=amount,
                    amount=amount,
                    commit_ms=accepted_ms(state) or 0,
                    cost_centre="",
                    memo="",
                )
            )
    return pieces
