"""The matrix that is committed speaks of the pacts that are committed."""

from contracts.decision import decide
from contracts.matrix import promised, read_matrix
from contracts.participants import PROVIDERS


def test_every_promise__was_verified_against_the_mocks_as_it_is_now() -> None:
    decision = decide("test", read_matrix(), promised())
    assert decision.reasons == (), "Verify and record anew: rehearse contracts provider --record"
    assert decision.counted > 200


def test_every_provider__has_promises() -> None:
    assert {one.provider for one in promised()} == set(PROVIDERS)
