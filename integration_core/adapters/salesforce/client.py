"""The CRM port over Salesforce REST: polled streams, and mirrors written by collections.

Parents are read with their children joined, in chunks of 200 ids, never one call a record.
"""

from collections.abc import Callable, Sequence

import msgspec

from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.json_body import text_of
from integration_core.adapters.http.records import Gathered, map_records
from integration_core.adapters.salesforce import mapping
from integration_core.adapters.salesforce.rows import (
    AccountRow,
    ContractLineRow,
    ContractRow,
    OpportunityRow,
    PackageMilestoneRow,
    PackageTaskRow,
    ProductRow,
    QuoteLineRow,
    QuoteRow,
    RateCardLineRow,
    RateCardRow,
)
from integration_core.adapters.salesforce_protocol.polling import (
    Gather,
    Leg,
    Stamps,
    child_leg,
    poll,
    row_leg,
)
from integration_core.adapters.salesforce_protocol.query import children, rows_in
from integration_core.adapters.salesforce_protocol.rows import (
    ChildRow,
    Row,
    columns,
    identify,
    soql_instant,
    wire_name,
)
from integration_core.adapters.salesforce_protocol.session import OrgCredentials, OrgSession
from integration_core.adapters.salesforce_protocol.writing import update_many
from integration_core.canonical.work import ContractMirror, OpportunityMirror
from integration_core.ports.http import HttpTransport
from integration_core.ports.systems import ChangePage, Outcome, SourceRecord

_QUOTE_LINES = ("QuoteLineItem", QuoteLineRow)
_PACKAGE_TASKS = ("RH_Package_Task__c", PackageTaskRow)
_PACKAGE_MILESTONES = ("RH_Package_Milestone__c", PackageMilestoneRow)
_CONTRACT_LINES = ("RH_Contract_Line__c", ContractLineRow)


class SalesforceCrm:
    """Salesforce in the role of the CRM.

    `children_move_parents` says that writing a line moves its parent's SystemModstamp in this org;
    where it does not, the children are polled as well.
    """

    name: str = "salesforce"
    streams: tuple[str, ...] = ("accounts", "opportunities", "quotes", "packages", "contracts", "rates")

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        credentials: OrgCredentials,
        *,
        visibility_lag_ms: int = 60_000,
        children_move_parents: bool = True,
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self._session = OrgSession(
            self.name,
            transport,
            base_url,
            credentials,
            timeout_seconds=timeout_seconds,
            correlation=correlation,
        )
        self._lag_ms = visibility_lag_ms
        self._children_move_parents = children_move_parents
        self._legs: dict[str, tuple[Leg, ...]] = {
            "accounts": (row_leg("Account", AccountRow, self._accounts),),
            "opportunities": (row_leg("Opportunity", OpportunityRow, self._opportunities),),
            "quotes": self._with_children("Quote", QuoteRow, _QUOTE_LINES, self._quotes),
            "packages": self._package_legs(),
            "contracts": self._with_children("Contract", ContractRow, _CONTRACT_LINES, self._contracts),
            "rates": (
                row_leg("RH_Rate_Card_Line__c", RateCardLineRow, self._rates),
                Leg("RH_Rate_Card__c", ("Id", "SystemModstamp"), self._rates_of_changed_cards),
            ),
        }

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """One page of a stream's changes, as the port says."""
        return await poll(self._session, self._legs[stream], since_ms, cursor, self._lag_ms)

    async def write_contract_mirrors(self, mirrors: Sequence[ContractMirror]) -> Sequence[Outcome]:
        """Show on each contract what was billed and collected; one outcome an item, in order."""
        rows = [(mirror.contract_native_id, mapping.to_wire_contract_mirror(mirror)) for mirror in mirrors]
        return await update_many(self._session, "Contract", rows)

    async def write_opportunity_mirrors(self, mirrors: Sequence[OpportunityMirror]) -> Sequence[Outcome]:
        """Show on each opportunity how it is delivered and billed; one outcome an item, in order."""
        rows = [
            (mirror.opportunity_native_id, mapping.to_wire_opportunity_mirror(mirror)) for mirror in mirrors
        ]
        return await update_many(self._session, "Opportunity", rows)

    def _with_children(
        self, table: str, row_type: type[Row], child: tuple[str, type[ChildRow]], gather: Gather
    ) -> tuple[Leg, ...]:
        own = row_leg(table, row_type, gather)
        if self._children_move_parents:
            return (own,)
        return (own, child_leg(self._session, table, row_type, child, gather))

    def _package_legs(self) -> tuple[Leg, ...]:
        legs = self._with_children("Product2", ProductRow, _PACKAGE_TASKS, self._packages)
        if self._children_move_parents:
            return legs
        plan = child_leg(self._session, "Product2", ProductRow, _PACKAGE_MILESTONES, self._packages)
        return (*legs, plan)

    async def _accounts(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_customer(msgspec.json.decode(raw, type=AccountRow))

        return map_records("Customer", raws, convert, identify)

    async def _opportunities(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_opportunity(msgspec.json.decode(raw, type=OpportunityRow))

        return map_records("Opportunity", raws, convert, identify)

    async def _quotes(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        lines = await children(self._session, *_QUOTE_LINES, _ids(raws))

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=QuoteRow)
            return mapping.to_canonical_quote(row, lines.of(row.id), stamps.get(row.id, 0))

        return map_records("Quote", raws, convert, identify)

    async def _packages(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        tasks = await children(self._session, *_PACKAGE_TASKS, _ids(raws))
        plans = await children(self._session, *_PACKAGE_MILESTONES, _ids(raws))

        def convert(raw: msgspec.Raw) -> SourceRecord | None:
            row = msgspec.json.decode(raw, type=ProductRow)
            seen_ms = stamps.get(row.id, 0)
            return mapping.to_canonical_package(row, tasks.of(row.id), plans.of(row.id), seen_ms)

        return map_records("ServicePackage", raws, convert, identify)

    async def _contracts(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        lines = await children(self._session, *_CONTRACT_LINES, _ids(raws))

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=ContractRow)
            return mapping.to_canonical_contract(row, lines.of(row.id), stamps.get(row.id, 0))

        return map_records("Contract", raws, convert, identify)

    async def _rates(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        cards = await self._cards(raws)

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=RateCardLineRow)
            card = msgspec.json.decode(cards[row.parent_id], type=RateCardRow)
            return mapping.to_canonical_rate_line(row, card)

        return map_records("RateLine", raws, convert, identify)

    async def _cards(self, lines: Sequence[msgspec.Raw]) -> dict[str, msgspec.Raw]:
        key = wire_name(RateCardLineRow, "parent_id")
        card_ids = [card_id for raw in lines if (card_id := text_of(raw, key))]
        found = await rows_in(self._session, "RH_Rate_Card__c", columns(RateCardRow), "Id", card_ids)
        return {identify(raw)[0]: raw for raw in found}

    async def _rates_of_changed_cards(self, raws: Sequence[msgspec.Raw], since_ms: int) -> Gathered:
        # Lines that changed themselves came with their own leg.
        unchanged = f" AND SystemModstamp < {soql_instant(since_ms)}"
        key = wire_name(RateCardLineRow, "parent_id")
        lines = await rows_in(
            self._session,
            "RH_Rate_Card_Line__c",
            columns(RateCardLineRow),
            key,
            _ids(raws),
            unchanged,
        )
        return await self._rates(lines, {})


def _ids(raws: Sequence[msgspec.Raw]) -> list[str]:
    return [native_id for native_id, _ in map(identify, raws) if native_id]
