"""Mistakes with contracts at the command line: a sentence in seconds, a failing exit, no green nothing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICK_SECONDS = 5.0


def contracts(*arguments: str, **environment: str) -> tuple["subprocess.CompletedProcess[str]", float]:
    """`rehearse contracts …`, and how much processor time it took: the machine may be busy."""
    before = os.times()
    ended = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "contracts", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    after = os.times()
    return ended, after.children_user + after.children_system - before.children_user - before.children_system


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("provider", "--provider", "siebel"), "salesforce, certinia"),
        (("consumer", "--provider", "siebel"), "salesforce, certinia"),
        (("drift", "--provider", "siebel"), "salesforce, certinia"),
        (("fuzz", "--provider", "gusto-webhooks"), "has no description"),
        (("provider", "--url", "https://sandbox.example"), "--provider"),
        (("provider", "--provider", "gusto", "--url", "sandbox"), "is no address"),
        (("provider", "--provider", "gusto", "--url", "https://sandbox.example"), "PACT_PROVIDER_AUTH"),
        (("provider", "--estate", "no-such-file.json"), "cannot be read"),
        (("can-deploy", "--to", "the-moon"), "test, production"),
    ],
)
def test_impossible_wishes__get_a_sentence(arguments: tuple[str, ...], word: str) -> None:
    ended, seconds = contracts(*arguments, PACT_PROVIDER_AUTH="")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert word in ended.stderr
    assert seconds < QUICK_SECONDS


def test_nobody_there__fails_in_seconds_with_a_sentence() -> None:
    ended, seconds = contracts(
        "provider",
        "--provider",
        "bamboohr",
        "--url",
        "http://127.0.0.1:1",
        PACT_PROVIDER_AUTH='{"company": "acme", "api_key": "very-secret"}',
    )
    assert ended.returncode == 1
    assert "Nobody answers for bamboohr at http://127.0.0.1:1" in ended.stdout
    assert "very-secret" not in ended.stdout + ended.stderr
    assert seconds < QUICK_SECONDS


def test_silent_broker__is_named_at_once() -> None:
    begun = time.monotonic()
    ended, _ = contracts(
        "can-deploy",
        "--to",
        "test",
        PACT_BROKER_BASE_URL="http://127.0.0.1:1",
        PACT_CONSUMER_VERSION="1",
    )
    assert ended.returncode == 2
    assert "The broker at http://127.0.0.1:1 gave no answer" in ended.stderr
    assert time.monotonic() - begun < 30
    ended, _ = contracts("can-deploy", "--to", "test", PACT_BROKER_BASE_URL="http://127.0.0.1:1")
    assert "PACT_CONSUMER_VERSION" in ended.stderr


def test_spoilt_matrix__is_refused_and_left_alone(tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.json"
    matrix.write_text("[{}]")
    ended, _ = contracts("can-deploy", "--to", "test", "--matrix", str(matrix))
    assert ended.returncode == 2
    assert "--record" in ended.stderr
    assert matrix.read_text() == "[{}]"


def test_empty_matrix__is_a_no_and_never_a_yes(tmp_path: Path) -> None:
    ended, _ = contracts("can-deploy", "--to", "test", "--matrix", str(tmp_path / "none.json"))
    assert ended.returncode == 1
    assert ended.stdout.startswith("no: ")
    assert "were never verified against a mock" in ended.stdout
