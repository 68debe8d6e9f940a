"""Exact arithmetic: the one rounding rule of finance 0.1, on integers."""

_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}


def minor_digits(ccy: str) -> int:
    """Decimal digits of a currency's minor unit (finance 0.1)."""
    return _DIGITS.get(ccy, 2)


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to an integer, ties away from zero; the denominator is positive."""
    magnitude, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        magnitude += 1
    return magnitude if numerator >= 0 else -magnitude
