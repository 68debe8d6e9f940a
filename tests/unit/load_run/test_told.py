"""What people did over the APIs, as facts that were played: content as wished, instants as they were."""

from functools import cache

from msgspec import structs

from load.deeds import Deed, deeds_and_rest, facts_of
from load.outcomes import Attempt, Outcome, renumbered
from mocks.firm.facts.source import Assignment, Contract, Quote, SourceFact, TimeEntry
from mocks.firm.generate import generate
from mocks.firm.plays import Play
from mocks.firm.profile import LARGE, profile_named
from scenarios.load.told import Told, left_plays, tell
from scenarios.play import corrected

LATER_MS = 90_000


@cache
def deeds() -> tuple[Deed, ...]:
    firm = generate(profile_named(LARGE, 30, 1), 3)
    plays = [play for window in firm.windows(7) for play in window.plays]
    rest: list[Play] = []
    wanted = [play for play in plays if play.role in ("psa", "crm")]
    return tuple(deeds_and_rest(wanted, rest))[:400]


@cache
def numbers() -> dict[str, str]:
    """The numbers that the products gave instead of the firm's own."""
    given: dict[str, str] = {}
    for deed in deeds():
        for fact in facts_of(deed):
            if isinstance(fact, TimeEntry):
                given[fact.card] = f"N{fact.card}"
            elif isinstance(fact, Quote | Contract):
                given[fact.number] = f"N{fact.number}"
    return given


@cache
def staffed() -> tuple[Deed, ...]:
    firm = generate(profile_named(LARGE, 200, 1), 3)
    plays = [play for window in firm.windows(7) for play in window.plays]
    return tuple(one for one in deeds_and_rest(plays, []) if isinstance(one.facts[0], Assignment))


def native_id(deed: Deed) -> str:
    first = deed.facts[0]
    return f"id-{first.card if isinstance(first, TimeEntry) else first.bk}"


def held(deed: Deed) -> list[SourceFact]:
    """The facts of a deed as a system shows them: later, with ids, under its own numbers."""
    rows: list[SourceFact] = []
    for place, fact in enumerate(facts_of(deed)):
        named = renumbered(fact, numbers())
        is_time = isinstance(fact, TimeEntry)
        values: dict[str, object] = {
            "recorded_at_ms": fact.recorded_at_ms + LATER_MS,
            "source_id": native_id(deed) + (f"#{fact.bk[-3:]}" if is_time else f"-{place}" if place else ""),
        }
        for name in ("submitted_at_ms", "approved_at_ms", "signed_at_ms", "closed_won_at_ms"):
            if getattr(fact, name, None) is not None:
                values[name] = getattr(fact, name) + LATER_MS
        rows.append(structs.replace(named, **values))
    return rows


def logged(deed: Deed, outcome: Outcome = "done") -> Attempt:
    return Attempt(
        deed=deed.id,
        operation=deed.operation,
        worker="0",
        number=1,
        started_ms=deed.at_ms,
        ended_ms=deed.at_ms,
        outcome=outcome,
        native_id=native_id(deed) if outcome == "done" else "",
    )


def told_of(rows: list[SourceFact], outcomes: dict[str, Outcome] | None = None) -> Told:
    given = outcomes or {}
    return tell(deeds(), {one.id: logged(one, given.get(one.id, "done")) for one in deeds()}, rows, {})


@cache
def everything() -> list[SourceFact]:
    return [row for deed in deeds() for row in held(deed)]


def submitted() -> Deed:
    return next(one for one in deeds() if one.operation == "submit timecard")


def test_all_done__what_was_played_is_what_is_held() -> None:
    told = told_of(everything())
    plain = {structs.replace(row, source_id="") for row in everything() if not isinstance(row, Contract)}
    assert {structs.replace(row, source_id="") for row in told.played} >= plain
    assert len(told.played) == len(everything())
    assert told.left == ()


def test_staffing_on_a_contract_from_before__is_known_by_its_number_and_by_all_its_steps() -> None:
    deed = next(one for one in staffed() if getattr(one.facts[0], "overrides", ()))
    (wished,) = facts_of(deed)
    assert isinstance(wished, Assignment)
    number = wished.contract.partition("|")[2]
    shown = structs.replace(
        renumbered(wished, {number: "800X"}), source_id=native_id(deed), recorded_at_ms=LATER_MS, ver=2
    )
    without = structs.replace(shown, ver=1, overrides=())  # the product takes prices in a call of their own
    told = tell([deed], {deed.id: logged(deed)}, [without, shown], {"800X": number})
    assert [(row.contract, row.ver) for row in told.played if isinstance(row, Assignment)] == [
        (wished.contract, 1),
        (wished.contract, 2),
    ]


def test_write_that_was_altered__is_played_as_it_was_wished() -> None:
    deed = submitted()
    spoilt = [structs.replace(row, hours_e2=1) if row in held(deed)[:1] else row for row in everything()]
    played = set(told_of(spoilt).played)
    assert spoilt != everything()
    assert not set(spoilt) <= played
    assert renumbered(facts_of(deed)[0], numbers()) in played


def test_write_that_was_lost__is_played_all_the_same() -> None:
    lost = held(submitted())
    told = told_of([row for row in everything() if row not in lost])
    assert len(told.played) == len(everything())
    assert not set(lost) & set(told.played)


def test_deed_without_an_answer__is_found_once_where_it_is_held() -> None:
    deed = submitted()
    told = told_of(everything(), {deed.id: "given up"})
    assert told.found_later == 1
    assert told.left == ()
    assert set(held(deed)) <= set(told.played)


def test_deed_that_was_never_done__is_left_for_the_control_plane() -> None:
    deed = submitted()
    chain = {one.id for one in deeds() if one.facts[0].bk[:-4] == deed.facts[0].bk[:-4]}
    rows = [row for one in deeds() if one.id not in chain for row in held(one)]
    told = told_of(rows, dict.fromkeys(chain, "given up"))
    assert {one.id for one in told.left} == chain
    facts = tuple(renumbered(fact, told.given) for fact in facts_of(deed))
    assert next(play.facts for play in left_plays(told)) == facts


def test_later_act__tells_of_an_earlier_one_at_the_instant_that_it_really_had() -> None:
    told = told_of(everything())
    entry = held(submitted())[0]
    assert isinstance(entry, TimeEntry)
    later = structs.replace(
        entry,
        status="APPROVED",
        recorded_at_ms=entry.recorded_at_ms + 5,
        submitted_at_ms=entry.submitted_at_ms - LATER_MS,
    )
    fact = corrected(later, told.moved)
    assert isinstance(fact, TimeEntry)
    assert fact.submitted_at_ms == entry.submitted_at_ms
