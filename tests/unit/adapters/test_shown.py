"""Listings without a filter by change: only what is proved to be stored is passed over."""

import msgspec

from integration_core.adapters.http.shown import Shown

A1, A2, B1 = (msgspec.Raw(text) for text in (b'{"id":1,"x":1}', b'{"id":1,"x":2}', b'{"id":2,"x":1}'))


def test_first_reading__is_all_news_whatever_was_asked_for() -> None:
    assert Shown().news([A1, B1], since_ms=900, complete_to_ms=100) == [A1, B1]


def test_what_looks_the_same__is_news_until_its_reading_is_proved_to_be_stored() -> None:
    shown = Shown()
    shown.news([A1], since_ms=0, complete_to_ms=100)
    assert shown.news([A1, B1], since_ms=99, complete_to_ms=150) == [A1, B1]
    assert shown.news([A1, B1], since_ms=100, complete_to_ms=200) == [B1]
    assert shown.news([A1, B1], since_ms=150, complete_to_ms=250) == []


def test_what_looks_again_as_it_did_long_ago__is_news() -> None:
    shown = Shown()
    for since_ms, row in ((0, A1), (100, A2)):
        shown.news([row], since_ms, complete_to_ms=since_ms + 50)
    assert shown.news([A1], since_ms=200, complete_to_ms=250) == [A1]


def test_what_could_not_be_read__is_news_each_time() -> None:
    shown = Shown()
    shown.news([A1], since_ms=0, complete_to_ms=100)
    shown.forget(A1)
    assert shown.news([A1], since_ms=200, complete_to_ms=300) == [A1]
