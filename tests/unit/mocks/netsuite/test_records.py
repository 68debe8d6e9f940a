"""Records over REST: created, read, upserted, changed, deleted, listed; and what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from mocks.firm.facts.documents import ErpCustomer, ErpEmployee, ErpProject
from tests.unit.mocks.netsuite.estate import EXACT, HOST, RECORDS, Estate, problem

CUSTOMER = {"companyName": "Åsta O'Neil & Co", "subsidiary": {"externalId": "US01"}}
EMPLOYEE = {
    "firstName": "Ada",
    "lastName": "Moreau",
    "email": "ada.moreau@harborline.example",
    "subsidiary": {"id": "1"},
    "custentity_rh_employee_no": "E0007",
    "custentity_rh_source_id": "117",
}


def test_an_upsert_repeated__is_one_record_in_one_version() -> None:
    estate = Estate()
    first = estate.made("PUT", "customer/eid:CU%7C000001", CUSTOMER)
    assert estate.made("PUT", "customer/eid:CU%7C000001", CUSTOMER) == first
    assert estate.record("customer")["totalResults"] == 1
    (customer,) = estate.observed(ErpCustomer)
    assert (customer.external_id, customer.versions, customer.name) == ("CU|000001", 1, "Åsta O'Neil & Co")


def test_a_location__is_built_from_the_address_that_was_called() -> None:
    estate = Estate()
    status, headers, body = estate.send("POST", f"{RECORDS}/customer", CUSTOMER)
    assert (status, body, headers["location"]) == (204, b"", f"{HOST}{RECORDS}/customer/1")


def test_a_record_read__shows_references_by_name_and_exact_numbers() -> None:
    estate = Estate()
    estate.customer_and_job()
    job = estate.record("job/eid:J1")
    assert job["custentity_rh_contract_value"] == Decimal("12500.5")
    assert (job["parent"]["id"], job["parent"]["refName"]) == ("1", "Calder & Finch")
    assert job["parent"]["links"][0]["href"] == f"{HOST}{RECORDS}/customer/1"
    assert job["subsidiary"]["id"] == job["currency"]["id"] == "1"
    assert (job["isInactive"], "email" in job) == (False, False)
    assert set(estate.record("job/1", fields="companyName,isInactive")) == {
        "links",
        "id",
        "companyName",
        "isInactive",
    }


def test_a_record_written_back_as_it_was_read__changes_nothing() -> None:
    estate = Estate()
    estate.customer_and_job()
    content = estate.record("customer/1")
    del content["id"]
    assert estate.made("PATCH", "customer/1", content) == "1"
    assert estate.observed(ErpCustomer)[0].versions == 1


def test_a_patch__changes_only_what_it_names() -> None:
    estate = Estate()
    employee = estate.made("PUT", "employee/eid:RS%7CE0007", EMPLOYEE)
    estate.made("PATCH", f"employee/{employee}", {"lastName": "Moreau-Lind", "isInactive": True})
    (seen,) = estate.observed(ErpEmployee)
    assert (seen.name, seen.email, seen.inactive) == ("Ada Moreau-Lind", EMPLOYEE["email"], True)
    assert (seen.employee_no, seen.source_id, seen.entity, seen.versions) == ("E0007", "117", "US01", 2)
    estate.made("PATCH", f"employee/{employee}", {"email": None, "isInactive": None})
    (seen,) = estate.observed(ErpEmployee)
    assert (seen.email, seen.inactive) == ("", False)


def test_a_deleted_record__is_gone_but_observed_as_deleted() -> None:
    estate = Estate()
    estate.customer_and_job()
    assert estate.refused("DELETE", "customer/1", None)[1] == "USER_ERROR"
    assert estate.send("DELETE", f"{RECORDS}/job/1")[0] == 204
    assert estate.send("GET", f"{RECORDS}/job/1")[0] == 404
    assert [job.deleted for job in estate.observed(ErpProject)] == [True]
    assert estate.made("PUT", "job/eid:J1", {"companyName": "Again", "parent": {"id": "1"}}) == "2"


def test_a_list__gives_ids_in_pages_with_links() -> None:
    estate = Estate()
    for place in range(5):
        estate.made("POST", "customer", {**CUSTOMER, "companyName": f"Client {place}"})
    page = estate.record("customer", limit="2", offset="2")
    assert [item["id"] for item in page["items"]] == ["3", "4"]
    assert (page["count"], page["hasMore"], page["offset"], page["totalResults"]) == (2, True, 2, 5)
    assert {link["rel"]: link["href"].partition("?")[2] for link in page["links"]} == {
        "self": "limit=2&offset=2",
        "next": "limit=2&offset=4",
        "last": "limit=2&offset=4",
        "previous": "limit=2&offset=0",
        "first": "limit=2&offset=0",
    }


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ('companyName IS "Client 1"', ["2"]),
        ('companyName START_WITH "client" AND id GREATER 3', ["4", "5"]),
        ('companyName CONTAIN "%"', []),
        ("companyName END_WITH 4 OR id EQUAL 1", ["1", "5"]),
        ("email EMPTY AND isInactive IS false AND id LESS 2", ["1"]),
        ("subsidiary EQUAL 1 AND id GREATER_OR_EQUAL 5", ["5"]),
        ('lastModifiedDate AFTER "2030-01-01"', []),
    ],
)
def test_a_list_with_a_filter__gives_what_matches(q: str, ids: list[str]) -> None:
    estate = Estate()
    for place in range(5):
        estate.made("POST", "customer", {**CUSTOMER, "companyName": f"Client {place}"})
    assert [item["id"] for item in estate.record("customer", q=q)["items"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "x"},
        {"limit": "2", "offset": "3"},
        {"offset": "-1"},
        {"limit": "٣"},
        {"q": "companyName"},
        {"q": 'companyName IS "x'},
        {"q": "nothing IS 1"},
        {"q": "companyName IS 1 XOR id IS 2"},
        {"q": "isInactive IS perhaps"},
        {"q": "companyName LIKE 1"},
    ],
)
def test_a_list_asked_for_wrongly__is_refused(query: dict[str, str]) -> None:
    estate = Estate()
    status, headers, body = estate.send("GET", f"{RECORDS}/customer", query=query)
    assert status == 400
    assert problem(headers, body)[0] in ("INVALID_PARAMETER", "INVALID_VALUE")


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"{", "INVALID_CONTENT", ""),
        (b"[]", "INVALID_CONTENT", ""),
        (b'"\xff"', "INVALID_CONTENT", ""),
        (b"[" * 100_000, "INVALID_CONTENT", ""),
        (b'{"custentity_rh_tax_status": 1e99999999999999999999}', "INVALID_CONTENT", ""),
        ({}, "USER_ERROR", "companyName"),
        ({"companyName": "x"}, "USER_ERROR", "subsidiary"),
        ({**CUSTOMER, "companyName": 5}, "INVALID_CONTENT", "companyName"),
        ({**CUSTOMER, "companyName": "x" * 256}, "INVALID_VALUE", "companyName"),
        ({**CUSTOMER, "isPerson": "no"}, "INVALID_CONTENT", "isPerson"),
        ({**CUSTOMER, "nickName": "x"}, "INVALID_CONTENT", "nickName"),
        ({**CUSTOMER, "subsidiary": "1"}, "INVALID_CONTENT", "subsidiary"),
        ({**CUSTOMER, "subsidiary": {"id": "99"}}, "INVALID_KEY_OR_REF", "subsidiary"),
        ({**CUSTOMER, "subsidiary": {"id": 1}}, "INVALID_CONTENT", "subsidiary.id"),
        ({**CUSTOMER, "subsidiary": {}}, "INVALID_CONTENT", "subsidiary"),
        ({**CUSTOMER, "terms": {"externalId": "NET 31"}}, "INVALID_KEY_OR_REF", "terms"),
        ({**CUSTOMER, "parent": {"externalId": "nobody"}}, "INVALID_KEY_OR_REF", "parent"),
        ({**CUSTOMER, "email": "not mail"}, "INVALID_VALUE", "email"),
        ({**CUSTOMER, "creditHoldOverride": "MAYBE"}, "INVALID_KEY_OR_REF", "creditHoldOverride"),
    ],
)
def test_bad_input__is_refused_in_the_vendors_shape_and_changes_nothing(
    body: Any, code: str, path: str
) -> None:
    estate = Estate()
    assert estate.refused("POST", "customer", body)[:3] == (400, code, path)
    assert estate.record("customer")["totalResults"] == 0


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12", "INVALID_CONTENT"),
        (True, "INVALID_CONTENT"),
        (Decimal("0.00001"), "INVALID_VALUE"),
        (Decimal("1E+30"), "INVALID_VALUE"),
        (Decimal("1.000000000000000000000000000000001"), "INVALID_VALUE"),
    ],
)
def test_a_number_that_does_not_fit__is_refused(value: Any, code: str) -> None:
    estate = Estate()
    estate.customer_and_job()
    assert estate.refused("PATCH", "job/1", {"custentity_rh_contract_value": value})[1] == code
    assert estate.record("job/1")["custentity_rh_contract_value"] == Decimal("12500.5")


def test_an_unknown_property__is_dropped_where_the_client_says_so() -> None:
    estate = Estate()
    body = {**CUSTOMER, "nickName": "x"}
    estate.made("POST", "customer", body, **{"x-netsuite-propertynamevalidation": "ignore"})
    assert (
        estate.refused("POST", "customer", body, **{"x-netsuite-propertynamevalidation": "error"})[0] == 400
    )


def test_a_taken_external_id__is_refused_on_create_and_change() -> None:
    estate = Estate()
    estate.made("POST", "customer", {**CUSTOMER, "externalId": "A"})
    other = estate.made("POST", "customer", {**CUSTOMER, "externalId": "B"})
    status, code, path, detail = estate.refused("POST", "customer", {**CUSTOMER, "externalId": "A"})
    assert (status, code, path) == (400, "UNIQUE_CUST_ID_REQD", "externalId")
    assert "This record already exists" in detail
    assert estate.refused("PATCH", f"customer/{other}", {"externalId": "A"})[1] == "UNIQUE_CUST_ID_REQD"
    assert estate.refused("PUT", "customer/eid:A", {**CUSTOMER, "externalId": "C"})[1] == "INVALID_CONTENT"
    assert estate.refused("PUT", "customer/1", CUSTOMER)[1] == "INVALID_VALUE"


def test_a_customer_above_itself__is_refused() -> None:
    estate = Estate()
    estate.made("POST", "customer", {**CUSTOMER, "externalId": "A"})
    estate.made("POST", "customer", {**CUSTOMER, "externalId": "B", "parent": {"externalId": "A"}})
    assert estate.refused("PATCH", "customer/eid:A", {"parent": {"externalId": "B"}})[1] == "INVALID_VALUE"
    assert estate.refused("PATCH", "customer/eid:A", {"parent": {"externalId": "A"}})[1] == "INVALID_VALUE"


@pytest.mark.parametrize("kind", ["subsidiary", "department", "account", "customrecord_rh_tax_rate"])
def test_masters__are_readable_but_not_writable_by_the_integration(kind: str) -> None:
    estate = Estate()
    assert estate.record(f"{kind}/1")["id"] == "1"
    assert estate.refused("PATCH", f"{kind}/1", {})[:2] == (403, "INSUFFICIENT_PERMISSION")
    assert estate.refused("POST", kind, {})[:2] == (403, "INSUFFICIENT_PERMISSION")
    assert estate.refused("DELETE", f"{kind}/1", None)[:2] == (403, "INSUFFICIENT_PERMISSION")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{RECORDS}/spaceship/1", 404, "INVALID_VALUE"),
        ("GET", f"{RECORDS}/customer/99", 404, "NONEXISTENT_ID"),
        ("GET", f"{RECORDS}/customer/eid:none", 404, "NONEXISTENT_ID"),
        ("GET", f"{RECORDS}/subsidiary/1/item", 404, "NONEXISTENT_ID"),
        ("PATCH", f"{RECORDS}/customer", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/services/rest/else", 404, "INVALID_URL"),
    ],
)
def test_an_address_that_leads_nowhere__gets_the_vendors_answer(
    method: str, path: str, status: int, code: str
) -> None:
    answered, headers, body = Estate().send(method, path)
    assert (answered, problem(headers, body)[0]) == (status, code)


def test_an_unknown_field_asked_for__is_refused() -> None:
    status, headers, body = Estate().send("GET", f"{RECORDS}/subsidiary/1", query={"fields": "name,colour"})
    assert (status, problem(headers, body)[:2]) == (400, ("INVALID_PARAMETER", "fields"))


def test_the_trailing_slash__makes_no_difference() -> None:
    estate = Estate()
    assert estate.send("GET", f"{RECORDS}/subsidiary/1/")[0] == 200


def test_the_catalog_and_the_limits__are_there() -> None:
    estate = Estate()
    names = [item["name"] for item in estate.record("metadata-catalog")["items"]]
    assert {"customer", "job", "employee", "invoice", "journalEntry", "accountingPeriod"} <= set(names)
    status, _, body = estate.send("GET", "/services/rest/system/v1/governanceLimits")
    assert (status, EXACT.decode(body)["accountConcurrencyLimit"]) == (200, 15)
