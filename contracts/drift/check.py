"""The whole check, and the one way to change what counts as released."""

from collections.abc import Sequence
from pathlib import Path

from contracts.drift.descriptions import NotDescribed, present, present_text, released, released_path
from contracts.drift.findings import Change, Compared, Finding, Report, found
from contracts.drift.pact_against_description import compare_files, described_by, strangers
from contracts.drift.release import changes, operations_in
from contracts.participants import API_PROVIDERS, FOLDER, PROVIDERS, checked

PACTS_NAME = "pacts"


def check(root: Path = FOLDER, providers: Sequence[str] = PROVIDERS) -> Report:
    """Compare descriptions with their release and pacts with the descriptions; raises UnknownProvider.

    `root` has the folders `openapi` and `pacts`. Comparing nothing is a breaking finding.
    """
    findings: list[Finding] = []
    compared: list[Compared] = []
    for provider in dict.fromkeys(checked(one) for one in providers):
        if provider in API_PROVIDERS:
            released_findings, operations = against_release(root, provider)
            findings += released_findings
            compared.append(Compared(provider=provider, comparison="release", count=operations))
        pact_findings, interactions = against_pacts(root, provider)
        findings += pact_findings
        compared.append(Compared(provider=provider, comparison="pact", count=interactions))
    for change in strangers(root / PACTS_NAME):
        findings += found(change.place.rstrip("/"), "pact", [change])
    return Report(tuple(findings), tuple(compared))


def against_release(root: Path, provider: str) -> tuple[list[Finding], int]:
    """What a provider's description changed since its release; how many operations it has."""
    now = present(provider)
    count = operations_in(now)
    try:
        differences = list(changes(released(root, provider), now))
    except NotDescribed as problem:
        return found(provider, "release", [Change(released_path(root, provider).name, str(problem))]), 0
    if not count:
        sentence = f"The description of {provider} has no operations, so nothing was compared."
        differences.append(Change(provider, sentence))
    return found(provider, "release", differences), count


def against_pacts(root: Path, provider: str) -> tuple[list[Finding], int]:
    """What a provider's pacts rely on that the present description has not; how many interactions."""
    differences, count = compare_files(provider, root / PACTS_NAME, present(described_by(provider)))
    return found(provider, "pact", differences), count


def accept(root: Path = FOLDER, providers: Sequence[str] = API_PROVIDERS) -> tuple[Path, ...]:
    """Write the present descriptions as those of the last release; the files that changed by it."""
    written = []
    for provider in providers:
        text, path = present_text(provider), released_path(root, provider)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return tuple(written)
