"""What customers pay: intentions, one for the open invoices of a contract at a time."""

from collections.abc import Iterable, Iterator

import numpy as np

from mocks.firm.days import day_number, month_ends, to_date
from mocks.firm.deals import Deal
from mocks.firm.facts.source import PaymentIntent
from mocks.firm.latent import days_later
from mocks.firm.plays import ERP, Play
from mocks.firm.receivables import Runs, billed_days
from mocks.firm.tallies import Tallies
from mocks.firm.world import World

_HOUR = 3600
FULL_SHARE_E6 = 1_000_000
_PARTIAL_PM = 50


def payment_plays(world: World, tallies: Tallies, deals: Iterable[Deal] | None = None) -> Iterator[Play]:
    """Payments of contracts that had something to bill, before the horizon; of some deals or of all.

    Customers with consolidated invoices are left out: an intention names one contract.
    """
    ends = [day_number(last) for last in month_ends(world.profile.start, world.profile.months)]
    runs = Runs(world)
    for deal in world.deals if deals is None else deals:
        if deal.won and not world.clients[world.clients[deal.client].bill_to].consolidate:
            if world.profile.all_methods:
                invoiced = billed_days(world, deal, runs, tallies)
            else:
                months = np.flatnonzero(tallies.billable_cards[deal.index]).tolist()
                invoiced = [ends[month] for month in months]
            yield from _payments(world, deal, invoiced, runs)


def _payments(world: World, deal: Deal, invoiced: list[int], runs: Runs) -> Iterator[Play]:
    """One payment for each invoice date, unless an earlier payment took that invoice along."""
    low, high = world.profile.pay_after_days
    habit = world.streams("payment.habit").below(deal.client, high - low + 1)
    habit += days_later(world.profile, world.streams, deal.index)
    due: list[tuple[int, int]] = []
    for end in invoiced:
        ident = deal.index << 16 | end
        jitter = world.streams("payment.jitter").below(ident, 7) - 3 if high > low else 0
        day = world.calendar.workday(end + max(2, low + habit + jitter))
        while world.profile.all_methods and _follows_run(runs.days(deal), day):
            day = world.calendar.workday(day + 1)
        due.append((day, ident))
    paid_until = -1
    for (day, ident), end in sorted(zip(due, invoiced, strict=True)):
        second = 9 * _HOUR + world.streams("payment.second").below(ident, 3 * _HOUR)
        at_ms = world.calendar.ms(day, second)
        if end <= paid_until or at_ms >= world.horizon_ms:
            continue
        paid_until = max((other for other in invoiced if other < day - 1), default=end)
        partial = high > low and world.streams("payment.partial").hit(ident, _PARTIAL_PM)
        intent = PaymentIntent(
            bk=f"PM|{deal.contract_no}|{to_date(day)}",
            recorded_at_ms=at_ms,
            contract=deal.contract_bk,
            received_on=to_date(day),
            share_e6=FULL_SHARE_E6 // 2 if partial else FULL_SHARE_E6,
            bank_ref=f"WIRE-{deal.contract_no}-{day:05d}",
        )
        yield Play(at_ms, ERP, (intent,))


def _follows_run(runs: list[int], day: int) -> bool:
    """Whether a day is so near to a run that its invoice may or may not be posted when money comes."""
    return any(0 <= day - run <= 2 for run in runs)
