"""Record ids: 15 case-sensitive characters, or 18 with a checksum of their letter case (wire 4.1)."""

import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


def numbered_id(prefix: str, instance: str, number: int) -> str:
    """The 18-character id of the n-th record of a kind; raises ValueError when the number does not fit."""
    room = _SHORT - len(prefix) - len(instance)
    digits = []
    while number:
        number, place = divmod(number, 62)
        digits.append(_DIGITS[place])
    if len(digits) > room:
        raise ValueError(f"no room for another id with prefix {prefix}")
    return with_checksum(prefix + instance + "".join(reversed(digits)).rjust(room, "0"))


def with_checksum(short: str) -> str:
    """The 18-character form of a 15-character id."""
    return short + _check(short[:5]) + _check(short[5:10]) + _check(short[10:])


@lru_cache(maxsize=4096)
def _check(part: str) -> str:
    """The check character of five characters: which of them are capitals."""
    return _CHECK[sum(1 << place for place, letter in enumerate(part) if "A" <= letter <= "Z")]


def normalised(text: str) -> str | None:
    """The 18-character form of an id in either form; None when it is no id."""
    if _ID.fullmatch(text) is None:
        return None
    full = with_checksum(text[:_SHORT])
    return full if len(text) == _SHORT or text == full else None


def short_form(record_id: str) -> str:
    """The 15-character form, as error texts show it."""
    return record_id[:_SHORT]
