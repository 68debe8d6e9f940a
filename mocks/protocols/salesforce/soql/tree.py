"""A query as a tree: what was asked, before anything is known about fields."""

from typing import Literal

from msgspec import Struct

from mocks.protocols.salesforce.soql.words import Word


class Name(Struct, frozen=True):
    """A field, by its path from the object asked; `place` is where it stands in the text."""

    path: tuple[str, ...]
    place: int


class Comparison(Struct, frozen=True):
    """`field operator value`; `values` has one literal, or several for IN and NOT IN."""

    name: Name
    operator: str
    values: tuple[Word, ...]


class Both(Struct, frozen=True):
    """Several conditions joined by AND or by OR."""

    joint: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


class Negation(Struct, frozen=True):
    """NOT a condition."""

    part: "Condition"


Condition = Comparison | Both | Negation


class Order(Struct, frozen=True):
    """One key of ORDER BY."""

    name: Name
    descending: bool
    nulls_last: bool


class Query(Struct, frozen=True):
    """A whole query; no fields means COUNT()."""

    fields: tuple[Name, ...]
    object: Word
    alias: str
    condition: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    all_rows: bool
