"""When a won deal becomes work: the gate of finance 1.4, and what is built behind it."""

from collections.abc import Container
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from integration_core.canonical.deals import Contract, Customer, Opportunity, Quote
from integration_core.canonical.money import product, quantise
from integration_core.canonical.work import Task
from integration_core.rules.references import References

WON = "CLOSED_WON"
ACCEPTED = "ACCEPTED"
SIGNED = frozenset({"SIGNED", "ACTIVE", "SUSPENDED", "COMPLETED", "CLOSED"})
HUNDREDTH = Decimal("0.01")


class Obstacle(Struct, frozen=True):
    """Why a deal does not pass: an exception code, the record it is about, what to do."""

    code: str
    key: str
    text: str
    since_ms: int


class Passed(Struct, frozen=True):
    """A deal that passes the gate, with the instant it did (finance V1) and obstacles it had before."""

    contract: Contract
    opportunity: Opportunity
    active_at_ms: int
    overcome: tuple[Obstacle, ...]


def gate(
    opportunity: Opportunity, references: References, standing: Container[str] = ()
) -> Passed | tuple[Obstacle, ...] | None:
    """Judge one opportunity; None while it is not won (finance V1, V2).

    A contract that stands stays active, whatever becomes of its customer's profile.
    """
    if opportunity.deleted or opportunity.stage != WON:
        return None
    won_at_ms = opportunity.closed_won_at_ms or opportunity.recorded_at_ms
    quote = references.quotes.get(opportunity.accepted_quote_native_id or "")
    contracts = references.contracts_of(opportunity.native_id)
    signed = [contract for contract in contracts if _signed_at_ms(contract) is not None]
    contract = next(iter(signed or contracts), None)
    accepted_at_ms = quote.recorded_at_ms if quote is not None and quote.status == ACCEPTED else None
    signed_at_ms = _signed_at_ms(contract)
    if quote is None or contract is None or accepted_at_ms is None or signed_at_ms is None:
        return (_without_papers(opportunity, won_at_ms),)
    obstacles = (
        *_amount_obstacles(opportunity, quote, won_at_ms),
        *_profile_obstacles(contract, references, won_at_ms),
    )
    if obstacles and contract.native_id not in standing:
        return obstacles
    overcome = (_without_papers(opportunity, won_at_ms),) if signed_at_ms > won_at_ms else ()
    return Passed(contract, opportunity, max(won_at_ms, accepted_at_ms, signed_at_ms), overcome)


def active_contracts(references: References, standing: Container[str] = ()) -> dict[str, int]:
    """Native ids of contracts whose gate has opened, with the instant it did."""
    judged = (gate(opportunity, references, standing) for opportunity in references.opportunities.values())
    return {one.contract.native_id: one.active_at_ms for one in judged if isinstance(one, Passed)}


def _signed_at_ms(contract: Contract | None) -> int | None:
    if contract is None or contract.deleted or contract.status not in SIGNED:
        return None
    return contract.signed_at_ms


def _without_papers(opportunity: Opportunity, won_at_ms: int) -> Obstacle:
    text = (
        f"{opportunity.name} is won without an accepted quote and a signed contract; attach them in the CRM."
    )
    return Obstacle("OPP_NO_QUOTE", opportunity.key, text, won_at_ms)


def _amount_obstacles(opportunity: Opportunity, quote: Quote, won_at_ms: int) -> list[Obstacle]:
    total = sum((line.net for line in quote.lines), Decimal(0))
    wrong_lines = [
        line.line
        for line in quote.lines
        if line.net != quantise(product(line.quantity, line.list_price, 1 - line.discount), quote.ccy)
    ]
    if total == opportunity.amount and not wrong_lines:
        return []
    text = (
        f"{opportunity.name} is won for {opportunity.amount} {opportunity.ccy}, its quote adds up to {total};"
        " correct the amount or the quote in the CRM."
    )
    return [Obstacle("OPP_AMOUNT_MISMATCH", opportunity.key, text, won_at_ms)]


def _profile_obstacles(contract: Contract, references: References, won_at_ms: int) -> list[Obstacle]:
    customer = references.customers.get(contract.account_native_id)
    bill_to = references.customers.get(contract.bill_to_native_id)
    if contract.entity_code not in references.entities:
        text = (
            f"Contract {contract.number} names {contract.entity_code}, an entity that the ERP does not have."
        )
        return [Obstacle("DIM_MISSING", contract.key, text, won_at_ms)]
    if customer is None or bill_to is None:
        text = f"Contract {contract.number} names a customer that is not known yet."
        return [Obstacle("REF_MISSING", contract.key, text, won_at_ms)]
    return [
        obstacle
        for party in {customer.native_id: customer, bill_to.native_id: bill_to}.values()
        for obstacle in _party_obstacles(party, won_at_ms)
    ]


def _party_obstacles(customer: Customer, won_at_ms: int) -> list[Obstacle]:
    found = []
    if not complete_tax_profile(customer):
        text = f"{customer.display_name} lacks country, state or tax status; complete the profile."
        found.append(Obstacle("TAX_PROFILE_INCOMPLETE", customer.key, text, won_at_ms))
    if not (customer.payment_terms and customer.ccy and customer.legal_name):
        text = f"{customer.display_name} lacks legal name, currency or payment terms; complete the profile."
        found.append(Obstacle("CUST_INACTIVE", customer.key, text, won_at_ms))
    return found


def complete_tax_profile(customer: Customer) -> bool:
    """Whether tax can be decided from this profile (finance T0)."""
    if not customer.country or customer.tax_status == "UNKNOWN":
        return False
    return customer.country != "US" or bool(customer.state)


def tasks_of(contract: Contract, references: References) -> list[Task]:
    """The template of every line's package, hours times quantity, half-up to 0.01 h (finance V5)."""
    tasks = []
    for line in contract.lines:
        package = references.packages[line.package_native_id]
        for row in package.tasks:
            wbs = f"{line.line}.{row.wbs}"
            tasks.append(
                Task(
                    key=f"TK|{contract.number}|{wbs}",
                    project_key=f"PJ|{contract.key}",
                    contract_line_source_id=line.native_id,
                    wbs=wbs,
                    name=row.name,
                    bill_level=row.bill_level,
                    planned=(line.quantity * row.hours).quantize(HUNDREDTH, ROUND_HALF_UP),
                    billable=row.billable,
                    progress=row.progress,
                    start=line.start,
                    end=line.end,
                )
            )
    return tasks


def contract_value(contract: Contract) -> Decimal:
    """What the contract is worth: the sum of its lines."""
    return sum((line.value for line in contract.lines), Decimal(0))
