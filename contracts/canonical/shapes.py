"""The shape of a type as JSON Schema, and what a change of shape breaks. Pure: no files, no versions.

Every payload has two kinds of readers, and a change may break either:

- *stored*: today's code reads what an older release stored. It cannot where something is required
  that the older payload lacks, or where what it holds is no longer allowed.
- *readers*: an older release, beside this one or put back in its place, reads what today's code
  writes. It cannot where something it knows is gone, or where it meets what it never heard of: a
  value, a type, an empty field. So widening breaks as narrowing does, only on the other side.

What breaks neither is additive: a new field with a default (older readers pass over it, older
payloads mean the default), a field that becomes optional (whoever writes, writes every field), and
a new entity.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

Schema = Mapping[str, Any]
STORED, READERS, NOBODY = "stored", "readers", ""
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_STRUCTURE = frozenset(
    {"type", "format", "anyOf", "enum", "items", "prefixItems", "properties", "required", "default"}
    | {"additionalProperties", "title", "description", "$ref", "$defs", "$schema", "discriminator"}
)


class Difference(Struct, frozen=True, kw_only=True):
    """One change of an entity: whom it breaks (STORED, READERS or NOBODY), and a sentence for people."""

    entity: str
    path: str
    breaks: str
    sentence: str

    @property
    def breaking(self) -> bool:
        """Whether it needs a new version."""
        return self.breaks != NOBODY


def schema_of(kind: type[Struct]) -> Schema:
    """The JSON Schema of a type: its shape alone, so that mending a comment changes nothing."""
    schema = msgspec.json.schema(kind)
    for part in schema["$defs"].values():
        part.pop("description", None)
        part["required"] = sorted(part.get("required", ()))
    plain: Schema = msgspec.json.decode(msgspec.json.encode({"$schema": DRAFT, **schema}))
    return plain


def compare(older: Mapping[str, Schema], newer: Mapping[str, Schema]) -> list[Difference]:
    """What changed between two sets of schemas, by entity and field."""
    found = []
    for entity in sorted(older.keys() | newer.keys()):
        if entity not in newer:
            text = f"{entity}: the entity is gone; what is stored of it could not be read."
            found.append(Difference(entity=entity, path=entity, breaks=STORED, sentence=text))
        elif entity not in older:
            text = f"{entity}: a new entity."
            found.append(Difference(entity=entity, path=entity, breaks=NOBODY, sentence=text))
        else:
            walk = _Walk(entity, older[entity], newer[entity])
            found.extend(walk.nodes(entity, older[entity], newer[entity]))
    return found


class _Walk:
    """Two schemas of one entity, side by side."""

    def __init__(self, entity: str, older: Schema, newer: Schema) -> None:
        self._entity = entity
        self._older, self._newer = older.get("$defs", {}), newer.get("$defs", {})
        self._within: list[tuple[str, str]] = []  # types that are being compared: they may hold themselves

    def nodes(self, path: str, older: Schema, newer: Schema) -> Iterator[Difference]:
        """Differences of what may stand at one place."""
        before, after = _alternatives(older, self._older), _alternatives(newer, self._newer)
        _pair_only_structures(before, after)
        lost, gained = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
        if len(lost) == 1 and len(gained) == 1:
            yield self._say(path, STORED, f"the type changed from {lost[0]} to {gained[0]}")
        else:
            for kind in lost:
                empty = "it may no longer be empty"
                yield self._say(path, STORED, empty if kind == "null" else f"it may no longer be {kind}")
            for kind in gained:
                empty = "it may now be empty, which older readers do not expect"
                news = f"it may now be {kind}, which older readers do not know"
                yield self._say(path, READERS, empty if kind == "null" else news)
        for kind in sorted(before.keys() & after.keys()):
            yield from self._same_kind(path, kind, before[kind], after[kind])

    def _same_kind(self, path: str, kind: str, older: Schema, newer: Schema) -> Iterator[Difference]:
        if kind == "one of some values":
            yield from self._values(path, older["enum"], newer["enum"])
        elif kind == "a list":
            yield from self.nodes(f"{path}[]", older.get("items", {}), newer.get("items", {}))
        elif kind == "a map":
            parts = older["additionalProperties"], newer["additionalProperties"]
            yield from self.nodes(f"{path}{{}}", *parts)
        elif "properties" in older:
            pair = (str(older.get("title")), str(newer.get("title")))
            if pair not in self._within:
                self._within.append(pair)
                yield from self._fields(path, older, newer)
                self._within.pop()
        if _bounds(older) != _bounds(newer):
            yield self._say(path, STORED, f"its bounds changed from {_bounds(older)} to {_bounds(newer)}")

    def _values(self, path: str, older: list[Any], newer: list[Any]) -> Iterator[Difference]:
        lost = [value for value in older if value not in newer]
        gained = [value for value in newer if value not in older]
        if lost:
            yield self._say(path, STORED, f"it was narrowed: {_listed(lost)} is no longer allowed")
        if gained:
            text = f"it was widened: {_listed(gained)} is a value that older readers do not know"
            yield self._say(path, READERS, text)

    def _fields(self, path: str, older: Schema, newer: Schema) -> Iterator[Difference]:
        before, after = older["properties"], newer["properties"]
        needed_before, needed_after = set(older.get("required", ())), set(newer.get("required", ()))
        for name in sorted(before.keys() | after.keys()):
            place = f"{path}.{name}"
            if name not in after:
                yield self._say(place, READERS, "the field was removed; older readers look for it")
            elif name not in before:
                needed = name in needed_after
                text = (
                    "a new field is required; what is stored lacks it" if needed else "a new optional field"
                )
                yield self._say(place, STORED if needed else NOBODY, text)
            else:
                yield from self._need(
                    place, before[name], name in needed_before, after[name], name in needed_after
                )
                yield from self.nodes(place, before[name], after[name])

    def _need(
        self, place: str, older: Schema, needed_before: bool, newer: Schema, needed_after: bool
    ) -> Iterator[Difference]:
        if needed_after and not needed_before:
            yield self._say(
                place, STORED, "the field was optional and is required; what is stored may lack it"
            )
        elif needed_before and not needed_after:
            yield self._say(place, NOBODY, "the field was required and is optional")
        elif not needed_after and older.get("default") != newer.get("default"):
            text = f"the default changed from {older.get('default')!r} to {newer.get('default')!r};"
            yield self._say(
                place, STORED, f"{text} what is stored without the field would change its meaning"
            )

    def _say(self, path: str, breaks: str, text: str) -> Difference:
        return Difference(entity=self._entity, path=path, breaks=breaks, sentence=f"{path}: {text}.")


def _alternatives(node: Schema, parts: Mapping[str, Schema]) -> dict[str, Schema]:
    """What may stand at a place, by kind."""
    found: dict[str, Schema] = {}
    for one in node.get("anyOf", [node]):
        whole = parts[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        found[_kind(whole)] = whole
    return found


def _pair_only_structures(before: dict[str, Schema], after: dict[str, Schema]) -> None:
    """One structure on either side is the same place: the name of a type is not on the wire."""
    mine = [kind for kind, node in before.items() if "properties" in node]
    theirs = [kind for kind, node in after.items() if "properties" in node]
    if len(mine) == len(theirs) == 1:
        before["a structure"] = before.pop(mine[0])
        after["a structure"] = after.pop(theirs[0])


def _kind(node: Schema) -> str:
    if "enum" in node:
        return "one of some values"
    if "properties" in node:
        return f"a {node.get('title', 'structure')}"
    if node.get("type") == "object":
        return "a map"
    if node.get("type") == "array":
        return "a list" if "prefixItems" not in node else f"a list of exactly {len(node['prefixItems'])}"
    return " ".join(str(node[name]) for name in ("format", "type") if name in node) or "anything"


def _bounds(node: Schema) -> dict[str, Any]:
    return {name: value for name, value in sorted(node.items()) if name not in _STRUCTURE}


def _listed(values: list[Any]) -> str:
    return ", ".join(repr(value) for value in values)
