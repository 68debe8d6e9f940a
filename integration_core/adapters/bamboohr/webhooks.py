"""Webhooks of the HRIS: signed by it, fresh, and saying who changed (wire 4.4, webhooks).

A webhook wakes a poll; what changed is read from the tables.
"""

import hashlib
import hmac

import msgspec
from msgspec import Struct

from integration_core.ports.systems import AuthRefused, Unreadable

_BODY_LIMIT = 1_000_000
_FRESH_SECONDS = 300


class EmployeeNotice(Struct, frozen=True, kw_only=True):
    """Who changed, and whether they were Created, Updated or Deleted."""

    native_id: str
    action: str


class _Item(Struct, frozen=True):
    id: str | int
    action: str


class _Body(Struct, frozen=True):
    employees: list[_Item]


def check_signature(private_key: str, body: bytes, timestamp: str, signature: str, wall_seconds: int) -> None:
    """Raise AuthRefused unless the webhook's signature is theirs and its timestamp is of now.

    The signature is the hex HMAC-SHA256 of body and then timestamp, which is in Unix seconds.
    """
    expected = hmac.new(private_key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise AuthRefused("TECH_AUTH", "A webhook with a wrong signature.")
    if not timestamp.isdecimal() or abs(wall_seconds - int(timestamp)) > _FRESH_SECONDS:
        raise AuthRefused("TECH_AUTH", "A webhook with a stale timestamp.")


def parse_webhook(body: bytes) -> tuple[EmployeeNotice, ...]:
    """Who changed, by one webhook; Unreadable for anything malformed."""
    if len(body) > _BODY_LIMIT:
        raise Unreadable("SCHEMA_INVALID", f"A webhook has {len(body)} bytes.")
    try:
        found = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("SCHEMA_INVALID", f"A webhook of unknown shape: {error}") from error
    return tuple(EmployeeNotice(native_id=str(item.id), action=item.action) for item in found.employees)
