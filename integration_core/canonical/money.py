"""Decimal money and the few places where it may be rounded (finance 0.1, 2.2)."""

from decimal import ROUND_HALF_UP, Context, Decimal

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
ZERO = Decimal(0)


def minor_digits(ccy: str) -> int:
    """Decimal places of a currency's minor unit; two unless the table says otherwise."""
    return _MINOR_DIGITS.get(ccy, 2)


def quantise(amount: Decimal, ccy: str) -> Decimal:
    """Round to the currency's minor unit, ties away from zero: `Q(x, ccy)` of finance 0.1."""
    return _WIDE.quantize(amount, Decimal(1).scaleb(-minor_digits(ccy)))


def product(*factors: Decimal) -> Decimal:
    """Multiply with 60 digits, so that nothing is rounded before a rounding point."""
    result = Decimal(1)
    for factor in factors:
        result = _WIDE.multiply(result, factor)
    return result


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Divide with 60 digits."""
    return _WIDE.divide(dividend, divisor)
