"""Every planted breakage is caught by the job that is there for it, in words that name the cause."""

import pytest

from tests.e2e.breakages.planting import Breakage, telling
from tests.e2e.breakages.table import ACCEPT, BREAKAGES, TABLE, Staged, rendered, stage

# One table serves all of them; it has two workers of its own.
pytestmark = pytest.mark.xdist_group("breakages")


@pytest.fixture(scope="module")
def staged() -> Staged:
    """Every breakage planted and every job run, once."""
    return stage()


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


def test_table__is_what_is_committed(staged: Staged) -> None:
    committed = TABLE.read_text() if TABLE.exists() else ""
    assert rendered(staged) == committed, f"Read the difference; `{ACCEPT}` accepts it."
