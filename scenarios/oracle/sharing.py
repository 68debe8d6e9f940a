"""Texts that many records repeat are kept once: accounts, keys of contracts, people and cards.

A decoder makes a new text for every value it reads; of a large firm's records that is most of the memory.
"""

import sys
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct, structs

T = TypeVar("T", bound=Struct)


def shared(row: T) -> T:
    """The same record; must be called before anybody else has seen it, because its texts are exchanged."""
    for name in _names(type(row)):
        value: Any = getattr(row, name)
        if type(value) is str:
            structs.force_setattr(row, name, sys.intern(value))
        elif type(value) is tuple and value and isinstance(value[0], Struct):
            for part in value:
                shared(part)
    return row


@cache
def _names(kind: type[Struct]) -> tuple[str, ...]:
    """The fields that may hold texts or records."""
    return tuple(field.name for field in structs.fields(kind) if _may_hold_texts(field.type))


def _may_hold_texts(annotation: Any) -> bool:
    """Whether a field's type is or has a text, or is a tuple."""
    written = str(annotation)
    return annotation is str or "str" in written or written.startswith("tuple")
