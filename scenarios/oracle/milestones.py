"""Fixed fees: milestones that must be planned, and the events of accepted ones (finance 1.4, 2.3)."""

from collections.abc import Iterable

from mocks.firm.facts.source import Milestone
from scenarios.oracle.amounts import half_up
from scenarios.oracle.calendars import local_date
from scenarios.oracle.expected import CaseSet, ExpectedMilestone, FixedEvent
from scenarios.oracle.terms import Line
from scenarios.oracle.versions import History, Sources, line_key

_WHOLE_E6 = 1_000_000


def planned_milestones(lines: Iterable[Line], cases: CaseSet) -> dict[str, ExpectedMilestone]:
    """V6: each share of the line's net, the last takes the remainder; by MS bk."""
    planned: dict[str, ExpectedMilestone] = {}
    for line in lines:
        if line.terms.billing_method != "FF":
            continue
        rows = sorted(line.package.milestones if line.package else (), key=lambda row: row.seq)
        if sum(row.share_e6 for row in rows) != _WHOLE_E6:
            cases.demand("MS_SUM_MISMATCH", (line.key, line.deal.contract, line.terms.package))
            continue
        left_minor = line.terms.value_minor
        for row in rows:
            share_minor = half_up(line.terms.value_minor * row.share_e6, _WHOLE_E6)
            amount_minor = left_minor if row is rows[-1] else share_minor
            left_minor -= amount_minor
            bk = f"MS|{line.key}|{row.seq}"
            planned[bk] = ExpectedMilestone(
                bk=bk,
                contract=line.deal.contract,
                line_key=line.key,
                seq=row.seq,
                name=row.name,
                amount_minor=amount_minor,
            )
    return planned


def milestone_events(
    sources: Sources,
    lines: dict[str, Line],
    planned: dict[str, ExpectedMilestone],
    now_ms: int,
    unsupported: set[str],
) -> list[FixedEvent]:
    """One event for every accepted milestone; its amount is the planned one, whatever else was recorded."""
    events: list[FixedEvent] = []
    for _, history in sorted(sources.milestones.items()):
        fact, at_ms = _accepted(history, now_ms, unsupported)
        if fact is None:
            continue
        key = line_key(fact.contract.removeprefix("CO|"), fact.line)
        line, milestone = lines.get(key), planned.get(f"MS|{key}|{fact.seq}")
        entity = sources.entity(line.deal.entity) if line else None
        if line is None or milestone is None or entity is None:
            unsupported.add(f"{fact.bk} was accepted but never had to be planned")
            continue
        events.append(
            FixedEvent(
                bk=f"BE|{milestone.bk}|v1.1|p1",
                sources=(fact.source_id,),
                method="FF",
                contract=line.deal.contract,
                line=line.terms.line,
                line_key=key,
                service_date=local_date(entity.tz, fact.accepted_at_ms or at_ms),
                commit_ms=max(at_ms, line.deal.activation_ms),
                amount_minor=milestone.amount_minor,
            )
        )
    return events


def _accepted(
    history: History[Milestone], now_ms: int, unsupported: set[str]
) -> tuple[Milestone | None, int]:
    """The first acceptance by now with a(e); whatever takes one back is out of reach."""
    found: Milestone | None = None
    for fact in history.facts:
        if found is not None and (fact.deleted or fact.status != "ACCEPTED"):
            unsupported.add(f"{fact.bk} was taken back after its acceptance")
        if found is None and fact.status == "ACCEPTED" and not fact.deleted:
            found = fact
        if fact.status not in ("ACHIEVED", "ACCEPTED", "PLANNED"):
            unsupported.add(f"{fact.bk} is {fact.status}")
    if found is None:
        return None, 0
    at_ms = max(found.recorded_at_ms, found.accepted_at_ms or 0)
    return (found, at_ms) if at_ms <= now_ms else (None, 0)
