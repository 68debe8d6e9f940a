"""What changed between two schemas, seen by who depends on them.

A request schema breaks its senders when it takes less than before; an answer schema breaks its
readers when it promises less than before. In both a field or a shape that is gone breaks, as a
pact may name it. A further value of an enumeration in answers counts as an addition: vendors add
to their picklists at any time, and a reader has to bear it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from contracts.drift.findings import Change
from contracts.drift.schemas import (
    Alternative,
    Document,
    Schema,
    alternatives,
    as_text,
    component_of,
    values_of,
)

Direction = Literal["request", "answer"]
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("format", "pattern", "multipleOf", "uniqueItems")


class SchemaChanges:
    """Compares schemas of two documents; what is reached by several ways is told once."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, Direction]] = set()
        self.changes: list[Change] = []

    def say(self, place: str, sentence: str, breaking: bool) -> None:
        """Note one change."""
        self.changes.append(Change(place, sentence, breaking))

    def compare(self, old: Any, new: Any, direction: Direction, place: str) -> None:
        """Note what changed from one schema to the other."""
        place = self._entered(component_of(old), component_of(new), direction, place)
        if not place:
            return
        before, after = alternatives(old, self._old), alternatives(new, self._new)
        if len(before) == len(after) == 1:
            self._one(before[0], after[0], direction, place)
            return
        pairs, gone, come = _matched(before, after)
        for one, two in pairs:
            named = f"{place} ({one.label.rpartition('/')[2]})" if one.type == "object" else place
            inner = self._entered(one.component, two.component, direction, named)
            if inner:
                self._one(one, two, direction, inner)
        for one in gone:
            self._gone(one, direction, place)
        for one in come:
            self._come(one, {other.type for other in before}, direction, place)

    def _entered(self, old: str, new: str, direction: Direction, place: str) -> str:
        """The place to speak of, "" where this pair of components was compared already."""
        if not old or not new:
            return place
        if (old, new, direction) in self._seen:
            return ""
        self._seen.add((old, new, direction))
        return f"{old.rpartition('/')[2]} in {direction}s" if old == new else place

    def _gone(self, one: Alternative, direction: Direction, place: str) -> None:
        if one.type == "null":
            self.say(place, "It is never null any more.", direction == "request")
        else:
            self.say(place, f"It has no shape {_name(one)} any more.", True)

    def _come(self, one: Alternative, types: set[str], direction: Direction, place: str) -> None:
        breaking = direction == "answer" and one.type not in types
        self.say(place, f"It may now be {_name(one)}.", breaking)

    def _one(self, old: Alternative, new: Alternative, direction: Direction, place: str) -> None:
        if old.type != new.type:
            self._type_changed(old.type, new.type, direction, place)
            return
        self._values(old.schema, new.schema, direction, place)
        self._words(old.schema, new.schema, direction, place)
        self._bounds(old.schema, new.schema, direction, place)
        if old.type == "object":
            self._fields(old.schema, new.schema, direction, place)
            self._further(old.schema, new.schema, direction, place)
        if "items" in old.schema or "items" in new.schema:
            items = old.schema.get("items", {}), new.schema.get("items", {})
            self.compare(*items, direction, f"{place}[]")

    def _type_changed(self, old: str, new: str, direction: Direction, place: str) -> None:
        if direction == "request":
            breaking = bool(new) and (old, new) != ("integer", "number")
        else:
            breaking = bool(old)
        self.say(place, f"Its type changed from {old or 'any'} to {new or 'any'}.", breaking)

    def _values(self, old: Schema, new: Schema, direction: Direction, place: str) -> None:
        before, after = values_of(old), values_of(new)
        if before is None and after is None:
            return
        if before is None or after is None:
            words = "may be anything again" if after is None else "is now one of a list of values"
            self.say(place, f"It {words}.", (before is None) == (direction == "request"))
            return
        lost = [as_text(value) for value in before if value not in after]
        further = [as_text(value) for value in after if value not in before]
        if lost:
            self.say(place, f"Its list of values has no {', '.join(lost)} any more.", True)
        if further:
            self.say(place, f"Its list of values also has {', '.join(further)}.", False)

    def _words(self, old: Schema, new: Schema, direction: Direction, place: str) -> None:
        for word in _EXACT:
            before, after = old.get(word), new.get(word)
            if before == after:
                continue
            breaking = after is not None if direction == "request" else before is not None
            self.say(place, f"Its {word} changed from {as_text(before)} to {as_text(after)}.", breaking)
        if direction == "request" and old.get("default") != new.get("default"):
            before, after = old.get("default"), new.get("default")
            sentence = f"Its default changed from {as_text(before)} to {as_text(after)}."
            self.say(place, sentence, "default" in old)

    def _bounds(self, old: Schema, new: Schema, direction: Direction, place: str) -> None:
        for word in (*_LOWER, *_UPPER):
            before, after = old.get(word), new.get(word)
            if before == after or isinstance(before, bool) or isinstance(after, bool):
                continue
            if before is None or after is None:
                tighter = before is None
            else:
                tighter = after > before if word in _LOWER else after < before
            sentence = f"Its {word} changed from {as_text(before)} to {as_text(after)}."
            self.say(place, sentence, tighter == (direction == "request"))

    def _fields(self, old: Schema, new: Schema, direction: Direction, place: str) -> None:
        before, after = _properties(old), _properties(new)
        must_before, must_after = set(old.get("required", ())), set(new.get("required", ()))
        verb = "taken" if direction == "request" else "answered"
        for name in sorted({*before, *after, *must_before, *must_after}):
            field = f"{place}.{name}"
            if name in before and name not in after:
                self.say(field, f"The field is not {verb} any more.", True)
                continue
            if name in after and name not in before:
                required = direction == "request" and name in must_after
                self.say(field, f"The field is new{' and required' if required else ''}.", required)
                continue
            if name in must_after - must_before:
                self.say(field, "The field is required now.", direction == "request")
            if name in must_before - must_after:
                self.say(field, "The field is not required any more.", direction == "answer")
            if name in before:
                self.compare(before[name], after[name], direction, field)

    def _further(self, old: Schema, new: Schema, direction: Direction, place: str) -> None:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            self.compare(before, after, direction, f"{place}.*")
        elif before != after and after is False:
            closed = "It takes no further fields" if direction == "request" else "It has no further fields"
            breaking = direction == "request" or isinstance(before, Mapping)
            self.say(place, f"{closed} any more.", breaking)
        elif before != after:
            self.say(place, "What further fields it has changed.", before is not False)


def _properties(schema: Schema) -> Mapping[str, Any]:
    found = schema.get("properties", {})
    return found if isinstance(found, Mapping) else {}


def _name(one: Alternative) -> str:
    name = one.label.rpartition("/")[2]
    return name if name == one.type or not one.type else f"{name} ({one.type})"


def _matched(
    before: Iterable[Alternative], after: Iterable[Alternative]
) -> tuple[list[tuple[Alternative, Alternative]], list[Alternative], list[Alternative]]:
    """Pairs of the same name, then pairs that are the only ones left of their type; what is left of both."""
    gone, come = list(before), list(after)
    pairs: list[tuple[Alternative, Alternative]] = []
    for one in tuple(gone):
        same = next((two for two in come if two.label == one.label and two.type == one.type), None)
        if same is not None:
            pairs.append((one, same))
            gone.remove(one)
            come.remove(same)
    for one in tuple(gone):
        of_type = [two for two in come if two.type == one.type]
        if len(of_type) == 1 and sum(other.type == one.type for other in gone) == 1:
            pairs.append((one, of_type[0]))
            gone.remove(one)
            come.remove(of_type[0])
    return pairs, gone, come
