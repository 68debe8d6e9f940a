"""What a failure means, and when to try again (finance 7)."""

import pytest

from integration_core.rules.triage import TRIES, backoff_seconds, verdict


@pytest.mark.parametrize(
    ("code", "owner", "severity"),
    [
        ("OPP_NO_QUOTE", "sales ops", "B"),
        ("PO_MISSING", "sales ops", "B"),
        ("CUST_AMBIGUOUS", "finance (MDM)", "B"),
        ("TAX_PROFILE_INCOMPLETE", "finance", "B"),
        ("RATE_MISSING", "PMO", "B"),
        ("TIME_UNAPPROVED", "PMO", "W"),
        ("CAP_EXCEEDED", "PMO", "W"),
        ("TIME_NOT_ASSIGNED", "HR / PMO", "B"),
        ("TECH_429", "integration", "W"),
        ("TECH_UNKNOWN_OUTCOME", "integration", "W"),
        ("TECH_AUTH", "integration", "B"),
        ("TECH_DLQ", "integration", "B"),
        ("REF_MISSING", "integration", "B"),
    ],
)
def test_code__has_owner_and_severity(code: str, owner: str, severity: str) -> None:
    found = verdict(code)
    assert (found.owner, found.severity) == (owner, severity)


def test_warning__may_wait_longer_than_a_block() -> None:
    assert verdict("TIME_UNAPPROVED").sla_hours > verdict("RATE_MISSING").sla_hours > 0


def test_unlisted_code__blocks_and_belongs_to_integration() -> None:
    assert (verdict("NEVER_SEEN").owner, verdict("NEVER_SEEN").severity) == ("integration", "B")


def test_backoff__doubles_from_one_second() -> None:
    assert [backoff_seconds(attempt, None) for attempt in range(TRIES)] == [1, 2, 4, 8, 16, 32]


def test_retry_after__is_honoured_unless_it_says_nothing() -> None:
    assert backoff_seconds(4, 7.5) == 7.5
    assert backoff_seconds(2, 0) == 4
    assert backoff_seconds(2, -1) == 4
