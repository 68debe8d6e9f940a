"""Leave as HR keeps it: facts of absences to time off requests and back without loss (mapping, HRIS).

The vendor numbers requests itself; the number that people use is kept beside it, as an alias.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from mocks.firm.facts.source import Absence, AbsenceDay
from mocks.hris.bamboohr.reading import text
from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.kit.vendor import Acted
from mocks.kit.world import World

REQUEST = "timeOffRequest"
_KINDS = {"VACATION": "78", "SICK": "77", "OTHER": "80"}
_STATUSES = {"APPROVED": "approved", "CANCELED": "canceled"}
_KIND_OF = {type_id: kind for kind, type_id in _KINDS.items()}
_STATUS_OF = {word: status for status, word in _STATUSES.items()}


def play_absence(world: World, fact: Absence, at_ms: int) -> Acted:
    """Enter, change, cancel or delete a request; it waits for its employee. The vendor tells nobody."""
    if fact.kind not in _KINDS or fact.status not in _STATUSES or not fact.days:
        return Acted(bk=fact.bk, state="refused", missing="An absence has a known kind and status, and days.")
    store = world.store
    known = store.alias(fact.bk)
    if fact.deleted:
        if known is None or not store.delete(REQUEST, known, at_ms):
            return Acted(bk=fact.bk, state="refused", missing=f"There is no absence {fact.bk}.")
        return Acted(bk=fact.bk, state="applied", native_id=known)
    people = store.find("employee", "employeeNumber", fact.resource.removeprefix("RS|"))
    if not people:
        return Acted(bk=fact.bk, state="waiting", missing=fact.resource)
    values = {"employeeId": people[0].id, **_fields(fact)}
    if known is not None:
        before = store.require(REQUEST, known)
        store.update(REQUEST, known, {**values, "approvedAt": _approved(fact, at_ms, before)}, at_ms)
        return Acted(bk=fact.bk, state="applied", native_id=known)
    request_id = str(store.next_number(REQUEST))
    store.insert(REQUEST, request_id, {**values, "approvedAt": _approved(fact, at_ms, None)}, at_ms)
    store.set_alias(fact.bk, REQUEST, request_id)
    return Acted(bk=fact.bk, state="applied", native_id=request_id)


def _approved(fact: Absence, at_ms: int, before: Record | None) -> Value:
    """When it was approved: the instant of the act where the fact names its own; a cancellation keeps it."""
    if fact.approved_at_ms == fact.recorded_at_ms:
        return at_ms
    if before is not None and fact.status == "CANCELED":
        return before.values["approvedAt"]
    return fact.approved_at_ms


def _fields(fact: Absence) -> dict[str, Value]:
    days = sorted(fact.days, key=lambda one: one.day)
    return {
        "status": _STATUSES[fact.status],
        "start": days[0].day.isoformat(),
        "end": days[-1].day.isoformat(),
        "typeId": _KINDS[fact.kind],
        "unit": "hours",
        "amount": _hours(sum(one.hours_e2 for one in days)),
        "dates": json.dumps({one.day.isoformat(): _hours(one.hours_e2) for one in days}),
        "notes": "{}",
    }


def _hours(hours_e2: int) -> str:
    whole, part = divmod(hours_e2, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".")


def observe_absences(store: Store) -> Iterator[Absence]:
    """Every version of every request that was approved or canceled, deletions included."""
    numbers: dict[str, str] = dict(store.rows("SELECT id, bk FROM alias WHERE object = ?", (REQUEST,)))
    people = {
        record.id: f"RS|{text(record.values['employeeNumber']) or record.id}"
        for record in store.select("employee", deleted=True)
    }
    changed = store.with_history(REQUEST)
    for record in store.select(REQUEST, deleted=True):
        bk, ver = numbers.get(record.id, f"AB|{record.id}"), 0
        versions = store.versions(REQUEST, record.id) if record.id in changed else [record]
        for version in versions:
            if version.values["status"] in _STATUS_OF:
                ver += 1
                yield _to_fact(version, bk, ver, people.get(text(version.values["employeeId"]), ""))


def _to_fact(record: Record, bk: str, ver: int, resource: str) -> Absence:
    values = record.values
    dates: dict[str, str] = json.loads(text(values["dates"]) or "{}")
    return Absence(
        bk=bk,
        recorded_at_ms=record.modified_ms,
        ver=ver,
        source_id=record.id,
        deleted=record.deleted,
        number=bk.partition("|")[2],
        resource=resource,
        kind=_KIND_OF[text(values["typeId"])],
        status=_STATUS_OF[text(values["status"])],
        days=tuple(
            AbsenceDay(date.fromisoformat(day), int(Decimal(hours).scaleb(2).to_integral_value()))
            for day, hours in sorted(dates.items())
        ),
        approved_at_ms=int(values["approvedAt"] or record.created_ms),
    )
