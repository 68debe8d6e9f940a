"""Between facts and the CRM's native fields: pure, in store values, exact both ways.

Business keys stand outside: what refers to another record comes in and goes out as an id.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from mocks.crm.salesforce.schema import MONEY_SCALE
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

Values = dict[str, Value]

STAGES = {"OPEN": "Open", "COMMIT": "Commit", "CLOSED_WON": "Closed Won", "CLOSED_LOST": "Closed Lost"}
QUOTE_STATUSES = {
    "DRAFT": "Draft",
    "IN_APPROVAL": "In Approval",
    "APPROVED": "Approved",
    "SENT": "Sent",
    "ACCEPTED": "Accepted",
    "REJECTED": "Rejected",
    "EXPIRED": "Expired",
    "SUPERSEDED": "Superseded",
}
CONTRACT_STATUSES = {
    "DRAFT": "Draft",
    "SIGNED": "Signed",
    "SUSPENDED": "Suspended",
    "COMPLETED": "Completed",
    "CLOSED": "Closed",
    "CANCELLED": "Cancelled",
}
# Digits after the point where a currency has other than two (finance 0.1).
MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "KWD": 3,
    "BHD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
}
RETAINER_FIELDS = (
    "RH_Monthly_Fee__c",
    "RH_Included_Hours__c",
    "RH_Rollover__c",
    "RH_Rollover_Cap__c",
    "RH_Overage_Rate__c",
    "RH_Advance_Months__c",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def inverse(names: Mapping[str, str]) -> dict[str, str]:
    """The same names the other way round."""
    return {native: name for name, native in names.items()}


def day_of(at_ms: int) -> str:
    """The UTC date of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date().isoformat()


def iso(day: date | None) -> str | None:
    """A date as the store has it."""
    return None if day is None else day.isoformat()


def money(amount_minor: int, ccy: str) -> int:
    """Minor units as a money field has them."""
    return amount_minor * int(10 ** (MONEY_SCALE - MINOR_DIGITS.get(ccy, 2)))


def minor(stored: Value, ccy: Value) -> int:
    """A money field in minor units; finer digits, which only the API can have written, half up."""
    return rounded(int(stored or 0), 10 ** (MONEY_SCALE - MINOR_DIGITS.get(str(ccy), 2)))


def rounded(numerator: int, denominator: int) -> int:
    """A quotient, half up away from zero (finance 0.1)."""
    quotient, rest = divmod(abs(numerator), denominator)
    quotient += int(2 * rest >= denominator)
    return quotient if numerator >= 0 else -quotient


def net_minor(scaled: int, ccy: str) -> int:
    """Price (4 digits) x quantity (2) x share kept (6) in minor units, half up (finance V3)."""
    return rounded(scaled, 10 ** (12 - MINOR_DIGITS.get(ccy, 2)))


def code_of(bk: str) -> str | None:
    """What follows the kind in a business key, null for none."""
    return bk.partition("|")[2] or None


# --- facts to fields --------------------------------------------------------------------------


def account_fields(fact: Account, parent_id: str | None, bill_to_id: str | None) -> Values:
    """The fields of an account; `bill_to_id` null stands for the account itself."""
    return {
        "Name": fact.display_name,
        "AccountNumber": code_of(fact.bk),
        "ParentId": parent_id,
        "BillingStreet": fact.street or None,
        "BillingCity": fact.city or None,
        "BillingPostalCode": fact.postcode or None,
        "BillingStateCode": fact.state,
        "BillingCountryCode": fact.country,
        "CurrencyIsoCode": fact.currency or None,
        "RH_Legal_Name__c": fact.legal_name or None,
        "RH_Tax_Status__c": fact.tax_status,
        "RH_VAT_Id__c": fact.vat_id,
        "RH_Payment_Terms__c": fact.payment_terms,
        "RH_Bill_To__c": bill_to_id,
        "RH_Consolidate_Invoices__c": int(fact.consolidate_invoices),
        "RH_PO_Required__c": int(fact.po_required),
    }


def product_fields(fact: ServicePackage) -> Values:
    """The fields of a product."""
    return {
        "Name": fact.name,
        "ProductCode": fact.sku,
        "IsActive": 1,
        "RH_Version__c": fact.version,
        "RH_Billing_Method__c": fact.billing_method,
        "RH_Revenue_Method__c": fact.revenue_method,
        "RH_Tax_Class__c": fact.tax_class,
    }


def task_fields(task: PackageTask) -> Values:
    """The fields of a package task."""
    return {
        "RH_WBS__c": task.wbs,
        "Name": task.name,
        "RH_Bill_Level__c": task.bill_level,
        "RH_Hours__c": task.hours_e2,
        "RH_Billable__c": int(task.billable),
        "RH_Progress__c": int(task.progress),
    }


def milestone_fields(milestone: PackageMilestone) -> Values:
    """The fields of a row of a package's milestone plan."""
    return {
        "RH_Seq__c": milestone.seq,
        "Name": milestone.name,
        "RH_Share__c": milestone.share_e6,
    }


def opportunity_fields(
    fact: Opportunity, account_id: str, quote_id: str | None, won_at_ms: int | None
) -> Values:
    """The fields of an opportunity, those left out that the CRM derives."""
    return {
        "RH_Key__c": code_of(fact.bk),
        "AccountId": account_id,
        "Name": fact.name,
        "StageName": STAGES[fact.stage],
        "Amount": money(fact.amount_minor, fact.ccy),
        "CloseDate": iso(fact.close_date),
        "CurrencyIsoCode": fact.ccy or None,
        "SyncedQuoteId": quote_id,
        "RH_Closed_Won_At__c": won_at_ms,
        "RH_Contracting_Entity__c": code_of(fact.entity),
        "RH_Practice__c": code_of(fact.practice),
        "RH_PO_Number__c": fact.po_number,
    }


def quote_fields(fact: Quote, opportunity_id: str) -> Values:
    """The fields of a quote."""
    return {
        "Name": f"{fact.number} r{fact.revision}",
        "OpportunityId": opportunity_id,
        "QuoteNumber": fact.number,
        "RH_Revision__c": fact.revision,
        "Status": QUOTE_STATUSES[fact.status],
        "CurrencyIsoCode": fact.ccy or None,
        "ExpirationDate": iso(fact.valid_until),
    }


def quote_line_fields(line: QuoteLine, product_id: str, ccy: str) -> Values:
    """The fields of a quote line; the vendor's discount is a percentage of the unit price."""
    return {
        "LineNumber": line.line,
        "Product2Id": product_id,
        "Quantity": line.quantity_e2,
        "ListPrice": line.list_price_e4,
        "Discount": line.discount_e6,
        "UnitPrice": line.list_price_e4,
        "TotalPrice": money(line.net_minor, ccy),
        "ServiceDate": iso(line.start),
        "RH_End_Date__c": iso(line.end),
    }


def contract_fields(
    fact: Contract, account_id: str, bill_to_id: str, opportunity_id: str, signed_at_ms: int | None
) -> Values:
    """The fields of a contract, its mirrors left out."""
    return {
        "ContractNumber": fact.number,
        "AccountId": account_id,
        "RH_Bill_To__c": bill_to_id,
        "RH_Opportunity__c": opportunity_id,
        "RH_Contracting_Entity__c": code_of(fact.entity),
        "CurrencyIsoCode": fact.ccy or None,
        "StartDate": iso(fact.start),
        "EndDate": iso(fact.end),
        "Status": CONTRACT_STATUSES[fact.status],
        "RH_Signed_At__c": signed_at_ms,
        "CustomerSignedDate": None if signed_at_ms is None else day_of(signed_at_ms),
        "RH_Billing_Freq__c": fact.billing_freq,
        "RH_PO_Number__c": fact.po_number,
    }


def contract_line_fields(line: ContractLine, product_id: str, ccy: str) -> Values:
    """The fields of a contract line."""
    return {
        "RH_Line__c": line.line,
        "RH_Product__c": product_id,
        "RH_Billing_Method__c": line.billing_method,
        "RH_Revenue_Method__c": line.revenue_method,
        "RH_Tax_Class__c": line.tax_class,
        "RH_Value__c": money(line.value_minor, ccy),
        "RH_Discount__c": line.discount_e6,
        "RH_Mult_REG__c": line.multiplier_reg_e2,
        "RH_Mult_OT__c": line.multiplier_ot_e2,
        "RH_Mult_TRAVEL__c": line.multiplier_travel_e2,
        "RH_Quantity__c": line.quantity_e2,
        "RH_Start__c": iso(line.start),
        "RH_End__c": iso(line.end),
        **retainer_fields(line.retainer, ccy),
    }


def retainer_fields(terms: Retainer | None, ccy: str) -> Values:
    """The fields of a retainer's terms; a checkbox is never null, so other lines have it unticked."""
    if terms is None:
        return {**dict.fromkeys(RETAINER_FIELDS), "RH_Rollover__c": 0}
    return {
        "RH_Monthly_Fee__c": money(terms.monthly_fee_minor, ccy),
        "RH_Included_Hours__c": terms.included_hours_e2,
        "RH_Rollover__c": int(terms.rollover),
        "RH_Rollover_Cap__c": terms.rollover_cap_e2,
        "RH_Overage_Rate__c": terms.overage_rate_e4,
        "RH_Advance_Months__c": terms.advance_months,
    }


def card_fields(fact: RateLine, owner_id: str) -> Values:
    """The fields of the rate card that a rate line stands on."""
    return {
        "Name": fact.card,
        "RH_Scope__c": fact.scope,
        "RH_Contract__c": owner_id if fact.scope == "CONTRACT" else None,
        "RH_Account__c": owner_id if fact.scope == "CLIENT" else None,
        "CurrencyIsoCode": fact.ccy,
    }


def rate_fields(fact: RateLine) -> Values:
    """The fields of a rate line."""
    return {
        "RH_Level__c": fact.level,
        "RH_Practice__c": fact.practice,
        "RH_Unit__c": fact.unit,
        "RH_Rate__c": fact.rate_e4,
        "RH_Valid_From__c": iso(fact.valid_from),
        "RH_Valid_To__c": iso(fact.valid_to),
        "RH_Apply_Retro__c": int(fact.apply_retro),
    }
