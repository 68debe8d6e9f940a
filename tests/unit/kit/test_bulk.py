"""Laying chains of versions: the same database as versions made one by one."""

from pathlib import Path

import pytest

from mocks.kit.bulk import Chain, Numbering, lay
from mocks.kit.schema import Field, ObjectType, Schema, Value
from mocks.kit.store import Record, Store

SCHEMA = Schema((ObjectType("Card", (Field("Name", indexed=True), Field("hours", "int"), Field("state"))),))
STEPS: tuple[tuple[dict[str, Value], int], ...] = (
    ({"state": "sent"}, 20),
    ({"state": "sent"}, 30),
    ({"state": "good", "hours": 7}, 25),
)


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {table: store.rows(f'SELECT * FROM "{table}"') for table in ("Card", "history")}


def one_by_one(store: Store, number: int) -> None:
    store.insert("Card", f"c{number}", {"Name": f"N{number}", "hours": number, "state": "new"}, 10)
    for changes, at_ms in STEPS:
        store.update("Card", f"c{number}", changes, at_ms)


def chain(number: int) -> Chain:
    values: dict[str, Value] = {"Name": f"N{number}", "hours": number, "state": "new"}
    return Chain(Record("Card", f"c{number}", 10, 10, 1, False, values), True)


def test_new_records_with_versions__are_laid_as_if_lived_through() -> None:
    lived, laid = Store(SCHEMA), Store(SCHEMA)
    chains = [chain(number) for number in (1, 2)]
    for number, each in enumerate(chains, start=1):
        one_by_one(lived, number)
        for changes, at_ms in STEPS:
            each.revise({**each.last.values, **changes}, at_ms)
    lay(laid, "Card", chains)
    assert content(laid) == content(lived)
    assert laid.writes == lived.writes
    assert len(laid.versions("Card", "c1")) == 3


def test_records_that_stood_before__are_revised_in_place() -> None:
    lived, laid = Store(SCHEMA), Store(SCHEMA)
    for store in (lived, laid):
        store.insert("Card", "c1", {"Name": "N1", "hours": 1, "state": "new"}, 10)
    later = Chain(laid.require("Card", "c1"), False)
    for changes, at_ms in STEPS:
        lived.update("Card", "c1", changes, at_ms)
        later.revise({**later.last.values, **changes}, at_ms)
    lay(laid, "Card", [later, chain(2)])
    assert laid.versions("Card", "c1") == lived.versions("Card", "c1")
    assert laid.require("Card", "c2").values["Name"] == "N2"


def test_an_unknown_kind__is_not_laid() -> None:
    with pytest.raises(KeyError, match="no records of Nothing"):
        lay(Store(SCHEMA), "Nothing", [])


def test_numbering__goes_on_where_the_sequence_was_and_keeps_what_was_taken(tmp_path: Path) -> None:
    store = Store(SCHEMA, tmp_path / "store.db")
    assert store.next_number("card") == 1
    numbering = Numbering(store, "card")
    assert [numbering.next(), numbering.next()] == [2, 3]
    assert store.last_number("card") == 1
    numbering.keep()
    assert store.next_number("card") == 4
    Numbering(store, "other").keep()
    assert store.last_number("other") == 0
