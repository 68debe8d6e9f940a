"""The exception queue keeps one open case a code and entity; the crosswalk is one to one (finance 7, K2)."""

from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from .memory import Memory

HOUR_MS = 3_600_000


def open_case(memory: Memory, code: str = "RATE_MISSING", bk: str = "TE|1", at_ms: int = 100) -> None:
    memory.do(
        partial(
            memory.store.cases.open,
            code=code,
            entity_bk=bk,
            text="Fix the card.",
            opened_at_ms=at_ms,
            replay=("rating", "all"),
        )
    )


def resolve(memory: Memory, bk: str, *codes: str, at_ms: int = 500) -> None:
    memory.do(lambda c: memory.store.cases.resolve(c, bk, codes, at_ms))


def listed(memory: Memory, *, only_open: bool = False) -> list[tuple[str, str, int, int | None]]:
    cases = memory.do(partial(memory.store.cases.all, only_open=only_open))
    return [(case.code, case.entity_bk, case.opened_at_ms, case.resolved_at_ms) for case in cases]


def test_case__has_owner_severity_deadline_and_replay(memory: Memory) -> None:
    open_case(memory)
    (case,) = memory.do(memory.store.cases.all)
    assert (case.id, case.owner, case.severity) == ("C-000001", "PMO", "B")
    assert (case.text, case.process, case.key) == ("Fix the card.", "rating", "all")
    assert case.due_at_ms == 100 + 24 * HOUR_MS
    assert memory.do(lambda c: memory.store.cases.get(c, case.id)) == case


@pytest.mark.parametrize("case_id", ["C-000009", "C-", "nonsense", "C-1; --"])
def test_unknown_case_id__is_no_case(memory: Memory, case_id: str) -> None:
    assert memory.do(lambda c: memory.store.cases.get(c, case_id)) is None


def test_open_case__is_not_opened_twice(memory: Memory) -> None:
    for at_ms in (100, 100, 200):
        open_case(memory, at_ms=at_ms)
    assert listed(memory) == [("RATE_MISSING", "TE|1", 100, None)]


def test_other_code_or_entity__is_another_case(memory: Memory) -> None:
    open_case(memory)
    open_case(memory, code="RATE_OVERLAP")
    open_case(memory, bk="TE|2")
    assert len(listed(memory, only_open=True)) == 3


def test_resolving__closes_the_named_codes_of_one_entity(memory: Memory) -> None:
    open_case(memory)
    open_case(memory, code="RATE_OVERLAP")
    open_case(memory, bk="TE|2")
    resolve(memory, "TE|1", "RATE_MISSING", "REF_MISSING")
    assert listed(memory) == [
        ("RATE_MISSING", "TE|1", 100, 500),
        ("RATE_OVERLAP", "TE|1", 100, None),
        ("RATE_MISSING", "TE|2", 100, None),
    ]
    resolve(memory, "TE|1", "RATE_MISSING", at_ms=900)
    assert listed(memory)[0] == ("RATE_MISSING", "TE|1", 100, 500)


def test_trouble_that_comes_back__is_a_new_case_unless_it_is_the_same_instant(memory: Memory) -> None:
    open_case(memory)
    resolve(memory, "TE|1", "RATE_MISSING")
    open_case(memory, at_ms=100)
    assert listed(memory, only_open=True) == []
    open_case(memory, at_ms=700)
    assert listed(memory, only_open=True) == [("RATE_MISSING", "TE|1", 700, None)]


def test_crosswalk__finds_pairs_by_system_and_entity(memory: Memory) -> None:
    crosswalk = memory.store.crosswalk
    for pair in (
        ("erp", "customer", "CU|1", "11"),
        ("erp", "customer", "CU|2", "12"),
        ("erp", "job", "PJ|1", "11"),
        ("psa", "customer", "CU|1", "99"),
    ):
        memory.pair(*pair)
        memory.pair(*pair)
    assert memory.do(lambda c: crosswalk.native_ids(c, "erp", "customer")) == {"CU|1": "11", "CU|2": "12"}
    assert memory.do(lambda c: crosswalk.native_id(c, "psa", "customer", "CU|1")) == "99"
    assert memory.do(lambda c: crosswalk.native_id(c, "psa", "customer", "CU|2")) is None


def test_crosswalk__replaces_the_native_id_of_a_key(memory: Memory) -> None:
    crosswalk = memory.store.crosswalk
    memory.pair("erp", "customer", "CU|1", "11")
    memory.pair("erp", "customer", "CU|1", "12")
    assert memory.do(lambda c: crosswalk.native_ids(c, "erp", "customer")) == {"CU|1": "12"}


def test_crosswalk__refuses_one_native_id_for_two_keys(memory: Memory) -> None:
    memory.pair("erp", "customer", "CU|1", "11")
    with pytest.raises(IntegrityError):
        memory.pair("erp", "customer", "CU|2", "11")
