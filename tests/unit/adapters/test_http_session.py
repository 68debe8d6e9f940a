"""Outcomes of a call are told apart: done, not done, unknown."""

from decimal import Decimal

import msgspec
import pytest

from integration_core.adapters.http.correlation import correlated, current_correlation, traceparent
from integration_core.adapters.http.json_body import decode_answer, encode_json, masked_json
from integration_core.adapters.http.session import (
    HttpSession,
    retry_after_seconds,
    source_time_ms,
    status_error,
)
from integration_core.ports.http import NoAnswer, NotSent
from integration_core.ports.systems import (
    AuthRefused,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Transient,
    Unreadable,
    VendorError,
)

from .scripted import DATE_MS, Answer, Scripted, answer, run


def exchange(given: Answer, *, write: bool) -> VendorError | int:
    session = HttpSession("erp", Scripted(given))
    try:
        return run(session.exchange("POST", "http://erp.example/x", write=write)).status
    except VendorError as error:
        return error


def test_write_without_answer__outcome_is_unknown() -> None:
    assert isinstance(exchange(NoAnswer("reset"), write=True), OutcomeUnknown)


def test_read_without_answer__is_transient() -> None:
    error = exchange(NoAnswer("reset"), write=False)
    assert type(error) is Transient


@pytest.mark.parametrize("write", [True, False])
def test_request_never_sent__is_transient_even_for_a_write(write: bool) -> None:
    error = exchange(NotSent("refused"), write=write)
    assert type(error) is Transient


def test_body_shorter_than_its_length__counts_as_no_answer() -> None:
    cut = answer(200, b'{"done": tr', content_length="400")
    assert isinstance(exchange(cut, write=True), OutcomeUnknown)
    assert type(exchange(cut, write=False)) is Transient
    assert exchange(answer(200, b"1234", content_length="4"), write=True) == 200


@pytest.mark.parametrize(
    ("status", "write", "kind"),
    [
        (500, True, OutcomeUnknown),
        (503, False, Transient),
        (429, True, RateLimited),
        (408, True, OutcomeUnknown),
        (408, False, Transient),
        (401, True, AuthRefused),
        (403, False, AuthRefused),
        (400, True, Refused),
        (400, False, Unreadable),
        (302, True, Unreadable),
    ],
)
def test_status__decides_the_error(status: int, write: bool, kind: type[VendorError]) -> None:
    assert type(status_error("erp", answer(status), write, "CODE", "text")) is kind


def test_retry_after__seconds_or_date_by_the_answers_own_clock() -> None:
    assert retry_after_seconds(answer(429, retry_after="7")) == 7.0
    assert retry_after_seconds(answer(429, retry_after="Sat, 31 Jan 2026 08:00:30 GMT")) == 30.0
    assert retry_after_seconds(answer(429, retry_after="soon")) is None
    assert retry_after_seconds(answer(429)) is None


def test_source_time__is_the_answers_date() -> None:
    assert source_time_ms("erp", answer()) == DATE_MS
    with pytest.raises(Unreadable):
        source_time_ms("erp", answer(date="yesterday"))


def test_traceparent__follows_from_the_correlation_id_alone() -> None:
    transport = Scripted(answer())
    session = HttpSession("erp", transport)

    async def call() -> None:
        with correlated("provision:CO|00000101:000000000001"):
            await session.exchange("GET", "http://erp.example/x", write=False)
        await session.exchange("GET", "http://erp.example/x", write=False)

    run(call())
    sent = dict(transport.requests[0].headers)
    assert sent["traceparent"] == traceparent("provision:CO|00000101:000000000001")
    assert len(sent["traceparent"]) == 55
    assert "traceparent" not in dict(transport.requests[1].headers)
    assert current_correlation() == ""


def test_json__carries_decimals_digit_by_digit() -> None:
    class Amount(msgspec.Struct):
        amount: Decimal

    digits = "1234567890123456789.0500"
    read = decode_answer("erp", answer(200, f'{{"amount": {digits}}}'), Amount, write=False)
    assert str(read.amount) == digits
    assert encode_json({"amount": read.amount}) == f'{{"amount":{digits}}}'.encode()


def test_broken_json__is_an_answer_cut_short() -> None:
    with pytest.raises(Transient):
        decode_answer("erp", answer(200, b'{"a": '), dict[str, int], write=False)
    with pytest.raises(OutcomeUnknown):
        decode_answer("erp", answer(200, b'{"a": '), dict[str, int], write=True)
    with pytest.raises(Unreadable):
        decode_answer("erp", answer(200, {"a": "x"}), dict[str, int], write=False)


def test_mask__hides_secrets_and_salaries_at_any_depth() -> None:
    shown = masked_json(b'{"id": 1, "rows": [{"payRate": "90000.00 USD", "level": "senior", "fte": 0.50}]}')
    assert shown == '{"id":1,"rows":[{"payRate":"***","level":"senior","fte":0.50}]}'
