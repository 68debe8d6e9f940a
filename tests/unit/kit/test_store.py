"""The store: versions as differences, transactions, uniqueness, snapshots."""

from pathlib import Path

import pytest

from mocks.kit.schema import Field, ObjectType, Schema
from mocks.kit.store import DuplicateValue, Store

SCHEMA = Schema(
    (
        ObjectType("thing", (Field("code", unique=True), Field("note"), Field("amount", "decimal", scale=2))),
        ObjectType("part", (Field("thing", references="thing"),)),
    )
)


@pytest.fixture
def store() -> Store:
    return Store(SCHEMA)


def test_every_version__can_be_rebuilt_from_differences(store: Store) -> None:
    store.insert("thing", "1", {"code": "a", "note": "x", "amount": 1}, 10)
    store.update("thing", "1", {"note": "y"}, 20)
    store.update("thing", "1", {"amount": 3, "note": "z"}, 30)
    store.delete("thing", "1", 40)
    versions = store.versions("thing", "1")
    assert [(v.ver, v.modified_ms, v.deleted, v.values["note"], v.values["amount"]) for v in versions] == [
        (1, 10, False, "x", 1),
        (2, 20, False, "y", 1),
        (3, 30, False, "z", 3),
        (4, 40, True, "z", 3),
    ]


def test_update_that_changes_nothing__makes_no_version(store: Store) -> None:
    store.insert("thing", "1", {"code": "a", "note": "x"}, 10)
    assert store.update("thing", "1", {"note": "x"}, 20).ver == 1
    assert store.require("thing", "1").modified_ms == 10


def test_stamps__never_run_backwards(store: Store) -> None:
    store.insert("thing", "1", {"code": "a"}, 100)
    assert store.update("thing", "1", {"note": "y"}, 50).modified_ms == 100


def test_unique_field__is_held_and_names_the_record(store: Store) -> None:
    store.insert("thing", "1", {"code": "a"}, 1)
    store.insert("thing", "2", {"code": "b"}, 1)
    with pytest.raises(DuplicateValue) as clash:
        store.update("thing", "2", {"code": "a"}, 2)
    assert (clash.value.field, clash.value.record_id) == ("code", "1")


def test_unique_field__is_free_again_after_deletion(store: Store) -> None:
    store.insert("thing", "1", {"code": "a"}, 1)
    store.delete("thing", "1", 2)
    store.insert("thing", "2", {"code": "a"}, 3)
    assert [record.id for record in store.find("thing", "code", "a")] == ["2"]


def test_failed_transaction__leaves_nothing_and_gives_the_number_back(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.insert("thing", str(store.next_number("n")), {"code": "a"}, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.count("thing") == 0
    assert store.next_number("n") == 1


def test_nested_transaction__can_fail_alone(store: Store) -> None:
    with store.transaction():
        store.insert("thing", "1", {"code": "a"}, 1)
        try:
            with store.transaction():
                store.insert("thing", "2", {"code": "b"}, 1)
                raise RuntimeError
        except RuntimeError:
            pass
    assert [record.id for record in store.select("thing")] == ["1"]


def test_unknown_field__is_an_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.insert("thing", "1", {"colour": "red"}, 1)


def test_bulk_rows__keep_their_own_stamps_as_one_version(store: Store) -> None:
    store.insert_many("thing", [(str(n), {"code": str(n), "created_ms": n}) for n in range(3)], None)
    assert [(r.created_ms, r.ver) for r in store.select("thing")] == [(0, 1), (1, 1), (2, 1)]
    assert store.with_history("thing") == frozenset()


def test_due_work__is_taken_once_in_order(store: Store) -> None:
    store.add_due(20, "later", 2)
    store.add_due(10, "sooner", 1)
    assert store.next_due_ms() == 10
    assert store.take_due(15) == [(10, "sooner", 1)]
    assert store.take_due(25) == [(20, "later", 2)]
    assert store.next_due_ms() is None


def test_lookups_of_references__use_an_index(store: Store) -> None:
    plan = store.rows('EXPLAIN QUERY PLAN SELECT * FROM "part" WHERE "thing" = ?', ("1",))
    assert "USING INDEX" in plan[0][3]


def test_a_snapshot_of_a_file__is_restored_into_files_and_memory(store: Store, tmp_path: Path) -> None:
    kept = Store(SCHEMA, tmp_path / "world.sqlite")
    kept.insert("thing", "1", {"code": "a"}, 10)
    snapshot = kept.snapshot()
    kept.update("thing", "1", {"code": "b"}, 20)
    for target in (kept, store):
        target.restore(snapshot)
        assert target.require("thing", "1").values["code"] == "a"
    kept.close()
    assert Store(SCHEMA, tmp_path / "world.sqlite").require("thing", "1").values["code"] == "a"
