"""The matrix, the decision over it, and the fidelity of the mocks: arithmetic over rows."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.decision import UnknownEnvironment, decide
from contracts.fidelity import Fidelity, fidelity
from contracts.matrix import (
    BadMatrix,
    Promised,
    Row,
    current,
    merged,
    promised,
    read_matrix,
    rows_of,
    write_matrix,
)
from contracts.pactfile import BadPact
from contracts.participants import PACTS
from contracts.provider.verify import Verification, Verified

PROMISES = (
    Promised("gusto", "integration-core", "a", "p1"),
    Promised("gusto", "integration-core", "b", "p1"),
)


def row(interaction: str = "a", **changes: Any) -> Row:
    """A promise of Gusto that held against the mock."""
    given = {
        "pact": "p1",
        "target": "mock",
        "version": "1",
        "result": "pass",
        "date": "2026-11-21",
        **changes,
    }
    return Row(provider="gusto", consumer="integration-core", interaction=interaction, **given)


def both(**changes: Any) -> list[Row]:
    """Both promises with the same result."""
    return [row("a", **changes), row("b", **changes)]


def test_matrix__is_the_same_file_whatever_the_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    rows = [*both(), *both(target="sandbox")]
    write_matrix(rows, one)
    write_matrix(reversed(rows), two)
    assert one.read_bytes() == two.read_bytes()
    assert sorted(read_matrix(one), key=str) == sorted(rows, key=str)
    assert len(one.read_text().splitlines()) == len(rows) + 2


def test_matrix__no_file_is_no_rows_and_rubbish_is_refused(tmp_path: Path) -> None:
    assert read_matrix(tmp_path / "none.json") == ()
    (tmp_path / "bad.json").write_text('[{"provider": 1}]')
    with pytest.raises(BadMatrix, match="--record"):
        read_matrix(tmp_path / "bad.json")


def test_matrix__two_results_of_one_promise_are_refused(tmp_path: Path) -> None:
    write_matrix([row("a"), row("a", result="fail")], tmp_path / "twice.json")
    with pytest.raises(BadMatrix, match="two results of gusto / integration-core / a / mock"):
        read_matrix(tmp_path / "twice.json")


def test_matrix__other_targets_than_there_are_are_refused(tmp_path: Path) -> None:
    write_matrix([row("a")], tmp_path / "matrix.json")
    spoilt = (tmp_path / "matrix.json").read_text().replace('"mock"', '"moon"')
    (tmp_path / "matrix.json").write_text(spoilt)
    with pytest.raises(BadMatrix, match="moon"):
        read_matrix(tmp_path / "matrix.json")


def test_matrix__that_cannot_be_written_says_so_and_stays_whole(tmp_path: Path) -> None:
    with pytest.raises(BadMatrix, match="cannot be written: is a directory"):
        write_matrix([row("a")], tmp_path)
    assert list(tmp_path.parent.glob(f"{tmp_path.name}.*")) == []


def test_promised__a_lost_or_misplaced_pact_is_no_smaller_promise(tmp_path: Path) -> None:
    shutil.copytree(PACTS, tmp_path / "pacts")
    root = tmp_path / "pacts"
    assert promised(root) == promised()
    gusto = root / "gusto" / "integration-core.json"
    kept = gusto.read_bytes()
    gusto.write_bytes((root / "netsuite" / "integration-core.json").read_bytes())
    with pytest.raises(BadPact, match="with netsuite; it stands wrongly"):
        promised(root)
    gusto.unlink()
    with pytest.raises(BadPact, match="There is no pact with gusto"):
        promised(root)
    gusto.with_name("somebody.json").write_bytes(kept)
    with pytest.raises(BadPact, match="it stands wrongly"):
        promised(root)


def test_promised__knows_what_a_sandbox_may_leave_out() -> None:
    excused = {one.interaction.partition(" | ")[2]: one.excusable for one in promised()}
    assert excused["the system is out of order"]
    assert not excused["somebody with a row in every table"]


def test_merge__a_new_run_replaces_its_target_alone() -> None:
    old = [row("gone"), *both(result="fail"), *both(target="sandbox", result="fail")]
    found = merged(old, both())
    assert [(one.interaction, one.target, one.result) for one in found] == [
        ("a", "mock", "pass"),
        ("a", "sandbox", "fail"),
        ("b", "mock", "pass"),
        ("b", "sandbox", "fail"),
    ]


def test_rows__say_when_and_against_what() -> None:
    verification = Verification(
        provider="gusto",
        consumer="integration-core",
        pact="p1",
        target="mock",
        version="7",
        results=(Verified(interaction="a", outcome="fail", reason="x" * 1000),),
    )
    (found,) = rows_of([verification], date(2026, 11, 21))
    assert (found.version, found.date, found.result, len(found.reason)) == ("7", "2026-11-21", "fail", 300)


def test_decision__yes_where_every_promise_held() -> None:
    decision = decide("test", both(), PROMISES)
    assert decision.deployable
    assert decision.counted == 2


@pytest.mark.parametrize(
    ("rows", "environment", "words"),
    [
        ([], "test", "2 promises were never verified against a mock"),
        ([row("a")], "test", "1 promises were never verified against a mock"),
        (both(pact="older"), "test", "2 promises were never verified against a mock"),
        ([row("a"), row("b", result="fail", reason="$.x is gone")], "test", "b: $.x is gone"),
        (both(), "production", "2 promises were never verified against a sandbox"),
    ],
)
def test_decision__no_says_why(rows: list[Row], environment: str, words: str) -> None:
    decision = decide(environment, rows, PROMISES)
    assert not decision.deployable
    assert any(words in reason for reason in decision.reasons)


def test_decision__what_a_sandbox_cannot_have_is_told_and_does_not_hinder() -> None:
    rows = [*both(), row("a", target="sandbox"), row("b", target="sandbox", result="unsupported")]
    decision = decide("production", rows, PROMISES)
    assert decision.deployable
    assert any("1 promises cannot be brought about" in note for note in decision.notes)


@pytest.mark.parametrize("target", ["mock", "sandbox"])
def test_decision__what_nothing_excuses_is_not_left_out(target: str) -> None:
    promises = [replace(one, excusable=False) for one in PROMISES]
    other = "sandbox" if target == "mock" else "mock"
    rows = [*both(target=other), row("a", target=target), row("b", target=target, result="unsupported")]
    decision = decide("production", rows, promises)
    assert not decision.deployable
    assert decision.reasons == (f"gusto ({target}): b: left out, and nothing excuses that",)


def test_decision__a_mock_can_be_brought_into_every_state() -> None:
    assert not decide("test", [row("a"), row("b", result="unsupported")], PROMISES).deployable


def test_decision__a_stand_in_is_no_vendor() -> None:
    rows = [*both(), *both(target="sandbox", version="stand-in 2026")]
    decision = decide("production", rows, PROMISES)
    assert not decision.deployable
    assert decision.reasons == ("gusto: 2 results are of a stand-in; no system of the vendor was asked.",)
    assert decision.notes == (
        "The oldest result against a mock is of 2026-11-21.",
        "The oldest result against a sandbox is of 2026-11-21.",
    )


def test_decision__nothing_promised_is_a_no_and_an_unknown_place_a_mistake() -> None:
    assert not decide("test", [], []).deployable
    with pytest.raises(UnknownEnvironment, match="test, production"):
        decide("the moon", both(), PROMISES)


def test_fidelity__counts_agreement_over_what_both_sides_verified() -> None:
    rows = [
        *both(),
        row("a", target="sandbox"),
        row("b", target="sandbox", result="fail", reason="other type"),
    ]
    found = {one.vendor: one for one in fidelity(rows, PROMISES)}
    assert (found["gusto"].share, found["gusto"].compared, found["gusto"].agreed) == ("50.0 %", 2, 1)
    assert found["gusto"].differences == ("b: mock pass, sandbox fail (other type)",)
    assert found["netsuite"].share == "unknown"


def test_fidelity__what_one_side_left_out_is_not_compared() -> None:
    rows = [*both(), row("a", target="sandbox", result="unsupported"), row("b", target="sandbox")]
    (gusto,) = (one for one in fidelity(rows, PROMISES) if one.vendor == "gusto")
    assert (gusto.compared, gusto.left_out, gusto.promised, gusto.share) == (1, 1, 2, "100.0 %")


def test_fidelity__two_that_break_a_promise_differently_do_not_agree() -> None:
    mock = row("a", result="fail", reason="$.x is gone")
    for reason, agreed in (("$.x is gone", 1), ("$.y is gone", 0)):
        rows = [mock, row("a", target="sandbox", result="fail", reason=reason)]
        (gusto,) = (one for one in fidelity(rows, PROMISES) if one.vendor == "gusto")
        assert (gusto.compared, gusto.agreed) == (1, agreed)


def test_fidelity__is_never_rounded_up_to_all() -> None:
    share = Fidelity(vendor="gusto", promised=3000, compared=3000, agreed=2999, left_out=0, differences=())
    assert share.share == "99.9 %"


def test_current__rows_of_older_pacts_do_not_speak() -> None:
    assert current([row("a"), row("b", pact="older")], PROMISES) == [row("a")]
