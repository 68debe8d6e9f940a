"""People at work in the CRM: sales opens, quotes, wins and signs; each fact is one act of one person."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from msgspec import Struct

from mocks.crm.salesforce import wire
from mocks.crm.salesforce.errors import invalid
from mocks.crm.salesforce.schema import (
    ACCOUNT,
    CONTRACT,
    CONTRACT_LINE,
    OPPORTUNITY,
    PACKAGE_MILESTONE,
    PACKAGE_TASK,
    PRODUCT,
    QUOTE,
    QUOTE_LINE,
    RATE_CARD,
    RATE_LINE,
)
from mocks.crm.salesforce.state import ORG
from mocks.crm.salesforce.wire import Values
from mocks.firm.facts.source import (
    Account,
    Contract,
    Opportunity,
    Quote,
    RateLine,
    ServicePackage,
    SourceFact,
)
from mocks.kit.schema import Value
from mocks.kit.vendor import Acted
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.rules import WriteRefused


class NotThereYet(Exception):
    """What a fact refers to and nobody has made; the text is its business key."""


class Scene(Struct, frozen=True):
    """Where and when one fact is played; history (`live` False) keeps its own instants and tells nobody."""

    world: World
    live: bool
    at_ms: int

    def moment(self, told_ms: int | None, recorded_at_ms: int) -> int | None:
        """An instant that the fact names: the one of the act itself moves with the act."""
        return self.at_ms if told_ms == recorded_at_ms else told_ms

    def id_of(self, bk: str) -> str:
        """The record that a business key became here; raises NotThereYet."""
        record_id = self.world.store.alias(bk)
        if record_id is None:
            raise NotThereYet(bk)
        return record_id

    def save(self, object_name: str, bk: str, values: Values) -> str:
        """Create the record of a business key, or change it."""
        known = self.world.store.alias(bk)
        if known is not None:
            self.change(object_name, known, values)
            return known
        made = self.make(object_name, values)
        self.world.store.set_alias(bk, object_name, made)
        return made

    def make(self, object_name: str, values: Values) -> str:
        """Create a record."""
        return records.create(ORG, self.world, object_name, values, notify=self.live, at_ms=self.at_ms)

    def change(self, object_name: str, record_id: str, values: Values) -> None:
        """Change a record."""
        records.update(ORG, self.world, object_name, record_id, values, notify=self.live, at_ms=self.at_ms)

    def remove(self, object_name: str, record_id: str) -> None:
        """Delete a record."""
        records.delete(ORG, self.world, object_name, record_id, at_ms=self.at_ms)


class Children(Struct, frozen=True):
    """Records that belong to another, told apart by one field."""

    object: str
    parent_field: str
    key_field: str

    def match(self, scene: Scene, parent_id: str, wanted: Sequence[Values]) -> None:
        """Make the children what they are to be: changed, added and removed, in the order given."""
        present = {
            child.values[self.key_field]: child
            for child in scene.world.store.find(self.object, self.parent_field, parent_id)
        }
        for values in wanted:
            known = present.pop(values[self.key_field], None)
            if known is None:
                scene.make(self.object, {**values, self.parent_field: parent_id})
            elif any(known.values[name] != value for name, value in values.items()):
                scene.change(self.object, known.id, values)
        for gone in present.values():
            scene.remove(self.object, gone.id)


QUOTE_LINES = Children(QUOTE_LINE, "QuoteId", "LineNumber")
PACKAGE_TASKS = Children(PACKAGE_TASK, "RH_Product__c", "RH_WBS__c")
PACKAGE_MILESTONES = Children(PACKAGE_MILESTONE, "RH_Product__c", "RH_Seq__c")
CONTRACT_LINES = Children(CONTRACT_LINE, "RH_Contract__c", "RH_Line__c")


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify: bool
) -> list[Acted]:
    """Play facts in order, each in a transaction of its own; history (`notify` False) in one of them all."""
    with nullcontext() if notify else world.store.transaction():
        return [_acted(world, fact, notify) for fact in facts]


def _acted(world: World, fact: SourceFact, live: bool) -> Acted:
    scene = Scene(world, live, world.commit_ms() if live else fact.recorded_at_ms)
    player = _PLAYERS.get(type(fact).__name__)
    if player is None:
        return Acted(bk=fact.bk, state="refused", missing=f"The CRM keeps no {type(fact).__name__}.")
    try:
        with world.store.transaction():
            native_id = _delete(scene, fact) if fact.deleted else player(scene, fact)
    except NotThereYet as absence:
        return Acted(bk=fact.bk, state="waiting", missing=str(absence))
    except WriteRefused as refusal:
        return Acted(bk=fact.bk, state="refused", missing=str(refusal))
    return Acted(bk=fact.bk, state="applied", native_id=native_id)


def _delete(scene: Scene, fact: SourceFact) -> str:
    record_id = scene.id_of(fact.bk)
    scene.remove(_OBJECTS[type(fact).__name__], record_id)
    return record_id


def _account(scene: Scene, fact: Account) -> str:
    parent_id = None if fact.parent is None else scene.id_of(fact.parent)
    bill_to_id = None if fact.bill_to in (fact.bk, "") else scene.id_of(fact.bill_to)
    return scene.save(ACCOUNT, fact.bk, wire.account_fields(fact, parent_id, bill_to_id))


def _package(scene: Scene, fact: ServicePackage) -> str:
    product_id = scene.save(PRODUCT, fact.bk, wire.product_fields(fact))
    PACKAGE_TASKS.match(scene, product_id, [wire.task_fields(task) for task in fact.tasks])
    PACKAGE_MILESTONES.match(scene, product_id, [wire.milestone_fields(step) for step in fact.milestones])
    return product_id


def _opportunity(scene: Scene, fact: Opportunity) -> str:
    account_id = scene.id_of(fact.account)
    quote_id = None if fact.accepted_quote is None else scene.id_of(fact.accepted_quote)
    won_at_ms = scene.moment(fact.closed_won_at_ms, fact.recorded_at_ms)
    return scene.save(OPPORTUNITY, fact.bk, wire.opportunity_fields(fact, account_id, quote_id, won_at_ms))


def _quote(scene: Scene, fact: Quote) -> str:
    opportunity_id = scene.id_of(fact.opportunity)
    lines = [wire.quote_line_fields(line, scene.id_of(line.package), fact.ccy) for line in fact.lines]
    quote_id = scene.save(QUOTE, fact.bk, wire.quote_fields(fact, opportunity_id))
    QUOTE_LINES.match(scene, quote_id, lines)
    return quote_id


def _contract(scene: Scene, fact: Contract) -> str:
    lines = [wire.contract_line_fields(line, scene.id_of(line.package), fact.ccy) for line in fact.lines]
    values = wire.contract_fields(
        fact,
        scene.id_of(fact.account),
        scene.id_of(fact.bill_to),
        scene.id_of(fact.opportunity),
        scene.moment(fact.signed_at_ms, fact.recorded_at_ms),
    )
    contract_id = scene.save(CONTRACT, fact.bk, values)
    CONTRACT_LINES.match(scene, contract_id, lines)
    return contract_id


def _rate_line(scene: Scene, fact: RateLine) -> str:
    if fact.scope not in ("CONTRACT", "CLIENT") or fact.owner is None:
        raise WriteRefused(invalid(f"The CRM keeps no rates of scope {fact.scope}.", "RH_Scope__c"))
    card = wire.card_fields(fact, scene.id_of(fact.owner))
    card_id = _card_like(scene, card) or scene.make(RATE_CARD, card)
    return scene.save(RATE_LINE, fact.bk, {**wire.rate_fields(fact), "RH_Rate_Card__c": card_id})


def _card_like(scene: Scene, card: Mapping[str, Value]) -> str | None:
    """The card of this name that has the same owner and currency; a name may be used by several owners."""
    owner = "RH_Contract__c" if card["RH_Contract__c"] is not None else "RH_Account__c"
    for found in scene.world.store.find(RATE_CARD, owner, card[owner]):
        if all(found.values[name] == value for name, value in card.items()):
            return found.id
    return None


_PLAYERS: dict[str, Callable[..., str]] = {
    "Account": _account,
    "ServicePackage": _package,
    "Opportunity": _opportunity,
    "Quote": _quote,
    "Contract": _contract,
    "RateLine": _rate_line,
}
_OBJECTS = {
    "Account": ACCOUNT,
    "ServicePackage": PRODUCT,
    "Opportunity": OPPORTUNITY,
    "Quote": QUOTE,
    "Contract": CONTRACT,
    "RateLine": RATE_LINE,
}
