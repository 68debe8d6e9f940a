"""A description's schemas as a closed world: what it does not list is not there.

OpenAPI lets any object have further fields unless it says otherwise, so a plain validation would
let a pact expect whatever it likes. Here a schema that lists fields has no others, unless it says
so itself. Answers are checked without `required`: a pact names only what its consumer reads.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import (
    Draft202012Validator,
    Registry,
    ValidationError,
    ValidationErrorKind,
)

from contracts.drift.findings import Change
from contracts.drift.schemas import Document, Unresolved, component_of, merged, resolved

_BASE = "urn:description"
_PROMISES = ("required", "minProperties", "dependentRequired", "if", "then", "else", "not")
_DROPPED = ("discriminator", "example", "examples", "default", "nullable", "oneOf", "xml", "externalDocs")
_COMPONENTS = "#/components/schemas/"


class ClosedWorld:
    """Checks values against the schemas of one description; `partial` where fields may be left out."""

    def __init__(self, document: Document, *, partial: bool) -> None:
        self._document = document
        self._partial = partial
        schemas = document.get("components", {}).get("schemas", {})
        closed = {name: self._closed(schema) for name, schema in schemas.items()}
        self._registry = Registry([(_BASE, {"components": {"schemas": closed}})])

    def differences(self, value: Any, schema: Any, place: str) -> list[Change]:
        """What of a value the schema does not allow, without values; raises Unresolved."""
        try:
            validator = Draft202012Validator(
                self._closed(schema), registry=self._registry, validate_formats=True
            )
            return [_told(error, place) for error in _leaves(validator.iter_errors(value))]
        except ValidationError as problem:  # of the schema itself: a reference or a word that means nothing
            raise Unresolved(f"The description cannot be used at {place}: {problem.message}.") from None

    def _closed(self, schema: Any) -> Any:
        if isinstance(schema, bool):
            return schema
        component = component_of(schema)
        if component.startswith(_COMPONENTS):
            return {"$ref": f"{_BASE}{component}"}
        whole = resolved(schema, self._document)
        branches = [*whole.get("anyOf", ()), *whole.get("oneOf", ())]
        if branches and "properties" in whole:
            base = {name: value for name, value in whole.items() if name not in ("anyOf", "oneOf")}
            together = [merged(base, resolved(branch, self._document)) for branch in branches]
            return {"anyOf": [self._closed(branch) for branch in together]}
        dropped = (*_DROPPED, *(_PROMISES if self._partial else ()))
        found = {name: value for name, value in whole.items() if name not in dropped}
        if branches:
            found["anyOf"] = [self._closed(branch) for branch in branches]
        if whole.get("nullable") is True and isinstance(found.get("type"), str):
            found["type"] = [found["type"], "null"]
        self._close_parts(found)
        return found

    def _close_parts(self, found: dict[str, Any]) -> None:
        if "properties" in found:
            found["properties"] = {name: self._closed(part) for name, part in found["properties"].items()}
            found.setdefault("additionalProperties", False)
        if "patternProperties" in found:
            patterns = found["patternProperties"]
            found["patternProperties"] = {name: self._closed(part) for name, part in patterns.items()}
        for name in ("items", "additionalProperties"):
            if isinstance(found.get(name), Mapping):
                found[name] = self._closed(found[name])


def _leaves(errors: Iterator[ValidationError] | list[ValidationError]) -> Iterator[ValidationError]:
    """The errors that say something; of a union those of the shape that comes nearest."""
    for error in errors:
        kind = error.kind
        if isinstance(kind, ValidationErrorKind.AnyOf):
            groups = [group for group in kind.context if group]
            nearest = min(groups, key=lambda group: _distance(group, len(error.instance_path)), default=[])
            yield from _leaves(nearest) if nearest else [error]
        else:
            yield error


def _distance(errors: list[ValidationError], depth: int) -> tuple[int, int, int]:
    """How far a value is from a shape: of another type, marked as another, and in how many ways."""
    other_type = sum(
        isinstance(error.kind, ValidationErrorKind.Type) and len(error.instance_path) <= depth
        for error in errors
    )
    marked = sum(isinstance(error.kind, ValidationErrorKind.Constant) for error in errors)
    ways = sum(
        len(error.kind.unexpected) if isinstance(error.kind, ValidationErrorKind.AdditionalProperties) else 1
        for error in errors
    )
    return other_type, marked, ways


def _told(error: ValidationError, place: str) -> Change:
    where = place
    for part in error.instance_path:
        where += f"[{part}]" if isinstance(part, int) else f".{part}"
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        names = ", ".join(sorted(kind.unexpected))
        return Change(where, f"The description knows no field {names} here.")
    if isinstance(kind, ValidationErrorKind.Required):
        return Change(where, f"The description requires the field {kind.property}, which is missing.")
    if isinstance(kind, ValidationErrorKind.Type):
        return Change(where, f"The description has another type here: {', '.join(sorted(kind.types))}.")
    if isinstance(kind, ValidationErrorKind.Enum | ValidationErrorKind.Constant):
        return Change(where, "The value is none of those that the description lists.")
    if isinstance(kind, ValidationErrorKind.Format):
        return Change(where, f"The value has not the described format {kind.format}.")
    return Change(where, f"The value does not keep to the description ({kind.name}).")
