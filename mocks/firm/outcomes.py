"""How lifelike the outcomes of a large firm are, and whether what belongs together goes together.

Beside the bands of single measures: spread between people, the year's seasons, sizes of contracts and
clients, and correlations that independent draws would not have. Measured on the first company; shares and
means are for looking at, so floats are allowed here.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mocks.firm import reference
from mocks.firm.bands import Band
from mocks.firm.cards import card_person, card_week
from mocks.firm.days import day_number, first_of_next_month
from mocks.firm.deals import Deal, DealLine
from mocks.firm.facts.source import PaymentIntent, RateLine
from mocks.firm.firm import Firm
from mocks.firm.fixed_fee import fixed_fee_lines, steps_of
from mocks.firm.hashing import I64
from mocks.firm.latent import illness_pm
from mocks.firm.office import Office
from mocks.firm.payments import payment_plays
from mocks.firm.rates import client_card, contract_card
from mocks.firm.receivables import Runs, billed_days
from mocks.firm.tallies import line_of_cards
from mocks.firm.terms import planned_e2
from mocks.firm.world import World

Floats = npt.NDArray[np.float64]
_SETTLED_MONTH = 1

OUTCOMES: tuple[Band, ...] = (
    Band("S2 spread between people", 0.08, 0.14),
    Band("S2 month after month", 0.30, 0.70),
    Band("S3 pyramid off by", 0.0, 0.03),
    Band("S3 span of control", 7.0, 12.0),
    Band("S3 widest span", 1.0, 25.0),
    Band("S6 August", 0.75, 0.92),
    Band("S6 December", 0.75, 0.92),
    Band("S10 spread of contract values", 1.3, 1.9),
    Band("S13 client Gini", 0.60, 0.78),
    Band("S14 discount", 0.08, 0.14),
    Band("S16 attrition", 0.11, 0.17),
    Band("K1 illness and overrun", 0.40, 1.0),
    Band("K1 overrun and slow milestones", 0.15, 1.0),
    Band("K3 overrun and late payment", 0.10, 1.0),
    Band("K4 late sheets and late bills", 0.20, 1.0),
    Band("K5 idle people leave", 1.2, 2.2),
    Band("K6 dearer by level", 0.95, 1.0),
    Band("K7 size and discount", 0.25, 1.0),
)


def measure(firm: Firm) -> dict[str, float]:
    """Every measure that a band of outcomes names."""
    found: dict[str, float] = {}
    for part in _PARTS:
        found |= part(firm)
    return found


def missed(measures: dict[str, float]) -> tuple[str, ...]:
    """The bands that do not hold."""
    return tuple(band.measure for band in OUTCOMES if not band.holds(measures[band.measure]))


def _month_starts(world: World, months: int) -> I64:
    starts = [day_number(first_of_next_month(world.profile.start, place)) for place in range(months)]
    return np.array(starts, dtype=np.int64)


def _monthly(office: Office) -> tuple[Floats, Floats]:
    """Billable hours, and hours of all working days, by person and month."""
    world, sheets = office.world, office.sheets
    people, months = len(world.people), world.profile.months
    bounds = _month_starts(world, months + 1)
    code = sheets.cards.assignment[np.searchsorted(sheets.cards.number, sheets.entries.card)]
    month = np.searchsorted(bounds, sheets.entries.day, side="right") - 1
    place = card_person(sheets.entries.card) * months + month
    hours = sheets.entries.hours_e2 * (code % 2 == 0) / 100
    billed = np.bincount(place, weights=hours, minlength=people * months).astype(np.float64)
    rank = world.calendar.rank
    low = np.maximum(bounds[None, :-1], np.minimum(world.hired, world.end)[:, None])
    high = np.minimum(bounds[None, 1:], np.minimum(world.until, world.end)[:, None])
    days = rank[np.maximum(low, high) - world.calendar.first] - rank[low - world.calendar.first]
    return billed.reshape(people, months), 8.0 * days


def _people(firm: Firm) -> dict[str, float]:
    billed, capacity = _monthly(firm.offices[0])
    world = firm.world
    whole = (capacity > 0).all(axis=1) & (world.manager >= 0)
    settled = slice(_SETTLED_MONTH, None)
    share = (billed[whole] / capacity[whole])[:, settled]
    level = world.level[whole]
    for each in range(len(reference.LEVELS)):
        mine = np.flatnonzero(level == each)
        share[mine] -= share[mine].mean(axis=0)
    return {
        "S2 spread between people": float(share.mean(axis=1).std()),
        "S2 month after month": _correlation(share[:, :-1].ravel(), share[:, 1:].ravel()),
        "S16 attrition": float((world.until < world.end).mean() * 12 / world.profile.months),
        "K5 idle people leave": _hazard(firm, billed, capacity),
    }


def _seasons(firm: Firm) -> dict[str, float]:
    """August and December of the company that is not American, against the mean month."""
    office = firm.offices[-1]
    billed, capacity = _monthly(office)
    total = billed[(capacity > 0).all(axis=1)].sum(axis=0)
    mean = total[_SETTLED_MONTH:].mean()
    names = (office.profile.start.month - 1 + np.arange(len(total))) % 12 + 1
    return {
        "S6 August": float(total[names == 8].mean() / mean),
        "S6 December": float(total[names == 12].mean() / mean),
    }


def _hazard(firm: Firm, billed: Floats, capacity: Floats) -> float:
    """How much sooner the less busy half leaves, by what people did in the months before the last one."""
    world = firm.world
    full = capacity >= 100
    done = np.where(full, billed, 0).sum(axis=1) / np.maximum(np.where(full, capacity, 0).sum(axis=1), 1)
    known = full.sum(axis=1) >= 2
    leaves = world.until < world.end
    rates = []
    for below in (True, False):
        left = members = 0
        for level in range(len(reference.LEVELS)):
            mine = known & (world.level == level)
            half = mine & ((done < np.median(done[mine])) == below)
            left, members = left + int((half & leaves).sum()), members + int(half.sum())
        rates.append(left / max(members, 1))
    return float(rates[0] / max(rates[1], 1e-9))


def _pyramid(firm: Firm) -> dict[str, float]:
    world = firm.world
    shares = np.bincount(world.level, minlength=len(reference.LEVELS)) / len(world.people)
    wanted = np.array(reference.LEVEL_SHARE_PM) / 1000
    spans = np.bincount(world.manager[world.manager >= 0])
    return {
        "S3 pyramid off by": float(np.abs(shares - wanted).max()),
        "S3 span of control": float(spans[spans > 0].mean()),
        "S3 widest span": float(spans.max()),
    }


def _sales(firm: Firm) -> dict[str, float]:
    world = firm.world
    won = [deal for deal in world.deals if deal.won]
    value = np.array([sum(line.net_minor for line in deal.lines) for deal in won], dtype=np.float64)
    by_client = np.bincount([deal.client for deal in won], weights=value, minlength=len(world.clients))
    ordered = np.sort(by_client[by_client > 0])
    place = np.arange(1, len(ordered) + 1)
    gini = float((2 * place - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))
    lines = [(deal, line) for deal in won for line in deal.lines]
    discount = np.array([line.discount_e6 / 1e6 for _, line in lines])
    size = np.log([world.clients[deal.client].weight for deal, _ in lines])
    return {
        "S10 spread of contract values": float(np.log(value).std()),
        "S13 client Gini": gini,
        "S14 discount": float(discount.mean()),
        "K7 size and discount": _correlation(discount, size),
    }


def _projects(firm: Firm) -> dict[str, float]:
    """Fixed-fee lines: how far they ran over what was planned, and what goes with it."""
    world, booked = firm.world, firm.offices[0].tallies.booked_e2
    rows: list[tuple[float, float, float, int]] = []
    for place, deal, line in fixed_fee_lines(world):
        if booked[place] and deal.end_day <= world.end:
            over = int(booked[place]) / planned_e2(line)
            rows.append((over, illness_pm(world.streams, deal.index), _pace(firm, deal, line), deal.index))
    columns = np.array(rows, dtype=np.float64)
    overrun, illness, pace = columns[:, 0], columns[:, 1], columns[:, 2]
    days = _days_to_pay(firm)
    paid = np.array([days.get(int(deal), -1) for deal in columns[:, 3]], dtype=np.int64)
    known = paid >= 0
    return {
        "K1 illness and overrun": _correlation(overrun, illness),
        "K1 overrun and slow milestones": _correlation(overrun, pace),
        "K3 overrun and late payment": _correlation(overrun[known], paid[known]),
    }


def _pace(firm: Firm, deal: Deal, line: DealLine) -> float:
    """Days between the milestones of a line."""
    steps = list(steps_of(firm.world, deal, line))
    return (steps[-1].accepted_day - steps[0].accepted_day) / max(len(steps) - 1, 1)


def _days_to_pay(firm: Firm) -> dict[int, int]:
    """By deal: days from the first bill that is certain to the first payment."""
    world, tallies, runs = firm.world, firm.offices[0].tallies, Runs(firm.world)
    found: dict[int, int] = {}
    for play in payment_plays(world, tallies):
        fact = play.facts[0]
        assert isinstance(fact, PaymentIntent)
        deal = int(fact.contract[3:]) - world.profile.branch.first_deal
        if deal not in found:
            first = billed_days(world, world.deals[deal], runs, tallies)[0]
            found[deal] = day_number(fact.received_on) - first
    return found


def _billing(firm: Firm) -> dict[str, float]:
    """By contract: the share of cards handed in late, and the days from work to the bill that takes them."""
    world, cards = firm.world, firm.sheets.cards
    deal = world.lines.deal[line_of_cards(world, cards.assignment)]
    friday = card_week(cards.number) * 7 + 1
    late = cards.submitted_ms > world.calendar.ms_many(friday + 3, np.full_like(friday, 12 * 3600))
    bounds = _month_starts(world, world.profile.months + 9)[1:]
    approved_day = cards.approved_ms // 86_400_000
    billed_day = bounds[np.searchsorted(bounds, approved_day, side="right")]
    size = np.bincount(deal, minlength=len(world.deals))
    keep = size >= 50
    share = np.bincount(deal, weights=late, minlength=len(size))[keep] / size[keep]
    lag = np.bincount(deal, weights=billed_day - friday, minlength=len(size))[keep] / size[keep]
    return {"K4 late sheets and late bills": _correlation(share, lag)}


def _cards(firm: Firm) -> dict[str, float]:
    """Of neighbouring levels on one card, how often the higher one costs more."""
    world = firm.world
    pairs: list[bool] = []
    start, branch = world.profile.start, world.profile.branch
    cards = [client_card(client, start, 0, world.streams, branch) for client in world.clients]
    cards.extend(contract_card(deal, 0, world.streams) for deal in world.deals if deal.won)
    for card in cards:
        hourly = sorted((reference.LEVELS.index(row.level), _per_hour_e4(row)) for row in card)
        firsts = dict(reversed(hourly))
        pairs.extend(low < high for low, high in pairwise(firsts[level] for level in sorted(firsts)))
    return {"K6 dearer by level": float(np.mean(pairs))}


def _per_hour_e4(row: RateLine) -> int:
    return row.rate_e4 // 8 if row.unit == "DAY" else row.rate_e4


def _correlation(left: npt.NDArray[Any] | I64, right: npt.NDArray[Any] | I64) -> float:
    return float(np.corrcoef(left, right)[0, 1])


_PARTS: tuple[Callable[[Firm], dict[str, float]], ...] = (
    _people,
    _seasons,
    _pyramid,
    _sales,
    _projects,
    _billing,
    _cards,
)
