"""The committed pacts let nothing through that they seem to forbid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.participants import PACTS

_FILES = sorted(PACTS.glob("*/*.json"))


def parts(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What comes of each interaction: an answer, or a message."""
    for one in msgspec.json.decode(path.read_bytes())["interactions"]:
        yield one["description"], one.get("response", one)


def rules(found: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All rules below, those of variants too, each with its path and the others that stand beside it."""
    if isinstance(found, dict):
        for path, one in found.items():
            if isinstance(one, dict) and "matchers" in one:
                yield place + path, one
                for matcher in one["matchers"]:
                    for variant in matcher.get("variants", ()):
                        yield from rules(variant["rules"], f"{place}{path}/")
            elif isinstance(one, dict):
                yield from rules(one, place)


def at(content: Any, path: str) -> Any:
    """The example at a plain path; None below variants and for every path with a pattern."""
    if "/" in path or not path.startswith("$"):
        return None
    for step in path[1:].replace("[*]", "[0]").replace("[", ".[").split("."):
        if not step:
            continue
        try:
            content = content[int(step[1:-1])] if step.startswith("[") else content[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return content


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_pact__every_list_says_how_many_there_must_be(path: Path) -> None:
    asked = []
    for description, part in parts(path):
        body = part.get("body") or part.get("contents") or {"content": None}
        for place, rule in rules(part.get("matchingRules", {}).get("body", {})):
            if isinstance(at(body["content"], place), list):
                asked.append((description, place, rule["matchers"]))
    loose = [one for one in asked if one[2] == [{"match": "type"}]]
    assert loose == []


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_pact__no_text_of_a_form_is_fulfilled_by_a_number(path: Path) -> None:
    loose = []
    for description, part in parts(path):
        body = part.get("body") or part.get("contents")
        if body is None or "xml" in body["contentType"]:
            continue
        for place, rule in rules(part.get("matchingRules", {}).get("body", {})):
            kinds = {one["match"] for one in rule["matchers"]}
            if rule.get("combine", "AND") != "AND" or kinds == {"regex"}:
                loose.append((description, place))
    assert loose == []
