"""What the core reads of Salesforce: accounts, deals, quotes, packages, contracts and prices."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.consumer.promises import HTTP_DATE_MS, Promises
from contracts.consumer.salesforce import (
    ACCOUNT,
    ACCOUNTS,
    CARD_LINE,
    CARDS,
    CLIENT_CARD,
    CONTRACT,
    CONTRACT_CARD,
    CONTRACT_LINE,
    CONTRACTS,
    OPPORTUNITIES,
    OPPORTUNITY,
    PACKAGE_MILESTONE,
    PACKAGE_TASK,
    PRODUCT,
    PRODUCTS,
    PROVIDER,
    QUOTE,
    QUOTE_LINE,
    QUOTES,
    adapter,
    only,
)
from contracts.consumer.salesforce_protocol import (
    STAMP_MS,
    asks_changed,
    asks_of,
    native,
    promise_login,
    read_all,
    reads_nothing,
    reads_rows,
)
from integration_core.canonical.deals import (
    Contract,
    Customer,
    Opportunity,
    PackageMilestone,
    Quote,
    RateLine,
    Retainer,
    ServicePackage,
)

Make = Callable[[str], Promises]

_QUOTE_STATE = "a quote with a line"
_PACKAGE_STATE = "a package with a task and a milestone"
_CONTRACT_STATE = "a signed contract with a line"
_CHILDREN = {
    "QuoteLineItem": (QUOTE_LINE, "QuoteId", QUOTES, _QUOTE_STATE),
    "RH_Package_Task__c": (PACKAGE_TASK, "RH_Product__c", PRODUCTS, _PACKAGE_STATE),
    "RH_Package_Milestone__c": (PACKAGE_MILESTONE, "RH_Product__c", PRODUCTS, _PACKAGE_STATE),
    "RH_Contract_Line__c": (CONTRACT_LINE, "RH_Contract__c", CONTRACTS, _CONTRACT_STATE),
}


def _pact(promises: Make) -> Promises:
    pact = promises(PROVIDER)
    promise_login(pact)
    return pact


def _promise_changed(pact: Promises, table: str, state: str, columns: dict[str, Any]) -> None:
    # Others change their records too, and not all of theirs are complete.
    asked = asks_changed(pact, f"read what changed in {table}", state, table, list(columns))
    reads_rows(asked, columns, all_alike=False)


def _promise_children(pact: Promises, *tables: str) -> None:
    for table in tables:
        columns, key, prefix, state = _CHILDREN[table]
        asked = asks_of(pact, f"read the children in {table}", state, table, list(columns), key, prefix)
        reads_rows(asked, columns)


def _records(pact: Promises, stream: str, *, children_move_parents: bool = True) -> tuple[Any, ...]:
    with pact.kept() as url:
        crm = adapter(pact, url, children_move_parents=children_move_parents)
        page = read_all(pact, crm, stream)
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000
    assert page.unread == ()
    return page.records


def test_accounts__become_customers(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "Account", "an account of which all is known", ACCOUNT)
    (customer,) = _records(pact, "accounts")
    assert isinstance(customer, Customer)
    assert (customer.key, customer.native_id) == ("CU|000017", native(ACCOUNTS))
    assert customer.bill_to_native_id == native(ACCOUNTS, 2)
    assert (customer.ccy, customer.tax_status, customer.po_required) == ("USD", "BUSINESS", True)
    assert customer.recorded_at_ms == STAMP_MS


def test_accounts__one_of_which_only_the_name_is_known_pays_itself(promises: Make) -> None:
    pact = _pact(promises)
    known = ("Id", "SystemModstamp", "IsDeleted", "Name", "RH_Consolidate_Invoices__c", "RH_PO_Required__c")
    bare = {**dict.fromkeys(ACCOUNT, None), **only(ACCOUNT, *known)}
    asked = asks_changed(
        pact,
        "read an account without details",
        "an account of which only the name is known",
        "Account",
        list(ACCOUNT),
    )
    reads_rows(asked, bare, all_alike=False)
    (customer,) = _records(pact, "accounts")
    assert customer.key == f"CU|{native(ACCOUNTS)}"
    assert customer.bill_to_native_id == native(ACCOUNTS)
    assert customer.tax_status == "UNKNOWN"


def test_accounts__a_deleted_one_is_told_as_deleted(promises: Make) -> None:
    pact = _pact(promises)
    asked = asks_changed(
        pact, "read an account that was deleted", "an account was deleted", "Account", list(ACCOUNT)
    )
    reads_rows(asked, {**only(ACCOUNT, "Id", "SystemModstamp", "Name"), "IsDeleted": True}, all_alike=False)
    (customer,) = _records(pact, "accounts")
    assert customer.deleted


def test_accounts__none_changed(promises: Make) -> None:
    pact = _pact(promises)
    reads_nothing(
        asks_changed(pact, "read accounts, when none changed", "nothing changed", "Account", list(ACCOUNT))
    )
    assert _records(pact, "accounts") == ()


def test_opportunities__tell_the_won_deal(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "Opportunity", "a won opportunity with a quote", OPPORTUNITY)
    (deal,) = _records(pact, "opportunities")
    assert isinstance(deal, Opportunity)
    assert (deal.key, deal.stage, deal.amount) == ("OP|90000001", "CLOSED_WON", Decimal(48000))
    assert deal.accepted_quote_native_id == native(QUOTES)
    assert deal.closed_won_at_ms == STAMP_MS
    assert deal.close_date == date(2026, 11, 20)


def test_opportunities__an_open_one_has_neither_amount_nor_quote(promises: Make) -> None:
    pact = _pact(promises)
    unknown = ("RH_Key__c", "Amount", "SyncedQuoteId", "RH_Closed_Won_At__c", "RH_PO_Number__c")
    open_deal = {**OPPORTUNITY, "StageName": "Open", **dict.fromkeys(unknown, None)}
    asked = asks_changed(
        pact, "read an open opportunity", "an open opportunity", "Opportunity", list(OPPORTUNITY)
    )
    reads_rows(asked, open_deal, all_alike=False)
    (deal,) = _records(pact, "opportunities")
    assert (deal.key, deal.stage) == (f"OP|{native(OPPORTUNITIES)}", "OPEN")
    assert deal.closed_won_at_ms is None


def test_quotes__have_their_lines(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "Quote", _QUOTE_STATE, QUOTE)
    _promise_children(pact, "QuoteLineItem")
    (quote,) = _records(pact, "quotes")
    assert isinstance(quote, Quote)
    assert (quote.key, quote.status) == ("QU|Q-90000001|1", "DRAFT")
    (line,) = quote.lines
    assert (line.line, line.quantity, line.net) == (1, Decimal(2), Decimal(43200))
    assert line.discount == Decimal("0.1")
    assert line.package_native_id == native(PRODUCTS)


def test_packages__have_their_tasks_and_milestones(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "Product2", _PACKAGE_STATE, PRODUCT)
    _promise_children(pact, "RH_Package_Task__c", "RH_Package_Milestone__c")
    (package,) = _records(pact, "packages")
    assert isinstance(package, ServicePackage)
    assert (package.key, package.billing_method) == ("SK|SK-DATA-1|3", "TM")
    (task,) = package.tasks
    assert (task.wbs, task.hours, task.bill_level) == ("1", Decimal(40), "CON")
    assert package.milestones == (PackageMilestone(seq=1, name="Design accepted", share=Decimal(1)),)


def test_contracts__have_their_lines(promises: Make) -> None:
    pact = _pact(promises)
    _promise_changed(pact, "Contract", _CONTRACT_STATE, CONTRACT)
    _promise_children(pact, "RH_Contract_Line__c")
    (contract,) = _records(pact, "contracts")
    assert isinstance(contract, Contract)
    assert (contract.key, contract.status) == ("CO|90000001", "SIGNED")
    assert contract.bill_to_native_id == native(ACCOUNTS, 2)
    assert contract.signed_at_ms == STAMP_MS
    (line,) = contract.lines
    assert (line.key, line.value) == ("CL|90000001|1", Decimal(48000))
    assert line.multipliers == {"REG": Decimal(1), "OT": Decimal(2), "TRAVEL": Decimal(1)}
    assert line.retainer == Retainer(
        monthly_fee=Decimal(4000),
        included_hours=Decimal(20),
        rollover=True,
        rollover_cap=Decimal(10),
        overage_rate=Decimal(220),
        advance_months=0,
    )


@pytest.mark.parametrize(
    ("scope", "card", "owner"),
    [
        ("contract", CONTRACT_CARD, native(CONTRACTS)),
        ("client", CLIENT_CARD, native(ACCOUNTS)),
    ],
)
def test_rates__come_with_changed_lines_and_with_changed_cards(
    promises: Make, scope: str, card: dict[str, Any], owner: str
) -> None:
    pact = _pact(promises)
    state = f"a rate card of a {scope} with a line"
    _promise_changed(pact, "RH_Rate_Card_Line__c", state, CARD_LINE)
    _promise_changed(pact, "RH_Rate_Card__c", state, only(CONTRACT_CARD, "Id", "SystemModstamp"))
    cards = f"read the card of a {scope}"
    reads_rows(asks_of(pact, cards, state, "RH_Rate_Card__c", list(card), "Id", CARDS), card)
    asked = asks_of(
        pact,
        "read the lines of a changed card that did not change themselves",
        f"a rate card of a {scope} whose line is older than the span",
        "RH_Rate_Card_Line__c",
        list(CARD_LINE),
        "RH_Rate_Card__c",
        CARDS,
        unchanged=True,
    )
    reads_rows(asked, CARD_LINE)
    first, again = _records(pact, "rates")
    assert isinstance(first, RateLine)
    assert first == again
    assert (first.scope, first.owner_native_id, first.rate) == (scope.upper(), owner, Decimal(210))
    assert (first.level, first.unit, first.recorded_at_ms) == ("CON", "HOUR", STAMP_MS)


@pytest.mark.parametrize(
    ("stream", "parent", "columns", "children"),
    [
        ("quotes", "Quote", QUOTE, ["QuoteLineItem"]),
        ("packages", "Product2", PRODUCT, ["RH_Package_Task__c", "RH_Package_Milestone__c"]),
        ("contracts", "Contract", CONTRACT, ["RH_Contract_Line__c"]),
    ],
)
def test_children__are_polled_where_they_do_not_move_their_parents(
    promises: Make, stream: str, parent: str, columns: dict[str, Any], children: list[str]
) -> None:
    pact = _pact(promises)
    state = _CHILDREN[children[0]][3]
    _promise_changed(pact, parent, state, columns)
    _promise_children(pact, *children)
    for child in children:
        own, key, prefix, _ = _CHILDREN[child]
        stamped = {name: own[name] for name in ("Id", key, "SystemModstamp")}
        _promise_changed(pact, child, state, stamped)
        asked = asks_of(
            pact,
            f"read what of {parent} changed in its children alone",
            f"{state}, older than the span",
            parent,
            list(columns),
            "Id",
            prefix,
            unchanged=True,
        )
        reads_rows(asked, columns)
    found = _records(pact, stream, children_move_parents=False)
    assert len(found) == 1 + len(children)
    assert len({record.native_id for record in found}) == 1
