"""Keyed hashing: scalar and vector agree, streams are apart, draws are even."""

import numpy as np

from mocks.firm.generate import generate
from mocks.firm.hashing import Stream, Streams, key_distance_ids, stream_key, weighted
from mocks.firm.profile import profile_named

IDS = np.array([0, 1, 7, 1 << 20, (1 << 45) + 3, (1 << 62) - 1], dtype=np.int64)


def test_scalar_and_vector_draws__are_equal() -> None:
    stream = Streams(42)("a")
    bounds = np.array([1, 2, 10, 1000, 65_536, 2**32 - 1], dtype=np.int64)
    table = weighted((5, 1), (9, 3))
    assert [stream.draw(i) for i in IDS.tolist()] == stream.draws(IDS).tolist()
    assert [stream.below(i, 97) for i in IDS.tolist()] == stream.belows(IDS, 97).tolist()
    assert [stream.below(i, b) for i, b in zip(IDS.tolist(), bounds.tolist(), strict=True)] == stream.belows(
        IDS, bounds
    ).tolist()
    assert [stream.hit(i, 300) for i in IDS.tolist()] == stream.hits(IDS, 300).tolist()
    assert [stream.pick(i, table.tolist()) for i in IDS.tolist()] == stream.picks(IDS, table).tolist()


def test_known_draws__never_change() -> None:
    assert stream_key(7, "hours.total") == 7013992414366065552
    assert Stream(1).draw(2) == 13757245211066428519


def test_below__stays_in_bounds_and_is_even() -> None:
    drawn = Streams(3)("even").belows(np.arange(100_000, dtype=np.int64), 16)
    counts = np.bincount(drawn, minlength=16)
    chi_square = float(((counts - 6250) ** 2 / 6250).sum())
    assert len(counts) == 16
    assert chi_square < 45  # 15 degrees of freedom, one in ten thousand


def test_streams_of_neighbouring_names_and_seeds__are_uncorrelated() -> None:
    ids = np.arange(200_000, dtype=np.int64)
    left = Streams(5)("x").draws(ids).astype(np.float64)
    for other in (Streams(5)("y"), Streams(6)("x")):
        assert abs(float(np.corrcoef(left, other.draws(ids).astype(np.float64))[0, 1])) < 0.012


def test_keys_of_all_streams_of_a_firm__are_further_apart_than_any_id() -> None:
    firm = generate(profile_named("tiny"), 1)
    assert sum(len(play.facts) for play in firm.calendar()) > 0
    keys = [stream_key(1, name) for name in firm.world.streams.names()]
    smallest = min(key_distance_ids(a, b) for i, a in enumerate(keys) for b in keys[:i])
    assert len(keys) > 60
    assert smallest > 1 << 42


def test_weighted_table__repeats_each_value() -> None:
    assert weighted((5, 2), (1, 1)).tolist() == [5, 5, 1]
