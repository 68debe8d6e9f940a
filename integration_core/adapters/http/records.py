"""From a page of raw records to canonical ones: what does not fit is kept, and the rest goes on.

One bad record must neither stop its page nor vanish from it: it becomes an `Unread` row with its
payload, for the exception queue (finance 7, SCHEMA_INVALID).
"""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from integration_core.adapters.http.json_body import masked_json
from integration_core.adapters.http.session import short
from integration_core.ports.systems import SourceRecord, Unread

# What a mapping raises when a record breaks the contract: wrong type, value, reference or number.
MISFIT = (msgspec.DecodeError, ValueError, LookupError, ArithmeticError)


class Gathered(Struct, frozen=True):
    """What became of one page of raw records."""

    records: tuple[SourceRecord, ...]
    unread: tuple[Unread, ...] = ()


def map_records(
    entity: str,
    raws: Iterable[msgspec.Raw],
    convert: Callable[[msgspec.Raw], SourceRecord | None],
    identify: Callable[[msgspec.Raw], tuple[str, int]],
) -> Gathered:
    """Convert each raw record; None is a record without meaning for the core, a misfit becomes Unread.

    `identify` gives native id and recorded instant of a record that could not be converted, and
    must not raise.
    """
    records: list[SourceRecord] = []
    unread: list[Unread] = []
    for raw in raws:
        try:
            record = convert(raw)
        except MISFIT as error:
            native_id, recorded_at_ms = identify(raw)
            unread.append(unread_row(entity, native_id, recorded_at_ms, raw, _reason(error)))
            continue
        if record is not None:
            records.append(record)
    return Gathered(tuple(records), tuple(unread))


def unread_row(
    entity: str, native_id: str, recorded_at_ms: int, payload: bytes | msgspec.Raw, text: str
) -> Unread:
    """One record that broke the contract, its payload masked."""
    return Unread(
        entity=entity,
        native_id=native_id,
        code="SCHEMA_INVALID",
        text=short(text),
        payload=masked_json(payload),
        recorded_at_ms=recorded_at_ms,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"unknown value or reference {error}"
    return str(error) or type(error).__name__
