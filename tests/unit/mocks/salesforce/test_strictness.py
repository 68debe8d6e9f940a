"""What the description's own tests found the protocol to take too lightly."""

from typing import Any

import pytest

from .estate import Estate, opportunity


@pytest.fixture
def estate() -> Estate:
    """One empty world."""
    return Estate()


@pytest.mark.parametrize("relation", ["Owner", "CreatedBy", "LastModifiedBy"])
def test_a_relationship__is_no_way_around_a_field_that_nobody_may_write(
    estate: Estate, relation: str
) -> None:
    user = estate.query("SELECT Id FROM User")["records"][0]["Id"]
    status, errors = estate.call("POST", "/sobjects/Account", {"Name": "Tidewater", relation: {"Id": user}})
    assert (status, errors[0]["errorCode"]) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert errors[0]["fields"] == [relation]


@pytest.mark.parametrize("name", ["OpportunityId", "opportunityid"])
def test_a_parent__is_named_once(estate: Estate, name: str) -> None:
    parent = estate.create("Opportunity", **opportunity(RH_Key__c="OP|1"))
    by_key = {"Opportunity": {"RH_Key__c": "OP|1"}}
    for fields in ({name: parent, **by_key}, {**by_key, name: None}):
        status, errors = estate.call("POST", "/sobjects/Quote", {"Name": "First", **fields})
        assert (status, errors[0]["errorCode"]) == (400, "INVALID_FIELD")
        assert "Cannot specify both" in errors[0]["message"]
    assert estate.call("POST", "/sobjects/Quote", {"Name": "First", **by_key})[0] == 201


@pytest.mark.parametrize("given", ["2.5e-42", "1e-31", "0.5", "1e-9999"])
def test_a_tiny_fraction__is_no_whole_number(estate: Estate, given: str) -> None:
    body = b'{"Name":"Discovery","RH_Version__c":' + given.encode() + b"}"
    status, _, answer = estate.raw("POST", "/sobjects/Product2", body)
    assert status == 400
    assert b"Cannot deserialize instance of int" in answer


def test_a_tiny_fraction__is_rounded_off_a_number_with_decimals(estate: Estate) -> None:
    body = b'{"Name":"Roof","StageName":"Open","CloseDate":"2026-03-31","Amount":1e-42}'
    assert estate.raw("POST", "/sobjects/Opportunity", body)[0] == 201
    assert estate.query("SELECT Amount FROM Opportunity")["records"][0]["Amount"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/sobjects/Opportunity/RH_Key__c/K?updateOnly=yes", opportunity()),
        ("DELETE", "/composite/sobjects?ids=001CRM100000001YBA&allOrNone=1", None),
        ("POST", "/composite/sobjects", {"allOrNone": 1, "records": []}),
        ("POST", "/composite/batch", {"haltOnError": "maybe", "batchRequests": [{}]}),
        (
            "POST",
            "/composite",
            {
                "collateSubrequests": [],
                "compositeRequest": [{"method": "GET", "url": "", "referenceId": "a"}],
            },
        ),
    ],
)
def test_a_switch_that_is_neither_true_nor_false__is_refused(
    estate: Estate, method: str, path: str, body: Any
) -> None:
    status, errors = estate.call(method, path, body)
    assert (status, errors[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert "must be true or false" in errors[0]["message"]


def test_a_version_with_an_idle_zero__is_none(estate: Estate) -> None:
    assert estate.call("GET", "/services/data/v42.0/limits")[0] == 200
    for version in ("042.0", "41.0", "59", "59.1"):
        status, errors = estate.call("GET", f"/services/data/v{version}/limits")
        assert (status, errors[0]["errorCode"]) == (404, "NOT_FOUND")
