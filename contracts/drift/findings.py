"""What the comparisons found, and how much they compared: a comparison of nothing is a failure too."""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

Comparison = Literal["release", "pact"]


class Change(Struct, frozen=True, order=True):
    """One difference: where, in one sentence, and whether it breaks somebody who relied on it."""

    place: str
    sentence: str
    breaking: bool = True


class Finding(Struct, frozen=True, order=True, kw_only=True):
    """One difference of one provider."""

    provider: str
    comparison: Comparison
    place: str
    sentence: str
    breaking: bool


class Compared(Struct, frozen=True, order=True, kw_only=True):
    """How much of a provider was compared: operations with the release, interactions with the description."""

    provider: str
    comparison: Comparison
    count: int


class Report(Struct, frozen=True):
    """One check."""

    findings: tuple[Finding, ...]
    compared: tuple[Compared, ...]

    @property
    def breaking(self) -> tuple[Finding, ...]:
        """What fails the check."""
        return tuple(finding for finding in self.findings if finding.breaking)

    @property
    def additions(self) -> tuple[Finding, ...]:
        """What is new and hurts nobody."""
        return tuple(finding for finding in self.findings if not finding.breaking)

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing breaks."""
        return bool(self.compared) and not self.breaking


def found(provider: str, comparison: Comparison, changes: Iterable[Change]) -> list[Finding]:
    """Changes as findings of a provider, each once."""
    return [
        Finding(
            provider=provider,
            comparison=comparison,
            place=change.place,
            sentence=change.sentence,
            breaking=change.breaking,
        )
        for change in sorted(set(changes))
    ]


def text_of(report: Report) -> str:
    """The check in lines for people: what breaks, what is new, and how much was compared."""
    lines = [_counts(report.compared, provider) for provider in _providers(report.compared)]
    for title, findings in (("breaking", report.breaking), ("new", report.additions)):
        lines += [f"{title}: {one.provider}: {one.place}: {one.sentence}" for one in findings]
    lines.append("Nothing has drifted." if report.passed else f"{len(report.breaking)} findings break.")
    return "\n".join(lines) + "\n"


def _providers(compared: Sequence[Compared]) -> list[str]:
    return list(dict.fromkeys(one.provider for one in compared))


def _counts(compared: Sequence[Compared], provider: str) -> str:
    words = {"release": "operations with the last release", "pact": "interactions with the description"}
    counts = [f"{one.count} {words[one.comparison]}" for one in compared if one.provider == provider]
    return f"{provider}: compared {', '.join(counts)}."
