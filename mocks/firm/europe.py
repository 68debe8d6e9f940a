"""Customers of the Berlin company: where they sit, what they are called, and their VAT ids.

Most are German; the others sit in the Union with a VAT id, or outside of it without one, so that every
tax case of a German seller to businesses occurs. Ids are fictional and have right check digits.
"""

from msgspec import Struct

from mocks.firm.data.germany import FIRM_TRADES, FIRM_WORDS, FORMS, PLACES, STREETS
from mocks.firm.data.places import CITIES
from mocks.firm.hashing import Streams

_COUNTRIES = ("DE",) * 12 + ("FR", "FR", "AT", "AT", "BE") + ("CH", "CH", "US")
_FIRST_COUNTRIES = ("DE", "DE", "FR", "CH", "DE")
_NAME_STRIDE = 181  # prime, so that walking the pool by it meets every name once
_ID_STRIDE = 7_919


class Place(Struct, frozen=True):
    """Where a customer is, as far as an account says."""

    country: str
    city: str
    state: str | None
    postcode: str
    street: str
    vat_id: str | None


def country_of(index: int, streams: Streams) -> str:
    """A customer's country; the first ones are given, so that every tax case occurs."""
    if index < len(_FIRST_COUNTRIES):
        return _FIRST_COUNTRIES[index]
    return streams("client.country").pick(index, _COUNTRIES)


def client_name(index: int, streams: Streams) -> tuple[str, str]:
    """Legal and display name; no two clients share one until the pool is used up."""
    words, trades = len(FIRM_WORDS), len(FIRM_TRADES)
    place = (streams("client.name").below(0, words * trades) + index * _NAME_STRIDE) % (words * trades)
    lap = index // (words * trades)
    number = "" if lap == 0 else f" {lap + 1}"
    display = f"{FIRM_WORDS[place % words]} {FIRM_TRADES[place // words]}{number}"
    return f"{display} {streams('client.form').pick(index, FORMS[country_of(index, streams)])}", display


def place_of(index: int, streams: Streams) -> Place:
    """Where a customer sits."""
    country = country_of(index, streams)
    street = streams("client.street").pick(index, STREETS)
    if country == "US":
        city, state, postcode = streams("client.city").pick(index, CITIES)
        return Place(country, city, state, postcode, street, None)
    _, town, code = streams("client.city").pick(index, [place for place in PLACES if place[0] == country])
    return Place(country, town, None, code, street, vat_id(country, index, streams))


def vat_id(country: str, index: int, streams: Streams) -> str | None:
    """A VAT id with right check digits, different for every customer; None outside the Union."""
    drawn = streams("client.vat").below(0, 80_000_000) + index * _ID_STRIDE
    eight, seven = f"{10_000_000 + drawn % 89_999_999}", f"{1_000_000 + drawn % 8_999_999}"
    match country:
        case "DE":
            return f"DE{eight}{_mod_11_10(eight)}"
        case "FR":
            siren = f"{eight}{(10 - _luhn(eight + '0')) % 10}"
            return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"
        case "AT":
            return f"ATU{seven}{(6 - _luhn(seven)) % 10}"
        case "BE":
            return f"BE0{seven}{97 - int(seven) % 97:02d}"
    return None


def _mod_11_10(digits: str) -> int:
    """The check digit of ISO 7064, Mod 11,10."""
    product = 10
    for digit in digits:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10


def _luhn(digits: str) -> int:
    """The checksum of Luhn, 0 for a number with a right last digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10
