"""From won opportunities to active contracts: the V1 gate and the instant it opens (finance 1.4)."""

from msgspec import Struct

from mocks.firm.facts.source import Account, Contract, Opportunity, Quote
from scenarios.oracle.expected import CaseSet, Deal
from scenarios.oracle.versions import Sources

OPP_NO_QUOTE = "OPP_NO_QUOTE"
OPP_AMOUNT_MISMATCH = "OPP_AMOUNT_MISMATCH"
TAX_PROFILE_INCOMPLETE = "TAX_PROFILE_INCOMPLETE"
CUST_INACTIVE = "CUST_INACTIVE"

_SIGNED_STATES = ("SIGNED", "ACTIVE", "SUSPENDED", "COMPLETED", "CLOSED")


class _Known(Struct, frozen=True):
    """What the sources say of one contract at one instant."""

    contract: Contract | None
    opportunity: Opportunity | None
    quote: Quote | None
    customer: Account | None
    bill_to: Account | None


def _known(sources: Sources, contract_bk: str | None, opportunity_bk: str, at_ms: int) -> _Known:
    contracts = sources.contracts.get(contract_bk) if contract_bk else None
    contract = contracts.as_of(at_ms) if contracts else None
    opportunities = sources.opportunities.get(opportunity_bk)
    opportunity = opportunities.as_of(at_ms) if opportunities else None
    quotes = None
    if opportunity is not None and opportunity.accepted_quote is not None:
        quotes = sources.quotes.get(opportunity.accepted_quote)
    return _Known(
        contract,
        opportunity,
        quotes.as_of(at_ms) if quotes else None,
        _account(sources, contract.account if contract else None, at_ms),
        _account(sources, contract.bill_to if contract else None, at_ms),
    )


def _account(sources: Sources, bk: str | None, at_ms: int) -> Account | None:
    history = sources.accounts.get(bk) if bk else None
    return history.as_of(at_ms) if history else None


def tax_profile_complete(account: Account) -> bool:
    """Whether T0 of finance 2.11 lets the account through."""
    if not account.country or account.tax_status == "UNKNOWN":
        return False
    return account.country != "US" or bool(account.state)


def quote_total_minor(quote: Quote) -> int:
    """The sum of the line nets (V2)."""
    return sum(line.net_minor for line in quote.lines)


def _won(opportunity: Opportunity | None, at_ms: int) -> bool:
    if opportunity is None or opportunity.stage != "CLOSED_WON":
        return False
    return opportunity.closed_won_at_ms is None or opportunity.closed_won_at_ms <= at_ms


def _signed(contract: Contract | None, at_ms: int) -> bool:
    if contract is None or contract.status not in _SIGNED_STATES:
        return False
    return contract.signed_at_ms is None or contract.signed_at_ms <= at_ms


def _customer_problems(known: _Known) -> set[str]:
    problems: set[str] = set()
    for account in (known.customer, known.bill_to):
        if account is None:
            problems.add(CUST_INACTIVE)
            continue
        if not tax_profile_complete(account):
            problems.add(TAX_PROFILE_INCOMPLETE)
        if not (account.payment_terms and account.currency and account.legal_name):
            problems.add(CUST_INACTIVE)
    return problems


def gate_problems(sources: Sources, known: _Known, at_ms: int) -> frozenset[str]:
    """The case codes that hold a won deal back at an instant; empty where V1 passes."""
    problems: set[str] = set()
    quote, opportunity, contract = known.quote, known.opportunity, known.contract
    if quote is None or quote.status != "ACCEPTED" or not _signed(contract, at_ms):
        problems.add(OPP_NO_QUOTE)
    elif opportunity is not None and opportunity.amount_minor != quote_total_minor(quote):
        problems.add(OPP_AMOUNT_MISMATCH)
    if contract is not None:
        problems |= _customer_problems(known)
        entities = sources.entities.get(contract.entity)
        if entities is None or entities.as_of(at_ms) is None or not contract.ccy:
            problems.add("DIM_MISSING")
    return frozenset(problems)


def _instants(sources: Sources, contract_bk: str | None, opportunity_bk: str) -> list[int]:
    stamps: set[int] = set()
    opportunities = sources.opportunities.get(opportunity_bk)
    for opportunity in opportunities.facts if opportunities else ():
        stamps.update((opportunity.recorded_at_ms, opportunity.closed_won_at_ms or 0))
        quotes = sources.quotes.get(opportunity.accepted_quote or "")
        stamps.update(quotes.stamps if quotes else ())
    contracts = sources.contracts.get(contract_bk) if contract_bk else None
    for contract in contracts.facts if contracts else ():
        stamps.update((contract.recorded_at_ms, contract.signed_at_ms or 0))
        for account_bk in (contract.account, contract.bill_to):
            accounts = sources.accounts.get(account_bk)
            stamps.update(accounts.stamps if accounts else ())
        entities = sources.entities.get(contract.entity)
        stamps.update(entities.stamps if entities else ())
    return sorted(stamps)


def _case_keys(code: str, contract: Contract | None, opportunity_bk: str) -> tuple[str, ...]:
    keys = [opportunity_bk]
    if contract is not None:
        keys += [contract.bk, contract.account, contract.bill_to]
    return (opportunity_bk,) if code.startswith("OPP_") else tuple(keys)


def _deal(sources: Sources, known: _Known, activation_ms: int) -> Deal:
    contract, opportunity, quote = known.contract, known.opportunity, known.quote
    assert contract is not None
    assert opportunity is not None
    assert quote is not None
    return Deal(
        contract=contract.bk,
        number=contract.number,
        contract_source_id=contract.source_id,
        opportunity=opportunity.bk,
        opportunity_source_id=opportunity.source_id,
        customer=contract.account,
        bill_to=contract.bill_to,
        entity=contract.entity,
        ccy=contract.ccy,
        practice=opportunity.practice.rpartition("|")[2],
        value_minor=quote_total_minor(quote),
        activation_ms=activation_ms,
    )


def _settle(
    sources: Sources, contract_bk: str | None, opportunity_bk: str, cases: CaseSet, now_ms: int
) -> Deal | None:
    """Walk one deal's instants to its activation, noting what held it back on the way."""
    held: frozenset[str] = frozenset()
    contract: Contract | None = None
    for at_ms in _instants(sources, contract_bk, opportunity_bk):
        if at_ms > now_ms:
            break
        known = _known(sources, contract_bk, opportunity_bk, at_ms)
        if not _won(known.opportunity, at_ms):
            continue
        contract = known.contract
        held = gate_problems(sources, known, at_ms)
        if not held:
            return _deal(sources, known, at_ms)
        for code in held:
            cases.allow(code, _case_keys(code, contract, opportunity_bk))
    for code in held:
        cases.demand(code, _case_keys(code, contract, opportunity_bk))
    return None


def active_deals(sources: Sources, cases: CaseSet, now_ms: int) -> dict[str, Deal]:
    """Contracts whose V1 gate opened by now, by contract bk, with the instant it opened."""
    by_opportunity: dict[str, list[str]] = {}
    for bk, history in sources.contracts.items():
        contract = history.facts[-1]
        if not contract.deleted:
            by_opportunity.setdefault(contract.opportunity, []).append(bk)
    deals: dict[str, Deal] = {}
    for opportunity_bk in sources.opportunities:
        contract_bks: list[str | None] = [*by_opportunity.get(opportunity_bk, [])]
        for contract_bk in contract_bks or [None]:
            deal = _settle(sources, contract_bk, opportunity_bk, cases, now_ms)
            if deal is not None:
                deals[deal.contract] = deal
    return deals
