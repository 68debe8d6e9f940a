"""The description against the account itself: what it answers fits, and nothing else would."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator

from mocks.erp.netsuite.columns import tables
from mocks.erp.netsuite.due import run_due
from mocks.erp.netsuite.routes import OPERATIONS
from mocks.erp.netsuite.samples import FREE, KEYS, REFERENCES, SAMPLES
from mocks.erp.netsuite.schema import RECORD_TYPES
from mocks.erp.netsuite.vendor import VENDOR
from mocks.kit.system import description_of
from tests.unit.mocks.asgi import Answer
from tests.unit.mocks.netsuite.estate import RECORDS, Estate, at, intent

QUERY = "/services/rest/query/v1/suiteql"
JOBS = "/services/rest/async/v1/job"


@cache
def description() -> dict[str, Any]:
    """The description as it is served."""
    return description_of(VENDOR)


def named(reference: str) -> Any:
    """What a reference leads to."""
    found: Any = description()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def described(name: str) -> dict[str, Any]:
    """An operation by its id."""
    for item in description()["paths"].values():
        for shown in item.values():
            if shown["operationId"] == name:
                found: dict[str, Any] = shown
                return found
    raise LookupError(name)


def misfits(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What a schema has against a value."""
    return [error.message[:200] for error in _validator(msgspec.json.encode(schema)).iter_errors(value)]


@cache
def _validator(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator({**msgspec.json.decode(schema), "components": description()["components"]})


def fits(operation: str, answer: Answer) -> Any:
    """Check an answer against its operation; its content."""
    status, headers, body = answer
    shown = described(operation)["responses"].get(str(status))
    assert shown is not None, f"{operation} answers {status} {body!r}"
    shown = named(shown["$ref"]) if "$ref" in shown else shown
    for name, header in shown.get("headers", {}).items():
        assert name.lower() in headers or not header["required"], name
        if name.lower() in headers:
            assert misfits(header["schema"], headers[name.lower()]) == []
    if "content" not in shown:
        assert body == b""
        return None
    (content_type, content), *_ = shown["content"].items()
    assert headers["content-type"] == content_type
    value = msgspec.json.decode(body)
    assert misfits(content["schema"], value) == []
    return value


def account() -> Estate:
    """An account with the samples' records, posted and paid in part."""
    estate = Estate(start_ms=at("2026-02-03T15:00"))
    estate.made("POST", "customer", {**SAMPLES["customer"], "externalId": "C1"})
    for kind, key in [*list(KEYS.items())[1:], *FREE.items()]:
        later = {"tranDate": "2026-02-15"} if key == FREE.get(kind) and "tranDate" in SAMPLES[kind] else {}
        estate.made("POST", kind, {**SAMPLES[kind], **later, "externalId": key})
    estate.step(at("2026-02-04T15:00"))
    estate.act(intent(share_e6=500_000), references={"CO|00000101": "800CONTRACT"})
    return estate


def references(value: Any) -> Iterator[str]:
    """All references in a part of the description."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_every_reference__leads_to_a_component_and_every_id_is_one_operations() -> None:
    shown = description()
    for reference in references(shown):
        assert named(reference)
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert sum(len(item) for item in shown["paths"].values()) == len(names)


def test_every_operation__asks_for_a_signature_and_names_what_it_refuses() -> None:
    for operation in OPERATIONS:
        shown = described(operation.name)
        assert shown["security"] == [{"tokenBased": []}]
        assert {"400", "401", "429"} < set(shown["responses"]), operation.name
        # Clients must know the shape of an outage too; that none happens unasked is tested elsewhere.
        assert {status for status in shown["responses"] if status.startswith("5")} == {"500", "503"}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample__fits_its_component_and_is_taken(kind: str) -> None:
    shown = described(f"create{kind[0].upper()}{kind[1:]}")
    schema = shown["requestBody"]["content"]["application/json"]["schema"]
    assert misfits(schema, SAMPLES[kind]) == []
    assert misfits(schema, {**SAMPLES[kind], "colour": "red"}) != []
    fits(f"create{kind[0].upper()}{kind[1:]}", account().send("POST", f"{RECORDS}/{kind}", SAMPLES[kind]))


def test_the_samples_references__are_one_for_each_table_that_something_refers_to() -> None:
    referred = {
        item.record
        for kind in RECORD_TYPES.values()
        for item in (*kind.properties, *(kind.sublist.properties if kind.sublist else ()))
        if item.kind == "reference"
    }
    assert set(REFERENCES) == referred


def test_every_record_there_is__fits_whole_expanded_and_in_part() -> None:
    estate = account()
    seen: dict[str, int] = {}
    for kind in RECORD_TYPES.values():
        name = f"{kind.name[0].upper()}{kind.name[1:]}" if kind.name in SAMPLES else "Other"
        listed = fits(f"list{name}", estate.send("GET", f"{RECORDS}/{kind.name}"))
        for item in listed["items"]:
            path = f"{RECORDS}/{kind.name}/{item['id']}"
            whole = fits(f"get{name}", estate.send("GET", path))
            assert misfits(named(f"#/components/schemas/{kind.name}"), whole) == []
            fits(f"get{name}", estate.send("GET", path, query={"expandSubResources": "true"}))
            part = {"fields": kind.properties[0].name}
            fits(f"get{name}", estate.send("GET", path, query=part))
            seen[kind.name] = seen.get(kind.name, 0) + 1
    assert set(seen) == set(RECORD_TYPES), set(RECORD_TYPES) - set(seen)


def test_a_field_that_is_lost_renamed_or_of_another_type__does_not_fit() -> None:
    estate = account()
    record = fits("getInvoice", estate.send("GET", f"{RECORDS}/invoice/eid:INV-1"))
    schema = named("#/components/schemas/invoice")
    assert misfits(schema, {**record, "total": "866.00"}) != []
    assert misfits(schema, {name: value for name, value in record.items() if name != "total"}) != []
    renamed = {("grandTotal" if name == "total" else name): value for name, value in record.items()}
    assert misfits(schema, renamed) != []
    assert misfits(schema, {**record, "custbody_rh_status": "SETTLED"}) != []
    assert misfits(named("#/components/schemas/customer"), record) != []


def test_lines_and_sublists__fit() -> None:
    estate = account()
    for kind, key, sublist in (
        ("invoice", "INV-1", "item"),
        ("creditMemo", "CM-1", "taxDetails"),
        ("creditMemo", "CM-1", "apply"),
        ("journalEntry", "JE-1", "line"),
    ):
        path = f"{RECORDS}/{kind}/eid:{key}/{sublist}"
        assert fits("getSublist", estate.send("GET", path))["totalResults"] > 0
        assert fits("getLine", estate.send("GET", f"{path}/1"))["line"] == 1


def test_every_table_that_can_be_queried__fits_row_by_row() -> None:
    estate = account()
    for table in tables():
        answer = estate.send(
            "POST", QUERY, {"q": f"SELECT * FROM {table} ORDER BY id"}, headers={"prefer": "transient"}
        )
        rows = fits("suiteql", answer)["items"]
        assert rows, table
        for row in rows:
            assert misfits(named(f"#/components/schemas/suiteql-{table}"), row) == []


def test_requests_done_later__fit_from_the_taking_in_to_the_result() -> None:
    estate = account()
    later = {"prefer": "respond-async", "x-netsuite-idempotency-key": "one"}
    path = f"{RECORDS}/employee"
    fits("createEmployee", estate.send("POST", path, SAMPLES["employee"], headers=later))
    repeated = fits("createEmployee", estate.send("POST", path, SAMPLES["employee"], headers=later))
    assert repeated["o:errorDetails"][0]["o:errorCode"] == "IDEMPOTENCY_ERROR"
    _, waiting, _ = estate.send("GET", f"{RECORDS}/customer/1", headers={"prefer": "respond-async"})
    fits("getAsyncResult", estate.send("GET", f"{JOBS}/1/task/1/result"))
    estate.step(estate.world.now_ms() + 2000)
    run_due(estate.world)
    for job in ("1", waiting["location"].rpartition("/")[2]):
        assert fits("getAsyncJob", estate.send("GET", f"{JOBS}/{job}"))["completed"]
        fits("getAsyncTasks", estate.send("GET", f"{JOBS}/{job}/task"))
        fits("getAsyncTask", estate.send("GET", f"{JOBS}/{job}/task/1"))
        fits("getAsyncResult", estate.send("GET", f"{JOBS}/{job}/task/1/result"))


def test_refusals__fit_by_status_and_code() -> None:
    estate = account()
    fits("getCustomer", estate.send("GET", f"{RECORDS}/customer/999"))
    fits("getCustomer", estate.send("GET", f"{RECORDS}/customer/1", headers={"authorization": "OAuth x"}))
    fits("createOther", estate.send("POST", f"{RECORDS}/subsidiary", {}))
    fits("deleteOther", estate.send("DELETE", f"{RECORDS}/currency/1"))
    fits("closePeriod", estate.send("PATCH", f"{RECORDS}/accountingPeriod/3", {"closed": True}))
    fits("suiteql", estate.send("POST", QUERY, {"q": "SELECT"}, headers={"prefer": "transient"}))
    fits("deleteEmployee", estate.send("DELETE", f"{RECORDS}/employee/eid:E2"))
    fits("metadataCatalog", estate.send("GET", f"{RECORDS}/metadata-catalog"))
    fits("governanceLimits", estate.send("GET", "/services/rest/system/v1/governanceLimits"))
    error = named("#/components/schemas/error-404")
    body = msgspec.json.decode(estate.send("GET", f"{RECORDS}/customer/999")[2])
    assert misfits(error, body) == []
    assert misfits(error, {**body, "status": 400}) != []


def test_a_request_body__knows_what_is_read_only_and_what_lines_need() -> None:
    create = named("#/components/schemas/invoice-create")
    assert misfits(create, {**SAMPLES["invoice"], "total": 1}) != []
    assert misfits(create, {**SAMPLES["invoice"], "item": {"items": []}}) != []
    assert misfits(create, {**SAMPLES["invoice"], "item": {"items": [{"quantity": 1}]}}) != []
    update = named("#/components/schemas/invoice-update")
    assert misfits(update, {"item": {"items": [{"line": 1, "quantity": 1}]}}) == []
    assert misfits(update, {"approvalStatus": {"id": "2"}}) != []
