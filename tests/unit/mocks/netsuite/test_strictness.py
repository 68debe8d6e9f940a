"""What the account must refuse, or take, although it is nearly something else: found by fuzzing."""

import asyncio
from urllib.parse import unquote, urlsplit

import pytest

from mocks.erp.netsuite.money import canonical_tax_code
from tests.unit.mocks.asgi import Message
from tests.unit.mocks.netsuite.estate import HOST, RECORDS, Estate, invoice, line, problem


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"expandSubResources": "perhaps"}, "expandSubResources"),
        ({"expandSubResources": ""}, "expandSubResources"),
        ({"fields": ""}, "fields"),
    ],
)
def test_a_parameter_that_says_nothing__is_refused_when_reading(
    query: dict[str, str], parameter: str
) -> None:
    status, headers, body = Estate().send("GET", f"{RECORDS}/subsidiary/1", query=query)
    assert (status, problem(headers, body)[:2]) == (400, ("INVALID_PARAMETER", parameter))


@pytest.mark.parametrize("sublists", ["lines", "", "item,lines"])
def test_a_sublist_that_is_not_there__cannot_be_replaced(sublists: str) -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("I1"))
    status, headers, body = estate.send(
        "PATCH", f"{RECORDS}/invoice/1", {"memo": "x"}, query={"replace": sublists}
    )
    assert (status, problem(headers, body)[:2]) == (400, ("INVALID_PARAMETER", "replace"))
    assert "memo" not in estate.record("invoice/1")


def test_a_validation_header_that_says_nothing__is_refused() -> None:
    header = {"X-NetSuite-PropertyNameValidation": "sometimes"}
    status, code, path, _ = Estate().refused("PUT", "customer/eid:C9", {}, **header)
    assert (status, code, path) == (400, "INVALID_HEADER", "X-NetSuite-PropertyNameValidation")


def test_a_reference_by_a_null_id__is_refused_even_beside_another_key() -> None:
    estate = Estate()
    content = {"companyName": "Calder & Finch", "subsidiary": {"id": None, "externalId": "US01"}}
    status, code, path, _ = estate.refused("PUT", "customer/eid:C1", content)
    assert (status, code, path) == (400, "INVALID_CONTENT", "subsidiary.id")


def test_an_unknown_key_of_a_reference__is_refused_but_where_the_client_says_so() -> None:
    estate = Estate()
    content = {"companyName": "Calder & Finch", "subsidiary": {"externalId": "US01", "colour": "red"}}
    status, code, path, _ = estate.refused("PUT", "customer/eid:C1", content)
    assert (status, code, path) == (400, "INVALID_CONTENT", "subsidiary.colour")
    estate.made("PUT", "customer/eid:C1", content, **{"x-netsuite-propertynamevalidation": "ignore"})
    assert estate.record("customer/1")["subsidiary"]["id"] == "1"


def test_a_whole_number_written_with_decimals__is_a_whole_number() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("I1", line("7.00", line=2.0), line("8.00", line=1)))
    items = estate.record("invoice/1/item")["items"]
    assert [(item["line"], item["amount"]) for item in items] == [(1, 8), (2, 7)]


def test_a_line_number_that_is_not_whole__is_refused() -> None:
    estate = Estate()
    estate.customer_and_job()
    status, code, path, _ = estate.refused("POST", "invoice", invoice("I1", line("7.00", line=1.5)))
    assert (status, code, path) == (400, "INVALID_CONTENT", "item.items[0].line")


def test_digits_of_other_scripts__are_no_numbers() -> None:
    assert canonical_tax_code("US-CA|S|8.25") == "US-CA|S|8.2500"
    assert canonical_tax_code("US-CA|S|٨.٢٥") is None
    estate = Estate()
    estate.customer_and_job()
    content = invoice("I1", tranDate="٢٠٢٦-٠١-٣١")
    assert estate.refused("POST", "invoice", content)[1] == "INVALID_VALUE"


def test_a_signature_over_the_address_as_it_was_sent__is_valid_however_it_is_encoded() -> None:
    estate = Estate()
    estate.customer_and_job()
    # Lower-case digits and a letter encoded for no reason: no client's style, but what was sent and signed.
    sent = f"{RECORDS}/customer/eid%3a%431"
    assert _status_of(estate, sent) == 200
    assert _status_of(estate, sent, signed_as=sent.replace("%3a", "%3A")) == 401


def _status_of(estate: Estate, path: str, signed_as: str = "") -> int:
    """A read whose server says how the address came."""
    signed = estate.headers("GET", f"{HOST}{signed_as or path}")
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: Message = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"host", urlsplit(HOST).netloc.encode()),
            (b"authorization", signed["authorization"].encode()),
        ],
    }
    asyncio.run(estate.system(scope, receive, send))
    return statuses[0]


@pytest.mark.parametrize(
    "address", ["ada@firm", "ada @firm.example", "ada\x1f@firm.example", "ada@firm.example."]
)
def test_a_mail_address_with_what_no_address_has__is_refused(address: str) -> None:
    content = {
        "firstName": "Ada",
        "lastName": "Muster",
        "subsidiary": {"externalId": "US01"},
        "email": address,
    }
    assert Estate().refused("POST", "employee", content)[1:3] == ("INVALID_VALUE", "email")
