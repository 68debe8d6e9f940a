"""Field values between store and wire: exact numbers, the platform's instants, and its refusals."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from mocks.kit.schema import Field, Value
from mocks.protocols.salesforce.identifiers import normalised
from mocks.protocols.salesforce.rules import Problem, WriteRefused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1700, 4000  # the platform's own range of dates
_WIDE = Context(prec=80, Emax=1000, Emin=-1000)
_MAXIMUM_DIGITS = 18

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode_json(body: bytes) -> Any:
    """JSON with exact numbers; WriteRefused with JSON_PARSER_ERROR for anything else."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise WriteRefused(
            Problem("JSON_PARSER_ERROR", f"The HTTP entity body could not be parsed: {error}")
        ) from None


def encode_json(value: Any) -> bytes:
    """Compact JSON; decimals as exact numbers."""
    return _encoder.encode(value)


# --- to the wire ------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def _second_text(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


def instant_text(at_ms: int) -> str:
    """`2026-01-31T08:00:00.000+0000`."""
    second, millisecond = divmod(at_ms, 1000)
    return f"{_second_text(second)}.{millisecond:03d}+0000"


def decimal_text(scaled: int, scale: int) -> str:
    """A scaled integer as the platform writes numbers: at least one decimal, no idle zeros."""
    if not scale:
        return f"{scaled}.0"
    digits = str(abs(scaled)).rjust(scale + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:].rstrip('0') or '0'}"


@lru_cache(maxsize=65_536)
def _decimal(scaled: int, scale: int) -> msgspec.Raw:
    return msgspec.Raw(decimal_text(scaled, scale).encode())


def renderer(field: Field) -> Callable[[Any], Any]:
    """How stored values of a field look in JSON."""
    scale = field.scale
    match field.kind:
        case "bool":
            return bool  # a boolean is never null on this platform
        case "instant":
            return lambda value: None if value is None else instant_text(value)
        case "decimal":
            return lambda value: None if value is None else _decimal(value, scale)
        case _:
            return lambda value: value


# --- from the wire ----------------------------------------------------------------------------


def parse_instant(text: str) -> int | None:
    """UTC milliseconds of an ISO instant with a zone; None when it is none in the platform's range."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at - _EPOCH) // _MILLISECOND if _FIRST_YEAR <= at.year < _LAST_YEAR else None


def parse_day(text: str) -> date | None:
    """A date in the platform's range, or None."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year < _LAST_YEAR else None


def parse_value(field: Field, given: Any) -> Value:
    """A JSON value as the store keeps it; WriteRefused with the platform's words where it does not fit."""
    if given is None:
        return None
    return _PARSERS[field.kind](field, given)


def _text(field: Field, given: Any) -> Value:
    if not isinstance(given, str):
        raise _unfit("string", field, given)
    if given == "":
        return None  # the platform keeps no empty texts
    if field.references is not None:
        return _reference(field, given)
    if len(given) > field.length:
        raise _refused(
            "STRING_TOO_LONG", f"data value too large: {given[:80]} (max length={field.length})", field
        )
    if field.picklist and given not in field.picklist:
        raise _refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"bad value for restricted picklist field: {given[:80]}",
            field,
        )
    return given


def _reference(field: Field, given: str) -> str:
    record_id = normalised(given)
    if record_id is None:
        raise _refused("MALFORMED_ID", f"id value of incorrect type: {given[:80]}", field)
    return record_id


def _boolean(field: Field, given: Any) -> Value:
    if isinstance(given, bool):
        return int(given)
    if isinstance(given, str) and given.lower() in ("true", "false"):
        return int(given.lower() == "true")
    raise _unfit("boolean", field, given)


def _decimal_value(field: Field, given: Any) -> Value:
    return _scaled(field, _number(field, given))


def _whole(field: Field, given: Any) -> Value:
    number = _number(field, given)
    if number and (number.adjusted() < 0 or number != number.to_integral_value(context=_WIDE)):
        raise _unfit("int", field, given)
    return _scaled(field, number)


def _number(field: Field, given: Any) -> Decimal:
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        given = Decimal(given)
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise _unfit("double", field, given)
    number = Decimal(given)
    if not number.is_finite():
        raise _unfit("double", field, given)
    if number.adjusted() > _MAXIMUM_DIGITS:
        raise _refused("NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on number field", field)
    return number


def _scaled(field: Field, number: Decimal) -> int:
    exact = _WIDE.scaleb(Decimal(0) if number.adjusted() < -30 else number, field.scale)
    scaled = int(exact.to_integral_value(rounding=ROUND_HALF_UP, context=_WIDE))
    if abs(scaled) >= 10**_MAXIMUM_DIGITS:
        raise _refused("NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range on number field", field)
    return scaled


def _date(field: Field, given: Any) -> Value:
    day = parse_day(given) if isinstance(given, str) else None
    if day is None:
        raise _unfit("date", field, given)
    return day.isoformat()


def _instant(field: Field, given: Any) -> Value:
    at_ms = parse_instant(given) if isinstance(given, str) else None
    if at_ms is None:
        raise _unfit("datetime", field, given)
    return at_ms


_PARSERS: dict[str, Callable[[Field, Any], Value]] = {
    "text": _text,
    "json": _text,
    "bool": _boolean,
    "int": _whole,
    "decimal": _decimal_value,
    "date": _date,
    "instant": _instant,
}


def _unfit(wanted: str, field: Field, given: Any) -> WriteRefused:
    shown = str(given)[:80]
    return WriteRefused(
        Problem(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {wanted} from {_token(given)} value {shown}",
            (field.name,),
        )
    )


def _token(given: Any) -> str:
    match given:
        case bool():
            return "VALUE_TRUE" if given else "VALUE_FALSE"
        case str():
            return "VALUE_STRING"
        case int():
            return "VALUE_NUMBER_INT"
        case Decimal():
            return "VALUE_NUMBER_FLOAT"
        case list():
            return "START_ARRAY"
        case _:
            return "START_OBJECT"


def _refused(code: str, message: str, field: Field) -> WriteRefused:
    return WriteRefused(Problem(code, f"{field.label or field.name}: {message}", (field.name,)))
