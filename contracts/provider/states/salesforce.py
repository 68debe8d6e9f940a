"""States of the CRM, made through its API: accounts, deals, quotes, packages, contracts, prices."""

from typing import Any

from contracts.provider.states.port import Make, State
from contracts.provider.states.salesforce_org import Records, Values, states
from contracts.provider.workbench import Workbench
from integration_core.adapters.salesforce.webhooks import ACK
from mocks.kit.faults import Fault

_FEE = {
    "RH_Monthly_Fee__c": 4000,
    "RH_Included_Hours__c": 20,
    "RH_Rollover__c": True,
    "RH_Rollover_Cap__c": 10,
    "RH_Overage_Rate__c": 220,
    "RH_Advance_Months__c": 0,
}
_MULTIPLIERS = {"RH_Mult_REG__c": 1, "RH_Mult_OT__c": 2, "RH_Mult_TRAVEL__c": 1}
# The secret part of the address that the org is given for its messages.
TOLD_AT = "token-of-the-verification"


def _account(records: Records) -> str:
    number = records.fresh()
    return records.create("Account", Name=f"Calder & Finch {number}", AccountNumber=number)


def _full_account(records: Records) -> str:
    parent = _account(records)
    number = records.fresh()
    return records.create(
        "Account",
        Name=f"Calder & Finch {number}",
        AccountNumber=number,
        ParentId=parent,
        BillingStreet="1 Harbour Way",
        BillingCity="Portland",
        BillingPostalCode="97201",
        BillingStateCode="OR",
        BillingCountryCode="US",
        CurrencyIsoCode="USD",
        RH_Legal_Name__c="Calder & Finch LLP",
        RH_Tax_Status__c="BUSINESS",
        RH_VAT_Id__c="XX1234567",
        RH_Payment_Terms__c="NET 30",
        RH_Bill_To__c=parent,
        RH_Consolidate_Invoices__c=True,
        RH_PO_Required__c=True,
    )


def _deal(records: Records, stage: str = "Open", **fields: Any) -> str:
    return records.create(
        "Opportunity",
        AccountId=_account(records),
        Name=f"Roadmap {records.fresh()}",
        StageName=stage,
        CloseDate="2026-11-20",
        CurrencyIsoCode="USD",
        RH_Contracting_Entity__c="US01",
        RH_Practice__c="DATA",
        **fields,
    )


def _product(records: Records) -> str:
    return records.create(
        "Product2",
        Name="Data roadmap",
        ProductCode=f"SK-{records.fresh()}",
        IsActive=True,
        RH_Version__c=3,
        RH_Billing_Method__c="TM",
        RH_Revenue_Method__c="POC_HOURS",
        RH_Tax_Class__c="S",
    )


def _quote(records: Records, deal: str) -> str:
    quote = records.create(
        "Quote", Name="Roadmap", OpportunityId=deal, RH_Revision__c=1, CurrencyIsoCode="USD"
    )
    records.create(
        "QuoteLineItem",
        QuoteId=quote,
        LineNumber=1,
        Product2Id=_product(records),
        Quantity=2,
        ListPrice=24000,
        UnitPrice=24000,
        Discount=10,
        ServiceDate="2026-12-01",
        RH_End_Date__c="2027-03-01",
    )
    return quote


def _contract(records: Records) -> str:
    account = _account(records)
    return records.create(
        "Contract",
        AccountId=account,
        RH_Bill_To__c=account,
        RH_Opportunity__c=_deal(records),
        RH_Contracting_Entity__c="US01",
        CurrencyIsoCode="USD",
        StartDate="2026-12-01",
        EndDate="2027-12-01",
        RH_PO_Number__c="PO-7",
    )


def _contract_line(records: Records, contract: str) -> None:
    records.create(
        "RH_Contract_Line__c",
        RH_Contract__c=contract,
        RH_Line__c=1,
        RH_Product__c=_product(records),
        RH_Billing_Method__c="RET",
        RH_Revenue_Method__c="STRAIGHT_LINE",
        RH_Tax_Class__c="S",
        RH_Value__c=48000,
        RH_Discount__c=0,
        RH_Quantity__c=12,
        RH_Start__c="2026-12-01",
        RH_End__c="2027-12-01",
        **_MULTIPLIERS,
        **_FEE,
    )


# --- states ---------------------------------------------------------------------------------------


def _state(make: Any, *, older: bool = False) -> Make:
    """A state of one record: its id, and the span's bound before it, or after it for an `older` one."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        native_id: str = make(records)
        return {"id": native_id, "since": records.after if older else records.since}

    return made


def _bare_account(records: Records) -> str:
    return records.create("Account", Name=f"Calder & Finch {records.fresh()}")


def _deleted_account(records: Records) -> str:
    account = _account(records)
    records.delete("Account", account)
    return account


def _won_deal(records: Records) -> str:
    deal = _deal(records, "Closed Won", RH_Key__c=records.fresh(), Amount=48000, RH_PO_Number__c="PO-7")
    records.update("Opportunity", deal, SyncedQuoteId=_quote(records, deal))
    return deal


def _quoted(records: Records) -> str:
    return _quote(records, _deal(records))


def _package(records: Records) -> str:
    product = _product(records)
    records.create(
        "RH_Package_Task__c",
        RH_Product__c=product,
        RH_WBS__c="1",
        Name="Discovery",
        RH_Bill_Level__c="CON",
        RH_Hours__c=40,
        RH_Billable__c=True,
        RH_Progress__c=True,
    )
    records.create(
        "RH_Package_Milestone__c",
        RH_Product__c=product,
        RH_Seq__c=1,
        Name="Design accepted",
        RH_Share__c=1,
    )
    return product


def _signed(records: Records) -> str:
    contract = _contract(records)
    _contract_line(records, contract)
    records.update("Contract", contract, Status="Signed")
    return contract


def _card(records: Records, **owner: str) -> str:
    card = records.create("RH_Rate_Card__c", Name=f"RC-{records.fresh()}", CurrencyIsoCode="USD", **owner)
    records.create(
        "RH_Rate_Card_Line__c",
        RH_Rate_Card__c=card,
        RH_Level__c="CON",
        RH_Practice__c="DATA",
        RH_Unit__c="HOUR",
        RH_Rate__c=210,
        RH_Valid_From__c="2026-01-01",
        RH_Valid_To__c="2027-01-01",
        RH_Apply_Retro__c=False,
    )
    return card


def _contract_card(records: Records) -> str:
    return _card(records, RH_Scope__c="CONTRACT", RH_Contract__c=_contract(records))


def _client_card(records: Records) -> str:
    return _card(records, RH_Scope__c="CLIENT", RH_Account__c=_account(records))


def _one_deleted(table: str, make: Any) -> Make:
    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        kept, gone = make(records), make(records)
        records.delete(table, gone)
        return {"id": kept, "gone": gone}

    return made


def _one_locked(make: Any) -> Make:
    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        values = {"id": make(records), "other": make(records)}
        bench.fault(Fault(id="lock", kind="fail_items", every=2))
        return values

    return made


# --- outbound messages ----------------------------------------------------------------------------


def _told(make: Any) -> Make:
    """Something that the org tells about. Where messages go is set up by people, in no API."""

    def made(bench: Workbench, parameters: dict[str, Any]) -> Values:
        records = Records(bench)
        bench.receipt = (ACK, "text/xml; charset=utf-8")
        target = {"url": f"{bench.receiver_url}/{TOLD_AT}", "secret": ""}
        bench.control("POST", "subscribe", target)
        bench.later(lambda: bench.control("POST", "subscribe", {"url": "", "secret": ""}))
        native_id: str = make(records)
        return {"id": native_id}

    return made


def _winning(records: Records) -> str:
    deal = _deal(records, "Commit")
    records.update("Opportunity", deal, StageName="Closed Won")
    return deal


STATES = {
    **states("Account", "Name"),
    "an account of which all is known": State(_state(_full_account)),
    "an account of which only the name is known": State(_state(_bare_account)),
    "an account was deleted": State(_state(_deleted_account)),
    "a won opportunity with a quote": State(_state(_won_deal)),
    "an open opportunity": State(_state(_deal)),
    "a quote with a line": State(_state(_quoted)),
    "a quote with a line, older than the span": State(_state(_quoted, older=True)),
    "a package with a task and a milestone": State(_state(_package)),
    "a package with a task and a milestone, older than the span": State(_state(_package, older=True)),
    "a signed contract with a line": State(_state(_signed)),
    "a signed contract with a line, older than the span": State(_state(_signed, older=True)),
    "a rate card of a contract with a line": State(_state(_contract_card)),
    "a rate card of a contract whose line is older than the span": State(_state(_contract_card, older=True)),
    "a rate card of a client with a line": State(_state(_client_card)),
    "a rate card of a client whose line is older than the span": State(_state(_client_card, older=True)),
    "two contracts, one of them deleted": State(_one_deleted("Contract", _contract)),
    "two opportunities, the second of them locked": State(_one_locked(_deal), mock_only=True),
    "an opportunity is won while we listen": State(_told(_winning), mock_only=True),
    "a contract is signed while we listen": State(_told(_signed), mock_only=True),
}
