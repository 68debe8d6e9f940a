"""Every planted breakage is caught by the job that is there for it, in words that name the cause."""

from pathlib import Path

import pytest

from tests.e2e.breakages.planting import Breakage, NotPlanted, plant, telling
from tests.e2e.breakages.table import ACCEPT, BREAKAGES, TABLE, Staged, rendered, stage

# One table serves all of them; it has two workers of its own.
pytestmark = pytest.mark.xdist_group("breakages")
VENDORS = ("salesforce", "certinia", "bamboohr", "netsuite", "gusto")
SIDES = {"mock", "adapter", "core", "description", "canonical model", "pact"}


@pytest.fixture(scope="module")
def staged() -> Staged:
    """Every breakage planted and every job run, once."""
    return stage()


def test_breakages__are_many_of_all_sides_vendors_and_jobs() -> None:
    assert len(BREAKAGES) >= 28
    assert len({breakage.name for breakage in BREAKAGES}) == len(BREAKAGES)
    assert len({(breakage.file, breakage.before, breakage.after) for breakage in BREAKAGES}) == len(BREAKAGES)
    assert {breakage.side for breakage in BREAKAGES} == SIDES
    assert {breakage.job.split()[0] for breakage in BREAKAGES} == {"consumer", "provider", "drift", "fuzz"}
    for vendor in VENDORS:
        assert sum(vendor in breakage.job for breakage in BREAKAGES) >= 3, vendor


def test_unbroken_copy__passes_the_same_jobs(staged: Staged) -> None:
    failed = {
        job: ended.said + ended.complained for job, ended in staged.unbroken.items() if ended.status != 0
    }
    assert failed == {}
    assert {breakage.job.split()[0] for breakage in BREAKAGES} == {job.split()[0] for job in staged.unbroken}


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_breakage__fails_its_job_in_words_that_name_it(staged: Staged, breakage: Breakage) -> None:
    ended = staged.caught[breakage.name]
    assert ended.status == 1, ended.said + ended.complained
    assert telling(breakage, ended.said), ended.said + ended.complained


def test_words_of_a_breakage__are_not_said_where_nothing_is_broken(staged: Staged) -> None:
    said = "".join(ended.said for ended in staged.unbroken.values())
    assert [breakage.name for breakage in BREAKAGES if telling(breakage, said)] == []


def test_breakage_that_no_longer_fits__is_refused(tmp_path: Path) -> None:
    breakage = BREAKAGES[0]
    file = tmp_path / breakage.file
    file.parent.mkdir(parents=True)
    file.write_text("nothing of the kind")
    with pytest.raises(NotPlanted, match="0 times"):
        plant(breakage, tmp_path)


def test_table__is_what_is_committed(staged: Staged) -> None:
    committed = TABLE.read_text() if TABLE.exists() else ""
    assert rendered(staged) == committed, f"Read the difference; `{ACCEPT}` accepts it."
