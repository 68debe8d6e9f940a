"""Record ids: 15 case-sensitive characters, or 18 with a checksum of their letter case (wire 4.1)."""

import re

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
    suffix = ""
    for start in range(0, _SHORT, 5):
        bits = sum(1 << place for place in range(5) if "A" <= short[start + place] <= "Z")
        suffix += _CHECK[bits]
    return short + suffix


def normalised(text: str) -> str | None:
    """The 18-character form of an id in either form; None when it is no id."""
    if _ID.fullmatch(text) is None:
        return None
    full = with_checksum(text[:_SHORT])
    return full if len(text) == _SHORT or text == full else None


def short_form(record_id: str) -> str:
    """The 15-character form, as error texts show it."""
    return record_id[:_SHORT]
