"""SOQL text cut into words, and the errors that point into it."""

import re
from collections.abc import Iterator

from msgspec import Struct

from mocks.protocols.salesforce.rules import Problem, WriteRefused

MAXIMUM_CHARACTERS = 100_000

_WORD = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<instant>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<sign><=|>=|!=|<>|[=<>(),:])",
    re.ASCII | re.DOTALL,
)


class Word(Struct, frozen=True):
    """One word of a query; `kind` is the name of its pattern, or `end`."""

    kind: str
    text: str
    place: int

    def is_(self, *keywords: str) -> bool:
        """Whether it is one of these keywords (in upper case) or signs."""
        return self.kind in ("name", "sign") and self.text.upper() in keywords


def words_of(soql: str) -> Iterator[Word]:
    """The words of a query, an `end` last; raises MALFORMED_QUERY where no word can begin."""
    if len(soql) > MAXIMUM_CHARACTERS:
        raise refused(
            soql[:0], 0, "MALFORMED_QUERY", "SOQL statements cannot be longer than 100,000 characters."
        )
    place = 0
    while place < len(soql):
        match = _WORD.match(soql, place)
        if match is None:
            raise refused(soql, place, "MALFORMED_QUERY", f"unexpected token: '{soql[place]}'")
        if match.lastgroup != "space":
            yield Word(str(match.lastgroup), match[0], place)
        place = match.end()
    yield Word("end", "", len(soql))


def refused(soql: str, place: int, code: str, message: str) -> WriteRefused:
    """An error of the query language, with the line it is on and an arrow below it."""
    before = soql[:place]
    row, column = before.count("\n") + 1, place - (before.rfind("\n") + 1)
    line = soql.split("\n")[row - 1] if soql else ""
    first = max(0, column - 40)
    shown = line[first : column + 40]
    pointed = f"\n{shown}\n{' ' * (column - first)}^\nERROR at Row:{row}:Column:{column + 1}\n{message}"
    return WriteRefused(Problem(code, pointed))


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "N": "\n", "R": "\r", "T": "\t"}


def plain_text(literal: str) -> str:
    """The text that a quoted literal stands for."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), literal[1:-1], flags=re.DOTALL)


def like_pattern(literal: str) -> str:
    r"""A quoted literal as an SQL pattern whose escape is `\`: only `\%` and `\_` stay escaped."""

    def kept(found: re.Match[str]) -> str:
        if found[1] in "%_\\":
            return f"\\{found[1]}"
        return _ESCAPES.get(found[1], found[1])

    return re.sub(r"\\(.)", kept, literal[1:-1], flags=re.DOTALL)
