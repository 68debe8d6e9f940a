"""Facts kept in columns and digests lose nothing, and differences are still named."""

from datetime import timedelta
from functools import cache

from msgspec import structs

from mocks.firm.facts.source import PaymentIntent, SourceFact, TimeEntry
from mocks.firm.generate import generate
from mocks.firm.profile import MONTH_END, profile_named
from scenarios.checks.played import compare
from scenarios.oracle.facts_log import FactLog, TimeHistories
from scenarios.oracle.played_log import PlayedLog
from tests.unit.checks.facts import everything


@cache
def month() -> tuple[SourceFact, ...]:
    """A month of a small firm, with native ids on time entries."""
    firm = generate(profile_named(MONTH_END, 12, 1), 4)
    played = [*firm.master(), *(fact for play in firm.calendar() for fact in play.facts)]
    return tuple(
        structs.replace(fact, source_id=f"id{fact.card}#{fact.bk[-3:]}")
        if isinstance(fact, TimeEntry)
        else fact
        for fact in played
    )


def entries() -> list[TimeEntry]:
    return [fact for fact in month() if isinstance(fact, TimeEntry)]


def test_log__gives_back_every_fact() -> None:
    log = FactLog(month())
    assert len(log) == len(month())
    assert list(log.times) == entries()
    assert sorted(map(repr, log)) == sorted(map(repr, month()))


def test_cells_of_one_card__share_what_they_have_in_common() -> None:
    assert len(FactLog(month()).times.heads) < len(entries()) / 2


def test_unusual_keys__are_kept_beside_the_columns() -> None:
    first = entries()[0]
    odd = [
        structs.replace(first, bk="TE|strange"),
        structs.replace(first, source_id="another#Sun" if first.bk[-3:] != "Sun" else "another#Mon"),
        structs.replace(first, work_date=first.work_date + timedelta(days=365)),
    ]
    log = FactLog([*entries(), *odd])
    assert sorted(map(repr, log)) == sorted(map(repr, [*entries(), *odd]))
    assert TimeHistories(log)["TE|strange"] == [odd[0]]
    assert odd[1] in TimeHistories(log)[first.bk]


def test_histories__have_each_entry_in_the_order_in_which_it_came() -> None:
    histories = TimeHistories(FactLog(month()))
    wanted: dict[str, list[TimeEntry]] = {}
    for fact in entries():
        wanted.setdefault(fact.bk, []).append(fact)
    assert dict(histories) == wanted
    assert len(histories) == len(wanted)
    assert "TE|nobody|Mon" not in histories


def test_what_was_played_and_observed__is_alike_whatever_its_order() -> None:
    bare = [structs.replace(fact, source_id="") for fact in month()]
    found = compare(PlayedLog(bare), FactLog(reversed(month())))
    intents = sum(isinstance(fact, PaymentIntent) for fact in month())
    assert (found.played, found.observed) == (len(month()) - intents, len(month()) - intents)
    assert (found.missing, found.strange) == ((), ())


def test_what_differs__is_named_from_both_sides() -> None:
    spoilt = [*month()[:-1], month()[0]]
    found = compare(PlayedLog(month()), FactLog(spoilt))
    again, lost = structs.replace(month()[0], source_id=""), structs.replace(month()[-1], source_id="")
    assert (found.missing, found.strange) == ((lost,), (again,))


def test_played_log__is_read_again_as_it_was_written() -> None:
    many = [fact for _ in range(3) for fact in month()]
    log = PlayedLog(many)
    assert list(log) == many
    assert len(log) == len(many)


def test_digests_and_facts__are_compared_alike() -> None:
    facts = everything()
    found = compare(tuple(facts), PlayedLog(facts[1:]))
    assert [fact.bk for fact in found.missing] == [facts[0].bk]
