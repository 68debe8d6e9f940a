"""A pact that asks for or relies on what the description has not is found; a good one passes."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.drift.closed import ClosedWorld
from contracts.drift.descriptions import present
from contracts.drift.pact_against_description import compare, compare_files, strangers
from contracts.pactfile import Interaction

from .pacts import pact, put
from .shop import Plant, changed, field, schema, shop

JSON = "application/json"


def _json(content: Any) -> dict[str, Any]:
    return {"content": content, "contentType": JSON, "encoded": False}


PLACE: dict[str, Any] = {
    "type": "Synchronous/HTTP",
    "description": "place an order",
    "request": {
        "method": "POST",
        "path": "/orders",
        "headers": {"Authorization": ["Bearer x"], "Content-Type": [JSON]},
        "body": _json({"customer": "Ada", "kind": "web", "note": None, "count": 2}),
    },
    "response": {"status": 201, "body": _json({"id": "7", "payment": {"kind": "card", "last": "4242"}})},
}
LIST: dict[str, Any] = {
    "type": "Synchronous/HTTP",
    "description": "list orders",
    "request": {
        "method": "GET",
        "path": "/orders",
        "query": {"limit": ["5"], "state": ["open"], "ids": ["1,2"]},
        "headers": {"x-trace": ["t"]},
    },
    "response": {
        "status": 200,
        "headers": {"Content-Type": [JSON], "x-total": ["1"]},
        "body": _json([{"id": "7", "customer": {"name": "Ada"}, "lines": [{"count": 1}]}]),
    },
}
READ: dict[str, Any] = {
    "type": "Synchronous/HTTP",
    "description": "read no order",
    "request": {"method": "GET", "path": "/orders/7"},
    "response": {"status": 404, "body": _json({"code": 3})},
}
Bend = Callable[[dict[str, Any]], object]


def told(raw: dict[str, Any], document: dict[str, Any], provider: str = "gusto") -> list[tuple[str, str]]:
    worlds = ClosedWorld(document, partial=False), ClosedWorld(document, partial=True)
    found = compare(msgspec.convert(raw, Interaction), provider, document, worlds)
    assert all(change.breaking for change in found)
    return [(change.place.partition(": ")[2], change.sentence) for change in found]


@pytest.mark.parametrize("interaction", [PLACE, LIST, READ])
def test_pact_that_keeps_to_the_description__passes(interaction: dict[str, Any]) -> None:
    assert told(interaction, shop()) == []


BENT: dict[str, tuple[dict[str, Any], Bend, tuple[str, str]]] = {
    "path": (
        READ,
        lambda i: i["request"].update(path="/order/7"),
        ("GET /order/7", "The description has no such path."),
    ),
    "path value": (
        READ,
        lambda i: i["request"].update(path="/orders/seven"),
        ("path id", "The value does not keep to the description (pattern)."),
    ),
    "method": (
        READ,
        lambda i: i["request"].update(method="PUT"),
        ("PUT /orders/7", "The description has the path /orders/{id}, but no PUT there."),
    ),
    "query name": (
        LIST,
        lambda i: i["request"]["query"].update(page=["2"]),
        ("query page", "The description has no such query parameter."),
    ),
    "query type": (
        LIST,
        lambda i: i["request"]["query"].update(limit=["many"]),
        ("query limit", "The description has another type here: integer."),
    ),
    "query enum": (
        LIST,
        lambda i: i["request"]["query"].update(state=["lost"]),
        ("query state", "The value is none of those that the description lists."),
    ),
    "query list": (
        LIST,
        lambda i: i["request"]["query"].update(ids=["1,two"]),
        ("query ids[1]", "The description has another type here: integer."),
    ),
    "header": (
        LIST,
        lambda i: i["request"]["headers"].update({"X-More": ["1"]}),
        ("header X-More", "The description has no such header."),
    ),
    "body field": (
        PLACE,
        lambda i: i["request"]["body"]["content"].update(colour="red"),
        ("request body", "The description knows no field colour here."),
    ),
    "body field missing": (
        PLACE,
        lambda i: i["request"]["body"]["content"].pop("customer"),
        ("request body", "The description requires the field customer, which is missing."),
    ),
    "body type": (
        PLACE,
        lambda i: i["request"]["body"]["content"].update(count="2"),
        ("request body.count", "The description has another type here: number."),
    ),
    "body enum": (
        PLACE,
        lambda i: i["request"]["body"]["content"].update(kind="fair"),
        ("request body.kind", "The value is none of those that the description lists."),
    ),
    "body kind": (
        PLACE,
        lambda i: i["request"]["body"].update(contentType="text/xml"),
        (
            "request body",
            f"The description has no text/xml here; it has {JSON}, application/x-www-form-urlencoded.",
        ),
    ),
    "body missing": (
        PLACE,
        lambda i: i["request"].pop("body"),
        ("request body", "The description requires a body."),
    ),
    "body undescribed": (
        READ,
        lambda i: i["request"].update(body=_json({"a": 1})),
        ("request body", "The description has no body here."),
    ),
    "status": (
        READ,
        lambda i: i["response"].update(status=410),
        ("answer", "The description has no status 410 of GET /orders/{id}; it has 200, 404."),
    ),
    "answer field": (
        LIST,
        lambda i: i["response"]["body"]["content"][0].update(total=1),
        ("answer 200[0]", "The description knows no field total here."),
    ),
    "answer field behind references": (
        LIST,
        lambda i: i["response"]["body"]["content"][0]["lines"][0].update(price=1),
        ("answer 200[0].lines[0]", "The description knows no field price here."),
    ),
    "answer field of one shape": (
        PLACE,
        lambda i: i["response"]["body"]["content"]["payment"].update(iban="DE"),
        ("answer 201.payment", "The description knows no field iban here."),
    ),
    "answer type": (
        LIST,
        lambda i: i["response"]["body"]["content"][0].update(id=7),
        ("answer 200[0].id", "The description has another type here: string."),
    ),
    "answer format": (
        LIST,
        lambda i: i["response"]["body"]["content"][0].update(placed="yesterday"),
        ("answer 200[0].placed", "The value has not the described format date."),
    ),
    "answer header": (
        LIST,
        lambda i: i["response"]["headers"].update({"X-Pages": ["1"]}),
        ("answer 200 header X-Pages", "The description has no such header."),
    ),
    "answer header type": (
        LIST,
        lambda i: i["response"]["headers"].update({"X-Total": ["all"]}),
        ("answer 200 header X-Total", "The description has another type here: integer."),
    ),
}


@pytest.mark.parametrize("kind", BENT)
def test_pact_that_relies_on_more__is_found(kind: str) -> None:
    interaction, bend, expected = BENT[kind]
    bent = copy.deepcopy(interaction)
    bend(bent)
    assert told(bent, shop()) == [expected]


@pytest.mark.parametrize(
    ("interaction", "plant"),
    [
        (LIST, lambda d: schema(d, "Line")["properties"].pop("count")),
        (LIST, lambda d: field(d, "Customer", "name").update(type="integer")),
        (PLACE, lambda d: field(d, "Draft", "kind")["enum"].remove("web")),
        (PLACE, lambda d: schema(d, "Draft")["required"].append("site")),
        (READ, lambda d: d["paths"]["/orders/{id}"]["get"]["responses"].pop("404")),
        (PLACE, lambda d: schema(d, "Card")["properties"].pop("last")),
    ],
)
def test_description_that_lost_what_a_pact_needs__is_found(interaction: dict[str, Any], plant: Plant) -> None:
    assert len(told(interaction, changed(plant))) == 1


def test_object_that_lists_fields_without_closing_itself__has_no_others() -> None:
    opened = changed(lambda d: schema(d, "Problem").pop("additionalProperties"))
    bent = copy.deepcopy(READ)
    bent["response"]["body"]["content"]["hint"] = "no"
    assert told(bent, opened) == [("answer 404", "The description knows no field hint here.")]
    stated = changed(lambda d: schema(d, "Problem").update(additionalProperties=True))
    assert told(bent, stated) == []


def test_reference_that_leads_nowhere__is_a_finding() -> None:
    broken = changed(lambda d: d["components"]["schemas"].pop("Line"))
    found = told(LIST, broken)
    assert len(found) == 1
    assert "/components/schemas/Line" in found[0][1]


def test_form__is_read_as_its_schema_says() -> None:
    form = copy.deepcopy(PLACE)
    form["request"]["body"] = {
        "content": "customer=Ada&count=2&kind=shop",
        "contentType": "application/x-www-form-urlencoded",
        "encoded": False,
    }
    assert told(form, shop()) == []
    form["request"]["body"]["content"] = "customer=Ada&count=two"
    assert told(form, shop()) == [("request body.count", "The description has another type here: number.")]


def test_secret_value__is_never_told() -> None:
    bent = copy.deepcopy(PLACE)
    bent["request"]["body"]["content"]["count"] = "hunter2"
    assert "hunter2" not in str(told(bent, shop()))


def message(content: Any, **metadata: str) -> dict[str, Any]:
    return {
        "type": "Asynchronous/Messages",
        "description": "payroll processed",
        "contents": _json(content),
        "metadata": metadata,
    }


def test_webhook__is_checked_as_the_notification_of_the_core() -> None:
    event = {"uuid": "1", "event_type": "payroll.processed", "entity_type": "Payroll", "entity_uuid": "2"}
    core = present("integration-core")
    signed = {"X-Gusto-Signature": "0" * 64}
    assert told(message(event, **signed), core, "gusto-webhooks") == []
    without = {name: value for name, value in event.items() if name != "entity_uuid"}
    lacking = told(message(without, **signed), core, "gusto-webhooks")
    assert [place for place, _ in lacking] == ["request body"]
    assert lacking[0][1].startswith("The description requires the field")
    assert told(message(event, **{"X-Other": "1"}), core, "gusto-webhooks") == [
        ("header X-Other", "The description has no such header.")
    ]


def sentences(root: Path) -> tuple[list[str], int]:
    found, count = compare_files("gusto", root, shop())
    assert all(change.breaking for change in found)
    return [change.sentence for change in found], count


def test_pacts_of_a_provider__are_all_compared_and_counted(tmp_path: Path) -> None:
    put(tmp_path, pact(PLACE, LIST, READ))
    assert sentences(tmp_path) == ([], 3)


def test_pending_interaction__is_left_out(tmp_path: Path) -> None:
    bent = copy.deepcopy(READ) | {"pending": True}
    bent["response"]["status"] = 410
    put(tmp_path, pact(PLACE, bent))
    assert sentences(tmp_path) == ([], 1)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (None, "gusto has no pact, so nothing was compared"),
        (b"{", "is no pact"),
        (b"[]", "is no pact"),
        (pact(), "it has no interactions"),
        (pact(READ | {"response": None}), "lacks its request or its response"),
        (pact(READ | {"pending": True}), "gusto has pacts in which everything is pending"),
        (pact(READ, provider="netsuite"), "The pact is between integration-core and netsuite"),
        (pact(READ, consumer="other"), "The pact is between other and gusto"),
    ],
)
def test_pact_that_no_verifier_would_look_at__is_a_finding(
    tmp_path: Path, payload: bytes | None, sentence: str
) -> None:
    if payload is not None:
        put(tmp_path, payload)
    found, _ = sentences(tmp_path)
    assert len(found) == 1
    assert sentence in found[0]


def test_folder_of_an_unknown_provider__is_a_finding(tmp_path: Path) -> None:
    put(tmp_path, pact(READ), provider="gustoo")
    assert ["There is no provider gustoo" in change.sentence for change in strangers(tmp_path)] == [True]
    assert strangers(tmp_path / "nothing") == []
