"""How the account's records are declared: properties, sublists, record types (wire 4.3, records).

One declaration serves all: a property's column is its SuiteQL name, and the store keeps it under
that name. Amounts of any currency are kept in ten-thousandths (scale 4), so that documents of
different currencies compare and sum in one table.
"""

from typing import Literal

from msgspec import Struct

AMOUNT_SCALE = 4
# Without blanks and control signs, named one by one: what `\s` means differs between languages.
MAIL_ADDRESS = r"[^@\x00-\x20\x7f-\xa0]+@[^@\x00-\x20\x7f-\xa0]+\.[^@.\x00-\x20\x7f-\xa0]+"
PropertyKind = Literal[
    "text", "boolean", "integer", "decimal", "fraction", "date", "instant", "reference", "choice"
]
Access = frozenset[Literal["create", "update", "delete"]]
READ_ONLY: Access = frozenset()
FULL: Access = frozenset({"create", "update", "delete"})


class Property(Struct, frozen=True, kw_only=True):
    """One property of a record or sublist line; `record` is the table that a reference points to."""

    name: str
    column: str
    kind: PropertyKind = "text"
    record: str = ""
    required: bool = False
    read_only: bool = False
    indexed: bool = False
    scale: int = AMOUNT_SCALE
    length: int = 255
    choices: tuple[tuple[str, str], ...] = ()


class Sublist(Struct, frozen=True, kw_only=True):
    """Lines of a transaction; `line_type` tells them apart from those of other records in their table."""

    name: str
    line_type: str
    properties: tuple[Property, ...]


class RecordType(Struct, frozen=True, kw_only=True):
    """One record type of the REST API; `transaction_type` where several share a table.

    Callers write `sublist`; those in `kept` the system alone writes.
    """

    name: str
    table: str
    properties: tuple[Property, ...]
    display: str
    transaction_type: str = ""
    sublist: Sublist | None = None
    kept: tuple[Sublist, ...] = ()
    access: Access = READ_ONLY


def sublists(kind: RecordType) -> tuple[Sublist, ...]:
    """All sublists of a record type that can be read."""
    return (*(() if kind.sublist is None else (kind.sublist,)), *kind.kept)


def prop(name: str, kind: PropertyKind = "text", *, column: str = "", **options: object) -> Property:
    """A property whose column is its name in lower case unless said otherwise."""
    return Property(name=name, column=column or name.lower(), kind=kind, **options)  # type: ignore[arg-type]  # the Struct checks its own fields


def ref(name: str, record: str, *, required: bool = False, indexed: bool = False) -> Property:
    """A reference to a record of a table."""
    return prop(name, "reference", record=record, required=required, indexed=indexed)


def computed(name: str, kind: PropertyKind = "decimal", *, column: str = "") -> Property:
    """A property that the system alone writes."""
    return prop(name, kind, column=column, read_only=True)
