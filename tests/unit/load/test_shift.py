"""A worker's shift: what is tried again, what is given up, and that everything ends with a word about it."""

from pathlib import Path

from load.lanes import all_ended, lay_out
from load.outcomes import Attempt, final, read_attempts
from load.settings import Clock, Settings
from load.shift import MAXIMUM_UNKNOWN, Shift, wall_ms
from load.users.desk import NotYet, Refused, Tally
from load.users.result import done, refused, waits
from load.work import Task
from tests.unit.load.test_work import deed

PERSONAS = ("consultant", "manager")
AT_ONCE = Settings(settle_seconds=0.0)


def begun(folder: Path, *ids_and_after: tuple[str, str], settings: Settings = AT_ONCE) -> Shift:
    """A shift on one lane of deeds."""
    lay_out(folder, [deed(deed_id, after=after) for deed_id, after in ids_and_after], lanes=1)
    shift = Shift(folder, settings, 0, "0-1")
    shift.tend()
    return shift


def next_of(shift: Shift) -> list[Task]:
    """What a consultant is given, waiting as long as a person would."""
    shift.arrive("consultant")
    tasks: list[Task] = []
    deadline_ms = wall_ms() + 5000
    while not tasks and wall_ms() < deadline_ms:
        tasks = shift.next_for("consultant", PERSONAS)
    return tasks


def ends(folder: Path) -> dict[str, Attempt]:
    """The last word on every deed."""
    return final(read_attempts(folder))


def test_done__ends_a_deed_and_with_the_last_one_the_lane(tmp_path: Path) -> None:
    shift = begun(tmp_path, ("a", ""), ("b", "a"))
    for name in ("a", "b"):
        tasks = next_of(shift)
        shift.settle(tasks, [done(name, f"id {name}")], 0, Tally(calls=3, status=201))
    assert [(one.outcome, one.native_id) for one in ends(tmp_path).values()] == [
        ("done", "id a"),
        ("done", "id b"),
    ]
    assert all_ended(tmp_path)


def test_refusal__gives_up_what_comes_after(tmp_path: Path) -> None:
    shift = begun(tmp_path, ("a", ""), ("b", "a"), ("c", "b"))
    shift.refused(next_of(shift), Refused(400, "closed"), 0, Tally(status=400))
    found = ends(tmp_path)
    assert {name: one.outcome for name, one in found.items()} == {
        "a": "refused",
        "b": "given up",
        "c": "given up",
    }
    assert (found["a"].reason, found["b"].reason) == ("closed", "a was refused")
    assert all_ended(tmp_path)


def test_refused_result__is_a_refusal_too(tmp_path: Path) -> None:
    shift = begun(tmp_path, ("a", ""), ("b", "a"))
    shift.settle(next_of(shift), [refused("a", "the project is finished")], 0, Tally())
    assert [one.outcome for one in ends(tmp_path).values()] == ["refused", "given up"]


def test_waiting__is_told_once_and_its_reason_at_the_end(tmp_path: Path) -> None:
    shift = begun(tmp_path, ("a", ""))
    shift.settle(next_of(shift), [waits("a", "assignment 7")], 0, Tally())
    shift.wait(next_of(shift), NotYet("assignment 7"), 0, Tally())
    shift.close()
    told = [(one.outcome, one.reason) for one in read_attempts(tmp_path)]
    assert told == [("waits", "assignment 7"), ("given up", "waited for assignment 7")]
    assert all_ended(tmp_path)


def test_lost_answers__without_end_are_given_up(tmp_path: Path) -> None:
    shift = begun(tmp_path, ("a", ""))
    (task,) = next_of(shift)
    for _ in range(MAXIMUM_UNKNOWN):
        shift.unknown([task], "no answer", 0, Tally())
    told = [one.outcome for one in read_attempts(tmp_path)]
    assert told == ["unknown"] * MAXIMUM_UNKNOWN + ["given up"]


def test_clock__makes_deeds_due_in_the_systems_own_time(tmp_path: Path) -> None:
    clock = Clock(from_ms=0, factor=60.0, since_wall_ms=wall_ms())
    assert clock.wall_ms_of(60_000) == clock.since_wall_ms + 1000
    assert clock.world_ms_of(clock.since_wall_ms + 1000) == 60_000
    lay_out(tmp_path, [deed("now", 0), deed("tomorrow", 86_400_000)], lanes=1)
    shift = Shift(tmp_path, Settings(clock=clock), 0, "0-1")
    shift.tend()
    assert [task.head.id for task in next_of(shift)] == ["now"]
    assert shift.next_for("consultant", PERSONAS) == []
    shift.close()
    assert {name: one.reason for name, one in ends(tmp_path).items()} == {
        "now": "the time was over",
        "tomorrow": "the time was over",
    }


def test_people__help_out_where_nobody_of_a_kind_is_there(tmp_path: Path) -> None:
    lay_out(tmp_path, [deed("a", persona="manager")], lanes=1)
    shift = Shift(tmp_path, AT_ONCE, 0, "0-1")
    shift.tend()
    shift.arrive("consultant")
    shift.arrive("manager")
    assert shift.next_for("consultant", PERSONAS) == []
    shift.leave("manager")
    assert [task.head.id for task in shift.next_for("consultant", PERSONAS)] == ["a"]
    shift.close()
