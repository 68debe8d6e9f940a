"""Every corruption of a month-end's end state is caught, by the check that is there for it, by name."""

import re
from collections.abc import Iterable

import pytest

from mocks.firm.facts.documents import Journal
from mocks.firm.facts.source import PayrollRun
from scenarios.checks.result import Violation
from tests.e2e.corruptions.hands import Corruption
from tests.e2e.corruptions.table import ACCEPT, CORRUPTIONS, TABLE, Caught, Staged, rendered, stage

# One run serves all of them: a second process would only do it once more.
pytestmark = pytest.mark.xdist_group("corruptions")
FIRST = 5  # violations in which the corrupted record must stand
LABOUR_ACCOUNTS = ("5000", "5100", "5190")


@pytest.fixture(scope="module")
def staged() -> Staged:
    """One run, judged with each corruption."""
    return stage()


def named(names: Iterable[str], violations: Iterable[Violation]) -> bool:
    """Whether a witness of some violations is one of these names, not only its beginning."""
    pattern = re.compile("|".join(rf"{re.escape(name)}(?!\d)" for name in names))
    return any(pattern.search(text) for violation in violations for text in violation.witness)


def texts(caught: Caught) -> list[str]:
    """All that the violations of a judgement say."""
    found = [violation for result in caught.judgement.results for violation in result.violations]
    return [text for v in found for text in (*v.witness, v.expected, v.actual)]


def personal_amounts(staged: Staged) -> set[str]:
    """What single persons earn and cost, in minor units as a text would have it."""
    amounts: set[int] = set()
    for fact in staged.ended.evidence.facts:
        if isinstance(fact, PayrollRun):
            for line in fact.lines:
                amounts |= {line.gross_minor, line.burden_minor, line.gross_minor + line.burden_minor}
    for document in staged.ended.evidence.documents:
        if isinstance(document, Journal) and document.journal_type in ("PAY", "LAB"):
            for posted in document.lines:
                if posted.account in LABOUR_ACCOUNTS:
                    amounts |= {posted.dr_tc_minor, posted.cr_tc_minor}
    return {str(amount + more) for amount in amounts if amount for more in (-1, 0, 1)}


def test_untouched_end_state__passes(staged: Staged) -> None:
    assert staged.clean.verdict == "pass", staged.clean.reasons
    assert staged.ended.judgement == staged.clean


def test_corruptions__are_many_and_each_is_one_of_a_kind() -> None:
    assert len(CORRUPTIONS) >= 24
    assert len({corruption.name for corruption in CORRUPTIONS}) == len(CORRUPTIONS)
    assert len({(c.system, c.record, c.what) for c in CORRUPTIONS}) == len(CORRUPTIONS)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_corruption__is_caught_by_name(staged: Staged, corruption: Corruption) -> None:
    caught = staged.caught[corruption.name]
    assert caught.judgement.verdict == "fail", caught.judgement.reasons
    missed = set(corruption.caught_by) - caught.failed.keys()
    assert missed == set(), sorted(caught.failed)
    for check_id in corruption.caught_by:
        violations = caught.failed[check_id].violations[:FIRST]
        assert named(caught.names, violations), (check_id, caught.names, violations)


def test_pay__is_read_in_no_violation_of_any_corruption(staged: Staged) -> None:
    amounts = personal_amounts(staged)
    assert len(amounts) > 50
    told = {
        name: leaks
        for name, caught in staged.caught.items()
        if (leaks := [t for t in texts(caught) if amounts & set(re.findall(r"\d+", re.sub(r"[.,]", "", t)))])
    }
    assert told == {}


def test_table__is_what_is_committed(staged: Staged) -> None:
    committed = TABLE.read_text() if TABLE.exists() else ""
    assert rendered(staged) == committed, f"Read the difference; `{ACCEPT}` accepts it."
