"""Canonical payloads as the tables keep them: JSON in the present version, read from any older one.

The version stands in a column beside the payload: it costs a small number a row, and a payload of
the present version is decoded exactly as if there were no versions.
"""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Label, Table, case

from integration_core.canonical.versions import DOCUMENTS, ENTITIES, SCHEMA_VERSION, upcast

T = TypeVar("T")
encode = msgspec.json.Encoder(order="deterministic").encode
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind) for kind in ENTITIES.values()
}


def payload_if_older(table: Table) -> Label[str]:
    """The payload where it is of an older version, else nothing: only what must be compared is loaded."""
    older = table.c.schema_version != SCHEMA_VERSION
    return case((older, table.c.payload), else_="").label("payload")


def read(kind: type[T], version: int, payload: str) -> T:
    """A stored payload as today's type; raises UnknownVersion."""
    if version == SCHEMA_VERSION:
        found: T = _DECODERS[kind].decode(payload)
        return found
    return msgspec.convert(upcast(kind.__name__, version, msgspec.json.decode(payload)), kind)


def read_wish(lane: str, version: int, payload: str) -> Any:
    """What a lane of the outbox should hold, in today's shape but untyped; raises UnknownVersion."""
    wish = msgspec.json.decode(payload)
    if version == SCHEMA_VERSION:
        return wish
    return upcast(DOCUMENTS[lane].__name__ if lane in DOCUMENTS else lane, version, wish)
