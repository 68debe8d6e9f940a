"""A request of a pact, or a notification, found in a description: which operation it calls, with what.

On the wire path, query and headers are texts; here they become what their schema says they are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote

from msgspec import Struct

from contracts.drift.closed import ClosedWorld
from contracts.drift.findings import Change
from contracts.drift.schemas import Document, alternatives, followed

_TEMPLATE = re.compile(r"\{([^}]*)\}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORM = "application/x-www-form-urlencoded"
# Headers of HTTP itself; OpenAPI does not describe the first three as parameters.
STANDARD = frozenset(
    {
        "accept",
        "authorization",
        "content-type",
        "accept-encoding",
        "connection",
        "content-length",
        "date",
        "host",
        "traceparent",
        "tracestate",
        "user-agent",
    }
)


class Called(Struct, frozen=True):
    """An operation of a description, and the values that a path has for its parameters."""

    method: str
    path: str
    operation: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    values: dict[str, str]


def called(method: str, path: str, document: Document, world: ClosedWorld) -> Called | str:
    """The operation that a call means, or a sentence why there is none."""
    fitting = sorted(_fitting(path, document), key=lambda found: _TEMPLATE.sub("", found[0]), reverse=True)
    fitting.sort(key=lambda found: len(_TEMPLATE.findall(found[0])))
    if not fitting:
        return "The description has no such path."
    candidates = []
    for template, item, values in fitting:
        operation = item.get(method.lower())
        if operation is not None:
            parameters = _parameters(item, operation, document)
            candidates.append(Called(method.upper(), template, operation, parameters, values))
    if not candidates:
        return f"The description has the path {fitting[0][0]}, but no {method.upper()} there."
    for candidate in candidates:
        if not path_changes(candidate, document, world, ""):
            return candidate
    return candidates[0]


def _fitting(path: str, document: Document) -> Iterator[tuple[str, Mapping[str, Any], dict[str, str]]]:
    """Path templates that a path fits; a trailing slash makes no difference."""
    bare = path.rstrip("/") or "/"
    for template, item in document["paths"].items():
        pieces = _TEMPLATE.split(template.rstrip("/") or "/")
        pattern = "".join("([^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(pieces))
        match = re.fullmatch(pattern, bare)
        if match is not None:
            names = pieces[1::2]
            yield (
                template,
                item,
                {name: unquote(text) for name, text in zip(names, match.groups(), strict=True)},
            )


def _parameters(
    item: Mapping[str, Any], operation: Mapping[str, Any], document: Document
) -> tuple[Mapping[str, Any], ...]:
    stated = (*item.get("parameters", ()), *operation.get("parameters", ()))
    by_key = {(one["in"], one["name"]): one for one in (followed(raw, document) for raw in stated)}
    return tuple(by_key.values())


def path_changes(found: Called, document: Document, world: ClosedWorld, place: str) -> list[Change]:
    """What of the path's values their schemas do not allow."""
    changes = []
    for one in found.parameters:
        if one["in"] == "path" and one["name"] in found.values:
            where = f"{place}path {one['name']}"
            changes += _differences([found.values[one["name"]]], one, document, world, where)
    return changes


def query_changes(
    query: Mapping[str, Sequence[str]], found: Called, document: Document, world: ClosedWorld, place: str
) -> list[Change]:
    """Query parameters that are not described, or not as described, or missing."""
    described = {one["name"]: one for one in found.parameters if one["in"] == "query"}
    changes = []
    for name, values in query.items():
        where = f"{place}query {name}"
        if name not in described:
            changes.append(Change(where, "The description has no such query parameter."))
        else:
            changes += _differences(list(values), described[name], document, world, where)
    for name, one in described.items():
        if one.get("required") and name not in query:
            changes.append(Change(f"{place}query {name}", "The description requires this query parameter."))
    return changes


def header_changes(
    headers: Mapping[str, Sequence[str]], found: Called, document: Document, world: ClosedWorld, place: str
) -> list[Change]:
    """Headers that are not described, or not as described. A pact need not name all that are sent."""
    described = {one["name"].lower(): one for one in found.parameters if one["in"] == "header"}
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    keys = {str(scheme.get("name", "")).lower() for scheme in schemes if scheme.get("in") == "header"}
    changes = []
    for name, values in headers.items():
        known = described.get(name.lower())
        if known is not None:
            text = ", ".join(values)
            changes += _differences([text], known, document, world, f"{place}header {name}")
        elif name.lower() not in STANDARD | keys:
            changes.append(Change(f"{place}header {name}", "The description has no such header."))
    return changes


def form_value(text: str, schema: Any, document: Document) -> dict[str, Any]:
    """The fields of a form, each as its schema says it is."""
    found: dict[str, Any] = {}
    shapes = alternatives(schema, document)
    for name, values in parse_qs(text, keep_blank_values=True).items():
        parts = [shape.schema.get("properties", {}).get(name) for shape in shapes]
        known: Any = next((part for part in parts if part is not None), {})
        found[name] = _typed(values, known, document)
    return found


def _differences(
    values: list[str], parameter: Mapping[str, Any], document: Document, world: ClosedWorld, place: str
) -> list[Change]:
    if "schema" not in parameter:
        return []
    together = parameter.get("explode", parameter.get("style", "form") == "form") is False
    value = _typed(values, parameter["schema"], document, together=together)
    return world.differences(value, parameter["schema"], place)


def _typed(values: list[str], schema: Any, document: Document, *, together: bool = False) -> Any:
    """Texts as the first type of the schema that they can be; as they are where they can be none."""
    shapes = alternatives(schema, document)
    for shape in shapes:
        if shape.type == "array":
            parts = values[0].split(",") if together and len(values) == 1 else values
            return [_typed([part], shape.schema.get("items", {}), document) for part in parts]
    if len(values) != 1:
        return values
    text = values[0]
    for shape in shapes:
        if shape.type == "boolean" and text in ("true", "false"):
            return text == "true"
        if shape.type in ("integer", "number") and _INTEGER.fullmatch(text):
            return int(text)
        if shape.type == "number" and _NUMBER.fullmatch(text):
            return float(text)
    return text
