"""Exact amounts in ten-thousandths: half-up rounding, taxes, functional amounts (finance R5-R7)."""

import re
from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

SCALE = 10_000
_UNITS = (10_000, 1_000, 100, 10, 1)  # e4 units of a minor unit, by digits of the currency
_TAX_CODE = re.compile(
    r"(?P<place>[A-Z]{2}(?:-[A-Z0-9]{1,3})?)\|(?P<category>[A-Z]{1,3})\|(?P<percent>[0-9]{1,3}(?:\.[0-9]{1,4})?)"
)


class TaxAmount(Struct, frozen=True):
    """One tax code of a document: what is taxed, and the tax; both in e4 of the document's currency."""

    tax_code: str
    base_e4: int
    tax_e4: int


def half_up(numerator: int, denominator: int) -> int:
    """The quotient as an integer, ties away from zero; the denominator is positive."""
    quotient, remainder = divmod(abs(numerator), denominator)
    quotient += 2 * remainder >= denominator
    return quotient if numerator >= 0 else -quotient


def minor_unit_e4(digits: int) -> int:
    """One minor unit of a currency in e4."""
    return _UNITS[digits]


def quantised_e4(amount_e4: Fraction | int, digits: int) -> int:
    """An amount in e4 rounded half-up to the digits of its currency (Q of finance 0.1)."""
    exact = Fraction(amount_e4)
    unit = _UNITS[digits]
    return half_up(exact.numerator, exact.denominator * unit) * unit


def fits(amount_e4: int, digits: int) -> bool:
    """Whether an amount has no more decimals than its currency."""
    return amount_e4 % _UNITS[digits] == 0


def canonical_tax_code(text: str) -> str | None:
    """A tax code with four places in its percentage: `US-CA|S|8.2500`; None when it is none."""
    match = _TAX_CODE.fullmatch(text)
    if match is None:
        return None
    whole, _, places = match["percent"].partition(".")
    if int(whole) > 100:
        return None
    return f"{match['place']}|{match['category']}|{int(whole)}.{places:0<4}"


def percent_e4(tax_code: str) -> int:
    """The percentage of a canonical tax code, scaled."""
    return int(tax_code.rpartition("|")[2].replace(".", ""))


def taxes(lines: Iterable[tuple[str, int]], digits: int) -> list[TaxAmount]:
    """R5: one rounding per tax code over the sum of its line nets, codes in order of text."""
    bases: dict[str, int] = {}
    for tax_code, net_e4 in lines:
        bases[tax_code] = bases.get(tax_code, 0) + net_e4
    return [
        TaxAmount(code, base, quantised_e4(Fraction(base * percent_e4(code), 100 * SCALE), digits))
        for code, base in sorted(bases.items())
    ]


def functional_e4(amount_e4: int, rate: str, digits: int) -> int:
    """R7: one line's amount in functional currency at a document's exchange rate."""
    return quantised_e4(amount_e4 * Fraction(rate), digits)


def relief_e4(total_fc: int, total_tc: int, done_tc: int, take_tc: int, digits: int) -> int:
    """R6: the functional share of `take_tc`, cumulatively, so that the shares sum exactly."""
    if not total_tc:
        return 0
    after = quantised_e4(Fraction(total_fc * (done_tc + take_tc), total_tc), digits)
    return after - quantised_e4(Fraction(total_fc * done_tc, total_tc), digits)
