"""BambooHR's JSON and XML, both ways, and the rules for single values (wire 4.4). Pure.

Everything is text. What is not there is null in JSON, empty in XML; a day that is not there is
`0000-00-00` on the employee. XML comes without a content type, so the body itself tells.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import msgspec
from msgspec import Struct

from mocks.hris.bamboohr.schema import NO_DATE, Table, ValueType
from mocks.kit.calls import Call, Reply

XML_TYPE = "text/xml; charset=utf-8"
BODY_LIMIT = 1_000_000
TEXT_LIMIT = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SINCE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+ -]\d{2}:?\d{2})", re.ASCII)
_SHAPES: dict[ValueType, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "decimal": re.compile(r"\d{1,6}(\.\d{1,2})?", re.ASCII),
    "currency": re.compile(r"\d{1,12}(\.\d{1,4})? [A-Z]{3}", re.ASCII),
    "week": re.compile(r"\d{1,2}(\.\d{1,2})?(,\d{1,2}(\.\d{1,2})?){6}", re.ASCII),
}
_TRUTH = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


class Malformed(ValueError):
    """A body or a value that breaks the contract; the text says how."""


# --- instants and days ----------------------------------------------------------------------


def instant_text(at_ms: int) -> str:
    """`2026-01-31T08:00:00+00:00`: whole seconds, always UTC."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def instant_ms(text: str) -> int:
    """UTC milliseconds of a `since`; a `+` that became a blank on its way is understood.

    What lies before 1970 or after 9999 comes back as the nearest instant that can be shown.
    """
    match = _SINCE.fullmatch(text)
    if match is None:
        raise Malformed(f"{text!r} is not a timestamp like 2026-01-31T08:00:00Z")
    zone = match[2].replace(" ", "+")
    try:
        at_ms = (datetime.fromisoformat(match[1] + zone) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError as problem:
        raise Malformed(f"{text!r} is not a timestamp: {problem}") from problem
    return min(max(at_ms, 0), _LAST_MS)


def day_of(at_ms: int) -> str:
    """The UTC day of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date().isoformat()


def day(text: str) -> str:
    """A day as the store keeps it; raises Malformed."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError as problem:
        raise Malformed(f"{text!r} is not a date: {problem}") from problem
    raise Malformed(f"{text!r} is not a date like 2026-01-31")


def checked(kind: ValueType, text: str | None) -> str | None:
    """A value as the store keeps it, None for an empty one; raises Malformed."""
    if text is None or text == "" or (kind == "date" and text == NO_DATE):
        return None
    if kind == "date":
        return day(text)
    if kind == "bool":
        if text.lower() not in _TRUTH:
            raise Malformed(f"{text!r} is neither true nor false")
        return _TRUTH[text.lower()]
    if len(text) > TEXT_LIMIT:
        raise Malformed(f"a value has {len(text)} characters; {TEXT_LIMIT} are allowed")
    if any((sign < " " and sign not in "\t\n\r") or "\ud800" <= sign <= "\udfff" for sign in text):
        raise Malformed("a value has control characters")
    shape = _SHAPES.get(kind)
    if shape is not None and not shape.fullmatch(text):
        raise Malformed(f"{text!r} is not a valid {kind}")
    return text


# --- bodies in ------------------------------------------------------------------------------


class ReportRequest(Struct, frozen=True):
    """A custom report as asked for; `changed_since` is its filter's text, if there is one."""

    title: str
    fields: tuple[str, ...]
    changed_since: str | None


def read_fields(body: bytes, root: str) -> dict[str, str | None]:
    """Field id -> text of an employee or a row, from XML or JSON; raises Malformed."""
    if is_xml(body):
        element = read_xml(body, root)
        fields: dict[str, str | None] = {}
        for child in element:
            name = child.get("id")
            if child.tag != "field" or not name:
                raise Malformed(f"a {root} holds <field id=...> only, not <{child.tag}>")
            fields[name] = "".join(child.itertext())
        return fields
    found = read_json(body)
    for name, value in found.items():
        if value is not None and not isinstance(value, str):
            raise Malformed(f"the value of {name} is not a string")
    return found


def read_report(body: bytes) -> ReportRequest:
    """A custom report from XML or JSON; raises Malformed."""
    if not is_xml(body):
        return _report_of_json(read_json(body))
    element = read_xml(body, "report")
    fields = tuple(field.get("id") or "" for field in element.findall("fields/field"))
    return _report(
        element.findtext("title") or "", fields, (element.findtext("filters/lastChanged") or "").strip()
    )


def _report_of_json(found: Mapping[str, Any]) -> ReportRequest:
    fields, title, filters = found.get("fields"), found.get("title", ""), found.get("filters", {})
    if not isinstance(fields, list) or not isinstance(title, str) or not isinstance(filters, dict):
        raise Malformed("a report has a title, fields and filters")
    if not all(isinstance(name, str) for name in fields):
        raise Malformed("the fields of a report are strings")
    changed = filters.get("lastChanged", {})
    since = changed.get("value", "") if isinstance(changed, dict) else changed
    if not isinstance(since, str):
        raise Malformed("the filter lastChanged is not a timestamp")
    return _report(title, tuple(fields), since)


def _report(title: str, fields: tuple[str, ...], since: str) -> ReportRequest:
    if not fields or not all(fields):
        raise Malformed("a report names at least one field, each by its id")
    return ReportRequest(title, fields, since or None)


def is_xml(body: bytes) -> bool:
    """Whether a body is XML rather than JSON."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_json(body: bytes) -> dict[str, Any]:
    """A JSON object; raises Malformed."""
    if len(body) > BODY_LIMIT:
        raise Malformed("the body is too large")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Malformed(f"the body is neither XML nor JSON: {problem}") from problem
    if not isinstance(found, dict):
        raise Malformed("the body is not a JSON object")
    return found


def read_xml(body: bytes, root: str) -> ElementTree.Element:
    """The root element, which must have that name; refuses document types, and so all entities."""
    if len(body) > BODY_LIMIT:
        raise Malformed("the body is too large")
    try:
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise Malformed("document types are not allowed")
        element = ElementTree.fromstring(text.lstrip())
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as problem:
        raise Malformed(f"the body is not well-formed XML: {problem}") from problem
    if element.tag != root:
        raise Malformed(f"the body is a <{element.tag}>, not a <{root}>")
    return element


# --- answers --------------------------------------------------------------------------------


def wants_json(call: Call) -> bool:
    """JSON for those who accept it, XML for all others."""
    return "json" in call.headers.get("accept", "") or call.query().get("format", "").lower() == "json"


def json_reply(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, msgspec.json.encode(value))


def xml_reply(text: str) -> Reply:
    """An XML answer."""
    return Reply(200, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), XML_TYPE)


def answer(call: Call, value: Any, xml: str) -> Reply:
    """Whichever of both the caller wants; for small answers, where making both costs nothing."""
    return json_reply(value) if wants_json(call) else xml_reply(xml)


def xml_fields(values: Mapping[str, str | None] | Iterable[tuple[str, str | None]]) -> str:
    """`<field id="a">…</field>` for each."""
    pairs = values.items() if isinstance(values, Mapping) else values
    return "".join(
        f"<field id={quoteattr(name)}>{escape(value or '')}</field>"
        for name, value in pairs
        if name not in ("id", "employeeId")
    )


def xml_rows(table: Table, rows: Sequence[Mapping[str, str | None]]) -> str:
    """The rows of a table as XML."""
    inner = "".join(
        f"<row id={quoteattr(row['id'] or '')} employeeId={quoteattr(row['employeeId'] or '')}>"
        f"{xml_fields(row)}</row>"
        for row in rows
    )
    return f"<table id={quoteattr(table.alias)}>{inner}</table>"


def xml_employees(employees: Iterable[Mapping[str, str | None]]) -> str:
    """`<employee id=…>` with its fields, for each."""
    return "".join(
        f"<employee id={quoteattr(one['id'] or '')}>{xml_fields(one)}</employee>" for one in employees
    )
