"""Retainers: which fees fall due when, and how many hours were used beyond the pool (finance 2.3, 2.5)."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from integration_core.canonical.billing import Piece
from integration_core.canonical.close import Booked
from integration_core.canonical.deals import Contract, ContractLine, Retainer
from integration_core.canonical.ledger import BillingDate, LegalEntity
from integration_core.canonical.money import ZERO, product, quantise, quotient
from integration_core.canonical.periods import cutoff_ms, month_end, months_later

HUNDREDTH = Decimal("0.01")


def month_fee(line: ContractLine, month: date, ccy: str) -> Decimal:
    """The fee of a calendar month, by the days that the line covers of it (R3)."""
    if line.retainer is None:
        return ZERO
    return quantise(quotient(product(line.retainer.monthly_fee, _covered(line, month)), _days(month)), ccy)


def included_hours(line: ContractLine, month: date) -> Decimal:
    """The hours included in a month, prorated alike."""
    if line.retainer is None:
        return ZERO
    share = quotient(product(line.retainer.included_hours, _covered(line, month)), _days(month))
    return share.quantize(HUNDREDTH, ROUND_HALF_UP)


def earned_fees(line: ContractLine, until: date, ccy: str) -> Decimal:
    """The fees of all months up to the one that ends on a day: straight-line revenue (finance 3.5)."""
    return sum((month_fee(line, month, ccy) for month in _months(line, until)), ZERO)


def fee_pieces(contract: Contract, line: ContractLine, active_ms: int, until: date) -> list[Piece]:
    """The schedule rows that are due by a day, as billing event pieces."""
    if line.retainer is None:
        return []
    months = line.retainer.advance_months
    first, pieces = line.start.replace(day=1), []
    seq = 1
    while (due := max(line.start, first)) <= until and (line.end is None or first < line.end):
        covered = [months_later(first, ahead) for ahead in range(months)]
        amount = sum((month_fee(line, month, contract.ccy) for month in covered), ZERO)
        source = f"{line.native_id}#BS{seq}"
        event = f"BE|BS|{line.key}|{seq}|v1.1|p1"
        pieces.append(_piece(contract, line, "RET", event, source, due, ZERO, amount, amount, active_ms))
        first, seq = months_later(first, months), seq + 1
    return pieces


def overage_pieces(
    contract: Contract, line: ContractLine, entity: LegalEntity, run: BillingDate, booked: Iterable[Booked]
) -> list[Piece]:
    """Hours beyond the pool of every month that was settled by this run's day; known ones repeat."""
    terms = line.retainer
    if terms is None:
        return []
    settled = [(when, at) for when, at in _settlements(contract, line, entity) if at <= run.billing_date]
    mine = [one for one in booked if one.contract_line_native_id == line.native_id and one.billable]
    hours = zip(settled, _overages(line, terms, entity, settled, mine), strict=True)
    return [_overage(contract, line, terms, entity, *one, over) for one, over in hours if over]


def _overage(
    contract: Contract,
    line: ContractLine,
    terms: Retainer,
    entity: LegalEntity,
    month: date,
    settled_on: date,
    overage: Decimal,
) -> Piece:
    amount = quantise(product(overage, terms.overage_rate), contract.ccy)
    name = f"{month:%Y-%m}"
    return _piece(
        contract,
        line,
        "OV",
        f"BE|OV|{line.key}|{name}|v1.1|p1",
        f"{line.native_id}#OV{name}",
        month_end(month),
        overage,
        terms.overage_rate,
        amount,
        cutoff_ms(entity, settled_on) - 1,
    )


def _overages(
    line: ContractLine,
    terms: Retainer,
    entity: LegalEntity,
    months: Iterable[tuple[date, date]],
    booked: Iterable[Booked],
) -> Iterator[Decimal]:
    """The hours beyond the pool of each month in turn; hours that come late count where they appear."""
    mine = list(booked)
    carry, counted = ZERO, ZERO
    for month, settled_on in months:
        cutoff, last = cutoff_ms(entity, settled_on), month_end(month)
        total = sum((b.hours for b in mine if b.work_date <= last and b.counts_at(cutoff)), ZERO)
        used = max(ZERO, total - counted)
        counted = max(counted, total)
        pool = included_hours(line, month) + carry
        yield max(ZERO, used - pool)
        carry = min(terms.rollover_cap, max(ZERO, pool - used)) if terms.rollover else ZERO


def _settlements(contract: Contract, line: ContractLine, entity: LegalEntity) -> Iterator[tuple[date, date]]:
    """Each month of a line with the billing date that settles its hours: the first on or after its end."""
    rows = sorted(
        row.billing_date
        for row in entity.billing_calendar
        if contract.billing_freq == "EVERY_RUN" or row.freq == "MONTHLY"
    )
    if not rows:
        return
    for month in _months(line, rows[-1]):
        day = next((row for row in rows if row >= month_end(month)), None)
        if day is not None:
            yield month, day


def _months(line: ContractLine, until: date) -> Iterator[date]:
    """First days of the months a line covers, up to the month of a day."""
    month = line.start.replace(day=1)
    while month <= until and (line.end is None or month < line.end):
        yield month
        month = months_later(month, 1)


def _days(month: date) -> Decimal:
    return Decimal(month_end(month).day)


def _covered(line: ContractLine, month: date) -> Decimal:
    begin, end = max(line.start, month), months_later(month, 1)
    if line.end is not None:
        end = min(end, line.end)
    return Decimal(max(0, (end - begin).days))


def _piece(
    contract: Contract,
    line: ContractLine,
    method: str,
    event_bk: str,
    source_id: str,
    service_date: date,
    hours: Decimal,
    hourly: Decimal,
    amount: Decimal,
    commit_ms: int,
) -> Piece:
    return Piece(
        event_bk=event_bk,
        source_id=source_id,
        contract_native_id=contract.native_id,
        contract_line_native_id=line.native_id,
        method=method,
        service_date=service_date,
        hours=hours,
        hourly=hourly,
        amount=amount,
        commit_ms=commit_ms,
        cost_centre="",
        memo="",
    )
