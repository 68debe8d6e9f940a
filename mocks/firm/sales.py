"""Deals as plays in the CRM: account, opportunity, quote through its states, contract, signature, win."""

from collections.abc import Iterator
from datetime import timedelta

from mocks.firm import reference
from mocks.firm.clients import account_fact, client_name
from mocks.firm.days import to_date
from mocks.firm.deals import Deal, DealLine
from mocks.firm.facts.source import Account as AccountFact
from mocks.firm.facts.source import Contract, ContractLine, Opportunity, Quote, QuoteLine, RateLine
from mocks.firm.plays import CRM, Play
from mocks.firm.rates import client_card, contract_card
from mocks.firm.world import World

_QUOTE_STATES = ("DRAFT", "IN_APPROVAL", "APPROVED", "SENT")


def account_with_card(world: World, client: int, at_ms: int) -> tuple[AccountFact | RateLine, ...]:
    """A client's account and its frame agreement."""
    account = account_fact(world.clients[client], world.clients, world.streams, at_ms)
    card = client_card(world.clients[client], world.profile.start, at_ms, world.streams, world.profile.branch)
    return (account, *card)


def existing_clients(world: World) -> tuple[int, ...]:
    """Clients whose account stands before the calendar starts."""
    new = {deal.client for deal in world.deals if deal.new_account}
    return tuple(client.index for client in world.clients if client.index not in new)


def deal_plays(world: World, deal: Deal) -> Iterator[Play]:
    """All acts of one deal, in no particular order."""
    steps = deal.steps
    if deal.new_account:
        account = account_with_card(world, deal.client, steps.account_ms)
        yield Play(steps.account_ms, CRM, account)
    yield Play(steps.opened_ms, CRM, (opportunity(world, deal, 1),))
    yield Play(steps.sent_ms, CRM, (opportunity(world, deal, 2),))
    yield Play(steps.closed_ms, CRM, (opportunity(world, deal, 3),))
    instants = (
        steps.drafted_ms,
        steps.in_approval_ms,
        steps.approved_ms,
        steps.sent_ms + 1_000,
        steps.answered_ms,
    )
    states = (*_QUOTE_STATES, "ACCEPTED" if deal.won else "REJECTED")
    for ver, (at_ms, status) in enumerate(zip(instants, states, strict=True), start=1):
        yield Play(at_ms, CRM, (quote(deal, ver, status, at_ms),))
    if deal.won:
        card = contract_card(deal, steps.contract_drafted_ms, world.streams)
        yield Play(steps.contract_drafted_ms, CRM, (contract(world, deal, 1), *card))
        yield Play(steps.signed_ms, CRM, (contract(world, deal, 2),))


def deal_value_minor(deal: Deal) -> int:
    """The sum of the net amounts of a deal's lines (finance V2)."""
    return sum(line.net_minor for line in deal.lines)


def opportunity(world: World, deal: Deal, ver: int) -> Opportunity:
    """The opportunity as opened (1), committed (2) or closed (3); its first amount is a round guess."""
    won = deal.won and ver == 3
    steps = deal.steps
    value = deal_value_minor(deal)
    _, display = client_name(deal.client, world.streams, world.profile.branch)
    return Opportunity(
        bk=deal.opportunity_bk,
        recorded_at_ms=(steps.opened_ms, steps.sent_ms, steps.closed_ms)[ver - 1],
        ver=ver,
        account=world.clients[deal.client].bk,
        name=f"{display} - {reference.PRACTICES[deal.practice][1]}",
        stage=("OPEN", "COMMIT", "CLOSED_WON" if deal.won else "CLOSED_LOST")[ver - 1],
        amount_minor=(value + 99_999) // 100_000 * 100_000 if ver == 1 else value,
        ccy=deal.branch.currency,
        entity=deal.branch.bk,
        practice=reference.practice_bk(deal.practice),
        close_date=to_date(deal.closed_day),
        closed_won_at_ms=steps.closed_ms if won else None,
        accepted_quote=deal.quote_bk if won else None,
        po_number=deal.po_number if won else None,
    )


def quote(deal: Deal, ver: int, status: str, at_ms: int) -> Quote:
    """One state of the deal's only quote."""
    return Quote(
        bk=deal.quote_bk,
        recorded_at_ms=at_ms,
        ver=ver,
        opportunity=deal.opportunity_bk,
        number=deal.quote_no,
        revision=1,
        status=status,
        ccy=deal.branch.currency,
        valid_until=to_date(deal.closed_day) + timedelta(days=30),
        lines=tuple(_quote_line(deal, line) for line in deal.lines),
    )


def _quote_line(deal: Deal, line: DealLine) -> QuoteLine:
    return QuoteLine(
        line=line.line,
        package=reference.package_bk(line.package),
        quantity_e2=line.quantity_e2,
        list_price_e4=line.list_price_e4,
        discount_e6=line.discount_e6,
        net_minor=line.net_minor,
        start=to_date(deal.first_day),
        end=deal.end,
    )


def contract(world: World, deal: Deal, ver: int) -> Contract:
    """The contract as drafted (1) or signed (2)."""
    client = world.clients[deal.client]
    signed = ver == 2
    return Contract(
        bk=deal.contract_bk,
        recorded_at_ms=deal.steps.signed_ms if signed else deal.steps.contract_drafted_ms,
        ver=ver,
        number=deal.contract_no,
        account=client.bk,
        bill_to=world.clients[client.bill_to].bk,
        opportunity=deal.opportunity_bk,
        entity=deal.branch.bk,
        ccy=deal.branch.currency,
        start=to_date(deal.first_day),
        end=deal.end,
        status="SIGNED" if signed else "DRAFT",
        billing_freq="EVERY_RUN" if deal.every_run else "MONTHLY",
        signed_at_ms=deal.steps.signed_ms if signed else None,
        po_number=deal.po_number,
        lines=tuple(_contract_line(deal, line) for line in deal.lines),
    )


def _contract_line(deal: Deal, line: DealLine) -> ContractLine:
    return ContractLine(
        line=line.line,
        package=reference.package_bk(line.package),
        billing_method=reference.package_methods(line.package)[0],
        revenue_method=reference.package_methods(line.package)[1],
        tax_class="SERVICE",
        value_minor=line.net_minor,
        discount_e6=line.discount_e6,
        multiplier_reg_e2=100,
        multiplier_ot_e2=line.multiplier_ot_e2,
        multiplier_travel_e2=line.multiplier_travel_e2,
        quantity_e2=line.quantity_e2,
        start=to_date(deal.first_day),
        end=deal.end,
        retainer=line.retainer,
    )
