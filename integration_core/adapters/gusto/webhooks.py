"""Webhooks of payroll: signed by it, and saying which payroll was processed (wire 4.5, webhooks).

A webhook wakes a poll; what was paid is read by the API. They carry no proof of their age, so
the event's uuid is what tells a repeated one.
"""

import hashlib
import hmac

import msgspec
from msgspec import Struct

from integration_core.ports.systems import AuthRefused, Unreadable

_BODY_LIMIT = 1_000_000


class PayrollNotice(Struct, frozen=True, kw_only=True):
    """One event: its own uuid, what happened, and to which record."""

    uuid: str
    event_type: str
    entity_type: str
    entity_uuid: str


class _Challenge(Struct, frozen=True):
    verification_token: str


def check_signature(verification_token: str, body: bytes, signature: str) -> None:
    """Raise AuthRefused unless the signature is the hex HMAC-SHA256 of the body with this token."""
    expected = hmac.new(verification_token.encode(), body, hashlib.sha256).hexdigest()
    if not verification_token or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise AuthRefused("TECH_AUTH", "A webhook with a wrong signature.")


def parse_webhook(body: bytes) -> PayrollNotice:
    """What one webhook tells; Unreadable for anything malformed."""
    if len(body) > _BODY_LIMIT:
        raise Unreadable("SCHEMA_INVALID", f"A webhook has {len(body)} bytes.")
    try:
        return msgspec.json.decode(body, type=PayrollNotice)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("SCHEMA_INVALID", f"A webhook of unknown shape: {error}") from error


def verification_token_of(body: bytes) -> str | None:
    """The token of a new subscription's first, unsigned message; None where it is another message."""
    try:
        return msgspec.json.decode(body[:_BODY_LIMIT], type=_Challenge).verification_token
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
