"""The CRM adapter: rows become canonical deals with their children, mirrors become fields."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integration_core.adapters.salesforce.client import SalesforceCrm
from integration_core.adapters.salesforce_protocol.session import OrgCredentials
from integration_core.canonical.deals import (
    Contract,
    ContractLine,
    Customer,
    Opportunity,
    PackageTask,
    Quote,
    QuoteLine,
    RateLine,
    ServicePackage,
)
from integration_core.canonical.work import ContractMirror, OpportunityMirror
from integration_core.ports.systems import ChangePage

from .scripted import GRANT, Org, Scripted, answer, run

STAMP = "2026-01-30T12:00:00.000+0000"
STAMP_MS = 1_769_774_400_000
LATER = "2026-01-30T13:00:00.000+0000"
LATER_MS = STAMP_MS + 3_600_000
CREDENTIALS = OrgCredentials(client_id="core", client_secret="s3cret")


def row(native_id: str, **fields: object) -> dict[str, Any]:
    return {"Id": native_id, "SystemModstamp": STAMP, "IsDeleted": False, **fields}


def read(org: Org, stream: str, *, children_move_parents: bool = True) -> ChangePage:
    """All pages of one poll, as one."""
    crm = SalesforceCrm(org, "http://crm.example", CREDENTIALS, children_move_parents=children_move_parents)

    async def poll() -> ChangePage:
        records: list[Any] = []
        unread: list[Any] = []
        cursor = None
        while True:
            found = await crm.read_changes(stream, STAMP_MS, cursor)
            records.extend(found.records)
            unread.extend(found.unread)
            if found.cursor is None:
                return ChangePage(
                    records=tuple(records), unread=tuple(unread), complete_to_ms=found.complete_to_ms
                )
            cursor = found.cursor

    return run(poll())


ACCOUNT = row(
    "001A",
    Name="O'Hara & Söhne",
    AccountNumber="000017",
    ParentId="001P",
    BillingStreet="1 Main St",
    BillingCity="Albany",
    BillingPostalCode="12207",
    BillingStateCode="NY",
    BillingCountryCode="US",
    CurrencyIsoCode="USD",
    RH_Legal_Name__c="O'Hara & Söhne Inc",
    RH_Tax_Status__c="BUSINESS",
    RH_VAT_Id__c=None,
    RH_Payment_Terms__c="NET 30",
    RH_Bill_To__c=None,
    RH_Consolidate_Invoices__c=False,
    RH_PO_Required__c=True,
)


def test_account__becomes_a_customer_that_pays_itself() -> None:
    (found,) = read(Org(Account=[ACCOUNT]), "accounts").records
    assert found == Customer(
        key="CU|000017",
        native_id="001A",
        legal_name="O'Hara & Söhne Inc",
        display_name="O'Hara & Söhne",
        parent_native_id="001P",
        bill_to_native_id="001A",
        street="1 Main St",
        city="Albany",
        postcode="12207",
        state="NY",
        country="US",
        tax_status="BUSINESS",
        vat_id=None,
        payment_terms="NET 30",
        ccy="USD",
        consolidate_invoices=False,
        po_required=True,
        deleted=False,
        recorded_at_ms=STAMP_MS,
    )


OPPORTUNITY = row(
    "006A",
    RH_Key__c="000042",
    AccountId="001A",
    Name="Data platform",
    StageName="Closed Won",
    Amount=123456.7,
    CloseDate="2026-01-05",
    CurrencyIsoCode="USD",
    SyncedQuoteId="0Q0A",
    RH_Closed_Won_At__c="2026-01-05T15:30:00.000+0000",
    RH_Contracting_Entity__c="US01",
    RH_Practice__c="DATA",
    RH_PO_Number__c="PO-7",
)


def test_opportunity__becomes_a_deal_with_exact_amount() -> None:
    (found,) = read(Org(Opportunity=[OPPORTUNITY]), "opportunities").records
    assert found == Opportunity(
        key="OP|000042",
        native_id="006A",
        account_native_id="001A",
        name="Data platform",
        stage="CLOSED_WON",
        amount=Decimal("123456.7"),
        ccy="USD",
        entity_code="US01",
        practice="DATA",
        close_date=date(2026, 1, 5),
        closed_won_at_ms=1_767_627_000_000,
        accepted_quote_native_id="0Q0A",
        po_number="PO-7",
        deleted=False,
        recorded_at_ms=STAMP_MS,
    )


def test_opportunity_made_through_the_api__is_known_by_its_id() -> None:
    (found,) = read(Org(Opportunity=[{**OPPORTUNITY, "RH_Key__c": None}]), "opportunities").records
    assert isinstance(found, Opportunity)
    assert found.key == "OP|006A"


def test_unknown_stage__is_unread_not_guessed() -> None:
    found = read(Org(Opportunity=[{**OPPORTUNITY, "StageName": "Negotiation"}]), "opportunities")
    assert found.records == ()
    assert [unread.native_id for unread in found.unread] == ["006A"]
    assert "Negotiation" in found.unread[0].text


def quote_line(native_id: str, line: int, **fields: object) -> dict[str, Any]:
    return row(
        native_id,
        QuoteId="0Q0A",
        LineNumber=line,
        Product2Id="01tA",
        Quantity=2.5,
        ListPrice=1000.1234,
        Discount=7.5,
        TotalPrice=2312.79,
        ServiceDate="2026-01-12",
        RH_End_Date__c=None,
        **fields,
    )


QUOTE = row(
    "0Q0A", OpportunityId="006A", QuoteNumber="Q-00012", RH_Revision__c=2.0, Status="In Approval",
    CurrencyIsoCode="USD",
)  # fmt: skip


def test_quote__carries_live_lines_in_order_with_discount_as_a_ratio() -> None:
    deleted = {**quote_line("0QLC", 3), "IsDeleted": True}
    lines = [quote_line("0QLB", 2), quote_line("0QLA", 1), deleted]
    (found,) = read(Org(Quote=[QUOTE], QuoteLineItem=lines), "quotes").records
    assert isinstance(found, Quote)
    assert (found.key, found.status, found.opportunity_native_id) == ("QU|Q-00012|2", "IN_APPROVAL", "006A")
    assert [line.line for line in found.lines] == [1, 2]
    assert found.lines[0] == QuoteLine(
        line=1,
        package_native_id="01tA",
        quantity=Decimal("2.5"),
        list_price=Decimal("1000.1234"),
        discount=Decimal("0.075"),
        net=Decimal("2312.79"),
        start=date(2026, 1, 12),
        end=None,
    )


def test_quote_with_an_unreadable_line__is_unread_whole() -> None:
    lines = [quote_line("0QLA", 1), {**quote_line("0QLB", 2), "TotalPrice": None}]
    found = read(Org(Quote=[QUOTE], QuoteLineItem=lines), "quotes")
    assert found.records == ()
    assert "0QLB" in found.unread[0].text


def test_package__carries_its_task_template_by_wbs() -> None:
    product = row(
        "01tA", ProductCode="DATA-TM", RH_Version__c=3, RH_Billing_Method__c="TM",
        RH_Revenue_Method__c="RTI", RH_Tax_Class__c="SERVICES",
    )  # fmt: skip
    tasks = [
        row(f"a0{wbs}", RH_Product__c="01tA", RH_WBS__c=wbs, Name=f"Task {wbs}", RH_Bill_Level__c=None,
            RH_Hours__c=12.25, RH_Billable__c=True, RH_Progress__c=False)
        for wbs in ("10", "9")
    ]  # fmt: skip
    (found,) = read(Org(Product2=[product], RH_Package_Task__c=tasks), "packages").records
    assert isinstance(found, ServicePackage)
    assert (found.key, found.billing_method, found.tax_class) == ("SK|DATA-TM|3", "TM", "SERVICES")
    assert [task.wbs for task in found.tasks] == ["9", "10"]
    assert found.tasks[0] == PackageTask(
        wbs="9", name="Task 9", bill_level=None, hours=Decimal("12.25"), billable=True, progress=False
    )


CONTRACT = row(
    "800A",
    ContractNumber="00000101",
    AccountId="001A",
    RH_Bill_To__c="001B",
    RH_Opportunity__c="006A",
    RH_Contracting_Entity__c="US01",
    CurrencyIsoCode="USD",
    StartDate="2026-01-12",
    EndDate="2026-06-30",
    Status="Signed",
    RH_Signed_At__c="2026-01-05T15:30:00.000+0000",
    RH_Billing_Freq__c="MONTHLY",
    RH_PO_Number__c=None,
)
CONTRACT_LINE = row(
    "a00A",
    RH_Contract__c="800A",
    RH_Line__c=1,
    RH_Product__c="01tA",
    RH_Billing_Method__c="TM",
    RH_Revenue_Method__c="RTI",
    RH_Tax_Class__c="SERVICES",
    RH_Value__c=2312.79,
    RH_Discount__c=0.075,
    RH_Mult_REG__c=1,
    RH_Mult_OT__c=1.5,
    RH_Mult_TRAVEL__c=0.5,
    RH_Quantity__c=2.5,
    RH_Start__c="2026-01-12",
    RH_End__c=None,
)


def test_contract__carries_its_lines_under_their_keys() -> None:
    (found,) = read(Org(Contract=[CONTRACT], RH_Contract_Line__c=[CONTRACT_LINE]), "contracts").records
    assert isinstance(found, Contract)
    assert (found.key, found.number, found.status) == ("CO|00000101", "00000101", "SIGNED")
    assert (found.bill_to_native_id, found.signed_at_ms) == ("001B", 1_767_627_000_000)
    assert found.recorded_at_ms == STAMP_MS
    assert found.lines == (
        ContractLine(
            key="CL|00000101|1",
            native_id="a00A",
            line=1,
            package_native_id="01tA",
            billing_method="TM",
            revenue_method="RTI",
            tax_class="SERVICES",
            value=Decimal("2312.79"),
            discount=Decimal("0.075"),
            multipliers={"REG": Decimal(1), "OT": Decimal("1.5"), "TRAVEL": Decimal("0.5")},
            quantity=Decimal("2.5"),
            start=date(2026, 1, 12),
            end=None,
        ),
    )


def test_children_that_leave_parents_alone__are_polled_too_and_date_the_parent() -> None:
    line = {**CONTRACT_LINE, "SystemModstamp": LATER}
    org = Org(Contract=[CONTRACT], RH_Contract_Line__c=[line])
    found = read(org, "contracts", children_move_parents=False)
    assert [record.recorded_at_ms for record in found.records] == [STAMP_MS, LATER_MS]
    assert "WHERE Id IN ('800A') AND SystemModstamp < 2026-01-30T12:00:00Z" in org.queries()[3]


def test_many_parents__are_joined_in_chunks_of_200_ids() -> None:
    contracts = [{**CONTRACT, "Id": f"800{n:04d}"} for n in range(450)]
    org = Org(Contract=contracts, RH_Contract_Line__c=[])
    assert len(read(org, "contracts").records) == 450
    assert [query.count("'800") for query in org.queries()] == [0, 200, 200, 50]


CARD = row(
    "a02A", Name="CARD-101", RH_Scope__c="CONTRACT", RH_Contract__c="800A", RH_Account__c=None,
    CurrencyIsoCode="USD",
)  # fmt: skip
CARD_LINE = row(
    "a03A", RH_Rate_Card__c="a02A", RH_Level__c="SENIOR", RH_Practice__c="*", RH_Unit__c="HOUR",
    RH_Rate__c=252.3575, RH_Valid_From__c="2026-01-14", RH_Valid_To__c=None, RH_Apply_Retro__c=False,
    CreatedDate="2026-01-05T15:30:00.000+0000",
)  # fmt: skip


def test_rate_line__takes_scope_and_owner_from_its_card_and_is_recorded_when_created() -> None:
    org = Org(RH_Rate_Card_Line__c=[CARD_LINE], RH_Rate_Card__c=[CARD])
    found = read(org, "rates")
    expected = RateLine(
        native_id="a03A",
        card="CARD-101",
        scope="CONTRACT",
        owner_native_id="800A",
        ccy="USD",
        level="SENIOR",
        practice="*",
        unit="HOUR",
        rate=Decimal("252.3575"),
        valid_from=date(2026, 1, 14),
        valid_to=None,
        apply_retro=False,
        deleted=False,
        recorded_at_ms=1_767_627_000_000,
    )
    assert set(found.records) == {expected}
    assert found.complete_to_ms is not None


def test_changed_card__brings_its_unchanged_lines() -> None:
    org = Org(RH_Rate_Card_Line__c=[CARD_LINE], RH_Rate_Card__c=[CARD])
    read(org, "rates")
    brought = [query for query in org.queries() if "RH_Rate_Card__c IN ('a02A')" in query]
    assert len(brought) == 1
    assert "AND SystemModstamp < 2026-01-30T12:00:00Z" in brought[0]


@pytest.mark.parametrize(
    "card",
    [{**CARD, "RH_Contract__c": None}, {**CARD, "RH_Scope__c": "WORLD"}, {**CARD, "Id": "a02Z"}],
    ids=["no owner", "unknown scope", "card missing"],
)
def test_rate_line_without_sound_card__is_unread(card: dict[str, Any]) -> None:
    found = read(Org(RH_Rate_Card_Line__c=[CARD_LINE], RH_Rate_Card__c=[card]), "rates")
    assert found.records == ()
    assert {unread.native_id for unread in found.unread} == {"a03A"}


def test_mirrors__are_written_as_exact_numbers_by_record_id() -> None:
    saved = [{"id": "800A", "success": True, "errors": []}]
    transport = Scripted(answer(200, GRANT), answer(200, saved))
    crm = SalesforceCrm(transport, "http://crm.example", CREDENTIALS)
    mirror = ContractMirror(
        contract_native_id="800A",
        billed_to_date=Decimal("12345678901234567.10"),
        collected_to_date=Decimal("0.00"),
        open_ar=Decimal("629.83"),
    )
    run(crm.write_contract_mirrors([mirror]))
    assert transport.requests[-1].url == "http://crm.example/services/data/v59.0/composite/sobjects"
    assert b'"RH_Billed_To_Date__c":12345678901234567.10,' in transport.requests[-1].body
    run(
        crm.write_opportunity_mirrors(
            [
                OpportunityMirror(
                    opportunity_native_id="006A",
                    project_status="ACTIVE",
                    last_invoice_no="US01-INV-2026-000001",
                    last_invoice_status="POSTED",
                )
            ]
        )
    )
    assert transport.sent()["records"][0] == {
        "attributes": {"type": "Opportunity"},
        "Id": "006A",
        "RH_Project_Status__c": "ACTIVE",
        "RH_Last_Invoice_No__c": "US01-INV-2026-000001",
        "RH_Last_Invoice_Status__c": "POSTED",
    }
