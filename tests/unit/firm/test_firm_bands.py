"""How lifelike preset `mid` is: the rule is that 19 of 20 seeds miss no band."""

from mocks.firm.bands import BANDS, Band, report
from mocks.firm.profile import profile_named

SEEDS = range(20)


def test_mid__keeps_all_bands_on_nineteen_of_twenty_seeds() -> None:
    rows = report(SEEDS)
    missed = {row.seed: row.missed for row in rows if row.missed}
    assert len(rows) == len(SEEDS)
    assert len(missed) <= 1, missed
    assert all(set(row.measures) == {band.measure for band in BANDS} for row in rows)


def test_band__holds_at_its_edges_only_inside() -> None:
    band = Band("x", 0.5, 0.75)
    assert [band.holds(value) for value in (0.49, 0.5, 0.75, 0.76)] == [False, True, True, False]


def test_a_careless_firm__misses_the_bands() -> None:
    import msgspec

    sloppy = msgspec.structs.replace(profile_named("mid", consultants=200), reject_pm=200, secondary_pm=0)
    assert {"S8 rejected", "S4 projects per person-week"} <= set(report([1], sloppy)[0].missed)
