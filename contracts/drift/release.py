"""A description against that of the last release: what breaks those who relied on it, and what is new.

Breaking are: a path, operation, parameter, body, content type, status, header or field removed; a
parameter, body or field newly required in requests; a field no longer required in answers; a type,
format, pattern or default changed; an enumeration or bound narrowed in requests; a value taken
out of an enumeration, or a bound loosened, in answers; null where there was none; further credentials asked
for. Additive changes pass and are named. Words for people (titles, summaries, examples, operation
ids, names of path parameters) are no promise and are not compared.

The comparison is our own. api-schema-diff 1.0.4 was tried on the changes planted by the tests: of 33
breaking ones it found 16, and of 15 additive ones it called 1 breaking and did not name 6. It knows no
enumerations, formats, patterns, bounds, defaults, unions, nullable types, credentials, headers of answers,
ways of writing values, content types other than JSON, or references outside schemas and parameters; a
field that answers no longer promise passes, and one that they newly promise fails.
"""

import re
from collections.abc import Mapping
from typing import Any

from contracts.drift.findings import Change
from contracts.drift.schema_changes import Direction, SchemaChanges
from contracts.drift.schemas import Document, Unresolved, as_text, followed

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_TEMPLATE = re.compile(r"\{[^}]*\}")


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """Everything that changed from one description to the other."""
    comparison = _Release(old, new)
    try:
        comparison.run()
    except Unresolved as problem:
        return (Change("description", str(problem)),)
    return tuple(sorted(set(comparison.schemas.changes)))


def operations_in(document: Document) -> int:
    """How many operations a description has."""
    return sum(method in METHODS for item in document["paths"].values() for method in item)


class _Release:
    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self.schemas = SchemaChanges(old, new)
        self._say = self.schemas.say

    def run(self) -> None:
        """Compare path by path; names of path parameters do not matter."""
        before, after = _by_shape(self._old), _by_shape(self._new)
        for shape in sorted({*before, *after}):
            if shape not in after:
                self._say(before[shape][0], "The path was removed.", True)
            elif shape not in before:
                self._say(after[shape][0], "The path is new.", False)
            else:
                self._path(before[shape], after[shape])

    def _path(self, old: tuple[str, Mapping[str, Any]], new: tuple[str, Mapping[str, Any]]) -> None:
        for method in METHODS:
            place = f"{method.upper()} {old[0]}"
            before, after = old[1].get(method), new[1].get(method)
            if before is not None and after is None:
                self._say(place, "The operation was removed.", True)
            elif before is None and after is not None:
                self._say(place, "The operation is new.", False)
            elif before is not None and after is not None:
                self._parameters(
                    _parameters(self._old, *old, before), _parameters(self._new, *new, after), place
                )
                self._bodies(before, after, place)
                self._answers(before, after, place)
                self._security(before, after, place)

    def _parameters(
        self, old: dict[str, Mapping[str, Any]], new: dict[str, Mapping[str, Any]], place: str
    ) -> None:
        for key in sorted({*old, *new}):
            name = f"{place}: {key}"
            if key not in new:
                self._say(name, "The parameter was removed.", True)
                continue
            required = bool(new[key].get("required"))
            if key not in old:
                self._say(name, f"The parameter is new{' and required' if required else ''}.", required)
                continue
            if required != bool(old[key].get("required")):
                words = "required now" if required else "not required any more"
                self._say(name, f"The parameter is {words}.", required)
            for word in ("style", "explode", "allowReserved"):
                if old[key].get(word) != new[key].get(word):
                    self._say(name, f"How its values are written changed ({word}).", True)
            self.schemas.compare(old[key].get("schema", {}), new[key].get("schema", {}), "request", name)

    def _bodies(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> None:
        before = followed(old.get("requestBody"), self._old)
        after = followed(new.get("requestBody"), self._new)
        name = f"{place}: body"
        required = bool(after and after.get("required"))
        if before and not after:
            self._say(name, "The body was removed.", True)
        elif after and not before:
            self._say(name, f"The body is new{' and required' if required else ''}.", required)
        elif before and after:
            if required != bool(before.get("required")):
                words = "required now" if required else "not required any more"
                self._say(name, f"The body is {words}.", required)
            self._contents(before, after, "request", name)

    def _contents(
        self, old: Mapping[str, Any], new: Mapping[str, Any], direction: Direction, place: str
    ) -> None:
        before, after = old.get("content", {}), new.get("content", {})
        for kind in sorted({*before, *after}):
            if kind not in after:
                self._say(place, f"There is no {kind} any more.", True)
            elif kind not in before:
                self._say(place, f"There is {kind} now.", False)
            else:
                schemas = before[kind].get("schema", {}), after[kind].get("schema", {})
                self.schemas.compare(*schemas, direction, place)

    def _answers(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> None:
        before, after = old.get("responses", {}), new.get("responses", {})
        for status in sorted({*before, *after}):
            name = f"{place}: answer {status}"
            if status not in after:
                self._say(name, "The status was removed.", True)
            elif status not in before:
                self._say(name, "The status is new.", False)
            else:
                one, two = followed(before[status], self._old), followed(after[status], self._new)
                self._contents(one, two, "answer", name)
                self._headers(_headers(one), _headers(two), name)

    def _headers(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> None:
        for name in sorted({*old, *new}):
            where = f"{place}: header {name}"
            if name not in new:
                self._say(where, "The header was removed.", True)
            elif name not in old:
                self._say(where, "The header is new.", False)
            else:
                one, two = followed(old[name], self._old), followed(new[name], self._new)
                if one.get("required") and not two.get("required"):
                    self._say(where, "The header is not required any more.", True)
                self.schemas.compare(one.get("schema", {}), two.get("schema", {}), "answer", where)

    def _security(self, old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> None:
        before, after = _credentials(self._old, old), _credentials(self._new, new)
        for credentials in sorted(before, key=sorted):
            if not any(asked <= credentials for asked in after):
                words = "Other credentials are asked for" if credentials else "Credentials are asked for now"
                self._say(place, f"{words}.", True)
                return
        if before != after:
            self._say(place, "Other credentials are taken too.", False)


def _by_shape(document: Document) -> dict[str, tuple[str, Mapping[str, Any]]]:
    return {_TEMPLATE.sub("{}", path): (path, item) for path, item in document["paths"].items()}


def _parameters(
    document: Document, path: str, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """Parameters by place and name; of those in the path by their position, as only that is on the wire."""
    positions = [part[1:-1] for part in _TEMPLATE.findall(path)]
    found: dict[str, Mapping[str, Any]] = {}
    for raw in (*item.get("parameters", ()), *operation.get("parameters", ())):
        one = followed(raw, document)
        name = str(one["name"])
        if one["in"] == "path" and name in positions:
            name = str(positions.index(name) + 1)
        found[f"{one['in']} parameter {name.lower() if one['in'] == 'header' else name}"] = one
    return found


def _headers(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): header for name, header in answer.get("headers", {}).items()}


def _credentials(document: Document, operation: Mapping[str, Any]) -> set[frozenset[str]]:
    """The sets of credentials of which one is enough; the empty set where none are needed."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    stated = operation.get("security", document.get("security", []))
    found = set()
    for requirement in stated:
        parts = set()
        for name, scopes in requirement.items():
            scheme = followed(schemes.get(name, {}), document)
            words = {word: value for word, value in scheme.items() if word != "description"}
            parts.add(f"{as_text(words)} {as_text(sorted(scopes))}")
        found.add(frozenset(parts))
    return found or {frozenset()}
