"""Prices: default, client and contract rate cards, and rates of single assignments.

Rates are made awkward on purpose. Odd cents with quarter hours and six-minute units give exact
half-cent ties and sums that differ by rounding order, so a wrong rounding rule shows; a part of the
cards changes in the middle of a week.
"""

from datetime import date

import numpy as np

from mocks.firm import reference
from mocks.firm.branch import US01, Branch
from mocks.firm.clients import Client
from mocks.firm.days import day_number, monday_of, to_date
from mocks.firm.deals import Deal
from mocks.firm.facts.source import RateLine
from mocks.firm.hashing import I64, Stream, Streams

_CARD_YEARS_BACK = 1
_CLIENT_CARD_PM = 500
_CONTRACT_CARD_PM = 600
_LEVEL_ON_CARD_PM = 600
_EXACT_PRACTICE_PM = 400
_DAY_UNIT_PM = 120
_CHANGE_PM = 300
_WEDNESDAY = 2
_CENT_E4 = 100


def odd_rate_e4(about_e4: int, ident: int, shape: Stream, digits: Stream) -> int:
    """A rate near the given one whose last digits are of a drawn awkwardness."""
    whole = about_e4 // 10_000 * 10_000
    kind, digit = shape.below(ident, 100), digits.below(ident, 10)
    if kind < 45:  # odd cents: x.50 hours tie
        return whole + (digit * 10 + 3) * _CENT_E4
    if kind < 70:  # odd multiples of five cents: tenths of an hour tie as well
        return whole + (digit * 10 + 5) * _CENT_E4
    if kind < 82:  # twice an odd number of cents: quarter hours tie
        return whole + (digit // 2 * 20 + 2) * _CENT_E4
    if kind < 92:  # four decimals
        return whole + (digit * 10 + 5) * _CENT_E4 + 75
    return whole


def odd_rates_e4(about_e4: I64, idents: I64, shape: Stream, digits: Stream) -> I64:
    """`odd_rate_e4` over arrays."""
    whole = about_e4 // 10_000 * 10_000
    kind, digit = shape.belows(idents, 100), digits.belows(idents, 10)
    added = np.select(
        [kind < 45, kind < 70, kind < 82, kind < 92],
        [
            (digit * 10 + 3) * _CENT_E4,
            (digit * 10 + 5) * _CENT_E4,
            (digit // 2 * 20 + 2) * _CENT_E4,
            (digit * 10 + 5) * _CENT_E4 + 75,
        ],
        0,
    )
    return np.asarray(whole + added, dtype=np.int64)


def card_rate_e4(level: int, ident: int, factor_pm: int, streams: Streams, branch: Branch) -> int:
    """A level's price on a card that stands at some per mille of list."""
    about = reference.list_rate_e4(level, branch) * factor_pm // 1000
    return odd_rate_e4(about, ident, streams("rate.shape"), streams("rate.digits"))


def _wednesday_after(day: int) -> date:
    return to_date(monday_of(day + 6) + _WEDNESDAY)


def _card_rows(row: RateLine, change_on: date | None, ident: int, streams: Streams) -> tuple[RateLine, ...]:
    """The row, or two rows that meet on the day of change; the second is dearer."""
    if change_on is None:
        return (row,)
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    raised = row.rate_e4 * (1020 + streams("rate.raise").below(ident, 30)) // 1000
    shape, digits = streams("rate.shape_after"), streams("rate.digits_after")
    before = RateLine(**(fields | {"valid_to": change_on}))
    after = RateLine(
        **(
            fields
            | {
                "bk": f"RC|{row.card}|{row.level}|{row.practice}|{change_on}",
                "valid_from": change_on,
                "rate_e4": odd_rate_e4(raised, ident, shape, digits)
                + (0 if row.unit == "HOUR" else 8 * _CENT_E4),
            }
        )
    )
    return before, after


def _row(
    card: str,
    scope: str,
    owner: str | None,
    level: int,
    practice: str,
    rate_e4: int,
    since: date,
    at_ms: int,
    branch: Branch,
) -> RateLine:
    name = reference.LEVELS[level]
    return RateLine(
        bk=f"RC|{card}|{name}|{practice}|{since}",
        recorded_at_ms=at_ms,
        card=card,
        scope=scope,
        owner=owner,
        ccy=branch.currency,
        level=name,
        practice=practice,
        unit="HOUR",
        rate_e4=rate_e4,
        valid_from=since,
    )


def default_card(start: date, at_ms: int, streams: Streams, branch: Branch = US01) -> tuple[RateLine, ...]:
    """The firm's own prices for every level; two practices stand apart, some levels change mid-month."""
    card = f"DF-{branch.code}"
    since = date(start.year - _CARD_YEARS_BACK, 1, 1)
    change_on = _wednesday_after(day_number(start) + 14)
    rows: list[RateLine] = []
    for level in range(len(reference.LEVELS)):
        for column, (practice, premium_pm) in enumerate((("*", 1030), ("DATA", 1090), ("CLOUD", 1060))):
            ident = level << 4 | column
            if practice != "*" and level % 2 == column % 2:
                continue
            rate = card_rate_e4(level, ident, premium_pm, streams, branch)
            row = _row(card, "DEFAULT", None, level, practice, rate, since, at_ms, branch)
            changes = change_on if practice == "*" and level % 3 == 1 else None
            rows.extend(_card_rows(row, changes, ident, streams))
    return tuple(rows)


def client_card(
    client: Client, start: date, at_ms: int, streams: Streams, branch: Branch = US01
) -> tuple[RateLine, ...]:
    """The frame agreement of a client; account 1 never has one, so that it inherits that of account 0."""
    if client.index == 1 or (
        client.index and not streams("rate.client_card").hit(client.index, _CLIENT_CARD_PM)
    ):
        return ()
    card = f"CL-{client.number}"
    factor = 860 + streams("rate.client_factor").below(client.index, 160)
    since = date(start.year - _CARD_YEARS_BACK, 7, 1)
    rows = []
    for level in range(len(reference.LEVELS)):
        ident = 1 << 40 | client.index << 4 | level
        if streams("rate.client_level").hit(ident, _LEVEL_ON_CARD_PM):
            rate = card_rate_e4(level, ident, factor, streams, branch)
            rows.append(_row(card, "CLIENT", client.bk, level, "*", rate, since, at_ms, branch))
    return tuple(rows)


def contract_card(deal: Deal, at_ms: int, streams: Streams) -> tuple[RateLine, ...]:
    """The prices agreed in one contract for a part of the levels; the first always has a changing card."""
    if deal.index and not streams("rate.contract_card").hit(deal.index, _CONTRACT_CARD_PM):
        return ()
    factor = 840 + streams("rate.contract_factor").below(deal.index, 180)
    change_on = _wednesday_after(deal.first_day + 1 + streams("rate.change_week").below(deal.index, 2) * 7)
    rows: list[RateLine] = []
    for level in range(len(reference.LEVELS)):
        ident = 2 << 40 | deal.index << 4 | level
        if streams("rate.contract_level").hit(ident, _LEVEL_ON_CARD_PM):
            row = _contract_row(deal, level, ident, factor, at_ms, streams)
            changes = deal.index == 0 or streams("rate.changes").hit(ident, _CHANGE_PM)
            rows.extend(_card_rows(row, change_on if changes else None, ident, streams))
    return tuple(rows)


def _contract_row(
    deal: Deal, level: int, ident: int, factor_pm: int, at_ms: int, streams: Streams
) -> RateLine:
    exact = streams("rate.exact_practice").hit(ident, _EXACT_PRACTICE_PM)
    practice = reference.PRACTICES[deal.practice][0] if exact else "*"
    rate = card_rate_e4(level, ident, factor_pm, streams, deal.branch)
    since = to_date(deal.first_day - 30)
    row = _row(
        f"CT-{deal.contract_no}",
        "CONTRACT",
        deal.contract_bk,
        level,
        practice,
        rate,
        since,
        at_ms,
        deal.branch,
    )
    if not streams("rate.day_unit").hit(ident, _DAY_UNIT_PM):
        return row
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return RateLine(**(fields | {"unit": "DAY", "rate_e4": rate * 8}))
