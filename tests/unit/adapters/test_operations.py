"""Kinds of calls are few, and no id or key is part of their names."""

import pytest

from integration_core.adapters.http.operations import operation_of, outcome_of


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "/services/data/v59.0/sobjects/Account/0015f00002AbCdE",
            "/services/data/v59.0/sobjects/Account/{id}",
        ),
        ("/services/data/v59.0/query?q=SELECT+Id", "/services/data/v59.0/query"),
        ("/services/oauth2/token", "/services/oauth2/token"),
        (
            "/services/data/v59.0/sobjects/pse__Proj__c/RH_External_Id__c/PJ%7CCT-001",
            "/services/data/v59.0/sobjects/pse__Proj__c/RH_External_Id__c/{id}",
        ),
        ("/services/rest/record/v1/invoice/eid:IN%7CACME", "/services/rest/record/v1/invoice/{id}"),
        ("/services/rest/query/v1/suiteql?limit=1000", "/services/rest/query/v1/suiteql"),
        ("/api/gateway.php/acme7/v1/employees/12/tables/jobInfo", None),
        ("/v1/companies/6bf1c2a0-0d3e-4b7a-9d44-2f0a5c1e8a11/payrolls", "/v1/companies/{id}/payrolls"),
    ],
)
def test_operation__has_words_and_versions_and_no_ids(url: str, shown: str | None) -> None:
    shown = shown or "/api/gateway.php/{id}/v1/employees/{id}/tables/jobInfo"
    assert operation_of("GET", f"http://vendor.example:8100{url}") == f"GET {shown}"


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "ok"), (304, "ok"), (404, "4xx"), (429, "429"), (500, "5xx"), (503, "5xx")]
)
def test_outcome__is_the_class_of_a_status_and_429_is_one_of_its_own(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome
