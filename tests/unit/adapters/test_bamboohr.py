"""The HRIS adapter: who changed, their fields and dated rows, few calls, honest bounds."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.canonical.work import Employee, JobRow, Skill, StatusRow
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer
from integration_core.ports.systems import (
    AuthRefused,
    ChangePage,
    RateLimited,
    Transient,
    Unreadable,
    VendorError,
)

from .scripted import DATE_MS, Answer, Routed, Scripted, answer, run

CHANGED_AT = "2026-01-30T12:00:00+00:00"
CHANGED_MS = 1_769_774_400_000
PERSON = {
    "employeeNumber": "10017",
    "firstName": "Zoë",
    "lastName": "O'Neil",
    "workEmail": "zoe.oneil@example.com",
    "hireDate": "2024-05-01",
    "terminationDate": "0000-00-00",
    "entity": "US01",
    "practice": "DATA",
    "weeklyPattern": "8,8,8,7.5,8,0,0",
}
JOBS = [
    {"id": "2", "date": "2026-01-16", "jobTitle": "Principal", "level": "PRINCIPAL", "costCentre": "200",
     "reportsTo": ""},
    {"id": "1", "date": "2024-05-01", "jobTitle": "Senior", "level": "SENIOR", "costCentre": "100",
     "reportsTo": "10001"},
]  # fmt: skip
STATUSES = [
    {"id": "2", "date": "2026-01-19", "employmentStatus": "Part-Time", "fte": "0.60"},
    {"id": "1", "date": "2024-05-01", "employmentStatus": "Full-Time", "fte": None},
]
TABLES: dict[str, Any] = {"jobInfo": JOBS, "employmentStatus": STATUSES}
SKILLS = [{"id": "1", "skill": "sql", "certified": "false", "since": "2020-01-01"},
          {"id": "2", "skill": "python", "certified": "true", "since": "2021-01-01"}]  # fmt: skip


class Company(Routed):
    """A company of these people, all with the same fields and rows."""

    def __init__(self, *changed: tuple[str, str], latest: str = CHANGED_AT, reported: bool = True) -> None:
        super().__init__(self._answer)
        self.changed: dict[str, Any] = {
            native_id: {"id": native_id, "action": action, "lastChanged": CHANGED_AT}
            for native_id, action in changed
        }
        self.latest = latest
        self.reported = reported
        self.people = {native_id: {"id": native_id, **PERSON} for native_id, _ in changed}

    def _answer(self, request: HttpRequest) -> Answer:
        parts = urlsplit(request.url).path.removeprefix("/api/gateway.php/acme/v1/").split("/")
        if parts == ["employees", "changed"]:
            return answer(200, {"latest": self.latest, "employees": self.changed or []})
        if parts == ["reports", "custom"]:
            return answer(
                200, {"title": "", "employees": list(self.people.values()) if self.reported else []}
            )
        if parts[2:3] == ["tables"]:
            rows = TABLES.get(parts[3], SKILLS)
            owners = list(self.people) if parts[1] == "all" else [parts[1]]
            return answer(200, [{**row, "employeeId": owner} for owner in owners for row in rows])
        person = self.people.get(parts[1])
        return answer(200, person) if person else answer(404, x_bamboohr_error_message="No such employee")

    def paths(self) -> list[str]:
        """Path and method of what was asked, in order."""
        return [
            request.method + urlsplit(request.url).path.removeprefix("/api/gateway.php/acme/v1")
            for request in self.requests
        ]


def read(transport: Scripted, since_ms: int = CHANGED_MS) -> ChangePage:
    hris = BambooHris(transport, "http://hris.example", "acme", "key-1", batch_from=3)
    return run(hris.read_changes("employees", since_ms, None))


def test_employee__carries_dated_rows_in_order_and_skills() -> None:
    company = Company(("123", "Updated"))
    found = read(company)
    assert found.records == (
        Employee(
            key="RS|10017",
            native_id="123",
            employee_no="10017",
            first_name="Zoë",
            last_name="O'Neil",
            work_email="zoe.oneil@example.com",
            entity_code="US01",
            practice="DATA",
            hired=date(2024, 5, 1),
            terminated=None,
            jobs=(
                JobRow(
                    valid_from=date(2024, 5, 1), level="SENIOR", title="Senior", cost_centre="100",
                    manager_employee_no="10001",
                ),
                JobRow(
                    valid_from=date(2026, 1, 16), level="PRINCIPAL", title="Principal", cost_centre="200",
                    manager_employee_no=None,
                ),
            ),
            skills=(Skill(name="python", certified=True), Skill(name="sql", certified=False)),
            statuses=(
                StatusRow(valid_from=date(2024, 5, 1), status="Full-Time", fte=Decimal(1)),
                StatusRow(valid_from=date(2026, 1, 19), status="Part-Time", fte=Decimal("0.60")),
            ),
            weekly_pattern=tuple(map(Decimal, ("8", "8", "8", "7.5", "8", "0", "0"))),
            deleted=False,
            recorded_at_ms=CHANGED_MS,
        ),
    )  # fmt: skip
    first = company.requests[0]
    assert dict(first.headers)["authorization"] == "Basic a2V5LTE6eA=="
    assert parse_qs(urlsplit(first.url).query) == {"since": ["2026-01-30T11:59:59Z"], "type": ["all"]}


def test_few_people__are_read_one_by_one_fields_before_tables() -> None:
    company = Company(("1", "Updated"), ("2", "Inserted"))
    read(company)
    assert company.paths()[1:] == [
        "GET/employees/1",
        "GET/employees/2",
        "GET/employees/1/tables/jobInfo",
        "GET/employees/2/tables/jobInfo",
        "GET/employees/1/tables/employmentStatus",
        "GET/employees/2/tables/employmentStatus",
        "GET/employees/1/tables/skills",
        "GET/employees/2/tables/skills",
    ]


def test_many_people__are_read_by_one_report_and_whole_tables() -> None:
    company = Company(*((str(n), "Updated") for n in range(1, 51)))
    found = read(company)
    assert len(found.records) == 50
    assert company.paths()[1:] == [
        "POST/reports/custom",
        "GET/employees/all/tables/jobInfo",
        "GET/employees/all/tables/employmentStatus",
        "GET/employees/all/tables/skills",
    ]
    assert b'<field id="employeeNumber"/>' in company.requests[1].body


def test_people_left_out_of_the_report__are_read_singly() -> None:
    company = Company(*((str(n), "Updated") for n in range(1, 5)), reported=False)
    assert len(read(company).records) == 4
    assert company.paths().count("GET/employees/4") == 1


def test_deleted_person__leaves_a_tombstone_by_id() -> None:
    company = Company(("123", "Deleted"))
    (gone,) = read(company).records
    assert isinstance(gone, Employee)
    assert (gone.native_id, gone.deleted, gone.key) == ("123", True, "")
    assert len(company.requests) == 1


def test_nobody_changed__empty_list_is_an_empty_page() -> None:
    found = read(Company())
    assert found.records == ()
    assert found.cursor is None


def test_bound__is_the_later_of_latest_and_the_answers_date_less_the_lag() -> None:
    assert read(Company()).complete_to_ms == DATE_MS - 60_000
    ahead = read(Company(latest="2026-01-31T09:00:00+01:00")).complete_to_ms
    assert ahead == DATE_MS - 60_000
    undated = HttpResponse(
        status=200, headers=(), body=b'{"latest": "2026-01-30T12:00:00+00:00", "employees": []}'
    )
    assert read(Scripted(undated)).complete_to_ms == CHANGED_MS - 60_000


def test_person_without_hire_date__is_unread_and_the_others_go_on() -> None:
    company = Company(("1", "Updated"), ("2", "Updated"))
    company.people["1"]["hireDate"] = "0000-00-00"
    found = read(company)
    assert [record.native_id for record in found.records if isinstance(record, Employee)] == ["2"]
    assert [(unread.native_id, unread.recorded_at_ms) for unread in found.unread] == [("1", CHANGED_MS)]


def test_person_with_a_week_of_six_days__is_unread() -> None:
    company = Company(("1", "Updated"))
    company.people["1"]["weeklyPattern"] = "8,8,8,8,8,8"
    found = read(company)
    assert (found.records, len(found.unread)) == ((), 1)


def test_changed_person_who_is_not_there__is_told_and_not_dropped() -> None:
    company = Company(("1", "Updated"))
    del company.people["1"]
    assert [unread.native_id for unread in read(company).unread] == ["1"]


def refusal(given: Answer) -> VendorError:
    with pytest.raises(VendorError) as caught:
        read(Scripted(given))
    return caught.value


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer(429, retry_after="9"), RateLimited),
        (answer(503, retry_after="9"), RateLimited),
        (answer(503), Transient),
        (answer(401), AuthRefused),
        (answer(403, x_bamboohr_error_message="No access"), AuthRefused),
        (answer(404), Unreadable),
        (answer(200, {"employees": {}}), Unreadable),
        (answer(200, {"latest": "today", "employees": {}}), Unreadable),
        (answer(200, b'{"latest": "2026'), Transient),
        (NoAnswer("reset"), Transient),
    ],
)
def test_failure__is_told_apart(given: Answer, kind: type[VendorError]) -> None:
    assert type(refusal(given)) is kind


def test_limit_of_either_year__says_how_long_to_wait() -> None:
    for status in (429, 503):
        error = refusal(answer(status, retry_after="9"))
        assert isinstance(error, RateLimited)
        assert error.retry_after_seconds == 9.0
