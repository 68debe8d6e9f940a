"""Writes that may be repeated: by external id, or by record id (wire 4.1, collections)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from integration_core.adapters.http.json_body import decode_answer, encode_json
from integration_core.adapters.http.session import short, unanswered
from integration_core.adapters.salesforce_protocol.failures import RETRYABLE_CODES, ItemError
from integration_core.adapters.salesforce_protocol.session import OrgSession
from integration_core.ports.systems import Outcome, Rejected, Written

CHUNK = 200

Fields = Mapping[str, Any]


class _Saved(Struct, frozen=True):
    success: bool
    id: str | None = None
    errors: list[ItemError] = []


async def upsert(session: OrgSession, table: str, key_field: str, key: str, fields: Fields) -> Written:
    """Create or update the record under an external id; raises VendorError."""
    path = f"{session.data_path}/sobjects/{table}/{key_field}/{quote(key, safe='')}"
    response = await session.write("PATCH", path, encode_json(fields))
    saved = decode_answer(session.system, response, _Saved, write=True)
    if not saved.success or not saved.id:
        raise unanswered(session.system, True, f"the answer names no record of {table}")
    return Written(key=key, native_id=saved.id)


async def upsert_many(
    session: OrgSession, table: str, key_field: str, rows: Sequence[tuple[str, Fields]]
) -> tuple[Outcome, ...]:
    """Create or update records by external id, one outcome a row in order; raises VendorError."""
    path = f"{session.data_path}/composite/sobjects/{table}/{key_field}"
    records = [(key, {"attributes": {"type": table}, key_field: key, **fields}) for key, fields in rows]
    return await _collection(session, path, records)


async def update_many(
    session: OrgSession, table: str, rows: Sequence[tuple[str, Fields]]
) -> tuple[Outcome, ...]:
    """Update records by native id, one outcome a row in order; raises VendorError."""
    path = f"{session.data_path}/composite/sobjects"
    records = [(key, {"attributes": {"type": table}, "Id": key, **fields}) for key, fields in rows]
    return await _collection(session, path, records)


async def _collection(
    session: OrgSession, path: str, rows: Sequence[tuple[str, Fields]]
) -> tuple[Outcome, ...]:
    outcomes: list[Outcome] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        body = encode_json({"allOrNone": False, "records": [fields for _, fields in chunk]})
        response = await session.write("PATCH", path, body)
        saved = decode_answer(session.system, response, list[_Saved], write=True)
        if len(saved) != len(chunk):
            raise unanswered(session.system, True, f"{len(saved)} results for {len(chunk)} records")
        outcomes.extend(_outcome(key, result) for (key, _), result in zip(chunk, saved, strict=True))
    return tuple(outcomes)


def _outcome(key: str, saved: _Saved) -> Outcome:
    if saved.success and saved.id:
        return Written(key=key, native_id=saved.id)
    error = saved.errors[0] if saved.errors else ItemError()
    return Rejected(key=key, code=error.code, text=short(error.text), retry=error.code in RETRYABLE_CODES)
