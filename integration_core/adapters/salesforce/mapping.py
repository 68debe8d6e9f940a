"""CRM rows to canonical records, and mirrors to CRM fields: pure (mapping, CRM).

Raises ValueError, LookupError or ArithmeticError where a row breaks the contract.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from integration_core.adapters.salesforce.rows import (
    AccountRow,
    ContractLineRow,
    ContractRow,
    OpportunityRow,
    PackageMilestoneRow,
    PackageTaskRow,
    ProductRow,
    QuoteLineRow,
    QuoteRow,
    RateCardLineRow,
    RateCardRow,
)
from integration_core.adapters.salesforce_protocol.rows import instant_ms, optional_instant_ms
from integration_core.canonical.deals import (
    Contract,
    ContractLine,
    Customer,
    Opportunity,
    PackageMilestone,
    PackageTask,
    Quote,
    QuoteLine,
    RateLine,
    Retainer,
    ServicePackage,
)
from integration_core.canonical.work import ContractMirror, OpportunityMirror

_STAGES = {
    "Open": "OPEN",
    "Commit": "COMMIT",
    "Closed Won": "CLOSED_WON",
    "Closed Lost": "CLOSED_LOST",
}
_QUOTE_STATUSES = {
    "Draft": "DRAFT",
    "In Approval": "IN_APPROVAL",
    "Approved": "APPROVED",
    "Sent": "SENT",
    "Accepted": "ACCEPTED",
    "Rejected": "REJECTED",
    "Expired": "EXPIRED",
    "Superseded": "SUPERSEDED",
}
_CONTRACT_STATUSES = {
    "Draft": "DRAFT",
    "Signed": "SIGNED",
    "Suspended": "SUSPENDED",
    "Completed": "COMPLETED",
    "Closed": "CLOSED",
    "Cancelled": "CANCELLED",
}
_RATE_UNITS = frozenset({"HOUR", "DAY"})


def to_canonical_customer(row: AccountRow) -> Customer:
    """An account; without bill-to it pays itself, without number its id stands in the key."""
    return Customer(
        key=f"CU|{row.number or row.id}",
        native_id=row.id,
        legal_name=row.legal_name or "",
        display_name=row.name,
        parent_native_id=row.parent_id,
        bill_to_native_id=row.bill_to_id or row.id,
        street=row.street or "",
        city=row.city or "",
        postcode=row.postcode or "",
        state=row.state,
        country=row.country,
        tax_status=row.tax_status or "UNKNOWN",
        vat_id=row.vat_id,
        payment_terms=row.payment_terms,
        ccy=row.ccy or "",
        consolidate_invoices=bool(row.consolidate),
        po_required=bool(row.po_required),
        deleted=row.deleted,
        recorded_at_ms=instant_ms(row.stamp),
    )


def to_canonical_opportunity(row: OpportunityRow) -> Opportunity:
    """A deal; one made through the API may lack its key, then its id stands in it."""
    return Opportunity(
        key=f"OP|{row.rh_key or row.id}",
        native_id=row.id,
        account_native_id=row.account_id,
        name=row.name,
        stage=_STAGES[row.stage],
        amount=row.amount if row.amount is not None else Decimal(0),
        ccy=row.ccy or "",
        entity_code=row.entity_code or "",
        practice=row.practice or "",
        close_date=row.close_date,
        closed_won_at_ms=optional_instant_ms(row.closed_won_at),
        accepted_quote_native_id=row.synced_quote_id,
        po_number=row.po_number,
        deleted=row.deleted,
        recorded_at_ms=instant_ms(row.stamp),
    )


def to_canonical_quote(row: QuoteRow, lines: Sequence[QuoteLineRow], seen_ms: int = 0) -> Quote:
    """A quote with its lines in order; a deleted one has the status DELETED."""
    return Quote(
        key=f"QU|{row.number}|{whole(row.revision)}",
        native_id=row.id,
        opportunity_native_id=row.opportunity_id,
        status="DELETED" if row.deleted else _QUOTE_STATUSES[row.status],
        ccy=row.ccy or "",
        lines=tuple(sorted(map(_quote_line, lines), key=lambda line: line.line)),
        recorded_at_ms=max(instant_ms(row.stamp), seen_ms),
    )


def _quote_line(row: QuoteLineRow) -> QuoteLine:
    return QuoteLine(
        line=whole(row.line),
        package_native_id=row.product_id,
        quantity=row.quantity,
        list_price=row.list_price,
        # The CRM's own discount field is a percentage.
        discount=(row.discount_percent or Decimal(0)).scaleb(-2),
        net=row.net,
        start=row.start,
        end=row.end,
    )


def to_canonical_package(
    row: ProductRow,
    tasks: Sequence[PackageTaskRow],
    milestones: Sequence[PackageMilestoneRow] = (),
    seen_ms: int = 0,
) -> ServicePackage | None:
    """A service package with tasks and milestone plan; None for a deleted one, whose last state stands."""
    if row.deleted:
        return None
    version = whole(row.version)
    return ServicePackage(
        key=f"SK|{row.sku}|{version}",
        native_id=row.id,
        sku=row.sku,
        version=version,
        billing_method=row.billing_method,
        revenue_method=row.revenue_method,
        tax_class=row.tax_class,
        tasks=tuple(
            PackageTask(
                wbs=task.wbs,
                name=task.name,
                bill_level=task.bill_level,
                hours=task.hours,
                billable=task.billable,
                progress=task.progress,
            )
            for task in sorted(tasks, key=lambda task: (len(task.wbs), task.wbs))
        ),
        milestones=tuple(sorted(map(_package_milestone, milestones), key=lambda step: step.seq)),
        recorded_at_ms=max(instant_ms(row.stamp), seen_ms),
    )


def _package_milestone(row: PackageMilestoneRow) -> PackageMilestone:
    return PackageMilestone(seq=whole(row.seq), name=row.name, share=row.share)


def to_canonical_contract(row: ContractRow, lines: Sequence[ContractLineRow], seen_ms: int = 0) -> Contract:
    """A contract with its lines in order."""
    return Contract(
        key=f"CO|{row.number}",
        native_id=row.id,
        number=row.number,
        account_native_id=row.account_id,
        bill_to_native_id=row.bill_to_id or row.account_id,
        opportunity_native_id=row.opportunity_id or "",
        entity_code=row.entity_code or "",
        ccy=row.ccy or "",
        start=row.start,
        end=row.end,
        status=_CONTRACT_STATUSES[row.status],
        billing_freq=row.billing_freq,
        signed_at_ms=optional_instant_ms(row.signed_at),
        po_number=row.po_number,
        lines=tuple(sorted((_contract_line(row.number, line) for line in lines), key=lambda line: line.line)),
        deleted=row.deleted,
        recorded_at_ms=max(instant_ms(row.stamp), seen_ms),
    )


def _contract_line(number: str, row: ContractLineRow) -> ContractLine:
    line = whole(row.line)
    key = f"CL|{number}|{line}"
    return ContractLine(
        key=key,
        native_id=row.id,
        line=line,
        package_native_id=row.product_id,
        billing_method=row.billing_method,
        revenue_method=row.revenue_method,
        tax_class=row.tax_class,
        value=row.value,
        discount=row.discount or Decimal(0),
        multipliers={"REG": row.mult_reg, "OT": row.mult_ot, "TRAVEL": row.mult_travel},
        quantity=row.quantity,
        start=row.start,
        end=row.end,
        retainer=_retainer(key, row),
    )


def _retainer(key: str, row: ContractLineRow) -> Retainer | None:
    """The terms of a line that has a monthly fee; half of them would bill amounts nobody agreed."""
    if row.monthly_fee is None:
        return None
    if row.included_hours is None or row.overage_rate is None or row.advance_months is None:
        raise ValueError(f"the retainer terms of {key} are incomplete")
    if row.rollover and row.rollover_cap is None:
        raise ValueError(f"the hours of {key} roll over without a cap")
    return Retainer(
        monthly_fee=row.monthly_fee,
        included_hours=row.included_hours,
        rollover=bool(row.rollover),
        rollover_cap=row.rollover_cap if row.rollover_cap is not None else Decimal(0),
        overage_rate=row.overage_rate,
        advance_months=whole(row.advance_months),
    )


def to_canonical_rate_line(row: RateCardLineRow, card: RateCardRow) -> RateLine:
    """A price of a contract's or a client's card; it is recorded when it was created (mapping M1)."""
    owners = {"CONTRACT": card.contract_id, "CLIENT": card.account_id}
    owner = owners[card.scope]
    if owner is None:
        raise ValueError(f"rate card {card.name} of scope {card.scope} has no owner")
    if row.unit not in _RATE_UNITS:
        raise ValueError(f"unknown rate unit {row.unit!r}")
    return RateLine(
        native_id=row.id,
        card=card.name,
        scope=card.scope,
        owner_native_id=owner,
        ccy=card.ccy,
        level=row.level,
        practice=row.practice,
        unit=row.unit,
        rate=row.rate,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        apply_retro=bool(row.apply_retro),
        deleted=row.deleted or card.deleted,
        recorded_at_ms=instant_ms(row.created),
    )


def to_wire_contract_mirror(mirror: ContractMirror) -> dict[str, Any]:
    """The contract's fields that show what was billed and collected (finance 1.5)."""
    return {
        "RH_Billed_To_Date__c": mirror.billed_to_date,
        "RH_Collected_To_Date__c": mirror.collected_to_date,
        "RH_Open_AR__c": mirror.open_ar,
    }


def to_wire_opportunity_mirror(mirror: OpportunityMirror) -> dict[str, Any]:
    """The opportunity's fields that show delivery and billing."""
    return {
        "RH_Project_Status__c": mirror.project_status,
        "RH_Last_Invoice_No__c": mirror.last_invoice_no,
        "RH_Last_Invoice_Status__c": mirror.last_invoice_status,
    }


def whole(number: Decimal) -> int:
    """A number field that must hold an integer, which the org may write as `12.0`."""
    if number != number.to_integral_value():
        raise ValueError(f"{number} is no whole number")
    return int(number)
