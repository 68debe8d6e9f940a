"""What people did, kept for one comparison at the end: digests to compare, and packed facts to name.

A large firm is millions of facts that nobody looks at again unless a system holds something else.
"""

import zlib
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec
from msgspec import structs

from mocks.firm.facts.source import Contract, PaymentIntent, SourceFact, TimeEntry

DIGEST_BYTES = 16
_CHUNK = 2_000
_FAST = 1  # the level of compression: cells of one card are so alike that more gains little
_encode = msgspec.msgpack.Encoder().encode
_chunks = msgspec.msgpack.Decoder(list[SourceFact])


def played_form(fact: SourceFact) -> SourceFact:
    """The fact without native ids, which it has only once it was played."""
    if isinstance(fact, Contract):
        lines = tuple(structs.replace(line, source_id="") for line in fact.lines)
        return structs.replace(fact, source_id="", lines=lines)
    if isinstance(fact, TimeEntry) and not fact.source_id:
        return fact
    return structs.replace(fact, source_id="")


def digest_of(fact: SourceFact) -> bytes:
    """Sixteen bytes that stand for the played form of a fact."""
    return blake2b(_encode(played_form(fact)), digest_size=DIGEST_BYTES).digest()


class PlayedLog:
    """Facts in the order in which they were played; payments, which are compared otherwise, stay at hand."""

    def __init__(self, facts: Iterable[SourceFact] = ()) -> None:
        self.intents: list[PaymentIntent] = []
        self._digests = bytearray()
        self._packed: list[bytes] = []
        self._open: list[SourceFact] = []
        self._count = 0
        for fact in facts:
            self.append(fact)

    def append(self, fact: SourceFact) -> None:
        """Take a fact up."""
        self._count += 1
        if isinstance(fact, PaymentIntent):
            self.intents.append(fact)
        else:
            self._digests += digest_of(fact)
        self._open.append(fact)
        if len(self._open) == _CHUNK:
            self._packed.append(zlib.compress(_encode(self._open), _FAST))
            self._open = []

    def digests(self) -> bytes:
        """The digests of everything but payments, one after the other."""
        return bytes(self._digests)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SourceFact]:
        for packed in self._packed:
            yield from _chunks.decode(zlib.decompress(packed))
        yield from self._open

    def __contains__(self, fact: object) -> bool:
        return any(one == fact for one in self)
