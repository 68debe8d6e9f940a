"""Several records and several calls at once: collections, composite, batch."""

from typing import Any

import pytest

from .estate import DATA, Estate, opportunity

COLLECTION = "/composite/sobjects"


@pytest.fixture
def estate() -> Estate:
    """One empty world."""
    return Estate()


def typed(object_name: str, **values: Any) -> dict[str, Any]:
    """A record of a collection."""
    return {"attributes": {"type": object_name}, **values}


def codes(results: list[dict[str, Any]]) -> list[str]:
    """`ok` or the error code of each result."""
    return ["ok" if one["success"] else one["errors"][0]["statusCode"] for one in results]


def sent(*records: dict[str, Any], together: bool = False) -> dict[str, Any]:
    """The body of a collection."""
    return {"allOrNone": together, "records": list(records)}


def count(estate: Estate, object_name: str = "Account") -> int:
    """How many records of an object there are."""
    return int(estate.query(f"SELECT COUNT() FROM {object_name}")["totalSize"])


def test_a_collection__gives_one_result_a_record_in_order(estate: Estate) -> None:
    body = sent(typed("Account", Name="A"), typed("Account"), {"Name": "?"}, typed("Contact", LastName="B"))
    status, results = estate.call("POST", COLLECTION, body)
    assert (status, codes(results)) == (200, ["ok", "REQUIRED_FIELD_MISSING", "INVALID_TYPE", "ok"])
    assert results[1] == {
        "success": False,
        "errors": [
            {
                "message": "Required fields are missing: [Name]",
                "statusCode": "REQUIRED_FIELD_MISSING",
                "fields": ["Name"],
            }
        ],
    }
    assert (results[0]["errors"], count(estate), count(estate, "Contact")) == ([], 1, 1)


def test_all_or_none__undoes_what_had_succeeded(estate: Estate) -> None:
    body = sent(typed("Account", Name="A"), typed("Account"), typed("Account", Name="C"), together=True)
    _, results = estate.call("POST", COLLECTION, body)
    undone = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes(results) == [undone, "REQUIRED_FIELD_MISSING", undone]
    assert count(estate) == 0


def test_updates_and_deletes__need_an_id_each(estate: Estate) -> None:
    one, two = (estate.create("Account", Name=name) for name in "AB")
    body = sent(
        typed("Account", id=one, Name="A2"),
        typed("Account", Name="?"),
        typed("Account", Id=two[:15], Name="B2"),
    )
    _, results = estate.call("PATCH", COLLECTION, body)
    assert codes(results) == ["ok", "MISSING_ARGUMENT", "ok"]
    assert estate.names("ORDER BY Name") == ["A2", "B2"]
    bad = "001CRM100000zzz"
    _, results = estate.call("DELETE", f"{COLLECTION}?ids={one},{bad},x&allOrNone=true")
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "NOT_FOUND", "MALFORMED_ID"]
    _, results = estate.call("DELETE", f"{COLLECTION}?ids={one},{two}")
    assert (codes(results), count(estate)) == (["ok", "ok"], 0)
    assert estate.call("DELETE", COLLECTION)[0] == 400


def test_upserts__are_by_external_id_and_refuse_one_twice(estate: Estate) -> None:
    path = f"{COLLECTION}/Opportunity/RH_Key__c"
    body = sent(
        typed("Opportunity", RH_Key__c="K1", **opportunity()),
        typed("Opportunity", rh_key__c="k1", **opportunity()),
        typed("Opportunity", **opportunity()),
        typed("Account", RH_Key__c="K2"),
    )
    _, results = estate.call("PATCH", path, body)
    assert codes(results) == ["ok", "DUPLICATE_VALUE", "MISSING_ARGUMENT", "INVALID_TYPE"]
    assert results[0]["created"] is True
    _, again = estate.call("PATCH", path, body)
    assert (again[0]["created"], again[0]["id"]) == (False, results[0]["id"])
    assert count(estate, "Opportunity") == 1
    assert estate.call("PATCH", f"{COLLECTION}/Opportunity/Name", body)[0] == 404


def test_records_by_id__are_read_in_order_with_null_for_a_missing_one(estate: Estate) -> None:
    one = estate.create("Account", Name="A", BillingCity="Boston")
    body = {"ids": [one, "001CRM100000zzz", "x"], "fields": ["Name"]}
    status, found = estate.call("POST", f"{COLLECTION}/Account", body)
    assert (status, found[0]["Name"], found[0]["Id"], found[1:]) == (200, "A", one, [None, None])
    assert "BillingCity" not in found[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "JSON_PARSER_ERROR"),
        ({"records": {}}, "JSON_PARSER_ERROR"),
        ({"records": [], "allOrNone": "yes"}, "JSON_PARSER_ERROR"),
        (sent(*[typed("Account", Name="A")] * 201), "EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_bad_collection__is_refused_whole(estate: Estate, body: dict[str, Any], code: str) -> None:
    status, errors = estate.call("POST", COLLECTION, body)
    assert (status, errors[0]["errorCode"], count(estate)) == (400, code, 0)


@pytest.mark.parametrize("item", [None, 5, "x", [], {"attributes": 5}, {"attributes": {"type": 5}}])
def test_a_bad_item__fails_alone(estate: Estate, item: Any) -> None:
    _, results = estate.call("POST", COLLECTION, {"records": [item, typed("Account", Name="A")]})
    assert codes(results) == ["INVALID_TYPE", "ok"]


def test_a_fault_on_items__locks_every_third(estate: Estate) -> None:
    estate.fault(kind="fail_items", every=3)
    _, results = estate.call("POST", COLLECTION, sent(*[typed("Account", Name="A")] * 7))
    assert [place for place, code in enumerate(codes(results), 1) if code != "ok"] == [3, 6]
    assert set(codes(results)) == {"ok", "UNABLE_TO_LOCK_ROW"}
    assert count(estate) == 5


# --- composite ----------------------------------------------------------------------------------


def part(reference: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request of a composite."""
    made = {"referenceId": reference, "method": method, "url": f"{DATA}{path}"}
    return made if body is None else {**made, "body": body}


def composed(estate: Estate, *parts: dict[str, Any], together: bool = False) -> list[dict[str, Any]]:
    """The results of a composite."""
    status, answer = estate.call(
        "POST", "/composite", {"allOrNone": together, "compositeRequest": list(parts)}
    )
    assert status == 200, answer
    found: list[dict[str, Any]] = answer["compositeResponse"]
    return found


CHAIN = (
    part("acc", "POST", "/sobjects/Account", {"Name": "Tidewater"}),
    part("opp", "PATCH", "/sobjects/Opportunity/RH_Key__c/K%7C1", opportunity(AccountId="@{acc.id}")),
    part("found", "GET", "/query/?q=SELECT+Id,Account.Name+FROM+Opportunity+WHERE+AccountId='@{acc.id}'"),
    part("deal", "GET", "/sobjects/Opportunity/@{found.records[0].Id}?fields=Name,RH_Key__c"),
)


def test_a_composite__hands_results_on(estate: Estate) -> None:
    results = composed(estate, *CHAIN)
    assert [one["httpStatusCode"] for one in results] == [201, 201, 200, 200]
    assert [one["referenceId"] for one in results] == ["acc", "opp", "found", "deal"]
    assert results[0]["httpHeaders"] == {"Location": f"{DATA}/sobjects/Account/{results[0]['body']['id']}"}
    assert results[2]["body"]["records"][0]["Account"]["Name"] == "Tidewater"
    assert (results[3]["body"]["RH_Key__c"], results[3]["body"]["Id"]) == ("K|1", results[1]["body"]["id"])


def test_a_failed_part__rolls_all_back_when_asked(estate: Estate) -> None:
    bad = part("bad", "POST", "/sobjects/Account", {})
    results = composed(estate, CHAIN[0], bad, CHAIN[1], together=True)
    errors = [one["body"][0]["errorCode"] for one in results]
    assert errors == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert {one["httpStatusCode"] for one in results} == {400}
    assert (count(estate), count(estate, "Opportunity")) == (0, 0)


def test_without_rollback__only_those_that_refer_to_a_failed_part_fail(estate: Estate) -> None:
    bad = part("bad", "POST", "/sobjects/Account", {})
    child = part("child", "POST", "/sobjects/Contact", {"LastName": "B", "AccountId": "@{bad.id}"})
    results = composed(estate, CHAIN[0], bad, child, part("no", "GET", "/sobjects/Account/@{acc.none[3]}"))
    assert [one["httpStatusCode"] for one in results] == [201, 400, 400, 400]
    assert results[2]["body"][0]["errorCode"] == results[3]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert count(estate) == 1


def test_a_collection__may_stand_in_a_composite_and_a_composite_may_not(estate: Estate) -> None:
    body = sent(typed("Account", Name="A"), typed("Account", Name="B"))
    results = composed(
        estate,
        part("many", "POST", COLLECTION, body),
        part("one", "GET", "/sobjects/Account/@{many[1].id}"),
        part("deep", "POST", "/composite", {"compositeRequest": []}),
        part("put", "PUT", "/sobjects/Account"),
    )
    assert [one["httpStatusCode"] for one in results] == [200, 200, 404, 405]
    assert results[1]["body"]["Name"] == "B"


def test_a_fault_on_items__strikes_parts_of_a_composite(estate: Estate) -> None:
    estate.fault(kind="fail_items", every=2)
    results = composed(estate, CHAIN[0], part("b", "POST", "/sobjects/Account", {"Name": "B"}))
    assert results[1]["body"][0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert count(estate) == 1


@pytest.mark.parametrize(
    "parts",
    [
        [],
        {},
        [5],
        [{"method": "GET"}],
        [{"method": 5, "url": "x", "referenceId": "a"}],
        [{"method": "GET", "url": "x"}],
        [part("a", "GET", "/limits"), part("a", "GET", "/limits")],
        [part(f"r{number}", "GET", "/limits") for number in range(26)],
    ],
)
def test_a_bad_composite__is_refused_whole(estate: Estate, parts: Any) -> None:
    status, errors = estate.call("POST", "/composite", {"compositeRequest": parts})
    assert (status, errors[0]["errorCode"] in ("JSON_PARSER_ERROR", "LIMIT_EXCEEDED")) == (400, True)


@pytest.mark.parametrize("halting", [True, False])
def test_a_batch__goes_on_after_an_error_unless_told_to_halt(estate: Estate, halting: bool) -> None:
    requests = [
        {"method": "POST", "url": "v59.0/sobjects/Account", "richInput": {"Name": "A"}},
        {"method": "GET", "url": "v59.0/sobjects/Account/x"},
        {"method": "POST", "url": "v59.0/sobjects/Account/", "richInput": {"Name": "B"}},
    ]
    status, answer = estate.call(
        "POST", "/composite/batch", {"haltOnError": halting, "batchRequests": requests}
    )
    assert (status, answer["hasErrors"]) == (200, True)
    found = [one["statusCode"] for one in answer["results"]]
    assert found == [201, 404, 412 if halting else 201]
    assert count(estate) == (1 if halting else 2)
