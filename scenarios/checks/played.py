"""Two multisets of facts, played and observed, compared in little memory: by digest first, then by name.

A large firm has millions of versions. Their digests fit where the facts themselves would not; only what
differs is looked at a second time, so that it can be named.
"""

from collections import Counter
from collections.abc import Collection

import numpy as np
from msgspec import Struct

from mocks.firm.facts.source import PaymentIntent, SourceFact
from scenarios.oracle.played_log import PlayedLog, digest_of, played_form

_DIGEST = np.dtype([("high", "<u8"), ("low", "<u8")])
_Digests = np.ndarray[tuple[int], np.dtype[np.void]]


class Compared(Struct, frozen=True, kw_only=True):
    """How many facts were played and observed, and what only one side has."""

    played: int
    observed: int
    missing: tuple[SourceFact, ...]  # played, but not observed so
    strange: tuple[SourceFact, ...]  # observed, but not played so


def compare(played: Collection[SourceFact], observed: Collection[SourceFact]) -> Compared:
    """The difference of both, without native ids; payments are intentions and compared elsewhere."""
    ours, theirs = _digests(played), _digests(observed)
    differing = _differing(ours, theirs)
    missing: Counter[SourceFact] = Counter()
    strange: Counter[SourceFact] = Counter()
    if differing:
        left, right = _named(played, differing), _named(observed, differing)
        missing, strange = left - right, right - left
    return Compared(played=len(ours), observed=len(theirs), missing=tuple(missing), strange=tuple(strange))


def _digests(facts: Collection[SourceFact]) -> _Digests:
    if isinstance(facts, PlayedLog):
        return np.frombuffer(facts.digests(), dtype=_DIGEST)
    packed = bytearray()
    for fact in facts:
        if not isinstance(fact, PaymentIntent):
            packed += digest_of(fact)
    return np.frombuffer(bytes(packed), dtype=_DIGEST)


def _differing(ours: _Digests, theirs: _Digests) -> frozenset[bytes]:
    """Digests that do not occur equally often on both sides."""
    both = np.concatenate((ours, theirs))
    sign = np.repeat(np.array([1, -1], dtype=np.int64), [len(ours), len(theirs)])
    order = np.lexsort((both["low"], both["high"]))
    both, sign = both[order], sign[order]
    if not len(both):
        return frozenset()
    firsts = np.flatnonzero(np.concatenate(([True], both[1:] != both[:-1])))
    uneven = firsts[np.add.reduceat(sign, firsts) != 0]
    return frozenset(row.tobytes() for row in both[uneven])


def _named(facts: Collection[SourceFact], digests: frozenset[bytes]) -> Counter[SourceFact]:
    return Counter(
        played_form(fact)
        for fact in facts
        if not isinstance(fact, PaymentIntent) and digest_of(fact) in digests
    )


def intents_of(facts: Collection[SourceFact]) -> list[PaymentIntent]:
    """What customers were played to pay."""
    if isinstance(facts, PlayedLog):
        return facts.intents
    return [fact for fact in facts if isinstance(fact, PaymentIntent)]
