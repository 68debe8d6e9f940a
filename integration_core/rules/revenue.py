"""What a close recognises: earned revenue, its position against billing, accruals (finance 3.3 to 3.5)."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, structs

from integration_core.canonical.close import Booked, Charged, Recognised
from integration_core.canonical.deals import Contract, ContractLine
from integration_core.canonical.ledger import Journal, JournalLine, LegalEntity
from integration_core.canonical.money import ZERO, product, quantise, quotient
from integration_core.canonical.periods import local_date
from integration_core.rules.gate import tasks_of
from integration_core.rules.milestones import accepted_amounts
from integration_core.rules.references import References
from integration_core.rules.schedule import earned_fees

UNBILLED, CONTRACT_ASSET, DEFERRED = "1140", "1150", "2400"
TIME_REVENUE, FIXED_REVENUE, RETAINER_REVENUE = "4000", "4010", "4020"
RIGHT_TO_INVOICE = {"TM": TIME_REVENUE, "OV": RETAINER_REVENUE}
DEFERRED_KINDS = frozenset({"FF", "RET"})


class Close(Struct, frozen=True, kw_only=True):
    """One period of one entity, with the picture of the sources as known when it closes."""

    entity: LegalEntity
    period: str
    close_ms: int
    end: date
    references: References

    @property
    def next_day(self) -> date:
        """The first day of the following period."""
        return self.end + timedelta(days=1)


def is_deferred(line: ContractLine) -> bool:
    """Whether a line's revenue is earned apart from its billing."""
    return line.billing_method in DEFERRED_KINDS


def earned(
    close: Close, contract: Contract, line: ContractLine, booked: Sequence[Booked]
) -> Recognised | None:
    """Cumulative revenue of a line at the period's end; None where no estimate exists (finance 3.5)."""
    above = False
    if line.revenue_method == "STRAIGHT_LINE":
        amount = earned_fees(line, close.end, contract.ccy)
    elif line.revenue_method == "MILESTONE":
        accepted = accepted_amounts(contract, line, close.entity, close.references, close.close_ms)
        amount = sum((each for _, day, each in accepted if day <= close.end), ZERO)
    elif _completed(close, contract):
        amount = line.value
    else:
        estimate = estimated_hours(close, contract, line)
        if estimate <= 0:
            return None
        hours = progress_hours(close, line, booked)
        above = hours > estimate
        counted = min(hours, estimate)
        amount = quantise(quotient(product(line.value, counted), estimate), contract.ccy)
    return Recognised(contract_line_native_id=line.native_id, earned=amount, above_estimate=above)


def progress_hours(close: Close, line: ContractLine, booked: Sequence[Booked]) -> Decimal:
    """Hours that count for percentage of completion, as known at the close."""
    return sum(
        (
            one.hours
            for one in booked
            if one.contract_line_native_id == line.native_id
            and one.progress
            and one.work_date <= close.end
            and one.counts_at(close.close_ms)
        ),
        ZERO,
    )


def estimated_hours(close: Close, contract: Contract, line: ContractLine) -> Decimal:
    """The latest estimate known at the close, else the template's hours (finance V7)."""
    known = [
        one
        for one in close.references.estimates_of(line.native_id)
        if not one.deleted and one.recorded_at_ms < close.close_ms
    ]
    if known:
        return known[-1].total_hours
    return sum(
        (
            task.planned
            for task in tasks_of(contract, close.references)
            if task.progress and task.contract_line_source_id == line.native_id
        ),
        ZERO,
    )


def _completed(close: Close, contract: Contract) -> bool:
    state = close.references.projects.get(contract.native_id)
    if state is None or state.deleted or state.completed_at_ms is None:
        return False
    known = max(state.recorded_at_ms, state.completed_at_ms) < close.close_ms
    return known and local_date(close.entity, state.completed_at_ms) <= close.end


def deferred_balance(line: ContractLine, charged: Iterable[Charged], end: date) -> Decimal:
    """B: what was billed of a deferred line by the period's end, net of credits."""
    balance = ZERO
    for one in charged:
        if one.contract_line_native_id != line.native_id or one.method not in DEFERRED_KINDS:
            continue
        if one.invoiced_on is not None and one.invoiced_on <= end:
            balance += one.amount
        if one.credited_on is not None and one.credited_on <= end:
            balance -= one.amount
    return balance


def accrual(line: ContractLine, charged: Iterable[Charged], close: Close) -> dict[str, Decimal]:
    """Unbilled right-to-invoice amounts less credits that are still to come, by revenue account (3.4)."""
    sums: dict[str, Decimal] = {}
    for one in charged:
        if one.contract_line_native_id != line.native_id or one.method not in RIGHT_TO_INVOICE:
            continue
        account = RIGHT_TO_INVOICE[one.method]
        superseded = one.superseded_ms is not None and one.superseded_ms < close.close_ms
        billed = one.invoiced_on is not None and one.invoiced_on <= close.end
        credited = one.credited_on is not None and one.credited_on <= close.end
        known = one.commit_ms < close.close_ms and one.service_date <= close.end
        if known and not superseded and not billed:
            sums[account] = sums.get(account, ZERO) + one.amount
        elif billed and superseded and not credited:
            sums[account] = sums.get(account, ZERO) - one.amount
    return {account: amount for account, amount in sorted(sums.items()) if amount}


def line_journals(
    close: Close,
    contract: Contract,
    line: ContractLine,
    charged: Sequence[Charged],
    earned_now: Decimal | None,
    earned_before: Decimal,
) -> list[Journal]:
    """ACC with ACR, REV, RCL with RCR of one contract line; journals of nothing are left out."""
    found = []
    for account, amount in accrual(line, charged, close).items():
        found += _pair(close, contract, line, ("ACC", "ACR"), (UNBILLED, account), amount)
    if earned_now is not None:
        revenue = FIXED_REVENUE if line.billing_method == "FF" else RETAINER_REVENUE
        delta = earned_now - earned_before
        if delta:
            key = f"JE|REV|{close.entity.code}|RV|{line.key}|{close.period}"
            found.append(_journal(close, contract, line, "REV", key, close.end, (DEFERRED, revenue), delta))
        asset = earned_now - deferred_balance(line, charged, close.end)
        if asset > 0:
            found += _pair(close, contract, line, ("RCL", "RCR"), (CONTRACT_ASSET, DEFERRED), asset)
    return found


def _pair(
    close: Close,
    contract: Contract,
    line: ContractLine,
    kinds: tuple[str, str],
    accounts: tuple[str, str],
    amount: Decimal,
) -> list[Journal]:
    """A journal at the period's end and its reversal on the day after."""
    suffix = f"{line.key}|{close.period}" + (f"|{accounts[1]}" if kinds[0] == "ACC" else "")
    keys = [f"JE|{kind}|{close.entity.code}|{suffix}" for kind in kinds]
    return [
        _journal(close, contract, line, kinds[0], keys[0], close.end, accounts, amount),
        _journal(close, contract, line, kinds[1], keys[1], close.next_day, accounts, -amount),
    ]


def _journal(
    close: Close,
    contract: Contract,
    line: ContractLine,
    kind: str,
    key: str,
    day: date,
    accounts: tuple[str, str],
    amount: Decimal,
) -> Journal:
    """Debit the first account, credit the second; a negative amount swaps sides."""
    debit, credit = accounts if amount > 0 else (accounts[1], accounts[0])
    references = close.references
    opportunity = references.opportunities.get(contract.opportunity_native_id)
    plain = JournalLine(
        account=debit,
        customer_key=references.customers[contract.bill_to_native_id].key,
        contract_line_source_id=line.native_id,
        project_key=f"PJ|{contract.key}",
        practice=opportunity.practice if opportunity else "",
    )
    return Journal(
        key=key,
        journal_type=kind,
        source_id=line.native_id,
        entity_code=close.entity.code,
        entity_native_id=close.entity.native_id,
        ccy=contract.ccy,
        acct_date=day,
        lines=(
            structs.replace(plain, debit=abs(amount)),
            structs.replace(plain, account=credit, credit=abs(amount)),
        ),
    )
