"""Salesforce: one client with a deal from opportunity to contract, prices and a package."""

from contracts.fuzz.targets.salesforce_protocol import Rows, target_of
from mocks.crm.salesforce.state import ORG
from mocks.crm.salesforce.vendor import VENDOR

_DAY, _LATER = "2026-02-02", "2026-12-31"
_DEAL = {"Name": "Roof", "StageName": "Open", "CloseDate": _DAY}
ROWS: Rows = (
    ("User", {"Username": "someone@crm.example", "Name": "Someone", "IsActive": True}),
    ("Account", {"Name": "Tidewater", "AccountNumber": "000101", "CurrencyIsoCode": "EUR"}),
    ("Account", {"Name": "Harbour", "ParentId": "@Account", "RH_Bill_To__c": "@Account"}),
    ("Contact", {"LastName": "Muster", "Email": "muster@client.example", "AccountId": "@Account"}),
    ("Product2", {"Name": "Discovery", "ProductCode": "SP-1", "RH_Billing_Method__c": "FF"}),
    ("RH_Package_Task__c", {"RH_Product__c": "@Product2", "RH_WBS__c": "1.10", "Name": "Design"}),
    (
        "RH_Package_Milestone__c",
        {"RH_Product__c": "@Product2", "RH_Seq__c": 1, "Name": "Start", "RH_Share__c": 1},
    ),
    ("Opportunity", {**_DEAL, "RH_Key__c": "OP|1", "AccountId": "@Account", "Amount": "12000.50"}),
    ("Opportunity", {**_DEAL, "RH_Key__c": "OP|2", "RH_PO_Number__c": "PO-2"}),
    ("Opportunity", {**_DEAL, "RH_Key__c": "OP|3", "StageName": "Commit"}),
    ("Quote", {"Name": "First", "OpportunityId": "@Opportunity", "ExpirationDate": _LATER}),
    ("QuoteLineItem", {"QuoteId": "@Quote", "Product2Id": "@Product2", "Quantity": 10, "UnitPrice": 180}),
    ("Contract", {"AccountId": "@Account", "RH_Opportunity__c": "@Opportunity", "StartDate": _DAY}),
    (
        "RH_Contract_Line__c",
        {"RH_Contract__c": "@Contract", "RH_Line__c": 1, "RH_Product__c": "@Product2", "RH_Value__c": 1800},
    ),
    ("RH_Rate_Card__c", {"Name": "Standard", "RH_Scope__c": "CONTRACT", "RH_Contract__c": "@Contract"}),
    (
        "RH_Rate_Card_Line__c",
        {
            "RH_Rate_Card__c": "@RH_Rate_Card__c",
            "RH_Level__c": "L2",
            "RH_Rate__c": "180.5",
            "RH_Valid_From__c": _DAY,
        },
    ),
)
TARGET = target_of(
    "salesforce",
    VENDOR,
    ORG,
    ROWS,
    {
        "path.object": ("Opportunity",),
        "path.value": ("OP|2", "OP|3"),
        "query.fields": ("Id,CreatedDate",),
        "query.q": (
            "SELECT Id, Name, ParentId, Parent.Name FROM Account WHERE Name LIKE 'Tide%'",
            "SELECT COUNT() FROM Opportunity",
            "SELECT Id, Name, StageName, Amount, Account.Owner.Name FROM Opportunity ORDER BY Name DESC",
            "SELECT QuoteId, Quote.Opportunity.RH_Key__c, TotalPrice FROM QuoteLineItem LIMIT 5",
        ),
    },
)
