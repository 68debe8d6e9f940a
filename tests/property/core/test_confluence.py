"""What the ERP holds in the end follows from what the sources committed, and from nothing else (finance 0.3).

Not of the order, the pages or the delay of deliveries, nor of duplicates, of whose turn it is, of the
zone of the machine, or of everything being read once more.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_core.processes import billing, closing
from integration_core.store import intake, outbox
from tests.property.profiles import examples

from .counterexamples import assert_finds_a_counterexample
from .far_away import NAIVE, Case, Place, digest_of
from .history import Plan
from .office import SOURCES, Office, Schedule
from .strategies import AT_THE_END, EVENTFUL, ordered_and_repeated, plans, schedules
from .systems import Manner

ZONES = ("Pacific/Kiritimati", "America/St_Johns")


def played(plan: Plan, schedule: Schedule) -> bytes:
    """What the targets hold in the end, all of it sent."""
    office = Office(plan)
    held = office.play(schedule)
    assert office.owed() == {}
    return held


def same_end(plan: Plan, schedule: Schedule) -> None:
    """A course of events ends as it does where everything is read when everything is over."""
    assert played(plan, schedule) == played(plan, AT_THE_END)


def unmoved(plan: Plan, seed: int) -> None:
    """Everything is polled again from zero, in any order, and neither a target nor the book moves."""
    office = Office(plan)
    held = office.play(AT_THE_END)
    book, writes = office.book(), office.targets.writes
    for name in SOURCES:
        office.sources[name].forget()
    office.rest(manner=Manner(page=3, again=4, seed=seed))
    assert office.targets.writes == writes
    assert (office.targets.content(), office.book()) == (held, book)


def alike(place: Place, plan: Plan, schedule: Schedule) -> None:
    """A process somewhere else comes to the same end."""
    case = Case(plan, schedule)
    assert place.digest_of(case) == digest_of(case)


@pytest.fixture(scope="module")
def places() -> Iterator[list[Place]]:
    """Two processes, each in a zone of its own and with a hash seed of its own."""
    opened = [Place(zone, str(seed)) for seed, zone in enumerate(ZONES, start=1)]
    yield opened
    for place in opened:
        place.close()


@pytest.fixture
def naive_place() -> Iterator[Place]:
    """A core that takes the machine's zone for the firm's."""
    place = Place(ZONES[0], "3", NAIVE)
    yield place
    place.close()


@examples(12)
@given(plans(), schedules)
def test_deliveries__change_nothing_in_the_end_however_they_come(plan: Plan, schedule: Schedule) -> None:
    same_end(plan, schedule)


@examples(6)
@given(plans(), st.integers(0, 9_999))
def test_everything_read_once_more__moves_nothing(plan: Plan, seed: int) -> None:
    unmoved(plan, seed)


@examples(4)
@given(plan=plans(), schedule=schedules)
def test_machine_in_another_zone__comes_to_the_same_end(
    places: list[Place], plan: Plan, schedule: Schedule
) -> None:
    for place in places:
        alike(place, plan, schedule)


def test_version_that_comes_late_and_is_applied__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_judge", lambda *given: "applied")
    assert_finds_a_counterexample(given(st.just(EVENTFUL), ordered_and_repeated)(same_end), 30)


def test_run_that_does_not_wait_for_its_sources__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for process in (billing, closing):
        monkeypatch.setattr(process, "complete", lambda core, connection, cutoff: True)
    assert_finds_a_counterexample(given(st.just(EVENTFUL), schedules)(same_end), 30)


def test_duplicate_that_is_taken_for_news__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = intake._judge
    monkeypatch.setattr(intake, "_judge", lambda *given: judge(*given).replace("duplicate", "applied"))
    monkeypatch.setattr(outbox, "_revision", lambda lane, row: "never told")
    assert_finds_a_counterexample(given(st.just(EVENTFUL), st.integers(0, 9_999))(unmoved), 10)


def test_core_that_lives_by_the_clock_on_its_wall__is_found(naive_place: Place) -> None:
    def alike_there(plan: Plan, schedule: Schedule) -> None:
        alike(naive_place, plan, schedule)

    assert_finds_a_counterexample(given(st.just(EVENTFUL), schedules)(alike_there), 10)
