"""What is heard of a run is added up by day and hour, and nothing is counted twice."""

import pytest

from scenarios.events import Looked, Started, Stepped, both
from scenarios.report.chronicle import Chronicle, owed_count
from tests.unit.report.runs import DAY, HOUR, START, chronicle


def test_steps__add_up_by_day_and_hour() -> None:
    heard = chronicle()
    for minute, waiting in ((10, 7), (20, 4)):
        heard(Stepped(START + DAY + minute * 60_000, 5, waiting, 2))
    assert heard.played == {START: 3, START + DAY: 50}
    assert heard.notified == {START: 1, START + DAY: 4}
    assert heard.waiting == {START + DAY: 7}


def test_counts__belong_to_the_days_since_the_look_before() -> None:
    heard = chronicle()
    assert heard.requests == {START: {"crm": 14, "erp": 2}}
    assert heard.struck == {START: {"down": 5}, START + DAY: {"down": 4}}
    assert heard.struck_in_all == {"down": 9}


def test_look_at_the_subject_alone__leaves_the_counts() -> None:
    heard = chronicle()
    heard(Looked(START + 2 * DAY, "erp:pending 1"))
    assert heard.owed[START + 2 * DAY] == 1
    assert set(heard.requests) == {START}


@pytest.mark.parametrize(
    ("owed", "count"),
    [("", 0), ("erp:pending 3", 3), ("erp2:pending 3, parked timecards 12", 15), ("something else", 1)],
)
def test_owed__is_counted_by_the_subjects_own_words(owed: str, count: int) -> None:
    assert owed_count(owed) == count


def test_memory__is_bounded_by_the_calendar() -> None:
    heard = Chronicle()
    heard(Started("deal-to-cash", 1, 1, START, START + DAY))
    for second in range(0, 24 * 3600, 30):
        heard(Stepped(START + second * 1000, 1, 1, 1))
    assert heard.steps == 2880
    assert (len(heard.played), len(heard.waiting)) == (1, DAY // HOUR)


def test_both__tells_two_listeners() -> None:
    one, two = Chronicle(), Chronicle()
    both(one, two)(Stepped(START, 1, 0, 0))
    assert one.steps == two.steps == 1
