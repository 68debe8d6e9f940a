"""Reading the CRM back: its records as facts with every version, and what subjects wrote as documents."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from mocks.crm.salesforce import reading
from mocks.crm.salesforce.reading import Known
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
    RATE_LINE,
)
from mocks.crm.salesforce.wire import minor
from mocks.firm.facts.documents import CrmContractMirror, CrmOpportunityMirror
from mocks.firm.facts.source import SourceFact
from mocks.firm.facts.wire import Row
from mocks.kit.store import Record, Store
from mocks.kit.world import World

Lineage = list[list[Record]]  # the versions of each child, in the order of the children
Read = Callable[[Known, Record, Sequence[Record]], SourceFact]

# Objects as facts, parents before those that refer to them, each with the objects of its children.
_KINDS: tuple[tuple[str, tuple[str, ...], str, Read], ...] = (
    (ACCOUNT, (), "", reading.account),
    (PRODUCT, (PACKAGE_TASK, PACKAGE_MILESTONE), "RH_Product__c", reading.package),
    (OPPORTUNITY, (), "", reading.opportunity),
    (QUOTE, (QUOTE_LINE,), "QuoteId", reading.quote),
    (CONTRACT, (CONTRACT_LINE,), "RH_Contract__c", reading.contract),
    (RATE_LINE, (), "", reading.rate_line),
)


def observe(world: World) -> Iterator[Row]:
    """Facts for every version that people made, then the mirrors that subjects wrote."""
    store = world.store
    known = Known(store)
    for object_name, child_objects, parent_field, read in _KINDS:
        children = _children(store, child_objects, parent_field)
        for versions in lineages(store, object_name):
            yield from _told(known, versions, children.get(versions[-1].id, []), read)
    yield from _contract_mirrors(store)
    yield from _opportunity_mirrors(store)


def lineages(store: Store, object_name: str) -> Iterator[list[Record]]:
    """Every record of an object with all its versions, deleted ones too, in order of creation."""
    changed = store.with_history(object_name)
    for record in store.select(object_name, deleted=True):
        yield store.versions(object_name, record.id) if record.id in changed else [record]


def _children(store: Store, object_names: Sequence[str], parent_field: str) -> dict[str, Lineage]:
    found: dict[str, Lineage] = {}
    for object_name in object_names:
        for versions in lineages(store, object_name):
            found.setdefault(str(versions[-1].values[parent_field]), []).append(versions)
    return found


def _told(known: Known, versions: list[Record], children: Lineage, read: Read) -> Iterator[SourceFact]:
    """The versions of one entity as facts; a write that changes no fact (a mirror) is no version."""
    last: SourceFact | None = None
    ver = 0
    for version in versions:
        present = [shown for child in children if (shown := _as_of(child, version.modified_ms)) is not None]
        fact = read(known, version, present)
        if last is not None and fact == last:
            continue
        last, ver = fact, ver + 1
        yield replace(fact, ver=ver, recorded_at_ms=version.modified_ms)


def _as_of(versions: list[Record], at_ms: int) -> Record | None:
    for version in reversed(versions):
        if version.modified_ms <= at_ms:
            return None if version.deleted else version
    return None


# --- mirrors ----------------------------------------------------------------------------------


def _contract_mirrors(store: Store) -> Iterator[CrmContractMirror]:
    for record in store.select(CONTRACT):
        amounts = [
            None
            if record.values[name] is None
            else minor(record.values[name], record.values["CurrencyIsoCode"])
            for name in ("RH_Billed_To_Date__c", "RH_Collected_To_Date__c", "RH_Open_AR__c")
        ]
        yield CrmContractMirror(
            **_document(record, "ContractNumber"),
            billed_minor=amounts[0],
            collected_minor=amounts[1],
            open_ar_minor=amounts[2],
        )


def _opportunity_mirrors(store: Store) -> Iterator[CrmOpportunityMirror]:
    for record in store.select(OPPORTUNITY):
        yield CrmOpportunityMirror(
            **_document(record, "RH_Key__c"),
            project_status=str(record.values["RH_Project_Status__c"] or ""),
            last_invoice_no=str(record.values["RH_Last_Invoice_No__c"] or ""),
            last_invoice_status=str(record.values["RH_Last_Invoice_Status__c"] or ""),
        )


def _document(record: Record, key: str) -> dict[str, Any]:
    return {
        "native_id": record.id,
        "external_id": str(record.values[key] or ""),
        "created_at_ms": record.created_ms,
        "modified_at_ms": record.modified_ms,
        "versions": record.ver,
        "deleted": record.deleted,
    }
