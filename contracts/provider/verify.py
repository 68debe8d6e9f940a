"""One provider verified: every pact of it against one target, interaction by interaction, none of them lost.

What the verifier would pass in silence is counted here: the interactions verified must be those of
the file, less those whose states this kind of target cannot have, and more than none.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from pact import Verifier

from contracts.pactfile import BadPact, Interaction, PactFile, read_pact, selected
from contracts.participants import PACTS, pact_files
from contracts.provider.access.port import Lacking
from contracts.provider.gateway import MESSAGES_PATH, NO_ANSWER, STATES_PATH, Gateway, Tell
from contracts.provider.messages import TELLS
from contracts.provider.reasons import reason_of, without_secrets
from contracts.provider.states import STATES
from contracts.provider.states.port import State
from contracts.provider.target import Kind, Target, Unreachable, check_reachable
from contracts.provider.workbench import StateFailed, Workbench

Outcome = Literal["pass", "fail", "unsupported"]
# Longer than any call may take, and a state may need some: why one failed is told by us, not by the verifier.
_REQUEST_TIMEOUT_MS = 180_000


class Verified(Struct, frozen=True, kw_only=True):
    """What became of one interaction."""

    interaction: str
    outcome: Outcome
    reason: str = ""


class Verification(Struct, frozen=True, kw_only=True):
    """One pact against one target."""

    provider: str
    consumer: str
    pact: str
    target: Kind
    version: str
    results: tuple[Verified, ...]

    def count(self, outcome: Outcome) -> int:
        """How many interactions ended so."""
        return sum(one.outcome == outcome for one in self.results)

    @property
    def passed(self) -> bool:
        """Something was verified, and nothing failed."""
        return self.count("fail") == 0 and self.count("pass") > 0


def verify(target: Target, root: Path = PACTS) -> list[Verification]:
    """Verify all pacts of a provider; raises Unreachable or BadPact where nothing can be verified."""
    files = pact_files(target.provider, root)
    if not files:
        raise BadPact(f"There is no pact with {target.provider}; the consumer tests write them.")
    pacts = [(path, _pact_of(target.provider, path)) for path in files]
    check_reachable(target)
    states = STATES[target.provider.removesuffix("-webhooks")]
    try:
        bench = Workbench(target)
    except Lacking as lacking:
        raise Unreachable(f"{target.provider}: {lacking}") from None
    try:
        _check_credentials(bench)
        bench.remember()
        tell = TELLS.get(target.provider)
        return [_verified(bench, states, path, pact, tell) for path, pact in pacts]
    except (Lacking, StateFailed) as problem:
        raise Unreachable(f"{target.provider}: {problem}") from None
    finally:
        bench.close()


def _pact_of(provider: str, path: Path) -> PactFile:
    pact = read_pact(path)
    if pact.provider != provider:
        # The verifier would look for the other name's interactions, find none, and be content.
        raise BadPact(
            f"{path} is a pact with {pact.provider}, not with {provider}; it stands in a wrong folder."
        )
    return pact


def _check_credentials(bench: Workbench) -> None:
    answer = bench.authorised(bench.access.probe())
    if answer.status in (401, 403):
        raise Unreachable(
            f"{bench.target.provider} at {bench.target.url} refuses the credentials ({answer.status})."
        )
    if answer.status not in (200, 204):
        raise Unreachable(
            f"{bench.target.provider} at {bench.target.url} answered a simple read with {answer.status}; "
            "is this the address of its API?"
        )


def _verified(
    bench: Workbench, states: Mapping[str, State], path: Path, pact: PactFile, tell: Tell | None
) -> Verification:
    possible = [one for one in pact.interactions if _possible(one, states, bench.target)]
    results = [
        Verified(
            interaction=one.name, outcome="unsupported", reason="a sandbox cannot be brought into this state"
        )
        for one in pact.interactions
        if one not in possible
    ]
    if possible:
        names = frozenset(one.name for one in possible)
        with Gateway(bench, states, tell) as gateway:
            found = _run(gateway, pact.provider, selected(path.read_bytes(), names))
        if found.keys() != names:
            lost = ", ".join(sorted(names ^ found.keys()))
            raise BadPact(
                f"{path.name}: {len(found)} of {len(names)} interactions were verified; not: {lost}."
            )
        results += [
            Verified(interaction=name, outcome=outcome, reason=reason)
            for name, (outcome, reason) in found.items()
        ]
    return Verification(
        provider=pact.provider,
        consumer=pact.consumer,
        pact=pact.digest,
        target=bench.target.kind,
        version=bench.target.version,
        results=tuple(sorted(results, key=lambda one: one.interaction)),
    )


def _possible(interaction: Interaction, states: Mapping[str, State], target: Target) -> bool:
    return target.kind == "mock" or not any(
        (state := states.get(given.name)) is not None and state.mock_only
        for given in interaction.provider_states
    )


def _run(gateway: Gateway, provider: str, payload: bytes) -> dict[str, tuple[Outcome, str]]:
    port = int(gateway.url.rpartition(":")[2])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pact.json"
        file.write_bytes(payload)
        verifier = (
            Verifier(provider, host="127.0.0.1")
            .add_transport(url=gateway.url)
            .add_transport(protocol="message", port=port, path=MESSAGES_PATH, scheme="http")
            .add_source(file)
            .set_request_timeout(_REQUEST_TIMEOUT_MS)
            .set_error_on_empty_pact()
            .state_handler(gateway.url + STATES_PATH, teardown=True, body=True)
        )
        # It says only that something failed; the results say what.
        with contextlib.suppress(RuntimeError), _silenced():
            verifier.verify()
        return _outcomes(gateway, verifier.results)


def _outcomes(gateway: Gateway, results: Any) -> dict[str, tuple[Outcome, str]]:
    unanswered, unrestored = iter(gateway.unanswered), iter(gateway.unrestored)
    found: dict[str, tuple[Outcome, str]] = {}
    for one in results["interactionResults"]:
        name = " | ".join((one["description"], *one["providerStates"]))
        if name in found:
            raise BadPact(f"{name!r} was verified twice; one of the two would count for both.")
        told = gateway.untold.get(one["description"])
        if one["result"] == "OK" and told is None:
            found[name] = ("pass", "")
            continue
        reasons = [gateway.unmade[state] for state in one["providerStates"] if state in gateway.unmade]
        reasons += [told] if told else []
        mismatch = one.get("mismatch") or {}
        if not reasons and f"but was {NO_ANSWER}" in str(mismatch):
            reasons = [next(unanswered, "The target gave no answer.")]
        if not reasons and "teardown" in str(mismatch.get("message", "")):
            reasons = [next(unrestored, "What was made for it could not be undone.")]
        reason = "; ".join(reasons) or reason_of(mismatch, gateway.bench.target)
        found[name] = ("fail", without_secrets(reason, gateway.bench.secrets()))
    return found


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """The verifier prints to the process's own streams what its results say too."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        with open(os.devnull, "wb") as nowhere:
            for number, _ in kept:
                os.dup2(nowhere.fileno(), number)
        yield
    finally:
        for number, saved in kept:
            os.dup2(saved, number)
            os.close(saved)
