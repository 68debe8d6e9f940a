"""The PSA port over the Salesforce protocol: polled streams, upserts by external id, marks by id."""

from collections.abc import Callable, Sequence

import msgspec

from integration_core.adapters.certinia import mapping
from integration_core.adapters.certinia.rows import (
    AssignmentRow,
    DefaultRateRow,
    EstimateRow,
    MilestoneRow,
    ProjectRow,
    RateOverrideRow,
    SplitRow,
    TimecardRow,
)
from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.json_body import text_of
from integration_core.adapters.http.records import Gathered, map_records
from integration_core.adapters.salesforce_protocol.polling import Leg, Stamps, child_leg, poll, row_leg
from integration_core.adapters.salesforce_protocol.query import children
from integration_core.adapters.salesforce_protocol.rows import identify
from integration_core.adapters.salesforce_protocol.session import OrgCredentials, OrgSession
from integration_core.adapters.salesforce_protocol.writing import update_many, upsert, upsert_many
from integration_core.canonical.work import BillingMark, Milestone, MilestoneMark, Project, Resource, Task
from integration_core.ports.http import HttpTransport
from integration_core.ports.systems import ChangePage, Outcome, SourceRecord, Written

_EXTERNAL_ID = "RH_External_Id__c"
_OVERRIDES = ("RH_Rate_Override__c", RateOverrideRow)


class CertiniaPsa:
    """Certinia in the role of the PSA."""

    name: str = "certinia"
    streams: tuple[str, ...] = (
        "assignments",
        "timecards",
        "rates",
        "milestones",
        "estimates",
        "projects",
    )

    def __init__(
        self,
        transport: HttpTransport,
        base_url: str,
        credentials: OrgCredentials,
        *,
        visibility_lag_ms: int = 60_000,
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
        self._legs: dict[str, tuple[Leg, ...]] = {
            "assignments": (
                row_leg("pse__Assignment__c", AssignmentRow, self._assignments),
                # An override agreed later need not touch its assignment.
                child_leg(self._session, "pse__Assignment__c", AssignmentRow, _OVERRIDES, self._assignments),
            ),
            "timecards": (row_leg("pse__Timecard_Header__c", TimecardRow, self._timecards),),
            "rates": (row_leg("pse__Rate_Card__c", DefaultRateRow, self._rates),),
            "milestones": (row_leg("pse__Milestone__c", MilestoneRow, self._milestones),),
            "estimates": (row_leg("RH_Estimate__c", EstimateRow, self._estimates),),
            "projects": (row_leg("pse__Proj__c", ProjectRow, self._projects),),
        }

    async def read_changes(self, stream: str, since_ms: int, cursor: str | None) -> ChangePage:
        """One page of a stream's changes, as the port says."""
        return await poll(self._session, self._legs[stream], since_ms, cursor, self._lag_ms)

    async def upsert_project(self, project: Project) -> Written:
        """Create or update the project under its external id."""
        fields = mapping.to_wire_project(project)
        return await upsert(self._session, "pse__Proj__c", _EXTERNAL_ID, project.key, fields)

    async def upsert_tasks(self, project_native_id: str, tasks: Sequence[Task]) -> Sequence[Outcome]:
        """Create or update a project's tasks by external id; one outcome an item, in order."""
        rows = [(task.key, mapping.to_wire_task(project_native_id, task)) for task in tasks]
        return await upsert_many(self._session, "pse__Project_Task__c", _EXTERNAL_ID, rows)

    async def upsert_resources(self, resources: Sequence[Resource]) -> Sequence[Outcome]:
        """Create or update people by employee number; one outcome an item, in order."""
        rows = [(resource.key, mapping.to_wire_resource(resource)) for resource in resources]
        return await upsert_many(self._session, "Contact", "RH_Employee_No__c", rows)

    async def write_billing_marks(self, marks: Sequence[BillingMark]) -> Sequence[Outcome]:
        """Show on each split whether it was billed; one outcome an item, in order."""
        rows = [(mark.split_native_id, mapping.to_wire_billing_mark(mark)) for mark in marks]
        return await update_many(self._session, "pse__Timecard__c", rows)

    async def upsert_milestones(
        self, project_native_id: str, milestones: Sequence[Milestone]
    ) -> Sequence[Outcome]:
        """Plan a project's milestones by external id, status untouched; one outcome an item, in order."""
        rows = [(step.key, mapping.to_wire_milestone(project_native_id, step)) for step in milestones]
        return await upsert_many(self._session, "pse__Milestone__c", _EXTERNAL_ID, rows)

    async def write_milestone_marks(self, marks: Sequence[MilestoneMark]) -> Sequence[Outcome]:
        """Show on each milestone whether it was billed; one outcome an item, in order."""
        rows = [(mark.milestone_native_id, mapping.to_wire_milestone_mark(mark)) for mark in marks]
        return await update_many(self._session, "pse__Milestone__c", rows)

    async def _assignments(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        ids = [native_id for native_id, _ in map(identify, raws) if native_id]
        overrides = await children(self._session, *_OVERRIDES, ids)

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=AssignmentRow)
            return mapping.to_canonical_assignment(row, overrides.of(row.id), stamps.get(row.id, 0))

        return map_records("Assignment", raws, convert, identify)

    async def _timecards(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        # Splits exist from approval on, so the cards of people still at work cost no call.
        approved = [raw for raw in raws if text_of(raw, "pse__Status__c") == "Approved"]
        splits = await children(
            self._session, "pse__Timecard__c", SplitRow, [identify(raw)[0] for raw in approved]
        )

        def convert(raw: msgspec.Raw) -> SourceRecord:
            row = msgspec.json.decode(raw, type=TimecardRow)
            return mapping.to_canonical_time_card(row, splits.of(row.id))

        return map_records("TimeCard", raws, convert, identify)

    async def _rates(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_rate_line(msgspec.json.decode(raw, type=DefaultRateRow))

        return map_records("RateLine", raws, convert, identify)

    async def _milestones(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord | None:
            return mapping.to_canonical_milestone(msgspec.json.decode(raw, type=MilestoneRow))

        return map_records("MilestoneState", raws, convert, identify)

    async def _estimates(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord:
            return mapping.to_canonical_estimate(msgspec.json.decode(raw, type=EstimateRow))

        return map_records("Estimate", raws, convert, identify)

    async def _projects(self, raws: Sequence[msgspec.Raw], stamps: Stamps) -> Gathered:
        def convert(raw: msgspec.Raw) -> SourceRecord | None:
            return mapping.to_canonical_project(msgspec.json.decode(raw, type=ProjectRow))

        return map_records("ProjectState", raws, convert, identify)
