"""What the API answers about companies, employees and payrolls."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mocks.firm.facts.source import PayrollLine
from mocks.payroll import gusto

from .estate import DAY_MS, START_MS, Estate, payroll


@pytest.fixture
def estate() -> Estate:
    """Two companies, one run each."""
    made = Estate()
    made.act([payroll(), payroll("DE01")])
    return made


def payrolls(estate: Estate, code: str = "US01", **query: str) -> Any:
    """The list of a company's payrolls."""
    return estate.get(f"/companies/{estate.company(code)}/payrolls", **query)


def test_a_fresh_world__has_no_company_and_says_so() -> None:
    estate = Estate()
    assert estate.get("/companies") == []
    assert estate.get("/me")["roles"] == {"payroll_admin": {"companies": []}}
    assert estate.get("/token_info")["resource"] is None


def test_the_token__names_its_companies_and_scopes(estate: Estate) -> None:
    companies = estate.get("/me")["roles"]["payroll_admin"]["companies"]
    assert [company["uuid"] for company in companies] == [estate.company("US01"), estate.company("DE01")]
    info = estate.get("/token_info")
    assert info["resource"] == {"type": "Company", "uuid": estate.company("US01")}
    assert "payrolls:read" in info["scope"].split()


def test_a_company__knows_its_entity_and_currency(estate: Estate) -> None:
    shown = estate.get(f"/companies/{estate.company('DE01')}")
    assert (shown["entity_code"], shown["currency"]) == ("DE01", "EUR")
    (field,) = estate.get(f"/companies/{estate.company('DE01')}/custom_fields")["custom_fields"]
    person = estate.employees("DE01")[0]["custom_fields"][0]
    assert person["company_custom_field_id"] == field["uuid"]


def test_an_employee__has_names_and_number(estate: Estate) -> None:
    first, second = estate.employees()
    assert (first["first_name"], first["last_name"]) == ("Zoe", "Oneil")
    assert first["custom_fields"][0]["value"] == "1001"
    assert second["work_email"] == "max.muster@us01.example"
    assert "custom_fields" not in estate.get(f"/employees/{first['uuid']}")
    found = estate.get(f"/companies/{estate.company()}/employees", search_term="muster")
    assert [one["uuid"] for one in found] == [second["uuid"]]


def test_a_payroll__holds_gross_and_the_employers_taxes_to_the_cent(estate: Estate) -> None:
    (listed,) = payrolls(estate, include="totals")
    assert "employee_compensations" not in listed
    assert listed["totals"]["gross_pay"] == "13333.35"
    path = f"/companies/{estate.company()}/payrolls/{listed['uuid']}"
    shown = estate.get(path, include="taxes,benefits,deductions")
    first = shown["employee_compensations"][0]
    employer = sum(Decimal(tax["amount"]) for tax in first["taxes"] if tax["employer"])
    employee = sum(Decimal(tax["amount"]) for tax in first["taxes"] if not tax["employer"])
    assert (first["gross_pay"], employer) == ("8333.34", Decimal("637.50"))
    assert Decimal(first["net_pay"]) == Decimal("8333.34") - employee
    assert shown["pay_period"]["start_date"] == "2026-01-01"
    assert shown["pay_period"]["end_date"] == "2026-01-31"
    assert "taxes" not in estate.get(path)["employee_compensations"][0]


@pytest.mark.parametrize("name", ["company", "employee", "payroll"])
def test_kept_payloads__are_what_the_mock_answers(estate: Estate, name: str) -> None:
    company = f"/companies/{estate.company()}"
    path = {
        "company": company,
        "employee": f"/employees/{estate.employees()[0]['uuid']}",
        "payroll": f"{company}/payrolls/{payrolls(estate)[0]['uuid']}",
    }[name]
    include = {"employee": "custom_fields", "payroll": "taxes,benefits,deductions"}
    kept = (Path(gusto.__file__).parent / "fixtures" / f"{name}.json").read_bytes()
    assert estate.get(path, **({"include": include[name]} if name in include else {})) == (
        msgspec.json.decode(kept)
    )


def test_stamps__are_when_it_was_processed_and_when_it_was_written(estate: Estate) -> None:
    (listed,) = payrolls(estate)
    assert listed["processed_date"] == "2026-02-01T09:00:00.123Z"
    assert listed["updated_at"] == "2026-02-02T09:00:00.123Z"


def test_the_list__shows_regular_runs_of_half_a_year_unless_asked(estate: Estate) -> None:
    estate.act([payroll(number=2, kind="CORRECTION"), payroll(period="2025-05")])
    assert len(payrolls(estate)) == 1
    assert len(payrolls(estate, payroll_types="regular,off_cycle")) == 2
    assert len(payrolls(estate, start_date="2025-04-01")) == 2
    assert payrolls(estate, start_date="2025-03-01", end_date="2025-04-30") == []
    assert payrolls(estate, processing_statuses="unprocessed") == []
    assert payrolls(estate, processed="false") == []
    assert len(payrolls(estate, date_filter_by="check_date", start_date="2026-01-28")) == 1
    assert payrolls(estate, date_filter_by="check_date", start_date="2026-01-29") == []
    (correction,) = payrolls(estate, payroll_types="off_cycle")
    assert (correction["off_cycle"], correction["off_cycle_reason"]) == (True, "Correction")


def test_pages__come_with_headers_only_when_asked_for(estate: Estate) -> None:
    path = f"/companies/{estate.company()}/employees"
    _, headers, _ = estate.api("GET", path)
    assert "x-total-count" not in headers
    _, headers, body = estate.api("GET", path, page="2", per="1")
    assert [one["first_name"] for one in msgspec.json.decode(body)] == ["Max"]
    assert [headers[f"x-{name}"] for name in ("page", "per-page", "total-count", "total-pages")] == [
        "2", "1", "2", "2",
    ]  # fmt: skip
    estate.control("POST", "faults", [{"id": "small", "kind": "page_size", "size": 1}])
    _, headers, body = estate.api("GET", path, page="1")
    assert (len(msgspec.json.decode(body)), headers["x-per-page"]) == (1, "1")


def test_an_update__needs_the_version_it_saw(estate: Estate) -> None:
    seen = estate.employees()[0]
    path = f"/employees/{seen['uuid']}"
    wanted = {"version": seen["version"], "last_name": "Newname"}
    status, _, body = estate.api("PUT", path, wanted)
    after = msgspec.json.decode(body)
    assert (status, after["last_name"], after["first_name"]) == (200, "Newname", "Zoe")
    assert after["version"] != seen["version"]
    status, _, body = estate.api("PUT", path, wanted)
    assert status == 409
    assert msgspec.json.decode(body)["errors"][0]["category"] == "invalid_resource_version"
    assert estate.api("PUT", path, {**wanted, "version": after["version"]})[0] == 200
    assert estate.employees()[0] == after


def test_a_lost_answer__leaves_the_update_done_once(estate: Estate) -> None:
    seen = estate.employees()[0]
    wanted = {"version": seen["version"], "department": "Sales"}
    estate.control("POST", "faults", [{"id": "lost", "kind": "lose_answer", "method": "PUT", "times": 1}])
    assert estate.api("PUT", f"/employees/{seen['uuid']}", wanted)[0] == 0
    assert estate.employees()[0]["department"] == "Sales"
    assert estate.api("PUT", f"/employees/{seen['uuid']}", wanted)[0] == 409


def test_somebody_added_by_the_api__is_found_by_work_email_when_paid(estate: Estate) -> None:
    path = f"/companies/{estate.company()}/employees"
    person = {"first_name": "Ada", "last_name": "Byron", "work_email": "ada.byron@us01.example"}
    status, _, body = estate.api("POST", path, person)
    assert status == 201
    added = msgspec.json.decode(body)
    line = PayrollLine("RS|1003", "ada.byron@us01.example", 100, 0)
    estate.act([payroll(period="2026-02", lines=(line,))])
    found = next(one for one in estate.employees() if one["uuid"] == added["uuid"])
    assert found["custom_fields"][0]["value"] == "1003"
    assert len(estate.employees()) == 3


def test_a_lagging_list__shows_the_last_visible_version(estate: Estate) -> None:
    estate.step(START_MS + DAY_MS)
    changed = payroll(ver=2, check_date=payroll().check_date.replace(day=27))
    (acted, _) = estate.act([changed, payroll(period="2026-02")])
    lag = {"id": "lag", "kind": "visibility_lag", "seconds": 60}
    estate.control("POST", "faults", [lag])
    assert [row["check_date"] for row in payrolls(estate)] == ["2026-01-28"]
    path = f"/companies/{estate.company()}/payrolls/{acted['native_id']}"
    assert estate.get(path)["check_date"] == "2026-01-27"
    estate.step(START_MS + DAY_MS + 60_001)
    assert [row["check_date"] for row in payrolls(estate)] == ["2026-01-27", "2026-02-28"]


def test_the_call_journal__shows_no_pay(estate: Estate) -> None:
    (listed,) = payrolls(estate, include="totals")
    estate.get(f"/companies/{estate.company()}/payrolls/{listed['uuid']}", include="taxes")
    text = str(estate.control("GET", "journal?path=payrolls")["entries"])
    assert listed["uuid"] in text
    assert [amount for amount in ("8333", "5000.01", "13333", "510.00", "127.50") if amount in text] == []
