"""One version of a CRM record as a fact: the inverse of `wire`, with ids turned back into business keys."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from mocks.crm.salesforce.schema import (
    ACCOUNT,
    CONTRACT,
    OPPORTUNITY,
    PACKAGE_MILESTONE,
    PACKAGE_TASK,
    PRODUCT,
    QUOTE,
    RATE_CARD,
)
from mocks.crm.salesforce.wire import CONTRACT_STATUSES, QUOTE_STATUSES, STAGES, inverse, minor
from mocks.firm.facts.source import (
    Account,
    Contract,
    ContractLine,
    Opportunity,
    PackageMilestone,
    PackageTask,
    Quote,
    QuoteLine,
    RateLine,
    Retainer,
    ServicePackage,
)
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store

_STAGES = inverse(STAGES)
_QUOTE_STATUSES = inverse(QUOTE_STATUSES)
_CONTRACT_STATUSES = inverse(CONTRACT_STATUSES)


class Known:
    """Business keys of all records that others refer to, by id; and rate cards."""

    def __init__(self, store: Store) -> None:
        self._bks: dict[str, str] = {}
        for name, key in _KEYS.items():
            self._bks.update((record.id, key(record)) for record in store.select(name, deleted=True))
        self.cards = {card.id: card for card in store.select(RATE_CARD, deleted=True)}

    def bk(self, record_id: Value) -> str:
        """The business key of a record; the id itself where it is unknown, empty for none."""
        return "" if record_id is None else self._bks.get(str(record_id), str(record_id))

    def optional(self, record_id: Value) -> str | None:
        """The same, null for none."""
        return None if record_id is None else self.bk(record_id)


def account_bk(record: Record) -> str:
    """`CU|<AccountNumber>`, or the id where the account has no number."""
    return f"CU|{record.values['AccountNumber'] or record.id}"


def opportunity_bk(record: Record) -> str:
    """`OP|<RH_Key__c>`, or the id where the deal has no key."""
    return f"OP|{record.values['RH_Key__c'] or record.id}"


def quote_bk(record: Record) -> str:
    """`QU|<number>|<revision>`."""
    return f"QU|{record.values['QuoteNumber']}|{record.values['RH_Revision__c']}"


def product_bk(record: Record) -> str:
    """`SK|<sku>|<version>`."""
    return f"SK|{record.values['ProductCode'] or record.id}|{record.values['RH_Version__c'] or 1}"


def contract_bk(record: Record) -> str:
    """`CO|<number>`."""
    return f"CO|{record.values['ContractNumber']}"


_KEYS = {
    ACCOUNT: account_bk,
    OPPORTUNITY: opportunity_bk,
    QUOTE: quote_bk,
    PRODUCT: product_bk,
    CONTRACT: contract_bk,
}


# --- records to facts ---------------------------------------------------------------------------


def account(known: Known, record: Record, children: Sequence[Record]) -> Account:
    """An account as a fact."""
    values = record.values
    return Account(
        **_envelope(account_bk(record), record),
        legal_name=_text(values["RH_Legal_Name__c"]),
        display_name=_text(values["Name"]),
        parent=known.optional(values["ParentId"]),
        bill_to=known.bk(values["RH_Bill_To__c"]) or account_bk(record),
        street=_text(values["BillingStreet"]),
        city=_text(values["BillingCity"]),
        postcode=_text(values["BillingPostalCode"]),
        state=_optional(values["BillingStateCode"]),
        country=_optional(values["BillingCountryCode"]),
        tax_status=_text(values["RH_Tax_Status__c"]) or "UNKNOWN",
        vat_id=_optional(values["RH_VAT_Id__c"]),
        payment_terms=_optional(values["RH_Payment_Terms__c"]),
        currency=_text(values["CurrencyIsoCode"]),
        consolidate_invoices=bool(values["RH_Consolidate_Invoices__c"]),
        po_required=bool(values["RH_PO_Required__c"]),
    )


def package(known: Known, record: Record, children: Sequence[Record]) -> ServicePackage:
    """A product with its package tasks and milestone plan as a fact."""
    values = record.values
    plan = [child for child in children if child.object == PACKAGE_MILESTONE]
    return ServicePackage(
        **_envelope(product_bk(record), record),
        sku=_text(values["ProductCode"]),
        version=_whole(values["RH_Version__c"]) or 1,
        name=_text(values["Name"]),
        billing_method=_text(values["RH_Billing_Method__c"]),
        revenue_method=_text(values["RH_Revenue_Method__c"]),
        tax_class=_text(values["RH_Tax_Class__c"]),
        tasks=tuple(_package_task(child) for child in children if child.object == PACKAGE_TASK),
        milestones=tuple(_package_milestone(child) for child in _numbered(plan, "RH_Seq__c")),
    )


def _package_task(record: Record) -> PackageTask:
    values = record.values
    return PackageTask(
        wbs=_text(values["RH_WBS__c"]),
        name=_text(values["Name"]),
        bill_level=_optional(values["RH_Bill_Level__c"]),
        hours_e2=_whole(values["RH_Hours__c"]),
        billable=bool(values["RH_Billable__c"]),
        progress=bool(values["RH_Progress__c"]),
    )


def _package_milestone(record: Record) -> PackageMilestone:
    return PackageMilestone(
        seq=_whole(record.values["RH_Seq__c"]),
        name=_text(record.values["Name"]),
        share_e6=_whole(record.values["RH_Share__c"]),
    )


def opportunity(known: Known, record: Record, children: Sequence[Record]) -> Opportunity:
    """An opportunity as a fact."""
    values = record.values
    return Opportunity(
        **_envelope(opportunity_bk(record), record),
        account=known.bk(values["AccountId"]),
        name=_text(values["Name"]),
        stage=_STAGES[_text(values["StageName"])],
        amount_minor=minor(values["Amount"], values["CurrencyIsoCode"]),
        ccy=_text(values["CurrencyIsoCode"]),
        entity=_coded("LE", values["RH_Contracting_Entity__c"]),
        practice=_coded("PR", values["RH_Practice__c"]),
        close_date=_day(values["CloseDate"]),
        closed_won_at_ms=_instant(values["RH_Closed_Won_At__c"]),
        accepted_quote=known.optional(values["SyncedQuoteId"]),
        po_number=_optional(values["RH_PO_Number__c"]),
    )


def quote(known: Known, record: Record, children: Sequence[Record]) -> Quote:
    """A quote with its lines as a fact."""
    values = record.values
    ccy = values["CurrencyIsoCode"]
    return Quote(
        **_envelope(quote_bk(record), record),
        opportunity=known.bk(values["OpportunityId"]),
        number=_text(values["QuoteNumber"]),
        revision=_whole(values["RH_Revision__c"]),
        status=_QUOTE_STATUSES[_text(values["Status"])],
        ccy=_text(ccy),
        valid_until=_day(values["ExpirationDate"]),
        lines=tuple(_quote_line(known, child, ccy) for child in _numbered(children, "LineNumber")),
    )


def _quote_line(known: Known, record: Record, ccy: Value) -> QuoteLine:
    values = record.values
    return QuoteLine(
        line=_whole(values["LineNumber"]),
        package=known.bk(values["Product2Id"]),
        quantity_e2=_whole(values["Quantity"]),
        list_price_e4=_whole(values["ListPrice"]),
        discount_e6=_whole(values["Discount"]),
        net_minor=minor(values["TotalPrice"], ccy),
        start=_day(values["ServiceDate"]),
        end=_optional_day(values["RH_End_Date__c"]),
    )


def contract(known: Known, record: Record, children: Sequence[Record]) -> Contract:
    """A contract with its lines as a fact."""
    values = record.values
    ccy = values["CurrencyIsoCode"]
    return Contract(
        **_envelope(contract_bk(record), record),
        number=_text(values["ContractNumber"]),
        account=known.bk(values["AccountId"]),
        bill_to=known.bk(values["RH_Bill_To__c"] or values["AccountId"]),
        opportunity=known.bk(values["RH_Opportunity__c"]),
        entity=_coded("LE", values["RH_Contracting_Entity__c"]),
        ccy=_text(ccy),
        start=_day(values["StartDate"]),
        end=_optional_day(values["EndDate"]),
        status=_CONTRACT_STATUSES[_text(values["Status"])],
        billing_freq=_text(values["RH_Billing_Freq__c"]),
        signed_at_ms=_instant(values["RH_Signed_At__c"]),
        po_number=_optional(values["RH_PO_Number__c"]),
        lines=tuple(_contract_line(known, child, ccy) for child in _numbered(children, "RH_Line__c")),
    )


def _contract_line(known: Known, record: Record, ccy: Value) -> ContractLine:
    values = record.values
    return ContractLine(
        line=_whole(values["RH_Line__c"]),
        package=known.bk(values["RH_Product__c"]),
        billing_method=_text(values["RH_Billing_Method__c"]),
        revenue_method=_text(values["RH_Revenue_Method__c"]),
        tax_class=_text(values["RH_Tax_Class__c"]),
        value_minor=minor(values["RH_Value__c"], ccy),
        discount_e6=_whole(values["RH_Discount__c"]),
        multiplier_reg_e2=_whole(values["RH_Mult_REG__c"]),
        multiplier_ot_e2=_whole(values["RH_Mult_OT__c"]),
        multiplier_travel_e2=_whole(values["RH_Mult_TRAVEL__c"]),
        quantity_e2=_whole(values["RH_Quantity__c"]),
        start=_day(values["RH_Start__c"]),
        end=_optional_day(values["RH_End__c"]),
        source_id=record.id,
        retainer=_retainer(record, ccy),
    )


def _retainer(record: Record, ccy: Value) -> Retainer | None:
    values = record.values
    if values["RH_Monthly_Fee__c"] is None:
        return None
    return Retainer(
        monthly_fee_minor=minor(values["RH_Monthly_Fee__c"], ccy),
        included_hours_e2=_whole(values["RH_Included_Hours__c"]),
        rollover=bool(values["RH_Rollover__c"]),
        rollover_cap_e2=_whole(values["RH_Rollover_Cap__c"]),
        overage_rate_e4=_whole(values["RH_Overage_Rate__c"]),
        advance_months=_whole(values["RH_Advance_Months__c"]),
    )


def rate_line(known: Known, record: Record, children: Sequence[Record]) -> RateLine:
    """A rate line with its card as a fact."""
    values = record.values
    card = known.cards[str(values["RH_Rate_Card__c"])].values
    name, practice = _text(card["Name"]), _text(values["RH_Practice__c"]) or "*"
    level, valid_from = _text(values["RH_Level__c"]), _day(values["RH_Valid_From__c"])
    return RateLine(
        **_envelope(f"RC|{name}|{level}|{practice}|{valid_from}", record),
        card=name,
        scope=_text(card["RH_Scope__c"]),
        owner=known.optional(card["RH_Contract__c"] or card["RH_Account__c"]),
        ccy=_text(card["CurrencyIsoCode"]),
        level=level,
        practice=practice,
        unit=_text(values["RH_Unit__c"]) or "HOUR",
        rate_e4=_whole(values["RH_Rate__c"]),
        valid_from=valid_from,
        valid_to=_optional_day(values["RH_Valid_To__c"]),
        apply_retro=bool(values["RH_Apply_Retro__c"]),
    )


# --- values ---------------------------------------------------------------------------------------


def _envelope(bk: str, record: Record) -> dict[str, Any]:
    # Version number and stamp are the caller's, who sees all versions.
    return {"bk": bk, "recorded_at_ms": 0, "source_id": record.id, "deleted": record.deleted}


def _numbered(children: Sequence[Record], field: str) -> list[Record]:
    return sorted(children, key=lambda child: int(child.values[field] or 0))


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _optional(value: Value) -> str | None:
    return None if value is None else str(value)


def _whole(value: Value) -> int:
    return int(value or 0)


def _instant(value: Value) -> int | None:
    return None if value is None else int(value)


def _day(value: Value) -> date:
    """A date that every fact has; the first of the calendar stands for one that nobody entered."""
    return date.min if value is None else date.fromisoformat(str(value))


def _optional_day(value: Value) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _coded(kind: str, code: Value) -> str:
    return "" if code is None else f"{kind}|{code}"
