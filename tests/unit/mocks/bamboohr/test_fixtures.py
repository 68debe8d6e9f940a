"""The payloads kept beside the vendor's code are what the mock takes and gives."""

from pathlib import Path

import msgspec
import pytest

from mocks.hris import bamboohr

from .estate import Estate

FOLDER = Path(bamboohr.__file__).parent / "fixtures"


def fixture(name: str) -> bytes:
    """The bytes of one payload."""
    return (FOLDER / name).read_bytes()


@pytest.fixture
def estate() -> Estate:
    """The employee of the fixture was added by the API, and told."""
    made = Estate()
    made.control("POST", "subscribe", {"url": "https://core.example/hooks", "secret": "s"})
    assert made.api("POST", "/employees/", fixture("add_employee.xml"), accept="")[0] == 201
    return made


def test_the_added_employee__is_in_changed(estate: Estate) -> None:
    assert estate.get("/employees/changed", since="2026-01-01T00:00:00Z") == msgspec.json.decode(
        fixture("changed.json")
    )


def test_the_added_employee__has_the_row_of_a_table_as_xml(estate: Estate) -> None:
    _, _, body = estate.api("GET", "/employees/1/tables/jobInfo", accept="")
    assert body == fixture("job_info.xml").rstrip()


def test_the_report__answers_the_added_employee(estate: Estate) -> None:
    _, _, body = estate.api("POST", "/reports/custom/", fixture("custom_report.xml"), format="json")
    assert msgspec.json.decode(body) == msgspec.json.decode(fixture("custom_report_answer.json"))


def test_the_notice__tells_of_the_added_employee(estate: Estate) -> None:
    estate.release()
    assert msgspec.json.decode(estate.inbox.received[0][2]) == msgspec.json.decode(fixture("webhook.json"))
