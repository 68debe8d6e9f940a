"""Looking at a part of the store is looking at the whole and leaving out the rest, whatever was entered."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from integration_core.canonical.billing import Blocked, Entry, Rated, Unpriced
from integration_core.canonical.close import Booked
from integration_core.canonical.work import TimeCard
from integration_core.rules.revenue import line_journals
from integration_core.store import schema
from tests.integration.store.memory import FOREVER_MS, Memory
from tests.integration.store.records import (
    BEN,
    DAYS,
    MONDAY,
    TASK,
    blocked,
    card,
    draft,
    priced,
    replacement,
    unpriced,
)
from tests.property.profiles import examples
from tests.unit.rules.firm import CONTRACT as FIRMS_CONTRACT
from tests.unit.rules.firm import LINE as FIRMS_LINE

from .test_amounts import CLOSES

D = Decimal
LINES = ("a0L1", "a0L2", "a0L3")
TASKS = ("a1K1", "a1K2", "a1K3")
HOURS = ("0", "1.5", "8", "8.00")
instants = st.integers(10, 60)


class Said(Struct, frozen=True):
    """What one version of a card says."""

    task: int
    hours: tuple[str, ...]  # Monday and Tuesday
    at_ms: int


versions = st.builds(Said, st.integers(0, 2), st.tuples(*2 * (st.sampled_from(HOURS),)), instants)
chains = st.lists(st.lists(versions, min_size=1, max_size=3), min_size=1, max_size=4)


@contextmanager
def stored() -> Iterator[Memory]:
    """A store that knows Ben and three tasks on three lines."""
    memory = Memory("sqlite://")
    memory.staff(BEN)
    tasks = [
        (replace(TASK, key=f"TK|{task}", contract_line_source_id=line), task)
        for task, line in zip(TASKS, LINES, strict=True)
    ]
    memory.plan(*tasks)
    try:
        yield memory
    finally:
        memory.close()


def cards_of(drawn: list[list[Said]]) -> list[TimeCard]:
    """The cards of chains of corrections, each chain in its order."""
    found = []
    for number, chain in enumerate(drawn):
        for ver, said in enumerate(chain):
            hours = {day: each for day, each in zip(DAYS, said.hours, strict=False) if ver or each != "0"}
            name, task = f"c{number}v{ver}", TASKS[said.task]
            if ver:
                found.append(
                    replacement(name, f"c{number}v{ver - 1}", said.at_ms, hours, task_native_id=task)
                )
            else:
                found.append(card(name, said.at_ms, hours, task_native_id=task))
    return found


def entered(memory: Memory, limit: int) -> list[tuple[str, ...]]:
    """Enter what is parked, batch by batch, as rating does; groups that look alike as they were told."""
    told: list[tuple[str, ...]] = []
    after, some = None, 0
    while True:
        found = memory.store.work.resolve
        place = after
        resolved = memory.do(lambda c: found(c, limit, place))  # noqa: B023 - called at once
        told += resolved.suspects
        some += resolved.entered
        after = resolved.after
        if after is None:
            if not some:
                return told
            some = 0


# -- booked time ----------------------------------------------------------------------------------


def booked_plainly(connection: Connection, before_ms: int) -> list[tuple[Any, ...]]:
    """Versions approved before an instant that are valid and not replaced before they were approved."""
    rows = connection.execute(select(schema.entry).where(schema.entry.c.a_ms < before_ms)).all()
    found = []
    for row in rows:
        later = [one.a_ms for one in rows if one.bk == row.bk and one.ver > row.ver]
        is_price = row.problem in ("RATE_MISSING", "RATE_OVERLAP")
        is_valid = row.state != "deleted" and (row.state != "blocked" or is_price)
        if is_valid and all(row.a_ms < a_ms for a_ms in later):
            day, superseded_ms = date.fromisoformat(row.work_date), min(later, default=None)
            found.append((row.contract_line_native_id, day, D(row.hours), row.valid_ms, superseded_ms))
    return sorted(found, key=repr)


def plain(booked: list[Booked]) -> list[tuple[Any, ...]]:
    rows = [
        (one.contract_line_native_id, one.work_date, one.hours, one.known_ms, one.superseded_ms)
        for one in booked
    ]
    return sorted(rows, key=repr)


def settled(entries: list[Entry], outcomes: list[int]) -> list[Rated | Unpriced | Blocked]:
    """Some outcome of rating for each of them."""
    kinds = (
        priced,
        lambda entry: unpriced(entry, "COVERED"),
        blocked,
        lambda entry: blocked(entry, "TIME_NOT_ASSIGNED"),
    )
    return [kinds[outcomes[at % len(outcomes)]](entry) for at, entry in enumerate(entries)]


@examples(15)
@given(chains, st.lists(st.integers(0, 3), min_size=1, max_size=8), instants)
def test_booked_time_of_lines_or_days__is_the_whole_without_the_rest(
    drawn: list[list[Said]], outcomes: list[int], before_ms: int
) -> None:
    with stored() as memory:
        memory.enter(*cards_of(drawn))
        memory.settle(*settled(list(memory.unrated()), outcomes))
        booked = memory.store.work.booked
        for until_ms in (before_ms, FOREVER_MS):
            whole = plain(list(memory.do(lambda c: booked(c, until_ms))))  # noqa: B023 - called at once
            assert whole == memory.do(lambda c: booked_plainly(c, until_ms))  # noqa: B023
            for some in (each for size in range(4) for each in combinations(LINES, size)):
                of_lines = memory.do(lambda c: booked(c, until_ms, lines=some))  # noqa: B023
                assert plain(list(of_lines)) == [one for one in whole if one[0] in some]
            for first, last in ((0, 0), (0, 1), (1, 1), (2, 3)):
                days = (MONDAY + timedelta(first), MONDAY + timedelta(last))
                of_days = memory.do(lambda c: booked(c, until_ms, days=days))  # noqa: B023
                assert plain(list(of_days)) == [one for one in whole if days[0] <= one[1] <= days[1]]


# -- entering in batches ----------------------------------------------------------------------------


def entries_of(memory: Memory) -> list[Mapping[str, Any]]:
    rows = memory.do(lambda c: c.execute(select(schema.entry)).mappings().all())
    return sorted((dict(row) for row in rows), key=repr)


def alike(rows: list[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Current entries that agree in task, day, hours and note, all of one person."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        is_current = all(one["ver"] <= row["ver"] for one in rows if one["bk"] == row["bk"])
        if is_current and row["state"] != "deleted":
            look = (row["task_native_id"], row["work_date"], D(row["hours"]), row["memo"])
            groups.setdefault(look, []).append(row["bk"])
    return [tuple(sorted(bks)) for bks in groups.values() if len(bks) > 1]


@examples(15)
@given(chains, st.data())
def test_cards_in_any_order_and_batch__become_the_same_entries_and_those_alike_are_told(
    drawn: list[list[Said]], data: st.DataObject
) -> None:
    cards = cards_of(drawn)
    with stored() as at_once, stored() as in_parts:
        at_once.enter(*cards)
        told: list[tuple[str, ...]] = []
        left = data.draw(st.permutations(cards))
        while left:
            size = data.draw(st.integers(1, len(left)))
            in_parts.take(*left[:size])
            told += entered(in_parts, data.draw(st.integers(1, 4)))
            left = left[size:]
        rows = entries_of(in_parts)
        assert rows == entries_of(at_once)
        assert {bks[0] for bks in alike(rows)} <= {bks[0] for bks in told}


# -- pieces that still matter, and shares of documents ----------------------------------------------


class Bound(Struct, frozen=True):
    """What became of one piece."""

    method: str
    day: int  # of February
    cents: int
    commit_ms: int  # after the close of February, in hours; before it where negative
    superseded_ms: int | None
    document: int  # none, held, early, late
    credit: int


bounds = st.builds(
    Bound,
    st.sampled_from(("TM", "OV", "FF", "RET")),
    st.integers(1, 28),
    st.integers(1, 10_000),
    st.integers(-3, 3),
    st.none() | st.integers(-3, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
DOCUMENTS = ("", "IN|held", "IN|early", "IN|late")
CREDITS = ("", "CM|early", "CM|late", "CM|early2")
ACCOUNTED = {"IN|early": "2026-02-28", "IN|late": "2026-03-31"}
ACCOUNTED |= {"CM|early": "2026-02-28", "CM|late": "2026-03-31", "CM|early2": "2026-02-27"}


def lay(connection: Connection, number: int, bound: Bound, close_ms: int) -> None:
    """One piece, bound to nothing yet."""
    superseded = None if bound.superseded_ms is None else close_ms + bound.superseded_ms
    row: dict[str, Any] = {column.name: "" for column in schema.piece.columns}
    row |= {"event_bk": f"BE|{number}", "ver": 1, "rating": 1, "piece": 1, "hours": "1", "hourly": "1"}
    row |= {"method": bound.method, "service_date": f"2026-02-{bound.day:02}", "state": "COMMITTED"}
    row |= {"contract_line_native_id": FIRMS_LINE.native_id, "contract_native_id": f"800{number % 2}"}
    row |= {"amount": str(D(bound.cents).scaleb(-2)), "commit_ms": close_ms + bound.commit_ms}
    connection.execute(insert(schema.piece), {**row, "superseded_ms": superseded})


def bind(memory: Memory, bounds: list[Bound]) -> None:
    """Bind pieces to documents, one of them held, and those that were billed to credits."""
    pieces = memory.store.pieces
    for at, key in enumerate(DOCUMENTS[1:], start=1):
        mine = [f"BE|{number}" for number, bound in enumerate(bounds) if bound.document == at]
        memory.bill(draft(key, *mine, held="PO_MISSING" if key == "IN|held" else ""), "BR|US01|2026-02-28")
    for at, credit in enumerate(CREDITS[1:], start=1):
        mine = [f"BE|{n}" for n, bound in enumerate(bounds) if bound.document >= 2 and bound.credit == at]
        rows = {column.name: "" for column in schema.document.columns} | {"number": None, "status": None}
        row = {**rows, "key": credit, "entity_code": "US01", "recorded_at_ms": 0, "state": "READY"}
        memory.do(lambda c: c.execute(insert(schema.document), row))  # noqa: B023 - called at once
        memory.do(lambda c: pieces.take_back(c, mine, credit))  # noqa: B023
    for key, day in ACCOUNTED.items():
        dated = update(schema.document).where(schema.document.c.key == key).values(acct_date=day)
        memory.do(lambda c: c.execute(dated))  # noqa: B023


@examples(20)
@given(st.lists(bounds, min_size=1, max_size=8))
def test_pieces_that_are_left_out__change_no_journal(drawn: list[Bound]) -> None:
    close = next(one for one in CLOSES if one.period == "2026-02")
    with stored() as memory:
        for number, bound in enumerate(drawn):
            memory.do(lambda c: lay(c, number, bound, close.close_ms))  # noqa: B023 - called at once
        bind(memory, drawn)
        charged = memory.store.pieces.charged
        some = memory.do(lambda c: charged(c, "US01", close.end))
        whole = memory.do(lambda c: charged(c, "US01", date.min))
    assert len(whole) == len(drawn)
    for method in ("TM", "FF", "RET"):
        line = replace(FIRMS_LINE, billing_method=method)
        earned = None if method == "TM" else D("50.00")
        found, wanted = (
            line_journals(close, FIRMS_CONTRACT, line, charged, earned, D(0)) for charged in (some, whole)
        )
        assert found == wanted


@examples(15)
@given(st.lists(bounds, min_size=1, max_size=8))
def test_shares_of_documents__are_the_sums_of_their_pieces(drawn: list[Bound]) -> None:
    with stored() as memory:
        for number, bound in enumerate(drawn):
            memory.do(lambda c: lay(c, number, bound, 1_000))  # noqa: B023 - called at once
        bind(memory, drawn)
        shares = memory.do(lambda c: memory.store.mirroring.shares(c, ("8000", "8001")))
    wanted: dict[tuple[str, str], Decimal] = {}
    for number, bound in enumerate(drawn):
        credit = CREDITS[bound.credit] if bound.document >= 2 else ""
        for key in (DOCUMENTS[bound.document], credit):
            place = (f"800{number % 2}", key)
            if key:
                wanted[place] = wanted.get(place, D(0)) + D(bound.cents).scaleb(-2)
    found = {(contract, key): net for contract, some in shares.items() for key, net in some}
    assert found == wanted
