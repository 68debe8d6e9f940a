"""The CRM org's objects (wire 4.1): the vendor's own fields, and ours as customers add them (`RH_…__c`).

`read_only` fields are the CRM's to fill: a caller of the API may not write them.
"""

from mocks.kit.schema import Field, ObjectType, Schema

USER = "User"
ACCOUNT = "Account"
CONTACT = "Contact"
OPPORTUNITY = "Opportunity"
QUOTE = "Quote"
QUOTE_LINE = "QuoteLineItem"
PRODUCT = "Product2"
PACKAGE_TASK = "RH_Package_Task__c"
PACKAGE_MILESTONE = "RH_Package_Milestone__c"
CONTRACT = "Contract"
CONTRACT_LINE = "RH_Contract_Line__c"
RATE_CARD = "RH_Rate_Card__c"
RATE_LINE = "RH_Rate_Card_Line__c"

STAGES = ("Open", "Commit", "Closed Won", "Closed Lost")
QUOTE_STATUSES = (
    "Draft",
    "In Approval",
    "Approved",
    "Sent",
    "Accepted",
    "Rejected",
    "Expired",
    "Superseded",
)
CONTRACT_STATUSES = ("Draft", "Signed", "Suspended", "Completed", "Closed", "Cancelled")
MONEY_SCALE = 3  # enough for every currency's minor unit


def _text(
    name: str, length: int = 255, *, required: bool = False, read_only: bool = False, indexed: bool = False
) -> Field:
    return Field(name, length=length, required=required, read_only=read_only, indexed=indexed)


def _choice(name: str, *values: str, required: bool = False) -> Field:
    return Field(name, picklist=values, required=required)


def _flag(name: str, *, read_only: bool = False) -> Field:
    return Field(name, "bool", read_only=read_only)


def _day(name: str, *, required: bool = False) -> Field:
    return Field(name, "date", required=required)


def _whole(name: str, *, required: bool = False) -> Field:
    return Field(name, "int", required=required)


def _number(name: str, scale: int, *, required: bool = False) -> Field:
    return Field(name, "decimal", scale=scale, required=required)


def _money(name: str) -> Field:
    return Field(name, "decimal", scale=MONEY_SCALE)


def _parent(name: str, target: str, *, required: bool = False) -> Field:
    return Field(name, references=target, required=required)


_CURRENCY = _text("CurrencyIsoCode", 3)
# A roll-up over the children: a later write of one of them is a version of the parent too.
LINES_WRITTEN = "RH_Lines_Written__c"
_ROLL_UP = Field(LINES_WRITTEN, "int", read_only=True)
_NAME = _text("Name", 255, required=True)

_USER = ObjectType(
    USER,
    (_text("Username", 80, indexed=True), _text("Name", 121), _text("Email", 128), _flag("IsActive")),
    prefix="005",
    label="User",
)
_ACCOUNT = ObjectType(
    ACCOUNT,
    (
        _NAME,
        _text("AccountNumber", 40, indexed=True),
        _parent("ParentId", ACCOUNT),
        _text("BillingStreet", 255),
        _text("BillingCity", 80),
        _text("BillingPostalCode", 40),
        _text("BillingStateCode", 10),
        _text("BillingCountryCode", 10),
        _CURRENCY,
        _text("RH_Legal_Name__c", 255),
        _choice("RH_Tax_Status__c", "BUSINESS", "CONSUMER", "UNKNOWN"),
        _text("RH_VAT_Id__c", 40),
        _text("RH_Payment_Terms__c", 20),
        _parent("RH_Bill_To__c", ACCOUNT),
        _flag("RH_Consolidate_Invoices__c"),
        _flag("RH_PO_Required__c"),
        _parent("RH_Master_Record__c", ACCOUNT),
    ),
    prefix="001",
    label="Account",
)
_CONTACT = ObjectType(
    CONTACT,
    (
        _text("LastName", 80, required=True),
        _text("FirstName", 40),
        _text("Email", 80, indexed=True),
        _parent("AccountId", ACCOUNT),
    ),
    prefix="003",
    label="Contact",
)
_OPPORTUNITY = ObjectType(
    OPPORTUNITY,
    (
        Field("RH_Key__c", external_id=True, unique=True),
        _parent("AccountId", ACCOUNT),
        _NAME,
        _choice("StageName", *STAGES, required=True),
        _flag("IsWon", read_only=True),
        _flag("IsClosed", read_only=True),
        _money("Amount"),
        _day("CloseDate", required=True),
        _CURRENCY,
        _parent("SyncedQuoteId", QUOTE),
        Field("RH_Closed_Won_At__c", "instant", read_only=True),
        _text("RH_Contracting_Entity__c", 20),
        _text("RH_Practice__c", 40),
        _text("RH_PO_Number__c", 80),
        _text("RH_Project_Status__c", 40),
        _text("RH_Last_Invoice_No__c", 80),
        _text("RH_Last_Invoice_Status__c", 40),
    ),
    prefix="006",
    label="Opportunity",
)
_QUOTE = ObjectType(
    QUOTE,
    (
        _NAME,
        _parent("OpportunityId", OPPORTUNITY, required=True),
        _text("QuoteNumber", 40, read_only=True, indexed=True),
        _whole("RH_Revision__c"),
        _choice("Status", *QUOTE_STATUSES),
        _CURRENCY,
        _day("ExpirationDate"),
        _ROLL_UP,
    ),
    prefix="0Q0",
    label="Quote",
)
_QUOTE_LINE = ObjectType(
    QUOTE_LINE,
    (
        _parent("QuoteId", QUOTE, required=True),
        _whole("LineNumber"),
        _parent("Product2Id", PRODUCT, required=True),
        _number("Quantity", 2, required=True),
        _number("ListPrice", 4),
        _number("Discount", 4),  # percent
        _number("UnitPrice", 4),  # before the discount
        Field("TotalPrice", "decimal", scale=MONEY_SCALE, read_only=True),
        _day("ServiceDate"),
        _day("RH_End_Date__c"),
        Field("RH_Overrides__c", "json", length=32_768),
    ),
    prefix="0QL",
    label="Quote Line Item",
)
_PRODUCT = ObjectType(
    PRODUCT,
    (
        _NAME,
        _text("ProductCode", 255, indexed=True),
        _flag("IsActive"),
        _whole("RH_Version__c"),
        _choice("RH_Billing_Method__c", "TM", "TM_CAP", "FF", "RET", "USG", "EXP"),
        _choice("RH_Revenue_Method__c", "RTI", "POC_HOURS", "MILESTONE", "STRAIGHT_LINE"),
        _text("RH_Tax_Class__c", 20),
        _ROLL_UP,
    ),
    prefix="01t",
    label="Product",
)
_PACKAGE_TASK = ObjectType(
    PACKAGE_TASK,
    (
        _parent("RH_Product__c", PRODUCT, required=True),
        _text("RH_WBS__c", 40, required=True),
        _NAME,
        _text("RH_Bill_Level__c", 40),
        _number("RH_Hours__c", 2),
        _flag("RH_Billable__c"),
        _flag("RH_Progress__c"),
    ),
    prefix="a00",
    label="Package Task",
)
_PACKAGE_MILESTONE = ObjectType(
    PACKAGE_MILESTONE,
    (
        _parent("RH_Product__c", PRODUCT, required=True),
        _whole("RH_Seq__c", required=True),
        _NAME,
        _number("RH_Share__c", 6, required=True),  # of the line's net; a plan adds up to one
    ),
    prefix="a04",
    label="Package Milestone",
)
_CONTRACT = ObjectType(
    CONTRACT,
    (
        _text("ContractNumber", 30, read_only=True, indexed=True),
        _parent("AccountId", ACCOUNT, required=True),
        _parent("RH_Bill_To__c", ACCOUNT),
        _parent("RH_Opportunity__c", OPPORTUNITY),
        _text("RH_Contracting_Entity__c", 20),
        _CURRENCY,
        _day("StartDate"),
        _day("EndDate"),
        _choice("Status", *CONTRACT_STATUSES),
        _day("CustomerSignedDate"),
        Field("RH_Signed_At__c", "instant"),
        _choice("RH_Billing_Freq__c", "MONTHLY", "EVERY_RUN"),
        _text("RH_PO_Number__c", 80),
        _money("RH_Billed_To_Date__c"),
        _money("RH_Collected_To_Date__c"),
        _money("RH_Open_AR__c"),
        _money("RH_Recognised_To_Date__c"),
        _ROLL_UP,
    ),
    prefix="800",
    label="Contract",
)
_CONTRACT_LINE = ObjectType(
    CONTRACT_LINE,
    (
        _text("Name", 80),
        _parent("RH_Contract__c", CONTRACT, required=True),
        _whole("RH_Line__c", required=True),
        _parent("RH_Product__c", PRODUCT, required=True),
        _choice("RH_Billing_Method__c", "TM", "TM_CAP", "FF", "RET", "USG", "EXP"),
        _choice("RH_Revenue_Method__c", "RTI", "POC_HOURS", "MILESTONE", "STRAIGHT_LINE"),
        _text("RH_Tax_Class__c", 20),
        _money("RH_Value__c"),
        _number("RH_Discount__c", 6),  # ratio
        _number("RH_Mult_REG__c", 2),
        _number("RH_Mult_OT__c", 2),
        _number("RH_Mult_TRAVEL__c", 2),
        _number("RH_Quantity__c", 2),
        _day("RH_Start__c"),
        _day("RH_End__c"),
        # Terms of a retainer; without a monthly fee the line is none.
        _money("RH_Monthly_Fee__c"),
        _number("RH_Included_Hours__c", 2),
        _flag("RH_Rollover__c"),
        _number("RH_Rollover_Cap__c", 2),
        _number("RH_Overage_Rate__c", 4),
        _whole("RH_Advance_Months__c"),
    ),
    prefix="a01",
    label="Contract Line",
)
_RATE_CARD = ObjectType(
    RATE_CARD,
    (
        Field("Name", required=True, length=80, indexed=True),
        _choice("RH_Scope__c", "CONTRACT", "CLIENT", required=True),
        _parent("RH_Contract__c", CONTRACT),
        _parent("RH_Account__c", ACCOUNT),
        _CURRENCY,
    ),
    prefix="a02",
    label="Rate Card",
)
_RATE_LINE = ObjectType(
    RATE_LINE,
    (
        _parent("RH_Rate_Card__c", RATE_CARD, required=True),
        _text("RH_Level__c", 40, required=True),
        _text("RH_Practice__c", 40),
        _choice("RH_Unit__c", "HOUR", "DAY"),
        _number("RH_Rate__c", 4, required=True),
        _day("RH_Valid_From__c", required=True),
        _day("RH_Valid_To__c"),
        _flag("RH_Apply_Retro__c"),
    ),
    prefix="a03",
    label="Rate Card Line",
)

SCHEMA = Schema(
    (
        _USER,
        _ACCOUNT,
        _CONTACT,
        _OPPORTUNITY,
        _QUOTE,
        _QUOTE_LINE,
        _PRODUCT,
        _PACKAGE_TASK,
        _PACKAGE_MILESTONE,
        _CONTRACT,
        _CONTRACT_LINE,
        _RATE_CARD,
        _RATE_LINE,
    )
)
