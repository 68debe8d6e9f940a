"""What the promises of the CRM have in common: its rows as the core reads them, the adapter under test."""

from typing import Any

from pact import match

from contracts.consumer.promises import Promises, text
from contracts.consumer.salesforce_protocol import CREDENTIALS, STAMP, currency, day, ident, row
from integration_core.adapters.salesforce.client import SalesforceCrm

PROVIDER = "salesforce"
ACCOUNTS, OPPORTUNITIES, QUOTES, PRODUCTS, CONTRACTS = "001", "006", "0Q0", "01t", "800"
CARDS = "a02"

_CODE = ".+"
_METHODS, _RECOGNITIONS = "TM|TM_CAP|FF|RET|USG|EXP", "RTI|POC_HOURS|MILESTONE|STRAIGHT_LINE"

ACCOUNT = row(
    ident(ACCOUNTS),
    Name=match.like("Calder & Finch"),
    AccountNumber=text("000017", _CODE),
    ParentId=ident(ACCOUNTS, 2),
    BillingStreet=match.like("1 Harbour Way"),
    BillingCity=match.like("Portland"),
    BillingPostalCode=text("97201", _CODE),
    BillingStateCode=text("OR", "[A-Z]{2}"),
    BillingCountryCode=text("US", "[A-Z]{2}"),
    CurrencyIsoCode=currency(),
    RH_Legal_Name__c=match.like("Calder & Finch LLP"),
    RH_Tax_Status__c=text("BUSINESS", "BUSINESS|CONSUMER|UNKNOWN"),
    RH_VAT_Id__c=text("XX1234567", _CODE),
    RH_Payment_Terms__c=text("NET 30", _CODE),
    RH_Bill_To__c=ident(ACCOUNTS, 2),
    RH_Consolidate_Invoices__c=match.bool(True),
    RH_PO_Required__c=match.bool(True),
)
OPPORTUNITY = row(
    ident(OPPORTUNITIES),
    RH_Key__c=text("90000001", _CODE),
    AccountId=ident(ACCOUNTS),
    Name=match.like("Roadmap"),
    StageName=text("Closed Won", "Open|Commit|Closed Won|Closed Lost"),
    Amount=match.number(48000),
    CloseDate=day("2026-11-20"),
    CurrencyIsoCode=currency(),
    SyncedQuoteId=ident(QUOTES),
    RH_Closed_Won_At__c=STAMP,
    RH_Contracting_Entity__c=text("US01", _CODE),
    RH_Practice__c=text("DATA", _CODE),
    RH_PO_Number__c=text("PO-7", _CODE),
)
QUOTE = row(
    ident(QUOTES),
    OpportunityId=ident(OPPORTUNITIES),
    QuoteNumber=text("Q-90000001", _CODE),
    RH_Revision__c=match.number(1),
    Status=text("Draft", "Draft|In Approval|Approved|Sent|Accepted|Rejected|Expired|Superseded"),
    CurrencyIsoCode=currency(),
)
QUOTE_LINE = row(
    ident("0QL"),
    QuoteId=ident(QUOTES),
    LineNumber=match.number(1),
    Product2Id=ident(PRODUCTS),
    Quantity=match.number(2),
    ListPrice=match.number(24000),
    Discount=match.number(10),
    TotalPrice=match.number(43200),
    ServiceDate=day("2026-12-01"),
    RH_End_Date__c=day("2027-03-01"),
)
PRODUCT = row(
    ident(PRODUCTS),
    ProductCode=text("SK-DATA-1", _CODE),
    RH_Version__c=match.number(3),
    RH_Billing_Method__c=text("TM", _METHODS),
    RH_Revenue_Method__c=text("POC_HOURS", _RECOGNITIONS),
    RH_Tax_Class__c=text("S", _CODE),
)
PACKAGE_TASK = row(
    ident("a00"),
    RH_Product__c=ident(PRODUCTS),
    RH_WBS__c=text("1", _CODE),
    Name=match.like("Discovery"),
    RH_Bill_Level__c=text("CON", _CODE),
    RH_Hours__c=match.number(40),
    RH_Billable__c=match.bool(True),
    RH_Progress__c=match.bool(True),
)
PACKAGE_MILESTONE = row(
    ident("a04"),
    RH_Product__c=ident(PRODUCTS),
    RH_Seq__c=match.number(1),
    Name=match.like("Design accepted"),
    RH_Share__c=match.number(1),
)
CONTRACT = row(
    ident(CONTRACTS),
    ContractNumber=text("90000001", _CODE),
    AccountId=ident(ACCOUNTS),
    RH_Bill_To__c=ident(ACCOUNTS, 2),
    RH_Opportunity__c=ident(OPPORTUNITIES),
    RH_Contracting_Entity__c=text("US01", _CODE),
    CurrencyIsoCode=currency(),
    StartDate=day("2026-12-01"),
    EndDate=day("2027-12-01"),
    Status=text("Signed", "Draft|Signed|Suspended|Completed|Closed|Cancelled"),
    RH_Billing_Freq__c=text("MONTHLY", "MONTHLY|EVERY_RUN"),
    RH_Signed_At__c=STAMP,
    RH_PO_Number__c=text("PO-7", _CODE),
)
CONTRACT_LINE = row(
    ident("a01"),
    RH_Contract__c=ident(CONTRACTS),
    RH_Line__c=match.number(1),
    RH_Product__c=ident(PRODUCTS),
    RH_Billing_Method__c=text("RET", _METHODS),
    RH_Revenue_Method__c=text("STRAIGHT_LINE", _RECOGNITIONS),
    RH_Tax_Class__c=text("S", _CODE),
    RH_Value__c=match.number(48000),
    RH_Discount__c=match.number(0),
    RH_Mult_REG__c=match.number(1),
    RH_Mult_OT__c=match.number(2),
    RH_Mult_TRAVEL__c=match.number(1),
    RH_Quantity__c=match.number(12),
    RH_Start__c=day("2026-12-01"),
    RH_End__c=day("2027-12-01"),
    RH_Monthly_Fee__c=match.number(4000),
    RH_Included_Hours__c=match.number(20),
    RH_Rollover__c=match.bool(True),
    RH_Rollover_Cap__c=match.number(10),
    RH_Overage_Rate__c=match.number(220),
    RH_Advance_Months__c=match.number(0),
)
# A card's scope says which of its owners counts.
CONTRACT_CARD = row(
    ident(CARDS),
    Name=text("RC-90000001", _CODE),
    RH_Scope__c=text("CONTRACT", "CONTRACT"),
    RH_Contract__c=ident(CONTRACTS),
    RH_Account__c=None,
    CurrencyIsoCode=currency(),
)
CLIENT_CARD = {
    **CONTRACT_CARD,
    "RH_Scope__c": text("CLIENT", "CLIENT"),
    "RH_Contract__c": None,
    "RH_Account__c": ident(ACCOUNTS),
}
CARD_LINE = row(
    ident("a03"),
    RH_Rate_Card__c=ident(CARDS),
    RH_Level__c=text("CON", _CODE),
    RH_Practice__c=text("DATA", _CODE),
    RH_Unit__c=text("HOUR", "HOUR|DAY"),
    RH_Rate__c=match.number(210),
    RH_Valid_From__c=day("2026-01-01"),
    RH_Valid_To__c=day("2027-01-01"),
    RH_Apply_Retro__c=match.bool(False),
    CreatedDate=STAMP,
)


def only(columns: dict[str, Any], *names: str) -> dict[str, Any]:
    """Some columns of a row."""
    return {name: columns[name] for name in names}


def adapter(promises: Promises, url: str, *, children_move_parents: bool = True) -> SalesforceCrm:
    """The production adapter, with credentials of an example."""
    return SalesforceCrm(
        promises.network.transport, url, CREDENTIALS, children_move_parents=children_move_parents
    )
