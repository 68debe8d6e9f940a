"""Creating, changing and deleting records of any type, each within one transaction (wire 4.3, records)."""

import re
from collections.abc import Callable

from mocks.erp.netsuite import credits, invoices, journals, periods
from mocks.erp.netsuite.errors import missing, no_permission, refuse, user_error
from mocks.erp.netsuite.lookups import by_external_id, lines_of, next_id
from mocks.erp.netsuite.posting import DRAFT
from mocks.erp.netsuite.properties import MAIL_ADDRESS, RecordType
from mocks.erp.netsuite.reading import Incoming
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

_MAIL = re.compile(MAIL_ADDRESS)
_DEPENDENTS = {
    "customer": (("job", "parent"), ("customer", "parent"), ("transaction", "entity")),
    "job": (("transactionline", "job"),),
    "employee": (),
    "invoice": (("transaction", "createdfrom"),),
}
_HIERARCHY_BOUND = 50

Saver = Callable[[World, Record | None, Incoming, bool, int], str]
_SAVERS: dict[str, Saver] = {
    "invoice": invoices.save,
    "creditMemo": credits.save,
    "journalEntry": journals.save,
}


def save(world: World, kind: RecordType, before: Record | None, given: Incoming, *, merge: bool) -> str:
    """Create (`before` None) or change a record; returns its internal id. Refuses what the rules forbid."""
    action = "create" if before is None else "update"
    if action not in kind.access:
        raise no_permission(f"The role of this integration may not {action} records of type {kind.name}.")
    with world.store.transaction():
        _require_free_external_id(world, kind, before, given.changes.get("externalid"))
        at_ms = world.commit_ms()
        saver = _SAVERS.get(kind.name)
        if saver is not None:
            return saver(world, before, given, merge, at_ms)
        if before is None:
            return _create(world, kind, given.changes, at_ms)
        return _change(world, kind, before, given.changes, at_ms)


def delete(world: World, kind: RecordType, record: Record) -> None:
    """Delete a record that nothing depends on."""
    if "delete" not in kind.access:
        raise no_permission(f"The role of this integration may not delete records of type {kind.name}.")
    with world.store.transaction():
        if kind.transaction_type and record.values["custbody_rh_status"] != DRAFT:
            raise user_error("A posted transaction cannot be deleted.")
        for table, column in _DEPENDENTS.get(kind.name, ()):
            if world.store.find(table, column, record.id):
                raise user_error("This record cannot be deleted because it has dependent records.")
        if kind.transaction_type:
            for line in lines_of(world, record.id):
                world.store.delete("transactionline", line.id, world.commit_ms())
        world.store.delete(kind.table, record.id, world.commit_ms())


def _require_free_external_id(
    world: World, kind: RecordType, before: Record | None, external_id: Value
) -> None:
    if external_id is None:
        return
    other = by_external_id(world, kind, str(external_id))
    if other is None or (before is not None and other.id == before.id):
        return
    code = "DUP_RCRD" if kind.transaction_type else "UNIQUE_CUST_ID_REQD"
    raise refuse(
        code, f"This record already exists: {kind.name} with external ID {external_id}.", "externalId"
    )


def _create(world: World, kind: RecordType, changes: dict[str, Value], at_ms: int) -> str:
    values: dict[str, Value] = {
        **{item.column: 0 for item in kind.properties if item.kind == "boolean"},
        **changes,
    }
    _check(world, kind, "", values)
    record_id = next_id(world, kind.table)
    world.store.insert(kind.table, record_id, values, at_ms)
    return record_id


def _change(world: World, kind: RecordType, before: Record, changes: dict[str, Value], at_ms: int) -> str:
    if kind.name == "accountingPeriod":
        changes = periods.close(world, before, changes, at_ms)
    else:
        booleans = {item.column for item in kind.properties if item.kind == "boolean"}
        values = {**before.values, **changes}
        values |= {name: 0 for name in booleans if values[name] is None}
        _check(world, kind, before.id, values)
        changes = values
    world.store.update(kind.table, before.id, changes, at_ms)
    return before.id


def _check(world: World, kind: RecordType, record_id: str, values: dict[str, Value]) -> None:
    """The rules of customers, jobs and employees; fills in what follows from their parents."""
    for item in kind.properties:
        if item.required and values.get(item.column) is None:
            raise missing(item.name)
    email = values.get("email")
    if email is not None and not _MAIL.fullmatch(str(email)):
        raise refuse("INVALID_VALUE", f"Invalid email address {email!r}.", "email")
    if kind.name == "customer":
        values.setdefault("creditholdoverride", "AUTO")
        _refuse_circle(world, record_id, values.get("parent"))
    elif kind.name == "job":
        parent = world.store.require("customer", str(values["parent"]))
        for name in ("subsidiary", "currency"):
            if values.get(name) is None:
                values[name] = parent.values[name]
    elif kind.name == "employee":
        values["entityid"] = f"{values['firstname']} {values['lastname']}"


def _refuse_circle(world: World, record_id: str, parent_id: Value) -> None:
    above = parent_id
    for _ in range(_HIERARCHY_BOUND):
        if above is None:
            return
        if above == record_id:
            break
        above = world.store.require("customer", str(above)).values["parent"]
    raise refuse("INVALID_VALUE", "The parent would make the hierarchy circular.", "parent")
