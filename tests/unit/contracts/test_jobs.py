"""What a job tells others: what was left out is no pass, and no name of anybody's spoils a report."""

from xml.etree import ElementTree

import pytest

from contracts.fidelity import fidelity
from contracts.jobs import Job, Line, all_hold, junit
from contracts.matrix import Promised, Row
from contracts.provider.reasons import reason_of, without_secrets
from contracts.provider.target import Kind, Steering, Target
from contracts.provider.verify import Outcome
from scenarios.report.contracts_page import contracts_page, summary

NASTY = '<script>alert(1)</script> & "more" \x00\x1b[31m\ufffe \ud800'
SANDBOX = Target(provider="gusto", kind="sandbox", url="https://sandbox.example")
MOCK = Target(
    provider="gusto", kind="mock", url="http://127.0.0.1:1", steering=Steering(world="w", token="t")
)


def test_junit__what_was_left_out_is_skipped_and_not_passed() -> None:
    lines = (Line("held", True), Line("left", True, "no sandbox can", True), Line("broken", False, "why"))
    (suite,) = ElementTree.fromstring(junit([Job(name="provider gusto", counted=2, lines=lines)]))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    told = {case.get("name"): [child.tag for child in case] for case in suite}
    assert told == {"held": [], "left": ["skipped"], "broken": ["failure"]}


def test_jobs__what_was_left_out_wholly_is_no_pass_of_its_own_and_hinders_no_other() -> None:
    held = Job(name="held", counted=1, lines=(Line("a", True),))
    left = Job(name="left", counted=0, lines=(Line("a", True, "no sandbox can", True),))
    broken = Job(name="broken", counted=1, lines=(Line("a", False), Line("b", True, "", True)))
    empty = Job(name="empty", counted=0, lines=())
    assert [job.word for job in (held, left, broken, empty)] == ["pass", "none", "FAIL", "FAIL"]
    assert all_hold([held, left])
    assert not any(all_hold(jobs) for jobs in ([], [left], [held, broken], [held, empty]))


def test_junit__is_read_again_whatever_the_names_hold() -> None:
    written = junit([Job(name="provider gusto", counted=1, lines=(Line(NASTY, False, NASTY),))])
    (case,) = ElementTree.fromstring(written).iter("testcase")
    assert (case.get("name") or "").startswith('<script>alert(1)</script> & "more" ?')


def test_page__shows_names_and_reasons_as_text() -> None:
    name, reason = "read <b>it</b>", "<script>alert(1)</script>"
    promises = [Promised("gusto", "integration-core", name, "p1")]
    results: tuple[tuple[Kind, Outcome], ...] = (("mock", "pass"), ("sandbox", "fail"))
    rows = [
        Row(
            provider="gusto",
            consumer="integration-core",
            interaction=name,
            pact="p1",
            target=target,
            version="1",
            result=result,
            reason=reason,
            date="<i>2026",
        )
        for target, result in results
    ]
    shares = fidelity(rows, promises)
    page = contracts_page(rows, promises, shares)
    assert "&lt;script&gt;" in page
    assert not any(tag in page for tag in ("<script", "<b>it", "<i>2026"))
    assert "  gusto           0.0 %  1 of 1 promise on both sides" in list(summary(rows, promises, shares))


@pytest.mark.parametrize(
    ("words", "actual", "veiled"),
    [
        (
            "Expected 'Zoe' (String) to be equal to 'x' (String)",
            '"Zoe"',
            "Expected … (String) to be equal to 'x' (String)",
        ),
        (
            "Expected 12345.67 (Decimal) to be the same type as 'x' (String)",
            "12345.67",
            "Expected … (Decimal) to be the same type as 'x' (String)",
        ),
        (
            'Expected ["s1", "s2"] (size 2) to have minimum size of 3',
            "[...]",
            "Expected … (size 2) to have minimum size of 3",
        ),
        ("Expected 'NOT_FOUND' (String) to be equal to 'GONE' (String)", '"NOT_FOUND"', None),
        ("Actual map is missing the following keys: uuid", '["a"]', None),
        ("Expected null (Null) to be equal to 'q' (String)", "null", None),
    ],
)
def test_reasons__of_a_sandbox_tell_kinds_and_of_a_mock_values(
    words: str, actual: str, veiled: str | None
) -> None:
    mismatch = {"mismatches": [{"type": "BodyMismatch", "path": "$.x", "actual": actual, "mismatch": words}]}
    assert reason_of(mismatch, SANDBOX) == f"$.x: {veiled or words}"
    assert reason_of(mismatch, MOCK) == f"$.x: {words}"


def test_reasons__hide_secrets_the_longest_first_and_keep_short_words() -> None:
    told = without_secrets(
        "a secret-token-2, a secret-token, acme", ["secret-token", "secret-token-2", "acme"]
    )
    assert told == "a …, a …, acme"
