"""Rows of the org as types: a row's fields are the query's columns, so none is asked for in vain.

Also the protocol's ways to write instants and dates (wire 4.1).
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct, field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")


class Row(Struct, frozen=True, kw_only=True):
    """System fields that every object has."""

    id: str = field(name="Id")
    stamp: str = field(name="SystemModstamp")
    deleted: bool = field(name="IsDeleted", default=False)


class ChildRow(Row, frozen=True, kw_only=True):
    """A row that belongs to another; subtypes say by which field."""

    parent_id: str


RowT = TypeVar("RowT", bound=Row)


def columns(row_type: type[Row]) -> tuple[str, ...]:
    """The vendor's names of a row's fields, in declared order."""
    return tuple(part.encode_name for part in msgspec.structs.fields(row_type))


def wire_name(row_type: type[Row], attribute: str) -> str:
    """The vendor's name of one field of a row."""
    parts = msgspec.structs.fields(row_type)
    return next(part.encode_name for part in parts if part.name == attribute)


def instant_ms(text: str) -> int:
    """UTC milliseconds of `2026-01-31T08:00:00.000+0000`; raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is no instant")
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def optional_instant_ms(text: str | None) -> int | None:
    """As `instant_ms`, None for none."""
    return None if text is None else instant_ms(text)


def soql_instant(at_ms: int) -> str:
    """A SOQL datetime literal, rounded down to the whole second."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


def soql_list(values: Iterable[str]) -> str:
    """A SOQL list of quoted strings."""
    quoted = ("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
    return "(" + ",".join(quoted) + ")"


class _Identity(Struct):
    Id: str = ""
    SystemModstamp: str = ""


def identify(raw: msgspec.Raw) -> tuple[str, int]:
    """Native id and commit stamp of a record, as far as it has them."""
    try:
        found = msgspec.json.decode(raw, type=_Identity)
        return found.Id, instant_ms(found.SystemModstamp)
    except msgspec.DecodeError:
        return "", 0
    except ValueError:
        return found.Id, 0
