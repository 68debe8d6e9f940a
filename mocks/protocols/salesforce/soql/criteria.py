"""One comparison of a query as SQL.

Texts compare without regard to letter case, ids in both their lengths; null is an ordinary value
for `=`, `!=`, `IN` and `NOT IN`, as the platform has it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from mocks.kit.schema import Value
from mocks.protocols.salesforce.identifiers import normalised
from mocks.protocols.salesforce.shapes import Column
from mocks.protocols.salesforce.soql import dates
from mocks.protocols.salesforce.soql.words import Word, like_pattern, plain_text
from mocks.protocols.salesforce.values import parse_day, parse_instant

LARGEST = (1 << 63) - 1
MAXIMUM_PATTERN = 4_000

Sql = tuple[str, list[Value]]


class Unfit(Exception):
    """A literal or operator that does not go with its field; code and message are the platform's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Asked(Struct, frozen=True):
    """One comparison on its way: the column as SQL, the operator, the literals."""

    column: Column
    sql: str
    operator: str
    words: tuple[Word, ...]
    now_ms: int


def compare(asked: Asked) -> Sql:
    """The SQL of a comparison and its arguments; raises Unfit."""
    for word in asked.words:
        if _is_null(word) and asked.operator not in ("=", "!=", "IN", "NOT IN"):
            raise _operator(asked)
    return _BY_TYPE[asked.column.api_type](asked)


def _text(asked: Asked) -> Sql:
    if asked.operator == "LIKE":
        if asked.words[0].kind != "text":
            raise _quotes(asked, "string", wanted=True)
        pattern = like_pattern(asked.words[0].text)
        if len(pattern) > MAXIMUM_PATTERN:
            raise Unfit("MALFORMED_QUERY", "the pattern is too long")
        return f"{asked.sql} LIKE ? ESCAPE '\\'", [pattern]

    def read(word: Word) -> Value:
        if word.kind != "text":
            raise _quotes(asked, "string", wanted=True)
        text = plain_text(word.text)
        # The platform keeps an empty text as null; in an order it stands before every other.
        return text if text or asked.operator in ("<", "<=", ">", ">=") else None

    return _plain(asked, _values(asked, read), f"{asked.sql} COLLATE NOCASE")


def _id(asked: Asked) -> Sql:
    def read(word: Word) -> Value:
        if word.kind != "text":
            raise _quotes(asked, "string", wanted=True)
        given = plain_text(word.text)
        record_id = normalised(given)
        if record_id is None:
            raise Unfit("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {given[:80]}")
        return record_id

    return _plain(asked, _values(asked, read), asked.sql)


def _boolean(asked: Asked) -> Sql:
    if asked.operator not in ("=", "!="):
        raise _operator(asked)
    word = asked.words[0]
    if _is_null(word):
        return ("0" if asked.operator == "=" else "1"), []
    if not word.is_("TRUE", "FALSE"):
        raise _quotes(asked, "boolean", wanted=False)
    wanted = word.is_("TRUE") == (asked.operator == "=")
    return f"COALESCE({asked.sql}, 0) = {int(wanted)}", []


def _number(asked: Asked) -> Sql:
    def read(word: Word) -> Decimal:
        if word.kind != "number" or len(word.text) > 60:
            raise _quotes(asked, asked.column.api_type, wanted=False)
        return Decimal(word.text).scaleb(asked.column.field.scale)

    if asked.operator in ("<", "<=", ">", ">="):
        return _bound(asked, read(asked.words[0]))
    found = _values(asked, read)
    # A literal finer than the field's scale equals nothing that the field can hold.
    values: list[Value] = [
        None if value is None else _clamped(value)
        for value in found
        if value is None or value == value.to_integral_value()
    ]
    if not values:
        return ("0" if asked.operator in ("=", "IN") else "1"), []
    return _plain(asked, values, asked.sql)


def _bound(asked: Asked, value: Decimal) -> Sql:
    whole = value.to_integral_value(rounding="ROUND_FLOOR")
    exact = value == whole
    match asked.operator:
        case "<":
            return (f"{asked.sql} < ?" if exact else f"{asked.sql} <= ?"), [_clamped(whole)]
        case "<=":
            return f"{asked.sql} <= ?", [_clamped(whole)]
        case ">":
            return f"{asked.sql} > ?", [_clamped(whole)]
        case _:
            return (f"{asked.sql} >= ?" if exact else f"{asked.sql} > ?"), [_clamped(whole)]


def _clamped(value: Decimal) -> int:
    return max(-LARGEST, min(LARGEST, int(value))) if value.adjusted() < 30 else LARGEST


def _date(asked: Asked) -> Sql:
    def literal(word: Word) -> Value:
        day = parse_day(word.text) if word.kind == "day" else None
        return None if day is None else day.isoformat()

    return _moment(asked, "date", literal, lambda day: day.isoformat())


def _datetime(asked: Asked) -> Sql:
    def literal(word: Word) -> Value:
        return parse_instant(word.text.upper()) if word.kind == "instant" else None

    return _moment(asked, "dateTime", literal, dates.start_ms)


def _moment(
    asked: Asked, type_name: str, literal: Callable[[Word], Value], start: Callable[[date], Value]
) -> Sql:
    if asked.operator == "LIKE":
        raise _operator(asked)
    if len(asked.words) == 1 and asked.words[0].kind == "name" and not _is_null(asked.words[0]):
        span = dates.range_of(asked.words[0].text, asked.now_ms)
        if span is not None and asked.operator not in ("IN", "NOT IN"):
            return _within(asked, start(span[0]), start(span[1]))

    def read(word: Word) -> Value:
        value = literal(word)
        if value is None:
            raise _quotes(asked, type_name, wanted=False)
        return value

    return _plain(asked, _values(asked, read), asked.sql)


def _within(asked: Asked, first: Value, past: Value) -> Sql:
    sql = asked.sql
    match asked.operator:
        case "=":
            return f"({sql} >= ? AND {sql} < ?)", [first, past]
        case "!=":
            return f"NOT COALESCE({sql} >= ? AND {sql} < ?, 0)", [first, past]
        case "<":
            return f"{sql} < ?", [first]
        case "<=":
            return f"{sql} < ?", [past]
        case ">":
            return f"{sql} >= ?", [past]
        case _:
            return f"{sql} >= ?", [first]


def _values(asked: Asked, read: Callable[[Word], Value | Decimal]) -> list[Any]:
    if asked.operator == "LIKE":
        raise _operator(asked)
    return [None if _is_null(word) else read(word) for word in asked.words]


def _plain(asked: Asked, values: Sequence[Value], sql: str) -> Sql:
    """Comparison with values of the store's own kind; None is null."""
    known: list[Value] = [value for value in values if value is not None]
    with_null = len(known) < len(values)
    match asked.operator:
        case "=":
            return (f"{sql} = ?", known) if known else (f"{asked.sql} IS NULL", [])
        case "!=":
            return (f"{sql} IS NOT ?", known) if known else (f"{asked.sql} IS NOT NULL", [])
        case "IN":
            member: Sql = f"{sql} IN (SELECT value FROM json_each(?))", [json.dumps(known)]
            return (f"({member[0]} OR {asked.sql} IS NULL)", member[1]) if with_null else member
        case "NOT IN":
            member = f"{sql} NOT IN (SELECT value FROM json_each(?))", [json.dumps(known)]
            joint = "AND {} IS NOT NULL" if with_null else "OR {} IS NULL"
            return f"({member[0]} {joint.format(asked.sql)})", member[1]
        case _:
            return f"{sql} {asked.operator} ?", known


def _is_null(word: Word) -> bool:
    return word.kind == "name" and word.text.upper() == "NULL"


def _quotes(asked: Asked, type_name: str, *, wanted: bool) -> Unfit:
    should = "should be" if wanted else "should not be"
    return Unfit(
        "INVALID_FIELD",
        f"value of filter criterion for field '{asked.column.name}' must be of type {type_name} "
        f"and {should} enclosed in quotes",
    )


def _operator(asked: Asked) -> Unfit:
    return Unfit(
        "INVALID_QUERY_FILTER_OPERATOR",
        f"invalid operator {asked.operator} on {asked.column.api_type} field {asked.column.name}",
    )


_BY_TYPE: dict[str, Callable[[Asked], Sql]] = {
    "id": _id,
    "reference": _id,
    "string": _text,
    "textarea": _text,
    "picklist": _text,
    "boolean": _boolean,
    "int": _number,
    "double": _number,
    "date": _date,
    "datetime": _datetime,
}
