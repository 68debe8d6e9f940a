"""Request bodies to column values: strict about types, names and references (wire 4.3, records)."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from mocks.erp.netsuite.errors import bad_reference, refuse
from mocks.erp.netsuite.lookups import exists, id_of
from mocks.erp.netsuite.properties import Property, RecordType, Sublist
from mocks.erp.netsuite.schema import DISPLAY
from mocks.kit.schema import Value
from mocks.kit.world import World

MAXIMUM_LINES = 10_000
MAXIMUM_LINE_KEY = 99_999
MAXIMUM_WHOLE_DIGITS = 13
MAXIMUM_DIGITS = 24
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
# Shown by the system with every record, and sent back by clients that write what they read.
_ECHOES = frozenset({"links", "refName", "createdDate", "lastModifiedDate"})
_REFERENCE_KEYS = frozenset({"id", "externalId", "refName", "links"})


class Incoming(Struct, frozen=True, kw_only=True):
    """A body as column values; `lines` None where it does not speak of the sublist."""

    changes: dict[str, Value]
    lines: list[dict[str, Value]] | None = None


def decoded(body: bytes) -> dict[str, Any]:
    """A body as an object, numbers exact; refuses what is no JSON object."""
    try:
        content = _decoder.decode(body)
    except (ValueError, ArithmeticError, RecursionError) as problem:
        raise refuse("INVALID_CONTENT", "Invalid content in the request body.") from problem
    if not isinstance(content, dict):
        raise refuse("INVALID_CONTENT", "The request body must be a JSON object.")
    return content


def incoming(world: World, kind: RecordType, content: Mapping[str, Any], *, lenient: bool) -> Incoming:
    """The column values that a body gives; `lenient` drops unknown properties instead of refusing."""
    known = {item.name: item for item in kind.properties}
    changes: dict[str, Value] = {}
    lines: list[dict[str, Value]] | None = None
    for name, value in content.items():
        if name in _ECHOES or name == "id":
            continue
        if kind.sublist is not None and name == kind.sublist.name:
            lines = _lines(world, kind.sublist, value, lenient)
        elif name == "externalId":
            changes["externalid"] = _text(Property(name=name, column=""), value, name)
        elif name in known:
            changes[known[name].column] = column_value(world, known[name], value, name, lenient)
        elif not lenient:
            raise refuse("INVALID_CONTENT", f"Unknown reference or property {name!r}.", name)
    return Incoming(changes=changes, lines=lines)


def _lines(world: World, sublist: Sublist, value: Any, lenient: bool) -> list[dict[str, Value]]:
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise refuse("INVALID_CONTENT", f"The sublist {sublist.name} must have items.", sublist.name)
    if len(items) > MAXIMUM_LINES:
        raise refuse("INVALID_CONTENT", f"A transaction has at most {MAXIMUM_LINES} lines.", sublist.name)
    known = {item.name: item for item in sublist.properties}
    return [
        _line(world, known, item, f"{sublist.name}.items[{place}]", lenient)
        for place, item in enumerate(items)
    ]


def _line(
    world: World, known: Mapping[str, Property], item: Any, path: str, lenient: bool
) -> dict[str, Value]:
    if not isinstance(item, dict):
        raise refuse("INVALID_CONTENT", "A line must be an object.", path)
    columns: dict[str, Value] = {}
    for name, value in item.items():
        if name in known:
            columns[known[name].column] = column_value(world, known[name], value, f"{path}.{name}", lenient)
        elif name not in _ECHOES and not lenient:
            raise refuse("INVALID_CONTENT", f"Unknown reference or property {name!r}.", f"{path}.{name}")
    number = columns.get("linesequencenumber")
    if number is not None and not 0 < int(number) <= MAXIMUM_LINE_KEY:
        raise refuse("INVALID_VALUE", f"Line {number} is out of range.", f"{path}.line")
    return columns


def column_value(world: World, item: Property, value: Any, path: str, lenient: bool) -> Value:
    """One property's value as its column keeps it; refuses wrong types and unknown references."""
    if item.read_only:
        raise refuse("INVALID_CONTENT", f"The property {item.name} is read-only.", path)
    if value is None:
        return None
    match item.kind:
        case "text":
            return _text(item, value, path)
        case "boolean":
            if isinstance(value, bool):
                return int(value)
        case "integer":
            # JSON has one kind of number: 2.0 is as whole as 2.
            is_whole = isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral())
            if is_whole and not isinstance(value, bool) and abs(value) < 1 << 53:
                return int(value)
        case "decimal" | "fraction":
            return _number(item, value, path)
        case "date":
            return _day(value, path)
        case "reference":
            return _reference(world, item, value, path, lenient)
        case "choice":
            return _choice(item, value, path)
    raise refuse("INVALID_CONTENT", f"The value of {item.name} has the wrong type.", path)


def _text(item: Property, value: Any, path: str) -> str | None:
    if not isinstance(value, str):
        raise refuse("INVALID_CONTENT", f"The value of {item.name} must be text.", path)
    if len(value) > item.length:
        raise refuse("INVALID_VALUE", f"The field {item.name} holds at most {item.length} characters.", path)
    return value or None


def _number(item: Property, value: Any, path: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refuse("INVALID_CONTENT", f"The value of {item.name} must be a number.", path)
    number = Decimal(value)
    exact = len(number.as_tuple().digits) <= MAXIMUM_DIGITS
    if not exact or (not number.is_zero() and not -10 < number.adjusted() < MAXIMUM_WHOLE_DIGITS):
        raise refuse("INVALID_VALUE", f"The value of {item.name} is out of range.", path)
    if item.kind == "fraction":
        return format(number.normalize(), "f")
    scaled = number.scaleb(item.scale)
    if scaled != scaled.to_integral_value():
        raise refuse("INVALID_VALUE", f"The field {item.name} takes {item.scale} decimals.", path)
    return int(scaled)


def _day(value: Any, path: str) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise refuse("INVALID_VALUE", f"Invalid date value {value!r} (must be YYYY-MM-DD).", path)


def _reference(world: World, item: Property, value: Any, path: str, lenient: bool) -> str:
    if not isinstance(value, dict):
        raise refuse("INVALID_CONTENT", f"The value of {item.name} must be a reference.", path)
    unknown = sorted(value.keys() - _REFERENCE_KEYS)
    if unknown and not lenient:
        raise refuse(
            "INVALID_CONTENT", f"Unknown reference or property {unknown[0]!r}.", f"{path}.{unknown[0]}"
        )
    for key, column in (("id", "id"), ("externalId", "externalid"), ("refName", DISPLAY[item.record])):
        if key not in value:
            continue
        named = value[key]
        if not isinstance(named, str):
            raise refuse("INVALID_CONTENT", f"The {key} of a reference must be text.", f"{path}.{key}")
        if key == "id" and exists(world, item.record, named):
            return named
        found = None if key == "id" else id_of(world, item.record, column, named)
        if found is None:
            raise bad_reference(named, path)
        return found
    raise refuse("INVALID_CONTENT", f"The reference {item.name} has neither id nor externalId.", path)


def _choice(item: Property, value: Any, path: str) -> str:
    named = value.get("id") if isinstance(value, dict) else value
    if isinstance(named, str) and named in dict(item.choices):
        return named
    raise bad_reference(named, path)
