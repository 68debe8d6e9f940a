"""Tax codes as documents write them, and as checks compare them."""

from decimal import Decimal, InvalidOperation

from scenarios.oracle.expected import TaxCode


def parse_tax(text: str) -> TaxCode | None:
    """`jurisdiction|category|percent` as a code; of a zero rate the jurisdiction is dropped."""
    parts = text.split("|")
    if len(parts) != 3:
        return None
    try:
        percent_e4 = Decimal(parts[2]) * 10_000
    except InvalidOperation:
        return None
    if percent_e4 != int(percent_e4):
        return None
    return comparable(TaxCode(parts[0], parts[1], int(percent_e4)))


def comparable(code: TaxCode) -> TaxCode:
    """The code without the jurisdiction where the rate is zero."""
    return code if code.percent_e4 else TaxCode("", code.category, 0)
