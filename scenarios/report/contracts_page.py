"""The contract matrix for people: a few lines on the terminal, and a page that needs nothing but itself."""

from collections import Counter
from collections.abc import Iterator, Sequence

from contracts.decision import ENVIRONMENTS, Decision, decide
from contracts.fidelity import Fidelity
from contracts.matrix import Promised, Row, current
from contracts.participants import PROVIDERS
from scenarios.report.markup import element, plural, section, sentence, table, text, tiles
from scenarios.report.style import CSS

_TARGETS = ("mock", "sandbox")
_MARKS = {"pass": "pass", "fail": "fail", "unsupported": "not_applicable"}
_WORDS = {"pass": "pass", "fail": "fail", "unsupported": "left out"}


def summary(rows: Sequence[Row], promises: Sequence[Promised], shares: Sequence[Fidelity]) -> Iterator[str]:
    """Counts by provider and target, then the fidelity of each mock."""
    counts = _counts(current(rows, promises))
    wide = max(map(len, PROVIDERS))
    yield f"{'provider':<{wide}}  promises  " + "  ".join(f"{target:<30}" for target in _TARGETS)
    for provider, number in sorted(Counter(one.provider for one in promises).items()):
        cells = "  ".join(f"{_told(counts, provider, target):<30}" for target in _TARGETS)
        yield f"{provider:<{wide}}  {number:>8}  {cells}".rstrip()
    yield "fidelity of the mocks:"
    for share in shares:
        both = f"{share.compared} of {plural(share.promised, 'promise')}"
        yield f"  {share.vendor:<12} {share.share:>8}  {both} on both sides"
        for difference in share.differences:
            yield f"    {difference}"


def contracts_page(rows: Sequence[Row], promises: Sequence[Promised], shares: Sequence[Fidelity]) -> str:
    """The whole page."""
    known = current(rows, promises)
    decisions = [decide(environment, rows, promises) for environment in ENVIRONMENTS]
    body = [
        element("h1", "Contracts"),
        tiles(
            [
                ("promises", f"{len(promises):,}"),
                ("verified against mocks", f"{_verified(known, 'mock'):,}"),
                ("verified against sandboxes", f"{_verified(known, 'sandbox'):,}"),
            ]
        ),
        section("decisions", "May it be deployed?", *(_decision(one) for one in decisions)),
        section("fidelity", "How far the mocks can be believed", _fidelity(shares)),
        section("matrix", "Every promise", _matrix(known, promises)),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content_="width=device-width, initial-scale=1"),
        element("title", "Contracts"),
        f"<style>{CSS}</style>",
    )
    return "<!doctype html>\n" + element("html", head, element("body", *body), lang="en") + "\n"


def _decision(decision: Decision) -> str:
    verdict = "pass" if decision.deployable else "fail"
    answer = element("span", "yes" if decision.deployable else "no", class_=f"badge {verdict}")
    words = [element("li", text(line)) for line in (*decision.reasons, *decision.notes)]
    listed = element("ul", *words) if words else ""
    return element("h3", answer, f" to {text(decision.environment)}") + listed


def _fidelity(shares: Sequence[Fidelity]) -> str:
    shown = [
        (
            _whole(one.vendor),
            _whole(one.share),
            f"{one.compared:,} of {one.promised:,}",
            f"{one.left_out:,}",
            element("ul", *(element("li", text(line)) for line in one.differences))
            if one.differences
            else "none",
        )
        for one in shares
    ]
    headings = ("vendor", "agreement", "on both sides", "on one side", "differences")
    return table(headings, shown, right=("agreement", "on both sides", "on one side"))


def _matrix(known: Sequence[Row], promises: Sequence[Promised]) -> str:
    if not promises:
        return sentence("There are no pacts.")
    results = {row.line: row for row in known}
    shown = [
        (
            _whole(one.provider),
            text(one.interaction),
            *(
                _cell(results.get((one.provider, one.consumer, one.interaction, target)))
                for target in _TARGETS
            ),
        )
        for one in sorted(promises, key=lambda one: (one.provider, one.consumer, one.interaction))
    ]
    return table(("provider", "promise", *_TARGETS), shown)


def _whole(words: str) -> str:
    return element("span", text(words), class_="whole")


def _cell(row: Row | None) -> str:
    if row is None:
        return element("span", "never verified", class_="quiet whole")
    mark = element("span", _WORDS[row.result], class_=f"badge {_MARKS[row.result]}")
    reason = f"<br>{text(row.reason)}" if row.reason and row.result == "fail" else ""
    return f"{mark} {_whole(row.date)}{reason}"


def _counts(known: Sequence[Row]) -> Counter[tuple[str, str, str]]:
    return Counter((row.provider, row.target, row.result) for row in known)


def _told(counts: Counter[tuple[str, str, str]], provider: str, target: str) -> str:
    parts = [
        f"{counts[provider, target, result]} {words}"
        for result, words in _WORDS.items()
        if counts[provider, target, result]
    ]
    return ", ".join(parts) or "never verified"


def _verified(known: Sequence[Row], target: str) -> int:
    return sum(row.target == target and row.result != "unsupported" for row in known)
