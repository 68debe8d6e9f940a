"""Breaking changes of every kind are found in a small description and in real ones; additions are named."""

from typing import Any

import pytest

from contracts.drift.descriptions import present, written
from contracts.drift.release import changes, operations_in
from contracts.drift.schemas import alternatives, followed
from contracts.participants import API_PROVIDERS

from .shop import ADDITIVE, BREAKING, Plant, changed, schema, shop


@pytest.mark.parametrize("kind", BREAKING)
def test_breaking_change__fails_and_is_named(kind: str) -> None:
    plant, sentence = BREAKING[kind]
    found = changes(shop(), changed(plant))
    assert sentence in {change.sentence for change in found if change.breaking}


@pytest.mark.parametrize("kind", ADDITIVE)
def test_additive_change__passes_and_is_named(kind: str) -> None:
    plant, sentence = ADDITIVE[kind]
    found = changes(shop(), changed(plant))
    assert [change for change in found if change.breaking] == []
    assert sentence in {change.sentence for change in found}


def _renamed_path(document: dict[str, Any]) -> None:
    item = document["paths"].pop("/orders/{id}")
    item["parameters"][0]["name"] = "order"
    document["paths"]["/orders/{order}"] = item


def _inlined(document: dict[str, Any]) -> None:
    order = schema(document, "Order")
    order["properties"]["customer"] = schema(document, "Customer")
    order["properties"]["note"] = {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]}


def _split(document: dict[str, Any]) -> None:
    line = schema(document, "Line")
    one = {"type": "object", "properties": {"sku": line["properties"]["sku"]}, "required": ["sku"]}
    two = {"type": "object", "properties": {"count": line["properties"]["count"]}}
    document["components"]["schemas"]["Line"] = {"allOf": [one, two], "additionalProperties": False}


@pytest.mark.parametrize(
    "plant",
    [
        _renamed_path,
        _inlined,
        _split,
        lambda d: schema(d, "Order").update(title="An order", description="Words for people."),
        lambda d: d["paths"]["/orders"]["get"].update(operationId="orders", summary="All orders"),
        lambda d: d["paths"]["/orders"]["get"].update(security=[{"token": []}]),
    ],
)
def test_same_promise_in_other_words__is_no_change(plant: Plant) -> None:
    assert changes(shop(), changed(plant)) == ()


def test_component_that_contains_itself__is_compared_once() -> None:
    def nested(kind: str) -> dict[str, Any]:
        document = shop()
        document["components"]["schemas"]["Line"]["properties"] |= {
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
            "weight": {"type": kind},
        }
        return document

    assert changes(nested("number"), nested("number")) == ()
    found = changes(nested("number"), nested("string"))
    assert [(one.place, one.sentence) for one in found] == [
        ("Line in answers.weight", "Its type changed from number to string.")
    ]


def test_newly_asked_credentials__break_and_fewer_do_not() -> None:
    public = changed(lambda d: d.pop("security"))
    assert {one.sentence for one in changes(public, shop()) if one.breaking} == {
        "Credentials are asked for now."
    }
    assert [one for one in changes(shop(), public) if one.breaking] == []


def test_reference_that_leads_nowhere__is_a_finding() -> None:
    broken = changed(lambda d: d["components"]["schemas"].pop("Line"))
    found = changes(shop(), broken)
    assert [one.breaking for one in found] == [True]
    assert "#/components/schemas/Line" in found[0].sentence


@pytest.mark.parametrize("provider", API_PROVIDERS)
def test_real_description__has_operations_and_equals_itself(provider: str) -> None:
    assert operations_in(present(provider)) > 0
    assert changes(present(provider), present(provider)) == ()
    assert written(present(provider)) == written(present(provider))


def _some_answer(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """An operation, and the fields of its good answer as they stand in the description."""
    for path in sorted(document["paths"]):
        for operation in document["paths"][path].values():
            for status in ("200", "201"):
                answer = followed(operation["responses"].get(status, {}), document)
                media = [one for kind, one in answer.get("content", {}).items() if "json" in kind]
                for shape in alternatives(media[0]["schema"], document) if media else ():
                    fields = shape.schema.get("properties")
                    if fields:
                        return operation, fields
    raise AssertionError("no operation answers with an object")


def _without_field(document: dict[str, Any]) -> None:
    fields = _some_answer(document)[1]
    fields.pop(sorted(fields)[0])


def _field_of_another_type(document: dict[str, Any]) -> None:
    fields = _some_answer(document)[1]
    kind = alternatives(fields[sorted(fields)[0]], document)[0].type
    fields[sorted(fields)[0]] = {"type": "boolean" if kind != "boolean" else "string"}


def _required_query(document: dict[str, Any]) -> None:
    asked = {"name": "must", "in": "query", "required": True, "schema": {"type": "string"}}
    _some_answer(document)[0].setdefault("parameters", []).append(asked)


def _without_path(document: dict[str, Any]) -> None:
    document["paths"].pop(sorted(document["paths"])[-1])


@pytest.mark.parametrize("provider", API_PROVIDERS)
@pytest.mark.parametrize(
    "plant",
    [
        _without_field,
        _field_of_another_type,
        _required_query,
        _without_path,
        lambda d: _some_answer(d)[0]["responses"].pop("401"),
    ],
)
def test_change_of_a_real_description__is_found(provider: str, plant: Plant) -> None:
    now = present(provider)
    plant(now)
    assert any(change.breaking for change in changes(present(provider), now))


def test_field_taken_from_a_real_answer__is_found() -> None:
    now = present("integration-core")
    now["components"]["schemas"]["CaseShown"]["properties"].pop("severity")
    assert [(one.place, one.breaking) for one in changes(present("integration-core"), now)] == [
        ("CaseShown in answers.severity", True)
    ]
