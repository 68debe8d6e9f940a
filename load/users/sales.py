"""Sales: accounts, deals from opening to win, quotes through their states, contracts and agreed prices."""

from collections.abc import Callable, Sequence
from typing import Any

from load.deeds import Deed
from load.users.cards import Contacts
from load.users.desk import Desk, NotYet
from load.users.org import COMPOSITE, Org, Write, text
from load.users.result import Result, done
from load.users.sales_fields import (
    account_fields,
    code_of,
    contract_fields,
    contract_line_fields,
    opportunity_fields,
    quote_fields,
    quote_line_fields,
    rate_fields,
    state_of,
)
from mocks.firm.facts.source import Account, Contract, Opportunity, Quote, RateLine, SourceFact


def perform(desk: Desk, deeds: Sequence[Deed], contacts: Contacts) -> list[Result]:
    """Do each deed by the kind of its first fact; prices that come with it follow."""
    return [_do(Org(desk, "crm"), deed) for deed in deeds]


def _do(org: Org, deed: Deed) -> Result:
    first = deed.facts[0]
    if isinstance(first, RateLine):
        return done(deed.id, _agree(org, deed, deed.facts))
    made = _BY_KIND[type(first).__name__](org, deed, first)
    if made.state == "done" and len(deed.facts) > 1:
        _agree(org, deed, deed.facts[1:], made.native_id)
    return made


def _id_of(org: Org, kind: str, field: str, value: str, missing: str) -> str:
    soql = f"SELECT Id FROM {kind} WHERE {field} = {text(value)}"
    return str(org.first(f"find {_NOUNS[kind]}", soql, missing)["Id"])


def _account_id(org: Org, bk: str) -> str:
    return _id_of(org, "Account", "AccountNumber", code_of(bk), bk)


def _package_id(org: Org, bk: str) -> str:
    _, sku, version = bk.split("|")
    soql = f"SELECT Id FROM Product2 WHERE ProductCode = {text(sku)} AND RH_Version__c = {int(version)}"
    return str(org.first("find package", soql, bk)["Id"])


def _open_account(org: Org, deed: Deed, fact: Account) -> Result:
    number = text(code_of(fact.bk))
    known = org.query("find account", f"SELECT Id FROM Account WHERE AccountNumber = {number}")
    parent = None if fact.parent is None else _account_id(org, fact.parent)
    payer = None if fact.bill_to in ("", fact.bk) else _account_id(org, fact.bill_to)
    fields = account_fields(fact, parent, payer)
    if not known:
        return done(deed.id, org.create(deed.operation, "Account", fields))
    if fact.ver == 1:
        return done(deed.id, known[0]["Id"], found=True)
    org.change(deed.operation, "Account", known[0]["Id"], fields)
    return done(deed.id, known[0]["Id"])


def _opportunity(org: Org, deed: Deed, fact: Opportunity) -> Result:
    """Make or move the deal under its own key, which may be said twice."""
    quote_id = None
    if fact.accepted_quote is not None:
        _, _, revision = fact.accepted_quote.split("|")
        quote_id = _quote(org, fact.bk, int(revision))["Id"]
    key = code_of(fact.bk)
    fields = opportunity_fields(fact, _account_id(org, fact.account), quote_id)
    return done(deed.id, org.upsert(deed.operation, f"Opportunity/RH_Key__c/{key}", fields))


def _quote(org: Org, opportunity: str, revision: int) -> dict[str, Any]:
    soql = (
        "SELECT Id, Status FROM Quote"
        f" WHERE Opportunity.RH_Key__c = {text(code_of(opportunity))} AND RH_Revision__c = {revision}"
    )
    return org.first("find quote", soql, f"the quote of {opportunity}")


def _move_quote(org: Org, deed: Deed, fact: Quote) -> Result:
    """Draft a quote with its lines in one call, or move it to its next state."""
    try:
        known = _quote(org, fact.opportunity, fact.revision)
    except NotYet:
        return _draft_quote(org, deed, fact)
    if known["Status"] == state_of(fact):
        return done(deed.id, known["Id"], found=True)
    org.change(deed.operation, "Quote", known["Id"], {"Status": state_of(fact)})
    return done(deed.id, known["Id"])


def _draft_quote(org: Org, deed: Deed, fact: Quote) -> Result:
    if fact.status != "DRAFT":
        raise NotYet(f"the quote of {fact.opportunity}")
    key = code_of(fact.opportunity)
    opportunity_id = _id_of(org, "Opportunity", "RH_Key__c", key, fact.opportunity)
    writes: list[Write] = [("Quote", "POST", "Quote", quote_fields(fact, opportunity_id))]
    for line in fact.lines:
        fields = {"QuoteId": "@{Quote.id}", **quote_line_fields(line, _package_id(org, line.package))}
        writes.append((f"Line{line.line}", "POST", "QuoteLineItem", fields))
    return done(deed.id, org.together(deed.operation, writes)["Quote"])


def _move_contract(org: Org, deed: Deed, fact: Contract) -> Result:
    """Draft a contract with its lines in one call, or move it on; the CRM stamps the signature."""
    key = text(code_of(fact.opportunity))
    soql = f"SELECT Id, Status FROM Contract WHERE RH_Opportunity__r.RH_Key__c = {key}"
    known = org.query("find contract", soql)
    if known:
        if known[0]["Status"] == state_of(fact):
            return done(deed.id, known[0]["Id"], found=True)
        org.change(deed.operation, "Contract", known[0]["Id"], {"Status": state_of(fact)})
        return done(deed.id, known[0]["Id"])
    if fact.status != "DRAFT":
        raise NotYet(f"the contract of {fact.opportunity}")
    opportunity_id = _id_of(org, "Opportunity", "RH_Key__c", code_of(fact.opportunity), fact.opportunity)
    account_id = _account_id(org, fact.account)
    payer_id = account_id if fact.bill_to == fact.account else _account_id(org, fact.bill_to)
    header = contract_fields(fact, account_id, payer_id, opportunity_id)
    writes: list[Write] = [("Contract", "POST", "Contract", header)]
    for line in fact.lines:
        package_id = _package_id(org, line.package)
        fields = {"RH_Contract__c": "@{Contract.id}", **contract_line_fields(line, package_id, fact.ccy)}
        writes.append((f"Line{line.line}", "POST", "RH_Contract_Line__c", fields))
    return done(deed.id, org.together(deed.operation, writes)["Contract"])


# --- agreed prices --------------------------------------------------------------------------------


def _agree(org: Org, deed: Deed, facts: Sequence[SourceFact], owner_id: str = "") -> str:
    """Write the prices that are not there yet, and end those that end; returns the last line's id."""
    last = ""
    by_card: dict[str, list[RateLine]] = {}
    for fact in facts:
        if isinstance(fact, RateLine):
            by_card.setdefault(fact.card, []).append(fact)
    for lines in by_card.values():
        card_id = _card(org, lines[0], owner_id)
        soql = (
            "SELECT Id, RH_Level__c, RH_Practice__c, RH_Valid_From__c, RH_Valid_To__c"
            f" FROM RH_Rate_Card_Line__c WHERE RH_Rate_Card__c = {text(card_id)}"
        )
        known = {
            (row["RH_Level__c"], row["RH_Practice__c"], row["RH_Valid_From__c"]): row
            for row in org.query("open prices", soql)
        }
        writes: list[Write] = []
        for place, line in enumerate(lines):
            row = known.get((line.level, line.practice, line.valid_from.isoformat()))
            fields = rate_fields(line)
            if row is None:
                path, fields = "RH_Rate_Card_Line__c", {"RH_Rate_Card__c": card_id, **fields}
                writes.append((f"Price{place}", "POST", path, fields))
            elif row["RH_Valid_To__c"] != fields["RH_Valid_To__c"]:
                path = f"RH_Rate_Card_Line__c/{row['Id']}"
                writes.append((f"Price{place}", "PATCH", path, fields))
            last = row["Id"] if row is not None else last
        for low in range(0, len(writes), COMPOSITE):
            made = org.together("agree prices", writes[low : low + COMPOSITE])
            last = next((found for found in reversed(made.values()) if found), last)
    return last


def _card(org: Org, line: RateLine, owner_id: str) -> str:
    """The card that a price stands on; a name may be used by several owners."""
    field = "RH_Contract__c" if line.scope == "CONTRACT" else "RH_Account__c"
    owner = owner_id or _owner(org, line)
    soql = f"SELECT Id FROM RH_Rate_Card__c WHERE {field} = {text(owner)} AND Name = {text(line.card)}"
    known = org.query("open prices", soql)
    if known:
        return str(known[0]["Id"])
    fields = {"Name": line.card, "RH_Scope__c": line.scope, field: owner, "CurrencyIsoCode": line.ccy}
    return org.create("agree prices", "RH_Rate_Card__c", fields)


def _owner(org: Org, line: RateLine) -> str:
    if line.owner is None:
        raise NotYet("the owner of a price")
    if line.scope == "CLIENT":
        return _account_id(org, line.owner)
    return _id_of(org, "Contract", "ContractNumber", code_of(line.owner), line.owner)


_NOUNS = {"Account": "account", "Opportunity": "opportunity", "Contract": "contract"}
_BY_KIND: dict[str, Callable[..., Result]] = {
    "Account": _open_account,
    "Opportunity": _opportunity,
    "Quote": _move_quote,
    "Contract": _move_contract,
}
