"""Keyed integer hashing: every value of the firm is a pure function of seed, stream name and entity id.

No generator is advanced, so any row can be made alone, in any order and in any chunk, and a new stream
leaves all others as they were. The mix is splitmix64's finaliser over `key + id * G`; integer
arithmetic only, because NumPy's transcendental functions differ between machines.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

SCHEMA_VERSION = 1
GAMMA = 0x9E3779B97F4A7C15
_M1 = 0xBF58476D1CE4E5B9
_M2 = 0x94D049BB133111EB
_MASK = 0xFFFFFFFFFFFFFFFF

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")


def stream_key(seed: int, name: str) -> int:
    """The 64-bit key of a named stream."""
    return int.from_bytes(blake2b(f"{seed}|{SCHEMA_VERSION}|{name}".encode(), digest_size=8).digest(), "big")


def mix(z: int) -> int:
    """Splitmix64's finaliser of one 64-bit value."""
    z = ((z ^ (z >> 30)) * _M1) & _MASK
    z = ((z ^ (z >> 27)) * _M2) & _MASK
    return z ^ (z >> 31)


def mix_many(z: U64) -> U64:
    """`mix` over an array, which it overwrites."""
    z ^= z >> np.uint64(30)
    z *= np.uint64(_M1)
    z ^= z >> np.uint64(27)
    z *= np.uint64(_M2)
    z ^= z >> np.uint64(31)
    return z


class Stream(Struct, frozen=True):
    """One named source of draws; each method has a scalar form and a vector form that agree."""

    key: int

    def draw(self, ident: int) -> int:
        """64 uniform bits for one id."""
        return mix((self.key + ident * GAMMA) & _MASK)

    def draws(self, idents: I64) -> U64:
        """64 uniform bits for each id."""
        return mix_many(idents.astype(np.uint64) * np.uint64(GAMMA) + np.uint64(self.key))

    def below(self, ident: int, bound: int) -> int:
        """A uniform integer in 0..bound-1; bound at most 2**32."""
        return ((self.draw(ident) >> 32) * bound) >> 32

    def belows(self, idents: I64, bound: int | I64) -> I64:
        """A uniform integer in 0..bound-1 for each id; the bound may differ by id."""
        top = self.draws(idents) >> np.uint64(32)
        factor = np.uint64(bound) if isinstance(bound, int) else bound.astype(np.uint64)
        return ((top * factor) >> np.uint64(32)).astype(np.int64)

    def hit(self, ident: int, per_mille: int) -> bool:
        """True for `per_mille` of a thousand ids."""
        return self.below(ident, 1000) < per_mille

    def hits(self, idents: I64, per_mille: int | I64) -> Bools:
        """True for `per_mille` of a thousand ids; the share may differ by id."""
        return np.asarray(self.belows(idents, 1000) < per_mille)

    def pick(self, ident: int, table: Sequence[T]) -> T:
        """One entry of a table, uniformly."""
        return table[self.below(ident, len(table))]

    def picks(self, idents: I64, table: I64) -> I64:
        """One entry of a one-dimensional integer table for each id."""
        return table[self.belows(idents, len(table))]


class Streams:
    """All streams of one seed and company, by name; remembers the names asked for, so a test sees keys."""

    def __init__(self, seed: int, prefix: str = "") -> None:
        self.seed = seed
        self._prefix = prefix
        self._by_name: dict[str, Stream] = {}

    def __call__(self, name: str) -> Stream:
        """The stream of that name."""
        found = self._by_name.get(name)
        if found is None:
            found = self._by_name[name] = Stream(stream_key(self.seed, self._prefix + name))
        return found

    def names(self) -> tuple[str, ...]:
        """The names asked for so far, sorted."""
        return tuple(sorted(self._by_name))


def key_distance_ids(left: int, right: int) -> int:
    """How many ids two keys are apart; closer than the largest id, one stream is a shifted copy."""
    inverse = pow(GAMMA, -1, 1 << 64)
    gap = ((left - right) * inverse) & _MASK
    return min(gap, (1 << 64) - gap)


def weighted(*pairs: tuple[int, int]) -> I64:
    """A table for `picks` from (value, weight) pairs."""
    return np.repeat(
        np.array([value for value, _ in pairs], dtype=np.int64), [weight for _, weight in pairs]
    ).astype(np.int64)
