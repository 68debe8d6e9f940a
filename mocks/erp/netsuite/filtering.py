"""The `q` filter of record lists: `companyName START_WITH "Har" AND isPerson IS false` (wire 4.3)."""

import re
from collections.abc import Iterator

from mocks.erp.netsuite.columns import Column, NotComparable, Operator, compared, tables
from mocks.erp.netsuite.properties import RecordType
from mocks.kit.schema import Value
from mocks.kit.store import quoted

MAXIMUM_FILTER_LENGTH = 4000
_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_ORDERED: dict[str, Operator] = {
    "IS": "=",
    "EQUAL": "=",
    "ON": "=",
    "IS_NOT": "<>",
    "EQUAL_NOT": "<>",
    "GREATER": ">",
    "AFTER": ">",
    "GREATER_OR_EQUAL": ">=",
    "ON_OR_AFTER": ">=",
    "LESS": "<",
    "BEFORE": "<",
    "LESS_OR_EQUAL": "<=",
    "ON_OR_BEFORE": "<=",
}
_PATTERNS = {"CONTAIN": "%{}%", "START_WITH": "{}%", "END_WITH": "%{}"}


class InvalidFilter(Exception):
    """A filter that cannot be understood; the text says why."""


def compiled(kind: RecordType, text: str) -> tuple[str, list[Value]]:
    """A filter as an SQL condition over the record type's table; raises InvalidFilter."""
    if len(text) > MAXIMUM_FILTER_LENGTH:
        raise InvalidFilter("the filter is too long")
    tokens = _tokens(text)
    parameters: list[Value] = []
    alternatives: list[list[str]] = [[]]
    for field, operator, literal in _conditions(tokens):
        if field == "OR":
            alternatives.append([])
        elif field != "AND":
            alternatives[-1].append(_condition(kind, field, operator, literal, parameters))
    return " OR ".join(f"({' AND '.join(part)})" for part in alternatives), parameters


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidFilter("a quotation mark is not closed")
        tokens.append(match[2] if match[1] is None else match[1].replace('\\"', '"'))
        place = match.end()
    return tokens


def _conditions(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    """Conditions and the words between them, the words in the place of a field."""
    place = 0
    while True:
        if len(tokens) < place + 2:
            raise InvalidFilter("a condition is a field, an operator and a value")
        field, operator = tokens[place], tokens[place + 1].upper()
        unary = operator in ("EMPTY", "EMPTY_NOT")
        if not unary and len(tokens) < place + 3:
            raise InvalidFilter("a condition is a field, an operator and a value")
        yield field, operator, "" if unary else tokens[place + 2]
        place += 2 if unary else 3
        if place == len(tokens):
            return
        if tokens[place].upper() not in ("AND", "OR"):
            raise InvalidFilter("conditions are joined by AND or OR")
        yield tokens[place].upper(), "", ""
        place += 1


def _column(kind: RecordType, field: str) -> Column:
    names = {"id": "id", "externalId": "externalid", "lastModifiedDate": "lastmodifieddate"}
    names |= {item.name: item.column for item in kind.properties}
    if field not in names:
        raise InvalidFilter(f"there is no field {field}")
    return tables()[kind.table][names[field]]


def _condition(kind: RecordType, field: str, operator: str, literal: str, parameters: list[Value]) -> str:
    column = _column(kind, field)
    sql = quoted(column.stored)
    if operator in ("EMPTY", "EMPTY_NOT"):
        return f"{sql} IS {'NOT ' if operator == 'EMPTY_NOT' else ''}NULL"
    if operator in _PATTERNS and column.kind == "text":
        # Wildcards of the pattern language are plain text here.
        plain = re.sub(r"([\\%_])", r"\\\1", literal)
        parameters.append(_PATTERNS[operator].format(plain))
        return f"{sql} LIKE ? ESCAPE '\\'"
    if operator not in _ORDERED:
        raise InvalidFilter(f"the operator {operator} does not fit {field}")
    given = {"true": "T", "false": "F"}.get(literal.lower(), literal) if column.kind == "boolean" else literal
    try:
        condition, parameter = compared(column, sql, _ORDERED[operator], given)
    except NotComparable as problem:
        raise InvalidFilter(str(problem)) from problem
    parameters.append(parameter)
    return condition
