"""What the core needs of BambooHR: who changed, their fields and dated rows, time off, its refusals."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pact import match

from contracts.consumer.promises import HTTP_DATE, HTTP_DATE_MS, Promises, Text, exactly, text
from integration_core.adapters.bamboohr import mapping
from integration_core.adapters.bamboohr.client import BambooHris
from integration_core.canonical.work import Absence, Employee
from integration_core.ports.systems import AuthRefused, ChangePage, RateLimited, Transient

Make = Callable[[str], Promises]

_ROOT = "/api/gateway.php/${company}/v1"
_EXAMPLES = {"company": "acme", "id": "107"}
_HEADERS: Mapping[str, Any] = {
    "Authorization": match.regex("Basic a2V5Ong=", regex="Basic [A-Za-z0-9+/=]+"),
    "Accept": "application/json",
}
_INSTANT_FORM = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)"
_INSTANT = text("2026-11-20T09:30:00+00:00", _INSTANT_FORM)
_ID = text("107", r"\d+")
_DAY = r"\d{4}-\d\d-\d\d"
# What the state wrote must come back: an empty text is how this vendor says that a field is not there.
_SAID = ".+"
_SINCE_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_SINCE = {"since": "2025-12-31T23:59:59Z", "type": "all"}
_SOMEBODY = "somebody with a row in every table"
_FIELDS = {
    "id": _ID,
    "employeeNumber": text("1001", ".+"),
    "firstName": match.like("Zoe"),
    "lastName": match.like("Quill"),
    "workEmail": text("zoe.quill@firm.example", _SAID),
    "hireDate": text("2024-01-15", _DAY),
    "terminationDate": text("0000-00-00", _DAY),
    "entity": text("US01", _SAID),
    "practice": text("DATA", _SAID),
    "weeklyPattern": text("8,8,8,8,8,0,0", r"(\d+(\.\d+)?)(,\d+(\.\d+)?){6}"),
}
_JOB = {
    "employeeId": _ID,
    "date": text("2024-01-15", _DAY),
    "jobTitle": text("Consultant", _SAID),
    "level": text("CON", _SAID),
    "costCentre": text("CC-10", _SAID),
    "reportsTo": text("1002", _SAID),
}
_EMPLOYMENT = {
    "employeeId": _ID,
    "date": text("2024-01-15", _DAY),
    "employmentStatus": text("Full-Time", _SAID),
    "fte": text("1.0", r"\d(\.\d+)?"),
}
_SKILL = {
    "employeeId": _ID,
    "skill": text("python", _SAID),
    "certified": text("yes", "true|false|yes|no"),
}
# Of everybody only what everybody has can be promised: who leads a firm reports to nobody.
_EVERYBODY = {name: _FIELDS[name] for name in ("id", "employeeNumber", "firstName", "lastName", "hireDate")}
_EVERYBODYS_ROWS = {
    "jobInfo": {**{name: _JOB[name] for name in ("employeeId", "date")}, "level": match.like("CON")},
    "employmentStatus": {
        **{name: _EMPLOYMENT[name] for name in ("employeeId", "date")},
        "employmentStatus": match.like("Full-Time"),
    },
    "skills": {"employeeId": _ID, "skill": match.like("python")},
}
_TABLES = {"jobInfo": _JOB, "employmentStatus": _EMPLOYMENT, "skills": _SKILL}


def _adapter(promises: Promises, url: str, *, batch_from: int = 8) -> BambooHris:
    return BambooHris(promises.network.transport, url, "acme", "key", batch_from=batch_from)


def _read(promises: Promises, url: str, stream: str = "employees", *, batch_from: int = 8) -> ChangePage:
    adapter = _adapter(promises, url, batch_from=batch_from)
    return promises.network.run(adapter.read_changes(stream, _SINCE_MS, None))


def _asks_who_changed(promises: Promises, description: str, state: str) -> Any:
    return promises.upon(description, state).asks(
        "GET", f"{_ROOT}/employees/changed", query=_SINCE, headers=_HEADERS, examples=_EXAMPLES
    )


def _changed(action: str) -> Any:
    change = {"id": "107", "action": action, "lastChanged": "2026-11-20T09:30:00+00:00"}
    return {"latest": _INSTANT, "employees": {"107": change}}


def _changed_rules(actions: str) -> dict[str, Text | None]:
    # The keys of this object are ids.
    return {
        "$.employees": None,
        "$.employees.*.id": _ID,
        "$.employees.*.action": text("Updated", actions),
        "$.employees.*.lastChanged": _INSTANT,
    }


def _promise_changes(promises: Promises, state: str = _SOMEBODY) -> None:
    _asks_who_changed(promises, "read who changed", state).reads(
        200, _changed("Updated"), headers={"Date": HTTP_DATE}, rules=_changed_rules("Inserted|Updated")
    )


def test_employees__are_read_one_by_one_with_their_rows(promises: Make) -> None:
    pact = promises("bamboohr")
    _promise_changes(pact)
    pact.upon("read the fields of one employee", _SOMEBODY).asks(
        "GET",
        f"{_ROOT}/employees/${{id}}",
        query={"fields": ",".join(mapping.FIELDS)},
        headers=_HEADERS,
        examples=_EXAMPLES,
    ).reads(200, _FIELDS)
    for table, row in _TABLES.items():
        pact.upon(f"read the {table} rows of one employee", _SOMEBODY).asks(
            "GET", f"{_ROOT}/employees/${{id}}/tables/{table}", headers=_HEADERS, examples=_EXAMPLES
        ).reads(200, match.each_like(row, min=1))
    with pact.kept() as url:
        page = _read(pact, url)
    (person,) = page.records
    assert isinstance(person, Employee)
    assert (person.employee_no, person.hired, person.terminated) == ("1001", date(2024, 1, 15), None)
    assert person.jobs[0].level == "CON"
    assert person.statuses[0].fte == Decimal(1)
    assert person.skills[0].certified
    assert person.weekly_pattern[0] == 8
    assert page.complete_to_ms == HTTP_DATE_MS - 60_000


def test_employees__many_are_read_by_report_and_whole_tables(promises: Make) -> None:
    pact = promises("bamboohr")
    _promise_changes(pact)
    report = "".join(f'<field id="{name}"/>' for name in mapping.FIELDS)
    pact.upon("read the fields of everybody by report", _SOMEBODY).asks(
        "POST",
        f"{_ROOT}/reports/custom",
        query={"format": "JSON"},
        headers=_HEADERS,
        body=f"<report><title>Employees</title><fields>{report}</fields></report>",
        content_type="application/xml",
        examples=_EXAMPLES,
    ).reads(200, {"employees": match.each_like(_EVERYBODY, min=1)})
    for table, row in _EVERYBODYS_ROWS.items():
        pact.upon(f"read the {table} rows of everybody", _SOMEBODY).asks(
            "GET", f"{_ROOT}/employees/all/tables/{table}", headers=_HEADERS, examples=_EXAMPLES
        ).reads(200, match.each_like(row, min=1))
    with pact.kept() as url:
        page = _read(pact, url, batch_from=1)
    assert [record.native_id for record in page.records if isinstance(record, Employee)] == ["107"]


def test_employees__who_was_deleted_is_told_by_id_alone(promises: Make) -> None:
    pact = promises("bamboohr")
    _asks_who_changed(pact, "read who was deleted", "somebody was deleted").reads(
        200, _changed("Deleted"), headers={"Date": HTTP_DATE}, rules=_changed_rules("Deleted")
    )
    with pact.kept() as url:
        page = _read(pact, url)
    (gone,) = page.records
    assert isinstance(gone, Employee)
    assert gone.deleted
    assert gone.native_id == "107"


def test_employees__nobody_changed(promises: Make) -> None:
    pact = promises("bamboohr")
    _asks_who_changed(pact, "read who changed, when nobody did", "there are no employees").reads(
        200, {"latest": _INSTANT, "employees": []}, headers={"Date": HTTP_DATE}
    )
    with pact.kept() as url:
        page = _read(pact, url)
    assert page.records == ()
    assert page.unread == ()


def test_employees__somebody_who_vanished_in_between_is_kept_as_unread(promises: Make) -> None:
    pact = promises("bamboohr")
    _promise_changes(pact)
    pact.upon("read an employee who is not there", "an employee number that nobody has").asks(
        "GET",
        f"{_ROOT}/employees/${{id}}",
        query={"fields": ",".join(mapping.FIELDS)},
        headers=_HEADERS,
        examples=_EXAMPLES,
    ).reads(404)
    with pact.kept() as url:
        page = _read(pact, url)
    assert page.records == ()
    assert [unread.native_id for unread in page.unread] == ["107"]


def test_absences__are_read_for_a_window_of_days(promises: Make) -> None:
    pact = promises("bamboohr")
    pact.upon("read time off", "somebody has approved time off").asks(
        "GET",
        f"{_ROOT}/time_off/requests",
        query={"start": "${start}", "end": "${end}"},
        headers=_HEADERS,
        examples={**_EXAMPLES, "start": "2025-10-31", "end": "2027-02-05"},
    ).reads(
        200,
        match.each_like(
            {
                "id": text("31", r"\d+"),
                "employeeId": _ID,
                "status": {
                    "status": text("approved", "approved|requested|denied|canceled|superceded"),
                    "lastChanged": text("2026-11-20", _DAY),
                },
                "amount": {"unit": exactly("hours")},
                "dates": {"2026-11-23": "8"},
            },
            min=1,
        ),
        headers={"Date": match.regex("Thu, 01 Jan 2026 10:00:00 GMT", regex=".+ GMT")},
        rules={
            "$[*].dates": None,
            "$[*].dates.*": text("8", r"\d+(\.\d+)?"),
        },
    )
    with pact.kept() as url:
        page = _read(pact, url, "absences")
    (absence,) = page.records
    assert isinstance(absence, Absence)
    assert absence.days[0].hours == 8


@pytest.mark.parametrize(
    ("state", "status", "headers", "error"),
    [
        ("the credentials are refused", 401, {}, AuthRefused),
        ("too many calls were made", 429, {"Retry-After": match.regex("60", regex=r"\d+")}, RateLimited),
        (
            "too many calls were made, told the old way",
            503,
            {"Retry-After": match.regex("60", regex=r"\d+")},
            RateLimited,
        ),
        ("the system is out of order", 500, {}, Transient),
    ],
)
def test_employees__a_refusal_is_told_apart(
    promises: Make, state: str, status: int, headers: Mapping[str, Any], error: type[Exception]
) -> None:
    pact = promises("bamboohr")
    _asks_who_changed(pact, f"read who changed, refused with {status}", state).reads(status, headers=headers)
    with pact.kept() as url, pytest.raises(error):
        _read(pact, url)
