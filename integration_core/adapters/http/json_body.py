"""JSON in and out without ever passing money through a float (finance 0.1).

Numbers are read from their digits straight into `Decimal`, and written back as the same digits.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from integration_core.adapters.http.session import short, unanswered
from integration_core.ports.http import HttpResponse
from integration_core.ports.systems import Unreadable

T = TypeVar("T")

_encoder = msgspec.json.Encoder(decimal_format="number")
_any_decoder = msgspec.json.Decoder(float_hook=Decimal)
_MASK = "***"
# What no log, case or journal of ours may show: credentials, and what people earn.
_SECRET_NAMES = frozenset(
    {
        "access_token",
        "authorization",
        "client_secret",
        "dateofbirth",
        "password",
        "payrate",
        "privatekey",
        "salary",
        "sessionid",
        "ssn",
        "token",
    }
)


def encode_json(value: Mapping[str, Any]) -> bytes:
    """A JSON body; decimals become JSON numbers with exactly their digits."""
    return _encoder.encode(value)


def decode_answer(system: str, response: HttpResponse, shape: type[T], *, write: bool) -> T:
    """The body of a successful answer.

    Broken JSON is an answer cut short (Transient, or OutcomeUnknown after a write); sound JSON of
    another shape breaks the contract (Unreadable, or OutcomeUnknown after a write).
    """
    try:
        return msgspec.json.decode(response.body, type=shape)
    except msgspec.ValidationError as error:
        if write:
            raise unanswered(system, write, f"an answer of unknown shape: {error}") from error
        raise Unreadable("SCHEMA_INVALID", short(f"{system}: {error}")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unanswered(system, write, f"the answer is not whole JSON: {error}") from error


def decode_any(body: bytes | msgspec.Raw) -> Any:
    """Any JSON, numbers with a fraction as Decimal; None where it is not JSON."""
    try:
        return _any_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def text_of(raw: bytes | msgspec.Raw, name: str) -> str:
    """One field of a JSON object as text; empty where there is no such object or field."""
    record = decode_any(raw)
    return str(record.get(name) or "") if isinstance(record, dict) else ""


def masked_json(body: bytes | msgspec.Raw) -> str:
    """The JSON as text, with secrets and salaries replaced."""
    return _encoder.encode(_masked(decode_any(body))).decode()


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _MASK if str(name).lower() in _SECRET_NAMES else _masked(part)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_masked(part) for part in value]
    return value
