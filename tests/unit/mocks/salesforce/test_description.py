"""The description of the orgs on the protocol: whatever they show fits it, and nothing else does."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from mocks.kit.system import description_of
from mocks.kit.vendor import Vendor
from mocks.protocols.salesforce.description import ALL_CODES, CODES
from mocks.protocols.salesforce.errors import status_of
from mocks.protocols.salesforce.rules import Problem
from mocks.protocols.salesforce.values import encode_json
from mocks.registry import vendor
from tests.unit.mocks.certinia import staffing
from tests.unit.mocks.salesforce_crm import sales

from .estate import Estate, opportunity

DOCUMENTS = {name: description_of(vendor(name)) for name in ("salesforce", "certinia")}


def schema(name: str, provider: str = "salesforce") -> Draft202012Validator:
    """A component that answers whether a value fits."""
    components = DOCUMENTS[provider]["components"]
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


def operation(name: str, provider: str = "salesforce") -> Mapping[str, Any]:
    """One operation of a description."""
    items = [item for path in DOCUMENTS[provider]["paths"].values() for item in path.values()]
    return next(item for item in items if item["operationId"] == name)


def shown_by(one: Vendor, provider: str) -> dict[str, int]:
    """How many records of a played world there are by object, all of which fit their component."""
    world = sales.empty_world() if provider == "salesforce" else staffing.staffed_world()
    if provider == "salesforce":
        sales.play(world, sales.deal())
    else:
        cells = staffing.week()
        staffing.play(world, [staffing.assignment()], cells, staffing.approved(cells))
    counts: dict[str, int] = {}
    for name, record in one.native(world):
        counts[name] = counts.get(name, 0) + 1
        shown = json.loads(encode_json(record))
        schema(name, provider).validate(shown)
        assert set(shown) == set(DOCUMENTS[provider]["components"]["schemas"][name]["properties"])
    return counts


@pytest.mark.parametrize(
    ("provider", "objects"),
    [
        ("salesforce", {"Account", "Opportunity", "QuoteLineItem", "RH_Contract_Line__c", "User"}),
        ("certinia", {"Contact", "pse__Assignment__c", "pse__Timecard_Header__c", "pse__Timecard__c"}),
    ],
)
def test_records_of_a_played_world__fit_their_component_field_by_field(
    provider: str, objects: set[str]
) -> None:
    assert objects <= set(shown_by(vendor(provider), provider))


@pytest.mark.parametrize("provider", ["salesforce", "certinia"])
def test_the_components__are_schemas_that_name_only_what_is_there(provider: str) -> None:
    document = DOCUMENTS[provider]
    schemas = document["components"]["schemas"]
    for one in schemas.values():
        meta.validate(one)
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)


@pytest.mark.parametrize(
    "change",
    [
        {"Name__x": "Tidewater"},
        {"Name": 7},
        {"RH_Tax_Status__c": "FOREIGN"},
        {"IsDeleted": None},
        {"CreatedDate": "2026-01-01T09:00:00Z"},
        {"ParentId": "003CRM100000001YBA"},
        {"attributes": {"type": "Contact", "url": "/services/data/v59.0/sobjects/Contact/003"}},
    ],
)
def test_a_record_that_is_not_as_described__does_not_fit(change: dict[str, Any]) -> None:
    estate = Estate()
    made = estate.create("Account", Name="Tidewater")
    _, record = estate.call("GET", f"/sobjects/Account/{made}")
    fits = schema("AnyRecord")
    assert fits.is_valid(record)
    assert not fits.is_valid({**record, **change})


def test_a_row_with_relationships__fits_the_page_and_the_parents_object() -> None:
    estate = Estate()
    account = estate.create("Account", Name="Tidewater")
    estate.create("Opportunity", **opportunity(AccountId=account, RH_Key__c="OP|1"))
    page = estate.query("SELECT Id, Account.Name, Account.Parent.Name, Owner.Name FROM Opportunity")
    answer = operation("query")["responses"]["200"]["content"]["application/json"]["schema"]
    fits = Draft202012Validator({**answer, "components": DOCUMENTS["salesforce"]["components"]})
    assert page["records"][0]["Account"]["Parent"] is None
    fits.validate(page)
    page["records"][0]["Account"]["attributes"]["type"] = "Contact"
    assert not fits.is_valid(page)


def test_a_new_record__takes_its_parent_by_id_or_by_key_and_needs_one() -> None:
    fits = schema("Quote.new")
    assert fits.is_valid({"Name": "First", "OpportunityId": "006CRM100000001YBA"})
    assert fits.is_valid({"Name": "First", "Opportunity": {"RH_Key__c": "OP|1"}})
    assert not fits.is_valid({"Name": "First"})
    both = {"OpportunityId": "006CRM100000001YBA", "Opportunity": {"RH_Key__c": "OP|1"}}
    assert not fits.is_valid({"Name": "First", **both})
    assert not fits.is_valid({"Name": "First", "OpportunityId": "006CRM100000001YBA", "QuoteNumber": "Q-1"})
    assert not fits.is_valid({"Name": "First", "Opportunity": {"Name": "Roof"}})


def test_what_an_upsert_takes__has_no_key_in_its_body() -> None:
    fits = schema("Opportunity.keyed")
    assert fits.is_valid({"StageName": "Commit"})
    assert not fits.is_valid({"StageName": "Commit", "RH_Key__c": "OP|1"})
    keyed = operation("upsertRecord")["parameters"]
    assert [one["schema"]["enum"] for one in keyed if one["name"] in ("object", "field")] == [
        ["Opportunity"],
        ["RH_Key__c"],
    ]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("createRecord", {"201", "400", "401", "403", "404", "413", "500", "503"}),
        ("upsertRecord", {"200", "201", "204", "300", "400", "401", "403", "404", "413", "500", "503"}),
        ("describe", {"200", "401", "403", "404", "500", "503"}),
        ("issueToken", {"200", "400", "413", "500", "503"}),
        ("listVersions", {"200", "401", "500", "503"}),
    ],
)
def test_an_operation__names_exactly_the_statuses_it_answers_with(name: str, statuses: set[str]) -> None:
    for provider in DOCUMENTS:
        assert set(operation(name, provider)["responses"]) == statuses


def test_only_what_needs_no_session__is_open() -> None:
    items = [item for path in DOCUMENTS["certinia"]["paths"].values() for item in path.values()]
    assert {item["operationId"] for item in items if not item["security"]} == {"issueToken", "listVersions"}


def test_every_code__is_described_under_the_status_it_is_answered_with() -> None:
    for status, codes in CODES.items():
        for code in codes:
            if status != 413:
                assert status_of([Problem(code, "")]) == status
    assert len(ALL_CODES) == len(set(ALL_CODES))


def test_a_refusal__fits_the_status_it_is_described_under() -> None:
    estate = Estate()
    status, errors = estate.call("POST", "/sobjects/Account", {"Nothing": 1})
    assert status == 400
    assert schema("Errors400").is_valid(errors)
    assert not schema("Errors404").is_valid(errors)
