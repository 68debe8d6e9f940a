"""The planted breakages still fit the code they are meant for, and the committed table speaks of all of them.

Planting them and running the jobs takes minutes: tests/campaign does it.
"""

from pathlib import Path

import pytest

from tests.e2e.breakages.planting import ROOT, Breakage, NotPlanted, command, plant
from tests.e2e.breakages.table import BREAKAGES, TABLE

VENDORS = ("salesforce", "certinia", "bamboohr", "netsuite", "gusto")
SIDES = {"mock", "adapter", "core", "description", "canonical model", "pact"}


def test_breakages__are_many_of_all_sides_vendors_and_jobs() -> None:
    assert len(BREAKAGES) >= 28
    assert len({breakage.name for breakage in BREAKAGES}) == len(BREAKAGES)
    assert len({(breakage.file, breakage.before, breakage.after) for breakage in BREAKAGES}) == len(BREAKAGES)
    assert {breakage.side for breakage in BREAKAGES} == SIDES
    assert {breakage.job.split()[0] for breakage in BREAKAGES} == {"consumer", "provider", "drift", "fuzz"}
    for vendor in VENDORS:
        assert sum(vendor in breakage.job for breakage in BREAKAGES) >= 3, vendor


def test_breakage_that_no_longer_fits__is_refused(tmp_path: Path) -> None:
    breakage = BREAKAGES[0]
    file = tmp_path / breakage.file
    file.parent.mkdir(parents=True)
    file.write_text("nothing of the kind")
    with pytest.raises(NotPlanted, match="0 times"):
        plant(breakage, tmp_path)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_breakage__fits_the_code_as_it_is(breakage: Breakage) -> None:
    assert (ROOT / breakage.file).read_text().count(breakage.before) == 1
    assert breakage.before != breakage.after


def test_table__has_every_breakage_caught_by_its_job() -> None:
    rows = [line.split(" | ") for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    shown = {row[0].removeprefix("| "): (row[1], row[4], row[5].removesuffix(" |")) for row in rows}
    assert shown.keys() == {breakage.name for breakage in BREAKAGES}
    for breakage in BREAKAGES:
        file, job, said = shown[breakage.name]
        assert (file, job) == (breakage.file, command(breakage))
        assert said != "nothing"
