"""What version 1 of the canonical model wrote: recorded payloads, and today's values cut down to it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from contracts.canonical import schemas

RECORDED = schemas.HOME / "recorded" / "v1"
# What version 2 was the first to know, and how its absence is said.
GAINED: dict[str, dict[str, Any]] = {
    "Employee": {"statuses": [], "weekly_pattern": []},
    "LegalEntity": {"holidays": []},
    "ServicePackage": {"milestones": []},
}


def recorded() -> list[tuple[str, str]]:
    """(entity, payload) of everything that was recorded."""
    return [
        (path.stem, line)
        for path in sorted(RECORDED.glob("*.ndjson"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def of(entity: str) -> list[str]:
    """The recorded payloads of one entity."""
    return [payload for name, payload in recorded() if name == entity]


@cache
def schema(entity: str, version: int = 1) -> Any:
    """The committed schema of an entity."""
    folder: Path = schemas.HOME / f"v{version}"
    return json.loads((folder / f"{entity}.json").read_text(encoding="utf-8"))


def known() -> list[str]:
    """The entities of version 1."""
    return sorted(path.stem for path in (schemas.HOME / "v1").glob("*.json"))


def downcast(entity: str, payload: Any) -> Any:
    """What version 1 would have written of a payload: it passes over fields that it does not know."""
    whole = schema(entity)
    return _cut(payload, whole, whole["$defs"])


def _cut(value: Any, node: Any, parts: dict[str, Any]) -> Any:
    if "$ref" in node:
        return _cut(value, parts[node["$ref"].rpartition("/")[2]], parts)
    if "anyOf" in node:
        filled = [one for one in node["anyOf"] if one.get("type") != "null"]
        return None if value is None else _cut(value, filled[0], parts)
    if "properties" in node:
        return {name: _cut(value[name], one, parts) for name, one in node["properties"].items()}
    if "items" in node:
        return [_cut(one, node["items"], parts) for one in value]
    return value
