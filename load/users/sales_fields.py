"""What sales types into the CRM's pages: facts as fields of the REST API. Pure, exact."""

from datetime import date
from decimal import Decimal
from typing import Any

from load.users.org import decimal
from mocks.firm.facts.source import (
    Account,
    Contract,
    ContractLine,
    Opportunity,
    Quote,
    QuoteLine,
    RateLine,
)

Fields = dict[str, Any]
_NO_MINOR = frozenset({"JPY", "KRW", "CLP", "VND"})
_THREE_DIGITS = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})


def code_of(bk: str) -> str:
    """What people call a business key: without its kind."""
    return bk.partition("|")[2]


def state_of(fact: Quote | Contract) -> str:
    """A state as the product spells it."""
    return fact.status.replace("_", " ").title()


def money(amount_minor: int, ccy: str) -> Decimal:
    """An amount of a currency."""
    digits = 0 if ccy in _NO_MINOR else 3 if ccy in _THREE_DIGITS else 2
    return decimal(amount_minor, digits)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def account_fields(fact: Account, parent_id: str | None, payer_id: str | None) -> Fields:
    """A customer."""
    return {
        "Name": fact.display_name,
        "AccountNumber": code_of(fact.bk),
        "ParentId": parent_id,
        "BillingStreet": fact.street,
        "BillingCity": fact.city,
        "BillingPostalCode": fact.postcode,
        "BillingStateCode": fact.state,
        "BillingCountryCode": fact.country,
        "CurrencyIsoCode": fact.currency,
        "RH_Legal_Name__c": fact.legal_name,
        "RH_Tax_Status__c": fact.tax_status,
        "RH_VAT_Id__c": fact.vat_id,
        "RH_Payment_Terms__c": fact.payment_terms,
        "RH_Bill_To__c": payer_id,
        "RH_Consolidate_Invoices__c": fact.consolidate_invoices,
        "RH_PO_Required__c": fact.po_required,
    }


def opportunity_fields(fact: Opportunity, account_id: str, quote_id: str | None) -> Fields:
    """A deal at its stage; when it was won, the CRM stamps itself."""
    return {
        "AccountId": account_id,
        "Name": fact.name,
        "StageName": {"CLOSED_WON": "Closed Won", "CLOSED_LOST": "Closed Lost"}.get(
            fact.stage, fact.stage.title()
        ),
        "Amount": money(fact.amount_minor, fact.ccy),
        "CloseDate": _day(fact.close_date),
        "CurrencyIsoCode": fact.ccy,
        "SyncedQuoteId": quote_id,
        "RH_Contracting_Entity__c": code_of(fact.entity),
        "RH_Practice__c": code_of(fact.practice),
        "RH_PO_Number__c": fact.po_number,
    }


def quote_fields(fact: Quote, opportunity_id: str) -> Fields:
    """A new quote; its number is the CRM's to give."""
    return {
        "Name": f"{fact.number} r{fact.revision}",
        "OpportunityId": opportunity_id,
        "RH_Revision__c": fact.revision,
        "CurrencyIsoCode": fact.ccy,
        "ExpirationDate": _day(fact.valid_until),
    }


def quote_line_fields(line: QuoteLine, package_id: str) -> Fields:
    """A line of a new quote; the CRM computes its net. The discount is per cent."""
    return {
        "LineNumber": line.line,
        "Product2Id": package_id,
        "Quantity": decimal(line.quantity_e2, 2),
        "ListPrice": decimal(line.list_price_e4, 4),
        "UnitPrice": decimal(line.list_price_e4, 4),
        "Discount": decimal(line.discount_e6, 4),
        "ServiceDate": _day(line.start),
        "RH_End_Date__c": _day(line.end),
    }


def contract_fields(fact: Contract, account_id: str, payer_id: str, opportunity_id: str) -> Fields:
    """A new contract; its number is the CRM's to give."""
    return {
        "AccountId": account_id,
        "RH_Bill_To__c": payer_id,
        "RH_Opportunity__c": opportunity_id,
        "RH_Contracting_Entity__c": code_of(fact.entity),
        "CurrencyIsoCode": fact.ccy,
        "StartDate": _day(fact.start),
        "EndDate": _day(fact.end),
        "RH_Billing_Freq__c": fact.billing_freq,
        "RH_PO_Number__c": fact.po_number,
    }


def contract_line_fields(line: ContractLine, package_id: str, ccy: str) -> Fields:
    """A line of a new contract."""
    fields: Fields = {
        "RH_Line__c": line.line,
        "RH_Product__c": package_id,
        "RH_Billing_Method__c": line.billing_method,
        "RH_Revenue_Method__c": line.revenue_method,
        "RH_Tax_Class__c": line.tax_class,
        "RH_Value__c": money(line.value_minor, ccy),
        "RH_Discount__c": decimal(line.discount_e6, 6),
        "RH_Mult_REG__c": decimal(line.multiplier_reg_e2, 2),
        "RH_Mult_OT__c": decimal(line.multiplier_ot_e2, 2),
        "RH_Mult_TRAVEL__c": decimal(line.multiplier_travel_e2, 2),
        "RH_Quantity__c": decimal(line.quantity_e2, 2),
        "RH_Start__c": _day(line.start),
        "RH_End__c": _day(line.end),
    }
    terms = line.retainer
    if terms is not None:
        fields |= {
            "RH_Monthly_Fee__c": money(terms.monthly_fee_minor, ccy),
            "RH_Included_Hours__c": decimal(terms.included_hours_e2, 2),
            "RH_Rollover__c": terms.rollover,
            "RH_Rollover_Cap__c": decimal(terms.rollover_cap_e2, 2),
            "RH_Overage_Rate__c": decimal(terms.overage_rate_e4, 4),
            "RH_Advance_Months__c": terms.advance_months,
        }
    return fields


def rate_fields(fact: RateLine) -> Fields:
    """A price on a card."""
    return {
        "RH_Level__c": fact.level,
        "RH_Practice__c": fact.practice,
        "RH_Unit__c": fact.unit,
        "RH_Rate__c": decimal(fact.rate_e4, 4),
        "RH_Valid_From__c": _day(fact.valid_from),
        "RH_Valid_To__c": _day(fact.valid_to),
        "RH_Apply_Retro__c": fact.apply_retro,
    }
