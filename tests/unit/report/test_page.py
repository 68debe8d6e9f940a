"""The page says what the result says, escapes what comes from outside, and fetches nothing."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from scenarios.faults.plan import NONE
from scenarios.report.markup import VOID
from scenarios.report.page import page
from scenarios.report.page_checks import anchor
from tests.unit.report.runs import BOOK, CALL, check, chronicle, evidence, result, violation

AT = ("erp:invoice:1", "IN|US01|1", "net")


class Elements(HTMLParser):
    """Collects ids and words, and holds that every element is closed where it must be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(html: str) -> Elements:
    parser = Elements()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    return parser


def failing(**changes: Any) -> dict[str, Any]:
    bad = check("X02", "fail", violation(*AT, expected="41,302.12 <i>", actual="41,202.12"))
    return result(check("I01", "pass"), bad, verdict="fail", **changes)


def test_pass__is_said_by_word_sign_and_sentence() -> None:
    text = read(page(result(check("I01", "pass")), chronicle(), evidence(BOOK))).text
    assert "✓ PASS Every required check compared something" in text
    assert "there is nothing to witness" in text
    for figure in ("12,345", "1,200", "TM 2, FF 1", "1,234,567.89", "rehearse run deal-to-cash --seed 7"):
        assert figure in text


def test_page__fetches_nothing() -> None:
    html = page(failing(), chronicle({AT[0]: (CALL,)}), evidence(BOOK))
    assert all(link.startswith("#") for link in read(html).links)
    assert not re.search(r"https?:|@import|url\(|<link|<img|<iframe", html)


def test_difference__leads_to_its_document_and_the_calls_that_made_it() -> None:
    html = page(failing(), chronicle({AT[0]: (CALL,)}), evidence(BOOK))
    seen = read(html)
    assert f"#{anchor(AT)}" in seen.links
    assert anchor(AT) in seen.ids
    assert html.index('id="witnesses"') < html.index('id="timeline"')
    for words in ("41,302.12 <i>", "POST /services/rest/record/v1/invoice", "7d80bedf", "no answer went out"):
        assert words in seen.text
    assert "2026-01-02 00:00:00.001" in seen.text


def test_foreign_text__is_escaped() -> None:
    html = page(failing(stuck="<script>alert(1)</script>"), chronicle({AT[0]: (CALL,)}), evidence(BOOK))
    assert "<script>alert" not in html
    assert "<b>bold" not in html
    assert "41,302.12 <i>" not in html


def test_failing_checks__come_first() -> None:
    html = page(failing(), chronicle(), evidence(BOOK))
    assert html.index("<b>X02</b>") < html.index("<b>I01</b>")


def test_pay__adds_up_nowhere_on_the_page() -> None:
    html = page(result(check("I01", "pass")), chronicle(), evidence(BOOK))
    assert "US01" in html
    assert "4,711" not in html


@pytest.mark.parametrize("book", [None, BOOK])
def test_lanes__share_one_axis_and_say_what_they_show(book: Any) -> None:
    html = page(result(check("I01", "pass")), chronicle(), evidence(book))
    labels = re.findall(r'<svg[^>]*aria-label="([^"]+)"', html)
    for words in ("Facts played: 43, at most 40 a day", "erp outage: struck 9×", "crm limit: never struck"):
        assert words in labels
    assert ("no book published" in labels) == (book is None)
    assert "2026-01-02 06:00: dies-at-night" in html
    assert "planned: erp outage from 2026-01-02 00:00" in html
    assert "close of US01 2026-01" in html


def test_every_place__is_within_the_picture() -> None:
    html = page(result(check("I01", "pass")), chronicle(), evidence(BOOK))
    places = [float(x) for x in re.findall(r'\b(?:x|x1|x2|cx|width)="(-?[\d.]+)%"', html)]
    assert len(places) > 20
    assert all(0 <= x <= 100 for x in places)


def test_empty_run__has_sentences_instead_of_holes() -> None:
    bare = result(
        firm={},
        ledger={"invoices": 0, "invoiced": {}, "journals": 0, "trial_balance": {}},
        http={"requests": 0, "by_system": {}},
        faults={"plan": "none", "injected": 0, "by_kind": {}, "facts_that_waited": 0},
        unsupported=["a history it does not know"],
        verdict="unknown",
    )
    empty = type(evidence())(facts=(), documents=(), now_ms=0)
    text = read(page(bare, chronicle(plan=NONE), empty)).text
    for words in (
        "? UNKNOWN",
        "Nothing was made to fail",
        "publishes no book",
        "No billing run has invoiced anything",
        "No system was called",
        "a history it does not know",
        "I06 is required and compared nothing",
        "No journal is posted",
    ):
        assert words in text
