"""What the naive script bills beside time: accepted milestones, with the tax of other countries."""

import asyncio
from datetime import date
from typing import Any

import msgspec
import pytest

from integration_core.ports.http import HttpRequest, HttpResponse
from scenarios.subjects.naive.billing import bill
from scenarios.subjects.naive.calls import Calls
from scenarios.subjects.naive.memory import Memory

NIGHT_MS = 1_769_918_400_000  # 2026-02-01T04:00:00Z, five hours after midnight in Berlin
SYSTEMS = {
    "erp": {
        "url": "http://erp.example",
        "account": "A",
        "consumer_key": "ck",
        "consumer_secret": "cs",
        "token_id": "tk",
        "token_secret": "ts",
    }
}


class Ledger:
    """An ERP that takes every invoice and remembers it."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Take one document; its id is its place."""
        self.posted.append(msgspec.json.decode(request.body))
        location = f"http://erp.example/services/rest/record/v1/invoice/{len(self.posted)}"
        return HttpResponse(status=204, headers=(("location", location),), body=b"")


def post(country: str, tax_status: str = "BUSINESS", accepted: str = "2026-01-31T22:59:00.000+0000") -> Any:
    """What the night's job posts for one accepted milestone of a German contract."""
    ledger = Ledger()
    calls = Calls(ledger, SYSTEMS, lambda: NIGHT_MS, lambda: "nonce", 0.0)
    account = {
        "Id": "A1",
        "AccountNumber": "000001",
        "ParentId": None,
        "BillingCountryCode": country,
        "BillingStateCode": None,
        "RH_Tax_Status__c": tax_status,
        "RH_Payment_Terms__c": "EOM 10",
        "RH_Consolidate_Invoices__c": False,
        "RH_PO_Required__c": False,
    }
    contract = {
        "Id": "C1",
        "ContractNumber": "7",
        "AccountId": "A1",
        "RH_Bill_To__c": None,
        "RH_Opportunity__c": "O1",
        "RH_Contracting_Entity__c": "DE01",
        "CurrencyIsoCode": "EUR",
        "Status": "Signed",
        "RH_Billing_Freq__c": "MONTHLY",
        "RH_PO_Number__c": None,
    }
    milestone = {
        "Id": "M1",
        "RH_Contract_Line__c": "L1",
        "pse__Milestone_Amount__c": 1250.5,
        "pse__Status__c": "Accepted",
        "RH_Accepted_At__c": accepted,
    }
    calls.rows["Account"]["A1"] = account
    calls.rows["Contract"]["C1"] = contract
    calls.rows["Opportunity"]["O1"] = {"RH_Practice__c": "DATA"}
    calls.rows["RH_Contract_Line__c"]["L1"] = {"Id": "L1", "RH_Contract__c": "C1", "RH_Line__c": 1}
    calls.rows["pse__Milestone__c"]["M1"] = milestone
    memory = Memory(calls.rows, currencies={"EUR": "2"})
    memory.entities["DE01"] = {
        "id": "9",
        "country": "DE",
        "custrecord_rh_tz": "Europe/Berlin",
        "billing": [(date(2026, 1, 31), "MONTHLY")],
    }
    names = ("jurisdiction", "class", "valid_from", "percent")
    values = ("DE", "STANDARD", "2021-01-01", "19")
    memory.tax_rates = [{f"custrecord_rh_{name}": text for name, text in zip(names, values, strict=True)}]
    asyncio.run(bill(calls, memory, NIGHT_MS))
    return ledger.posted


def test_accepted_milestone__is_one_line_under_its_own_id() -> None:
    (document,) = post("DE")
    (line,) = document["item"]["items"]
    assert (line["item"], line["quantity"], line["amount"]) == ({"externalId": "FF"}, 1, 1250.5)
    assert (line["custcol_rh_source_id"], line["custcol_rh_contract_line"]) == ("M1", "L1")
    assert (document["custbody_rh_run"], document["dueDate"]) == ("BR|DE01|2026-01-31", "2026-02-10")
    assert "externalId" not in document


def test_milestone_accepted_after_the_cut_off__waits() -> None:
    assert post("DE", accepted="2026-01-31T23:00:00.000+0000") == []


@pytest.mark.parametrize(
    ("country", "tax_status", "code"),
    [
        ("DE", "BUSINESS", "DE|S|19.0000"),
        ("FR", "BUSINESS", "FR|AE|0.0000"),
        ("FR", "CONSUMER", "DE|S|19.0000"),
        ("CH", "BUSINESS", "CH|O|0.0000"),
    ],
)
def test_tax__follows_seller_and_buyer(country: str, tax_status: str, code: str) -> None:
    (document,) = post(country, tax_status)
    assert document["item"]["items"][0]["taxCode"] == code
