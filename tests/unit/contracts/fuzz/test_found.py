"""What the fuzzing of the mocks found in them, held."""

import msgspec
import pytest

from mocks.kit.system import description_of
from tests.unit.mocks.asgi import run
from tests.unit.mocks.bamboohr import estate as hris
from tests.unit.mocks.gusto import estate as payroll


@pytest.fixture
def bamboo() -> hris.Estate:
    """A BambooHR with one person."""
    estate = hris.Estate()
    body = msgspec.json.encode({"firstName": "Ada", "lastName": "Muster"})
    assert estate.api("POST", "/employees", body)[0] == 201
    return estate


def test_a_method_that_a_path_does_not_have__is_refused_with_those_it_has(bamboo: hris.Estate) -> None:
    status, headers, _ = run(bamboo.system, "PATCH", f"{hris.DIRECT}/employees/1")
    assert (status, headers["allow"]) == (405, "GET, POST")


def test_a_path_that_is_not_there__names_no_methods(bamboo: hris.Estate) -> None:
    status, headers, _ = run(bamboo.system, "GET", f"{hris.DIRECT}/nowhere/at/all")
    assert status == 404
    assert "allow" not in headers


def test_since__takes_fractions_of_a_second(bamboo: hris.Estate) -> None:
    assert bamboo.get("/employees/changed", since="2026-01-05T08:59:59.999Z")["employees"] != []
    assert bamboo.get("/employees/changed", since="2026-01-05T09:00:00.001Z")["employees"] == []


@pytest.mark.parametrize("wrong", [0, False, None, []])
def test_a_reports_filter_that_is_no_timestamp__is_refused(bamboo: hris.Estate, wrong: object) -> None:
    body = msgspec.json.encode({"fields": ["firstName"], "filters": {"lastChanged": wrong}})
    assert bamboo.api("POST", "/reports/custom", body)[0] == 400


def _asked(bamboo: hris.Estate, amount: object) -> int:
    wanted = {
        "status": "requested",
        "start": "2026-03-02",
        "end": "2026-03-02",
        "timeOffTypeId": "78",
        "amount": amount,
    }
    return bamboo.api("PUT", "/employees/1/time_off/request", msgspec.json.encode(wanted))[0]


@pytest.mark.parametrize(
    ("amount", "kept"), [("8", "8"), (8, "8"), (8.0, "8"), (4.5, "4.50"), ("4.5", "4.5")]
)
def test_hours_of_leave__are_taken_as_text_or_number(bamboo: hris.Estate, amount: object, kept: str) -> None:
    assert _asked(bamboo, amount) == 201
    shown = bamboo.get("/time_off/requests", start="2026-03-01", end="2026-03-31")
    assert [one["amount"]["amount"] for one in shown] == [kept]


@pytest.mark.parametrize("amount", ["many", "", -1, 0.125, None, True])
def test_hours_of_leave_that_are_none__are_refused(bamboo: hris.Estate, amount: object) -> None:
    assert _asked(bamboo, amount) == 400


def test_a_question_that_is_neither_true_nor_false__is_refused() -> None:
    estate = payroll.Estate()
    estate.act([payroll.payroll()], "seed")
    status, _, _ = estate.api("GET", f"/companies/{estate.company()}/payrolls", processed="perhaps")
    assert status == 422


@pytest.mark.parametrize(("name", "status"), [("Zoë\u2003Ö", 201), ("tab\there", 422), ("next\x85line", 422)])
def test_a_name__may_have_any_characters_but_control_characters(name: str, status: int) -> None:
    estate = payroll.Estate()
    estate.act([payroll.payroll()], "seed")
    body = {"first_name": name, "last_name": "Muster"}
    assert estate.api("POST", f"/companies/{estate.company()}/employees", body)[0] == status


@pytest.mark.parametrize("estate", [hris.Estate, payroll.Estate])
def test_a_description__holds_exactly_the_answers_of_the_operations(
    estate: type[hris.Estate] | type[payroll.Estate],
) -> None:
    vendor = estate().system.vendor
    described = description_of(vendor)
    for operation in vendor.operations:
        shown = described["paths"][operation.path][operation.method.lower()]
        assert shown["responses"] == operation.responses
        assert shown["operationId"] == operation.name
        assert shown["security"] == list(vendor.security)
        good = [code for code in shown["responses"] if code.startswith("2")]
        assert len(good) == 1
        assert "422" not in shown["responses"] or vendor.name == "gusto"
