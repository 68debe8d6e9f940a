"""The CRM org's objects as this core reads them: exactly the fields it uses.

A field may be empty where a person may leave it empty and the business rules have a word for that
(a deal without entity, a customer without tax status); everything structural is required.
"""

from datetime import date
from decimal import Decimal

from msgspec import field

from integration_core.adapters.salesforce_protocol.rows import ChildRow, Row


class AccountRow(Row, frozen=True, kw_only=True):
    name: str = field(name="Name")
    number: str | None = field(name="AccountNumber", default=None)
    parent_id: str | None = field(name="ParentId", default=None)
    street: str | None = field(name="BillingStreet", default=None)
    city: str | None = field(name="BillingCity", default=None)
    postcode: str | None = field(name="BillingPostalCode", default=None)
    state: str | None = field(name="BillingStateCode", default=None)
    country: str | None = field(name="BillingCountryCode", default=None)
    ccy: str | None = field(name="CurrencyIsoCode", default=None)
    legal_name: str | None = field(name="RH_Legal_Name__c", default=None)
    tax_status: str | None = field(name="RH_Tax_Status__c", default=None)
    vat_id: str | None = field(name="RH_VAT_Id__c", default=None)
    payment_terms: str | None = field(name="RH_Payment_Terms__c", default=None)
    bill_to_id: str | None = field(name="RH_Bill_To__c", default=None)
    consolidate: bool | None = field(name="RH_Consolidate_Invoices__c", default=None)
    po_required: bool | None = field(name="RH_PO_Required__c", default=None)


class OpportunityRow(Row, frozen=True, kw_only=True):
    rh_key: str | None = field(name="RH_Key__c", default=None)
    account_id: str = field(name="AccountId")
    name: str = field(name="Name")
    stage: str = field(name="StageName")
    amount: Decimal | None = field(name="Amount", default=None)
    close_date: date = field(name="CloseDate")
    ccy: str | None = field(name="CurrencyIsoCode", default=None)
    synced_quote_id: str | None = field(name="SyncedQuoteId", default=None)
    closed_won_at: str | None = field(name="RH_Closed_Won_At__c", default=None)
    entity_code: str | None = field(name="RH_Contracting_Entity__c", default=None)
    practice: str | None = field(name="RH_Practice__c", default=None)
    po_number: str | None = field(name="RH_PO_Number__c", default=None)


class QuoteRow(Row, frozen=True, kw_only=True):
    opportunity_id: str = field(name="OpportunityId")
    number: str = field(name="QuoteNumber")
    revision: Decimal = field(name="RH_Revision__c")
    status: str = field(name="Status")
    ccy: str | None = field(name="CurrencyIsoCode", default=None)


class QuoteLineRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="QuoteId")
    line: Decimal = field(name="LineNumber")
    product_id: str = field(name="Product2Id")
    quantity: Decimal = field(name="Quantity")
    list_price: Decimal = field(name="ListPrice")
    discount_percent: Decimal | None = field(name="Discount", default=None)
    net: Decimal = field(name="TotalPrice")
    start: date = field(name="ServiceDate")
    end: date | None = field(name="RH_End_Date__c", default=None)


class ProductRow(Row, frozen=True, kw_only=True):
    sku: str = field(name="ProductCode")
    version: Decimal = field(name="RH_Version__c")
    billing_method: str = field(name="RH_Billing_Method__c")
    revenue_method: str = field(name="RH_Revenue_Method__c")
    tax_class: str = field(name="RH_Tax_Class__c")


class PackageTaskRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="RH_Product__c")
    wbs: str = field(name="RH_WBS__c")
    name: str = field(name="Name")
    bill_level: str | None = field(name="RH_Bill_Level__c", default=None)
    hours: Decimal = field(name="RH_Hours__c")
    billable: bool = field(name="RH_Billable__c")
    progress: bool = field(name="RH_Progress__c")


class PackageMilestoneRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="RH_Product__c")
    seq: Decimal = field(name="RH_Seq__c")
    name: str = field(name="Name")
    share: Decimal = field(name="RH_Share__c")


class ContractRow(Row, frozen=True, kw_only=True):
    number: str = field(name="ContractNumber")
    account_id: str = field(name="AccountId")
    bill_to_id: str | None = field(name="RH_Bill_To__c", default=None)
    opportunity_id: str | None = field(name="RH_Opportunity__c", default=None)
    entity_code: str | None = field(name="RH_Contracting_Entity__c", default=None)
    ccy: str | None = field(name="CurrencyIsoCode", default=None)
    start: date = field(name="StartDate")
    end: date | None = field(name="EndDate", default=None)
    status: str = field(name="Status")
    billing_freq: str = field(name="RH_Billing_Freq__c")
    signed_at: str | None = field(name="RH_Signed_At__c", default=None)
    po_number: str | None = field(name="RH_PO_Number__c", default=None)


class ContractLineRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="RH_Contract__c")
    line: Decimal = field(name="RH_Line__c")
    product_id: str = field(name="RH_Product__c")
    billing_method: str = field(name="RH_Billing_Method__c")
    revenue_method: str = field(name="RH_Revenue_Method__c")
    tax_class: str = field(name="RH_Tax_Class__c")
    value: Decimal = field(name="RH_Value__c")
    discount: Decimal | None = field(name="RH_Discount__c", default=None)
    mult_reg: Decimal = field(name="RH_Mult_REG__c")
    mult_ot: Decimal = field(name="RH_Mult_OT__c")
    mult_travel: Decimal = field(name="RH_Mult_TRAVEL__c")
    quantity: Decimal = field(name="RH_Quantity__c")
    start: date = field(name="RH_Start__c")
    end: date | None = field(name="RH_End__c", default=None)
    monthly_fee: Decimal | None = field(name="RH_Monthly_Fee__c", default=None)
    included_hours: Decimal | None = field(name="RH_Included_Hours__c", default=None)
    rollover: bool | None = field(name="RH_Rollover__c", default=None)
    rollover_cap: Decimal | None = field(name="RH_Rollover_Cap__c", default=None)
    overage_rate: Decimal | None = field(name="RH_Overage_Rate__c", default=None)
    advance_months: Decimal | None = field(name="RH_Advance_Months__c", default=None)


class RateCardRow(Row, frozen=True, kw_only=True):
    name: str = field(name="Name")
    scope: str = field(name="RH_Scope__c")
    contract_id: str | None = field(name="RH_Contract__c", default=None)
    account_id: str | None = field(name="RH_Account__c", default=None)
    ccy: str = field(name="CurrencyIsoCode")


class RateCardLineRow(ChildRow, frozen=True, kw_only=True):
    parent_id: str = field(name="RH_Rate_Card__c")
    level: str = field(name="RH_Level__c")
    practice: str = field(name="RH_Practice__c")
    unit: str = field(name="RH_Unit__c")
    rate: Decimal = field(name="RH_Rate__c")
    valid_from: date = field(name="RH_Valid_From__c")
    valid_to: date | None = field(name="RH_Valid_To__c", default=None)
    apply_retro: bool | None = field(name="RH_Apply_Retro__c", default=None)
    created: str = field(name="CreatedDate")
