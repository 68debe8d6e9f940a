"""The shape of a vendor's records, so that one store can hold them all.

Values in the store are what SQLite holds exactly: text, integers, and decimals as integers
scaled by the field's `scale`. Days are ISO text, instants are epoch milliseconds.
"""

from typing import Literal

from msgspec import Struct

Kind = Literal["text", "int", "bool", "decimal", "date", "instant", "json"]
Value = str | int | None
COLUMN_TYPE = {
    "text": "TEXT",
    "int": "INTEGER",
    "bool": "INTEGER",
    "decimal": "INTEGER",
    "date": "TEXT",
    "instant": "INTEGER",
    "json": "TEXT",
}


class Field(Struct, frozen=True):
    """One field of an object. `references` names the object an id points to."""

    name: str
    kind: Kind = "text"
    scale: int = 0
    indexed: bool = False
    unique: bool = False
    external_id: bool = False
    references: str | None = None
    required: bool = False
    read_only: bool = False
    length: int = 255
    picklist: tuple[str, ...] = ()
    label: str = ""


class ObjectType(Struct, frozen=True):
    """One kind of record; `prefix` is whatever the vendor's ids begin with."""

    name: str
    fields: tuple[Field, ...]
    prefix: str = ""
    label: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that exact name."""
        return next((field for field in self.fields if field.name == name), None)


class Schema(Struct, frozen=True):
    """All objects of one vendor."""

    objects: tuple[ObjectType, ...]

    def object(self, name: str) -> ObjectType | None:
        """The object of that exact name."""
        return next((candidate for candidate in self.objects if candidate.name == name), None)
