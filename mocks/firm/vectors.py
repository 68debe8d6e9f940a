"""Columns of millions of rows as bytes: a row is text in the end, and a text a row is what takes the time.

A cell is put together from parts, each a constant, a number's digits or a text from a small pool. A part of
all rows is one matrix of bytes in which zero means nothing; the matrices stand side by side, the zeros
are left out, and that is the file.
"""

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mocks.firm.days import to_date
from mocks.firm.hashing import I64, Bools

TEXT, INTEGER, DAY, FLAG, JSON = "text", "integer", "day", "flag", "json"
Bytes = npt.NDArray[np.uint8]
_NULL = np.frombuffer(b"null", dtype=np.uint8)


class Digits(Struct, frozen=True):
    """A number that is not negative, with leading zeros up to `padded` digits."""

    values: I64
    padded: int = 1

    def matrix(self, escape: Callable[[str], bytes]) -> Bytes:
        """One row a number."""
        width = max(self.padded, len(str(int(self.values.max(initial=0)))))
        found = np.zeros((len(self.values), width), dtype=np.uint8)
        rest = self.values.astype(np.int64)
        for place in range(width - 1, -1, -1):
            whole = rest // 10
            digit = rest - whole * 10
            shown = (rest > 0) | (width - place <= self.padded)
            found[:, place] = (digit + 48) * shown
            rest = whole
        return found


class Pooled(Struct, frozen=True):
    """Texts from a pool, by place."""

    places: I64
    pool: tuple[str, ...]

    def matrix(self, escape: Callable[[str], bytes]) -> Bytes:
        """One row a text."""
        texts = np.array([escape(text) for text in self.pool] or [b""], dtype=np.bytes_)
        width = max(1, texts.dtype.itemsize)
        table = np.frombuffer(texts.tobytes().ljust(width, b"\0"), dtype=np.uint8).reshape(len(texts), width)
        return table[self.places]


Part = Digits | Pooled | str


class Vector(Struct, frozen=True):
    """One column of a chunk: its parts side by side; rows that `missing` marks have no value."""

    name: str
    kind: str
    parts: tuple[Part, ...]
    missing: Bools | None = None

    def matrix(self, escape: Callable[[str], bytes]) -> Bytes:
        """The column's text; nothing where a value is missing."""
        rows = next(_rows(part) for part in self.parts if not isinstance(part, str))
        made = [
            _constant(part, rows) if isinstance(part, str) else part.matrix(escape) for part in self.parts
        ]
        found = made[0] if len(made) == 1 else np.concatenate(made, axis=1)
        if self.missing is not None:
            found = np.where(self.missing[:, None], np.uint8(0), found)
        return found

    def plain(self) -> list[object]:
        """The values as Python has them."""
        gaps = [False] * rows_of((self,)) if self.missing is None else self.missing.tolist()
        return [None if gap else value for gap, value in zip(gaps, self._values(), strict=True)]

    def _values(self) -> list[object]:
        part = self.parts[0]
        if self.kind == INTEGER and isinstance(part, Digits):
            return list(part.values.tolist())
        if self.kind == FLAG and isinstance(part, Pooled):
            return [place == 1 for place in part.places.tolist()]
        texts = [bytes(row[row != 0]).decode() for row in self.matrix(_as_is)]
        if self.kind == DAY:
            return [np.datetime64(text).astype(object) for text in texts]
        return list(texts)


def _rows(part: Part) -> int:
    return (
        len(part.values) if isinstance(part, Digits) else len(part.places) if isinstance(part, Pooled) else 0
    )


def _constant(text: str, rows: int) -> Bytes:
    row = np.frombuffer(text.encode(), dtype=np.uint8)
    return np.broadcast_to(row, (rows, len(row)))


def _as_is(text: str) -> bytes:
    return text.encode()


def pooled(name: str, codes: I64, text_of: Callable[[int], str], missing: Bools | None = None) -> Vector:
    """A text column from codes that lie close together, each distinct text made once."""
    first = int(codes.min()) if len(codes) else 0
    seen = np.bincount(codes - first) > 0
    distinct = np.flatnonzero(seen) + first
    pool = tuple(text_of(code) if code >= 0 else "" for code in distinct.tolist())
    place = (np.cumsum(seen) - 1)[codes - first]
    return Vector(name, TEXT, (Pooled(place, pool),), missing)


def day_column(name: str, days: I64) -> Vector:
    """A column of dates from day numbers."""
    first = int(days.min(initial=2**40)) if len(days) else 0
    last = int(days.max(initial=0))
    pool = tuple(to_date(day).isoformat() for day in range(first, last + 1))
    return Vector(name, DAY, (Pooled(days - first, pool),))


def flag_column(name: str, flags: Bools) -> Vector:
    """A column of truth values."""
    return Vector(name, FLAG, (Pooled(flags.astype(np.int64), ("false", "true")),))


def ndjson(chunk: tuple[Vector, ...]) -> bytes:
    """The rows of a chunk, one JSON object a line."""
    pieces, rows = [], rows_of(chunk)
    for number, column in enumerate(chunk):
        quoted = column.kind in (TEXT, DAY)
        key = ("{" if number == 0 else ",") + f'"{column.name}":'
        pieces.append(_constant(key, rows))
        value = column.matrix(_json_inside)
        if quoted:
            mark = _constant('"', rows)
            value = np.concatenate((mark, value, mark), axis=1)
        pieces.append(value if column.missing is None else _with_null(value, column.missing))
    return _flat([*pieces, _constant("}\n", rows)])


def csv(chunk: tuple[Vector, ...]) -> bytes:
    """The rows of a chunk as comma-separated values, without a header."""
    pieces, rows = [], rows_of(chunk)
    for number, column in enumerate(chunk):
        if number:
            pieces.append(_constant(",", rows))
        pieces.append(column.matrix(_csv_field))
    return _flat([*pieces, _constant("\n", rows)])


def rows_of(chunk: tuple[Vector, ...]) -> int:
    """How many rows a chunk has."""
    return next(_rows(part) for part in chunk[0].parts if not isinstance(part, str))


def _with_null(value: Bytes, missing: Bools) -> Bytes:
    width = max(value.shape[1], len(_NULL))
    found = np.zeros((len(value), width), dtype=np.uint8)
    found[:, : value.shape[1]] = value
    found[missing] = 0
    found[missing, : len(_NULL)] = _NULL
    return found


def _flat(pieces: list[Bytes]) -> bytes:
    whole = np.concatenate(pieces, axis=1).reshape(-1)
    return bytes(whole[whole != 0].data)


def _json_inside(text: str) -> bytes:
    return msgspec.json.encode(text)[1:-1]


def _csv_field(text: str) -> bytes:
    if any(mark in text for mark in ',"\n\r'):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()
