"""The verdict: fail before unknown before pass, and never a pass over nothing."""

from datetime import date

from msgspec.structs import replace

from mocks.firm.facts.documents import Invoice
from mocks.firm.facts.source import Account, Contract
from scenarios.checks import CHECKS, judge
from scenarios.checks.result import STORED_VIOLATIONS
from scenarios.oracle.evidence import Evidence
from tests.unit.checks.facts import NOW, approved, cell, contract_line
from tests.unit.checks.month_end import month_end
from tests.unit.checks.test_rejections import WITHOUT_OCCASION
from tests.unit.checks.world import World

EVERY = frozenset(check.id for check in CHECKS)
APPLYING = EVERY - WITHOUT_OCCASION


def test_the_month_as_it_is__passes_with_what_applies_required() -> None:
    judgement = judge(World().evidence(), APPLYING)
    assert (judgement.verdict, judgement.reasons) == ("pass", ())


def test_the_month_end_as_it_is__passes_with_every_check_required() -> None:
    judgement = judge(month_end().evidence(), EVERY)
    assert (judgement.verdict, judgement.reasons) == ("pass", ())
    assert [result.id for result in judgement.results] == [check.id for check in CHECKS]


def test_nothing_at_all__is_unknown_where_something_is_required() -> None:
    nothing = Evidence(facts=(), documents=(), now_ms=NOW)
    assert judge(nothing, frozenset()).verdict == "pass"
    judgement = judge(nothing, frozenset({"I05"}))
    assert {result.status for result in judgement.results} == {"not_applicable"}
    assert (judgement.verdict, judgement.reasons) == ("unknown", ("I05 is required and compared nothing",))


def test_expected_but_nothing_to_compare__is_unknown_never_pass() -> None:
    world = World()
    world.drop("i1")
    assert world.check("I05").status == "unknown"


def test_required_check_that_nobody_wrote__is_unknown() -> None:
    judgement = judge(World().evidence(), frozenset({"I99"}))
    assert (judgement.verdict, judgement.reasons) == (
        "unknown",
        ("I99 is required and no such check exists",),
    )


def test_book_required_of_a_subject_without_one__is_unknown() -> None:
    assert judge(World(book=None).evidence(), frozenset({"X08"})).verdict == "unknown"


def test_fact_left_waiting__fails() -> None:
    world = World()
    world.waiting.append(world.played[-1])
    assert judge(world.evidence(), frozenset()).verdict == "fail"


def test_first_differences__come_from_the_lowest_layer() -> None:
    world = World()
    world.change_line("i1", 3, amount_tc_minor=62_982)
    layers = [violation.layer for violation in judge(world.evidence(), EVERY).first_differences]
    assert layers[0] == "event"
    assert layers == sorted(
        layers, key=["event", "line", "document", "journal", "balance", "mirror", "master"].index
    )


def test_correction_after_lock__fails_until_the_run_that_follows_credits_it() -> None:
    """Approved in February, it corrects time on the January invoice; the February run must credit it."""
    world = World(now_ms=NOW + 30 * 86_400_000)
    fixed = cell(
        9, 2, date(2026, 1, 20), 400, "2026-02-03 14:00", bk="TE|TC-000002|Tue", ver=2, source_id="th9#Tue"
    )
    world.play(approved(replace(fixed, replaces="TC-000002"), "2026-02-03 15:00"))
    judgement = judge(world.evidence(), EVERY)
    assert judgement.unsupported == ()
    statuses = {r.id: r.status for r in judgement.results}
    assert (statuses["I07"], statuses["X02"]) == ("fail", "fail")


def test_correction_after_lock__leaves_the_month_judged_until_the_run_that_credits_it() -> None:
    world = World()
    correction = cell(
        9, 2, date(2026, 1, 20), 400, "2026-02-03 14:00", bk="TE|TC-000002|Tue", ver=2, source_id="th9#Tue"
    )
    world.play(approved(correction, "2026-02-03 15:00"))
    judgement = judge(world.evidence(), EVERY - {"X08"})
    assert judgement.unsupported == ()
    assert {r.id: r.status for r in judgement.results}["X02"] == "pass"


def test_method_out_of_reach__is_unknown_unless_plain_arithmetic_fails() -> None:
    world = World()
    usage = contract_line(billing_method="USG", revenue_method="RTI")
    world.facts = [replace(f, lines=(usage,)) if isinstance(f, Contract) else f for f in world.facts]
    world.played = [
        replace(f, lines=(replace(usage, source_id=""),)) if isinstance(f, Contract) else f
        for f in world.played
    ]
    assert judge(world.evidence(), EVERY).verdict == "unknown"
    world.change_line("je1", 2, cr_tc_minor=0)
    assert judge(world.evidence(), EVERY).verdict == "fail"


def test_violations__are_all_counted_and_the_first_kept() -> None:
    world = World()
    for number in range(STORED_VIOLATIONS + 50):
        world.copy("j1", f"x{number}", source_id=f"800-{number}")
    result = world.check("I01")
    assert (len(result.violations), result.violation_count) == (STORED_VIOLATIONS, STORED_VIOLATIONS + 50)


def test_invoice_held_for_its_papers__may_be_kept_back_with_all_that_it_bills() -> None:
    world = World()
    world.facts = [replace(f, po_required=True) if isinstance(f, Account) else f for f in world.facts]
    world.documents = [d for d in world.documents if not isinstance(d, Invoice)]
    statuses = {name: world.check(name).status for name in ("I02", "I03")}
    assert statuses == {"I02": "pass", "I03": "not_applicable"}  # nothing is due, nothing is there
    world.facts = [replace(f, po_required=False) if isinstance(f, Account) else f for f in world.facts]
    assert world.check("I02").status == "fail"
