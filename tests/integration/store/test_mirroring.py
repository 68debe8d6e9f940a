"""What the mirrors have to look at again: word of it is left with every change, and taken away once shown."""

from functools import partial

from msgspec.structs import replace

from integration_core.canonical.work import ProjectState
from integration_core.ports.documents import Due

from .memory import Memory
from .records import BEN, KNOWN_TASK, card, draft, priced, replacement, state

KEY = "IN|US01|2026-01-31|00000101"
MON = "BE|TE|TC-a1T1|Mon|v1.1|p1"
NOTHING = Due(documents=(), cards=(), contracts=())
STATE = ProjectState(
    native_id="a2P", contract_native_id="800C", completed_at_ms=None, deleted=False, recorded_at_ms=5
)


def due(memory: Memory) -> Due:
    """What is due; it is shown and so taken away."""
    found = memory.do(lambda c: memory.store.mirroring.due(c, 100))
    memory.do(lambda c: memory.store.mirroring.done(c, found))
    return found


def billed(memory: Memory) -> None:
    memory.staff(BEN)
    memory.plan(KNOWN_TASK)
    memory.enter(card("a1T1", 500, {"Mon": "3.50"}))
    memory.settle(*(priced(entry) for entry in memory.unrated()))
    memory.bill(draft(KEY, MON))


def test_new_time_and_new_documents__show_nothing_yet(memory: Memory) -> None:
    billed(memory)
    assert due(memory) == NOTHING


def test_document_that_moved_in_the_erp__is_due_once(memory: Memory) -> None:
    billed(memory)
    posted = state(KEY, "POSTED", 600)
    memory.do(lambda c: memory.store.documents.observed(c, [posted]))
    assert due(memory) == replace(NOTHING, documents=(KEY,))
    memory.do(lambda c: memory.store.documents.observed(c, [posted]))
    assert due(memory) == NOTHING


def test_states_of_one_document_in_one_page__are_taken_in_their_order(memory: Memory) -> None:
    billed(memory)
    states = [state(KEY, "POSTED", 600), state(KEY, "PAID", 700), state(KEY, "POSTED", 650)]
    assert memory.do(lambda c: memory.store.documents.observed(c, states)) == 2
    assert [row.status for row in memory.do(memory.store.documents.all)] == ["PAID"]


def test_card_that_carries_on_billed_time__is_due(memory: Memory) -> None:
    billed(memory)
    memory.enter(replacement("a1T2", "a1T1", 900, {"Mon": "3.50", "Tue": "1"}))
    assert due(memory) == replace(NOTHING, cards=("a1T2",))


def test_project_set_up_or_completed__makes_its_contract_due(memory: Memory) -> None:
    memory.do(lambda c: memory.store.references.set_provisioned(c, "800C", 1))
    assert due(memory) == replace(NOTHING, contracts=("800C",))
    memory.take(STATE)
    assert due(memory) == replace(NOTHING, contracts=("800C",))
    memory.take(STATE)
    assert due(memory) == NOTHING
    memory.take(replace(STATE, completed_at_ms=9, recorded_at_ms=9))
    assert due(memory) == replace(NOTHING, contracts=("800C",))


def test_due__comes_in_parts_and_what_was_not_shown_stays(memory: Memory) -> None:
    stand = memory.store.references.set_provisioned
    for number in range(3):
        memory.do(partial(stand, contract_native_id=f"80{number}", at_ms=1))
    first = memory.do(lambda c: memory.store.mirroring.due(c, 2))
    assert first.contracts == ("800", "801")
    memory.do(lambda c: memory.store.mirroring.done(c, first))
    assert due(memory).contracts == ("802",)


def test_net_of_a_document__is_kept_by_contract_and_taken_back_by_its_credit(memory: Memory) -> None:
    billed(memory)
    memory.do(lambda c: memory.store.pieces.take_back(c, [MON], "CM|1"))
    mirroring = memory.store.mirroring
    ((credit, taken_back), (invoice, billed_net)) = memory.do(lambda c: mirroring.shares(c, ["800C"]))["800C"]
    assert (credit, invoice) == ("CM|1", KEY)
    assert taken_back == billed_net > 0
    assert memory.do(lambda c: mirroring.contracts_of(c, [KEY, "IN|other"])) == {"800C"}
