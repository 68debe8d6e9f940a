"""The orgs as targets of the description's tests: they fit, and a planted fault of the protocol is found."""

import pytest

from contracts.fuzz.harness import Options, fuzz
from contracts.fuzz.target import Request
from contracts.fuzz.targets.certinia import TARGET as CERTINIA
from contracts.fuzz.targets.salesforce import TARGET as SALESFORCE
from mocks.protocols.salesforce import values
from mocks.protocols.salesforce.shapes import Shape

from .estate import Estate

EXAMPLES = 5


def found(operation: str, check: str) -> bool:
    """Whether testing one operation of the CRM has this check fail."""
    report = fuzz(SALESFORCE, Options(examples=EXAMPLES, only=(operation,)))
    return any(failure.check == check for failure in report.failures)


def test_a_read__is_as_described_in_both_orgs_and_the_same_each_time() -> None:
    reports = [
        fuzz(target, Options(examples=EXAMPLES, only=("readRecord",)))
        for target in (SALESFORCE, CERTINIA, SALESFORCE)
    ]
    assert [(report.passed, report.failures) for report in reports] == [(True, ())] * 3
    assert reports[0].request_hash == reports[2].request_hash != reports[1].request_hash


def test_a_field_of_another_name__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    render = Shape.render

    def renamed(self: Shape, row: tuple[object, ...], version_path: str) -> dict[str, object]:
        record = render(self, row, version_path)
        record["CreatedOn"] = record.pop("CreatedDate")
        return record

    monkeypatch.setattr(Shape, "render", renamed)
    assert found("readRecord", "response_schema_conformance")


def test_an_instant_in_another_form__is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_second_text", lambda second: "1 January")
    assert found("readRecord", "response_schema_conformance")


def test_credentials__are_refused_in_the_platforms_own_shape() -> None:
    estate = Estate()
    request = Request("GET", "http://crm.example/services/data/v59.0/limits")
    with SALESFORCE.serve() as served:
        wrong = served.wrong(request)
        right = served.authorise(request)
    assert right != wrong
    status, errors = estate.call("GET", "/limits")
    assert (status, list(errors)) == (200, ["DailyApiRequests"])
    status, _, body = estate.raw("GET", "/limits", headers={"authorization": wrong["Authorization"]})
    assert (status, b"INVALID_SESSION_ID" in body) == (401, True)


def test_every_oddity__names_operations_that_there_are() -> None:
    for target in (SALESFORCE, CERTINIA):
        with target.serve() as served:
            paths = served.description["paths"].values()
        names = {operation["operationId"] for path in paths for operation in path.values()}
        assert {name for oddity in target.oddities for name in oddity.operations} <= names
        assert all(oddity.reason.endswith(".") for oddity in target.oddities)
