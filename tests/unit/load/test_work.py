"""Which deed is next, and who may have it: order within chains, groups, lanes that outlive their worker."""

import os
from datetime import date
from pathlib import Path

import msgspec

from load.deeds import Deed, encoded
from load.lanes import Claims, all_ended, lay_out, read_deeds, read_laid
from load.outcomes import Attempt
from load.work import BATCH, Work
from mocks.firm.facts.source import Practice

FACT = Practice(bk="PR|DATA", recorded_at_ms=0, code="DATA", name="Data")
TODAY = date(2026, 1, 30)


def deed(
    deed_id: str, at_ms: int = 0, *, after: str = "", group: str = "", persona: str = "consultant"
) -> Deed:
    """A deed."""
    return Deed(
        id=deed_id,
        operation="work",
        persona=persona,
        role="psa",
        person="RS|1",
        at_ms=at_ms,
        lane_key=deed_id,
        facts=(FACT,),
        after=(after,) if after else (),
        group=group,
    )


def work_of(*deeds: Deed, settled: frozenset[str] = frozenset()) -> Work:
    """Work on one lane."""
    work = Work(lambda at_ms: at_ms)
    work.add("lane", map(encoded, deeds), set(settled))
    return work


def taken(work: Work, now_ms: int = 1000, persona: str = "consultant") -> list[str]:
    """Ids of what is taken."""
    return [task.head.id for task in work.take([persona], now_ms)]


def test_take__the_earliest_due_first_and_none_before_its_time() -> None:
    work = work_of(deed("late", 900), deed("early", 100), deed("future", 5000))
    assert [taken(work), taken(work), taken(work)] == [["early"], ["late"], []]
    assert work.next_due_ms(["consultant"]) == 5000


def test_take__what_comes_after_waits_until_the_first_came_to_an_end() -> None:
    work = work_of(deed("a", 100), deed("b", 50, after="a"))
    (first,) = work.take(["consultant"], 1000)
    assert first.head.id == "a"
    assert taken(work) == []
    assert work.end(first) == []
    (second,) = work.take(["consultant"], 1000)
    assert second.head.id == "b"
    assert work.end(second) == ["lane"]


def test_take__what_was_settled_before_holds_nothing_up() -> None:
    assert taken(work_of(deed("a"), deed("b", after="a"), settled=frozenset({"a"}))) == ["b"]


def test_take__a_group_together_as_far_as_it_is_due() -> None:
    group = [deed(f"{place}", place, group="RS|9", persona="manager") for place in range(BATCH + 5)]
    work = work_of(*group, deed("other", group="RS|8", persona="manager"))
    first = taken(work, 10_000, "manager")
    assert len(first) == BATCH
    assert taken(work, 10_000, "manager") == ["other"]
    assert len(taken(work, 10_000, "manager")) == 5
    assert taken(work, 10_000, "manager") == []


def test_later__a_deed_comes_again_and_only_once() -> None:
    work = work_of(deed("a"))
    (task,) = work.take(["consultant"], 0)
    work.later(task, 2000)
    assert taken(work, 1999) == []
    assert taken(work, 2000) == ["a"]
    assert taken(work, 9000) == []


def test_dependents__are_found_along_the_chain() -> None:
    work = work_of(deed("a"), deed("b", after="a"), deed("c", after="b"))
    (task,) = work.take(["consultant"], 0)
    assert [one.head.id for one in work.dependents(task)] == ["b", "c"]


def test_drop__a_lane_that_is_somebody_elses_is_forgotten() -> None:
    work = work_of(deed("a"), deed("b", after="a"))
    work.drop("lane")
    assert taken(work) == []
    assert work.size == 0
    assert work.lanes == frozenset()


# --- lanes --------------------------------------------------------------------------------------


def test_lay_out__every_deed_once_and_counted(tmp_path: Path) -> None:
    deeds = [deed(f"d{place}") for place in range(50)]
    laid = lay_out(tmp_path, deeds, lanes=4)
    assert {one.id for one in read_deeds(tmp_path)} == {one.id for one in deeds}
    assert (laid.deeds, read_laid(tmp_path).personas) == (50, {"consultant": 50})
    assert not all_ended(tmp_path)


def test_claim__two_workers_share_all_lanes_without_overlap(tmp_path: Path) -> None:
    lay_out(tmp_path, [deed(f"d{place}") for place in range(50)], lanes=4)
    first, second = Claims(tmp_path, "0-1", 10.0), Claims(tmp_path, "1-2", 10.0)
    mine = {lane for lane, _ in first.claim(range(0, 100, 2))}
    theirs = {lane for lane, _ in second.claim(range(1, 100, 2))}
    assert mine == {"lane-000", "lane-002"}
    assert theirs == {"lane-001", "lane-003"}
    assert list(first.claim(range(100))) == []
    for claims in (first, second):
        for lane in claims.held:
            claims.finish(lane)
        claims.close()
    assert all_ended(tmp_path)


def test_take_over__only_from_a_worker_without_a_sign_of_life(tmp_path: Path) -> None:
    lay_out(tmp_path, [deed("a")], lanes=1)
    first, second = Claims(tmp_path, "0-1", 10.0), Claims(tmp_path, "0-2", 10.0)
    assert [lane for lane, _ in first.claim(range(1))] == ["lane-000"]
    life = (tmp_path / "workers" / "0-1").stat().st_mtime
    assert list(second.take_over(life + 5.0)) == []
    os.utime(tmp_path / "workers" / "0-1", (life - 20.0, life - 20.0))
    assert [lane for lane, _ in second.take_over(life)] == ["lane-000"]
    first.live()
    assert first.held == frozenset()


def test_settled__what_anybody_finished(tmp_path: Path) -> None:
    lay_out(tmp_path, [deed("a")], lanes=1)
    claims = Claims(tmp_path, "0-1", 10.0)
    blank = Attempt(
        deed="a", operation="work", worker="0-1", number=1, started_ms=0, ended_ms=1, outcome="unknown"
    )
    claims.log(blank)
    assert claims.settled() == set()
    claims.log(msgspec.structs.replace(blank, outcome="done"))
    assert claims.settled() == {"a"}
