"""JSON Schemas as the comparisons see them: references followed, `allOf` merged, unions taken apart.

The same promise can be written in several ways (`type: [string, null]`, `anyOf`, `nullable`); here
they all become the same list of alternatives of one type each.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

Schema = Mapping[str, Any]
Document = Mapping[str, Any]
NOTHING: Schema = {"not": {}}
_UNIONS = ("anyOf", "oneOf")
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class Unresolved(ValueError):
    """A reference leads nowhere; the text names it."""


class Alternative(Struct, frozen=True):
    """One of the shapes that a schema allows: its name, its type ("" for any), and what it says."""

    label: str
    type: str
    schema: Schema
    component: str = ""


def pointed(reference: str, document: Document) -> Any:
    """What a local reference points to; raises Unresolved."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not reference.startswith("#/") or not isinstance(found, Mapping) or name not in found:
            raise Unresolved(f"The reference {reference} leads nowhere in its description.")
        found = found[name]
    return found


def followed(node: Any, document: Document) -> Any:
    """A parameter, header, answer or body behind its reference."""
    for _ in range(20):
        if not isinstance(node, Mapping) or "$ref" not in node:
            return node
        node = pointed(str(node["$ref"]), document)
    raise Unresolved("References lead in a circle in this description.")


def component_of(schema: Any) -> str:
    """The name of the component that a schema is, or ""."""
    if isinstance(schema, Mapping) and set(schema) <= {"$ref", "description", "title"}:
        return str(schema.get("$ref", ""))
    return ""


def resolved(schema: Any, document: Document) -> Schema:
    """A schema without a reference or an `allOf` at its top."""
    if isinstance(schema, bool):
        return {} if schema else NOTHING
    if "$ref" in schema:
        target = resolved(pointed(str(schema["$ref"]), document), document)
        return merged(target, {name: value for name, value in schema.items() if name != "$ref"})
    if "allOf" in schema:
        found: Schema = {name: value for name, value in schema.items() if name != "allOf"}
        for part in schema["allOf"]:
            found = merged(found, resolved(part, document))
        return found
    found = schema
    return found


def merged(one: Schema, two: Schema) -> Schema:
    """What both say together: fields of both, everything required by either; of other words the second's."""
    found = {**one, **two}
    for name in ("properties", "patternProperties"):
        if name in one and name in two:
            found[name] = {**one[name], **two[name]}
    if "required" in one and "required" in two:
        found["required"] = sorted({*one["required"], *two["required"]})
    return found


def type_of(schema: Schema) -> str:
    """The type of a schema that has one at most, where it is not said as its words imply it; "" for any."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return stated
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    kinds = {_kind(value) for value in values_of(schema) or ()}
    return kinds.pop() if len(kinds) == 1 else ""


def values_of(schema: Schema) -> list[Any] | None:
    """The values of an enumeration or constant, None where there is none."""
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return list(values) if isinstance(values, list) else None


def alternatives(schema: Any, document: Document) -> tuple[Alternative, ...]:
    """All shapes that a schema allows, each of one type."""
    found = tuple(_alternatives(schema, document, component_of(schema)))
    return found or (Alternative("any", "", {}),)


def _alternatives(schema: Any, document: Document, component: str) -> Iterator[Alternative]:
    whole = resolved(schema, document)
    union = next((name for name in _UNIONS if name in whole), "")
    if union:
        base = {name: value for name, value in whole.items() if name != union}
        for branch in whole[union]:
            branch_component = "" if set(base) - {"description", "title"} else component_of(branch)
            together = branch if branch_component else merged(base, resolved(branch, document))
            yield from _alternatives(together, document, branch_component)
        return
    stated = whole.get("type")
    types = list(stated) if isinstance(stated, list) else [type_of(whole)]
    if whole.get("nullable") is True and "null" not in types:
        types.append("null")
    for kind in types:
        one = _of_type(whole, kind) if len(types) > 1 else whole
        yield Alternative(_label(one, kind, component), kind, one, component)


def _of_type(schema: Schema, kind: str) -> Schema:
    found = {name: value for name, value in schema.items() if name not in ("type", "nullable")}
    found["type"] = kind
    if kind == "null":
        return {"type": "null"}
    if isinstance(found.get("enum"), list):
        found["enum"] = [value for value in found["enum"] if _kind(value) == kind]
    return found


def _label(schema: Schema, kind: str, component: str) -> str:
    if component:
        return component
    return _constant(schema) or str(schema.get("title") or kind or "any")


def _constant(schema: Schema) -> str:
    """What tells an object from others: the constants of its fields, or of the fields of its fields."""
    found = []
    for name, part in sorted(schema.get("properties", {}).items()):
        if isinstance(part, Mapping):
            if isinstance(part.get("const"), str):
                found.append(f"{name}={part['const']}")
            elif isinstance(part.get("properties"), Mapping):
                inner = _constant(part)
                found += [f"{name}.{inner}"] if inner else []
    return " ".join(found)


def _kind(value: Any) -> str:
    return "null" if value is None else _JSON_TYPES.get(type(value), "")


def as_text(value: Any) -> str:
    """A value of a schema, for comparing and for sentences."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
