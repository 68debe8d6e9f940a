"""The CRM's rules by object and the org they make: state machines (finance 1.3), derived fields, notices."""

from collections.abc import Callable, Mapping

from mocks.crm.salesforce.errors import invalid, state_invalid
from mocks.crm.salesforce.schema import (
    CONTRACT,
    CONTRACT_LINE,
    LINES_WRITTEN,
    OPPORTUNITY,
    PACKAGE_MILESTONE,
    PACKAGE_TASK,
    PRODUCT,
    QUOTE,
    QUOTE_LINE,
    RATE_CARD,
    RATE_LINE,
    SCHEMA,
)
from mocks.crm.salesforce.wire import day_of, money, net_minor
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.protocols.salesforce import outbound
from mocks.protocols.salesforce.records import DELETED_MARK, Org
from mocks.protocols.salesforce.rules import Problem, Rules, Write

WON, SIGNED = "Closed Won", "Signed"
API = "api"
# Numbers that the CRM gives begin where people's imports do not reach.
FIRST_AUTO_NUMBER = 90_000_000

Path = Mapping[Value, frozenset[str]]

STAGE_PATH: Path = {
    "Open": frozenset({"Commit", "Closed Lost"}),
    "Commit": frozenset({WON, "Closed Lost"}),
    WON: frozenset(),
    "Closed Lost": frozenset(),
}
QUOTE_PATH: Path = {
    "Draft": frozenset({"In Approval", "Superseded"}),
    "In Approval": frozenset({"Approved", "Superseded"}),
    "Approved": frozenset({"Sent", "Superseded"}),
    "Sent": frozenset({"Accepted", "Rejected", "Expired", "Superseded"}),
    "Accepted": frozenset(),
    "Rejected": frozenset({"Superseded"}),
    "Expired": frozenset({"Superseded"}),
    "Superseded": frozenset(),
}
# An active contract is a signed one whose gate has passed; the CRM itself knows no such status.
CONTRACT_PATH: Path = {
    "Draft": frozenset({SIGNED, "Cancelled"}),
    SIGNED: frozenset({"Suspended", "Completed", "Cancelled"}),
    "Suspended": frozenset({SIGNED}),
    "Completed": frozenset({"Closed"}),
    "Closed": frozenset(),
    "Cancelled": frozenset(),
}
PARENT_FIELD = {
    QUOTE_LINE: ("QuoteId", QUOTE),
    PACKAGE_TASK: ("RH_Product__c", PRODUCT),
    PACKAGE_MILESTONE: ("RH_Product__c", PRODUCT),
    CONTRACT_LINE: ("RH_Contract__c", CONTRACT),
}


def before(write: Write) -> list[Problem]:
    """Refuse or complete a write, by its object."""
    if DELETED_MARK in write.changes:
        return []
    rule = _BEFORE.get(write.object)
    return rule(write) if rule else []


def after(write: Write, record: Record) -> None:
    """What follows a write in its transaction: a child moves its parent's stamp, a milestone is told."""
    if record.object in PARENT_FIELD:
        _roll_up(write, record)
    if write.notify and _reached(write, record, OPPORTUNITY, "StageName", WON):
        outbound.queue(ORG, write.world, record, ("AccountId", "StageName"))
    if write.notify and _reached(write, record, CONTRACT, "Status", SIGNED):
        outbound.queue(ORG, write.world, record, ("Status",))


def _roll_up(write: Write, record: Record) -> None:
    name, parent = PARENT_FIELD[record.object]
    ids = {record.values[name], write.before.values[name] if write.before else None} - {None}
    store = write.world.store
    for parent_id in sorted(map(str, ids)):
        found = store.get(parent, parent_id)
        # A child of the same instant as its parent's own version needs no version more.
        if found is not None and found.modified_ms < write.at_ms:
            written = int(found.values[LINES_WRITTEN] or 0) + 1
            store.update(parent, parent_id, {LINES_WRITTEN: written}, write.at_ms)


def _reached(write: Write, record: Record, object_name: str, field: str, state: str) -> bool:
    if record.object != object_name or record.values[field] != state or DELETED_MARK in write.changes:
        return False
    return write.before is None or write.before.values[field] != state


def _value(write: Write, name: str) -> Value:
    """A field as it will be after the write."""
    if name in write.changes or write.before is None:
        return write.changes.get(name)
    return write.before.values[name]


def _step(write: Write, what: str, field: str, path: Path) -> list[Problem]:
    becomes = _value(write, field)
    if write.before is None:
        return []
    was = write.before.values[field]
    if was == becomes or becomes in path.get(was, frozenset()):
        return []
    return [state_invalid(what, was, becomes, field)]


def _before_opportunity(write: Write) -> list[Problem]:
    wrong = _step(write, "An opportunity", "StageName", STAGE_PATH)
    stage = _value(write, "StageName")
    write.changes["IsWon"] = int(stage == WON)
    write.changes["IsClosed"] = int(stage in (WON, "Closed Lost"))
    if stage == WON and _value(write, "RH_Closed_Won_At__c") is None:
        write.changes["RH_Closed_Won_At__c"] = write.at_ms
    quote = write.world.store.get(QUOTE, str(_value(write, "SyncedQuoteId")))
    if "SyncedQuoteId" in write.changes and quote and quote.values["OpportunityId"] != write.record_id:
        wrong.append(invalid("The synced quote belongs to another opportunity.", "SyncedQuoteId"))
    return wrong


def _before_quote(write: Write) -> list[Problem]:
    if write.before is None:
        if write.changes.get("QuoteNumber") is None:
            write.changes["QuoteNumber"] = f"Q-{_auto_number(write, 'quote')}"
        write.changes.setdefault("RH_Revision__c", 1)
        if write.changes.get("Status") is None:
            write.changes["Status"] = "Draft"
        if write.actor == API and write.changes["Status"] != "Draft":
            return [invalid("A quote begins as Draft.", "Status")]
    return _step(write, "A quote", "Status", QUOTE_PATH)


def _before_contract(write: Write) -> list[Problem]:
    if write.before is None:
        if write.changes.get("ContractNumber") is None:
            write.changes["ContractNumber"] = str(_auto_number(write, "contract"))
        if write.changes.get("Status") is None:
            write.changes["Status"] = "Draft"
        if write.changes.get("RH_Billing_Freq__c") is None:
            write.changes["RH_Billing_Freq__c"] = "MONTHLY"
        if write.actor == API and write.changes["Status"] != "Draft":
            return [invalid("Choose a valid contract status: a contract begins as Draft.", "Status")]
    wrong = _step(write, "A contract", "Status", CONTRACT_PATH)
    if _value(write, "Status") == SIGNED:
        if _value(write, "RH_Signed_At__c") is None:
            write.changes["RH_Signed_At__c"] = write.at_ms
        if _value(write, "CustomerSignedDate") is None:
            write.changes["CustomerSignedDate"] = day_of(int(_value(write, "RH_Signed_At__c") or 0))
    return wrong


def _before_rate_card(write: Write) -> list[Problem]:
    owner = {"CONTRACT": "RH_Contract__c", "CLIENT": "RH_Account__c"}.get(str(_value(write, "RH_Scope__c")))
    if owner is not None and _value(write, owner) is None:
        return [invalid("A rate card belongs to the contract or client of its scope.", owner)]
    return []


def _before_contract_line(write: Write) -> list[Problem]:
    if write.before is None and write.changes.get("Name") is None:
        contract = write.world.store.get(CONTRACT, str(write.changes.get("RH_Contract__c")))
        number = contract.values["ContractNumber"] if contract else ""
        write.changes["Name"] = f"{number}-{write.changes.get('RH_Line__c')}"
    return []


def _before_quote_line(write: Write) -> list[Problem]:
    """Complete the price; the net is quantity times unit price less discount (finance V3)."""
    if write.before is None:
        price = write.changes.get("ListPrice") or write.changes.get("UnitPrice")
        for name in ("ListPrice", "UnitPrice"):
            if write.changes.get(name) is None:
                write.changes[name] = price
        if write.changes.get("LineNumber") is None:
            siblings = write.world.store.find(QUOTE_LINE, "QuoteId", write.changes.get("QuoteId"))
            taken = [int(line.values["LineNumber"] or 0) for line in siblings]
            write.changes["LineNumber"] = max(taken, default=0) + 1
    if write.actor == API or "TotalPrice" not in write.changes:
        price_e4, quantity_e2 = (int(_value(write, name) or 0) for name in ("UnitPrice", "Quantity"))
        kept_e6 = 1_000_000 - int(_value(write, "Discount") or 0)
        quote = write.world.store.get(QUOTE, str(_value(write, "QuoteId")))
        ccy = str(quote.values["CurrencyIsoCode"]) if quote else ""
        write.changes["TotalPrice"] = money(net_minor(price_e4 * quantity_e2 * kept_e6, ccy), ccy)
    return []


def _before_rate_line(write: Write) -> list[Problem]:
    valid_from, valid_to = _value(write, "RH_Valid_From__c"), _value(write, "RH_Valid_To__c")
    if valid_from is not None and valid_to is not None and str(valid_to) <= str(valid_from):
        return [invalid("A rate ends after it begins.", "RH_Valid_To__c")]
    return []


def _auto_number(write: Write, kind: str) -> int:
    return FIRST_AUTO_NUMBER + write.world.store.next_number(f"auto:{kind}")


_BEFORE: dict[str, Callable[[Write], list[Problem]]] = {
    OPPORTUNITY: _before_opportunity,
    QUOTE: _before_quote,
    QUOTE_LINE: _before_quote_line,
    CONTRACT: _before_contract,
    CONTRACT_LINE: _before_contract_line,
    RATE_CARD: _before_rate_card,
    RATE_LINE: _before_rate_line,
}

ORG = Org(schema=SCHEMA, rules=Rules(before=before, after=after), instance="CRM1")
