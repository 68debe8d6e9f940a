"""States of BambooHR, made through its API: employees, rows, time off."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from contracts.provider.states.port import State, refused_credentials, striking
from contracts.provider.workbench import Workbench
from mocks.firm.facts.people import Resource
from mocks.kit.faults import Fault

_ROWS = {
    "jobInfo": {
        "date": "2024-01-15",
        "jobTitle": "Consultant",
        "level": "CON",
        "costCentre": "CC-10",
    },
    "employmentStatus": {"date": "2024-01-15", "employmentStatus": "Full-Time", "fte": "1.0"},
    "skills": {"skill": "python", "certified": "yes"},
}
_PERSON = {
    "employeeNumber": "1001",
    "firstName": "Zoe",
    "lastName": "Quill",
    "workEmail": "zoe.quill@firm.example",
    "hireDate": "2024-01-15",
    "terminationDate": "0000-00-00",
    "entity": "US01",
    "practice": "DATA",
    "weeklyPattern": "8,8,8,8,8,0,0",
}


def _path(bench: Workbench, rest: str) -> str:
    return f"/api/gateway.php/{bench.access.values()['company']}/v1{rest}"


def _employee(bench: Workbench) -> tuple[str, str]:
    """A new employee's id and number. The API deletes nobody, so each has a number of their own."""
    number = bench.fresh()
    person = {**_PERSON, "employeeNumber": number, "workEmail": f"zoe.{number}@firm.example"}
    answer = bench.call("POST", _path(bench, "/employees"), person)
    return answer.header("location").rstrip("/").rpartition("/")[2], number


def _nobody(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    # No employee has this number in any company: ids count upwards from one.
    return {"id": "999999999"}


def _somebody(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    _, manager = _employee(bench)
    employee_id, _ = _employee(bench)
    rows = {**_ROWS, "jobInfo": {**_ROWS["jobInfo"], "reportsTo": manager}}
    for table, row in rows.items():
        bench.call("POST", _path(bench, f"/employees/{employee_id}/tables/{table}"), row)
    return {"id": employee_id}


def _deleted(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    # The API deletes nobody; an administrator does, in the product.
    fact = Resource(
        bk="RS|1001",
        recorded_at_ms=0,
        employee_no="1001",
        first_name="Zoe",
        last_name="Quill",
        work_email="zoe.1001@firm.example",
        entity="LE|US01",
        practice="PR|DATA",
        hired=date(2024, 1, 15),
        terminated=None,
        weekly_pattern_e2=(800, 800, 800, 800, 800, 0, 0),
        jobs=(),
    )
    bench.act(fact)
    bench.act(replace(fact, ver=2, deleted=True))
    return {}


def _absent(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    employee_id, _ = _employee(bench)
    today = datetime.now(UTC).date()
    day = today + timedelta(days=7)
    request = {
        "status": "approved",
        "start": day.isoformat(),
        "end": day.isoformat(),
        "timeOffTypeId": 78,
        "amount": 8,
        "dates": {day.isoformat(): "8"},
    }
    bench.call("PUT", _path(bench, f"/employees/{employee_id}/time_off/request"), request)
    window = {"start": today - timedelta(days=62), "end": today + timedelta(days=400)}
    return {"id": employee_id, **{name: bound.isoformat() for name, bound in window.items()}}


def _subscribe(bench: Workbench) -> None:
    webhook = {
        "name": "contracts",
        "url": bench.receiver_url,
        "format": "json",
        "monitorFields": ["firstName"],
        "postFields": {},
        "events": ["employee_with_fields.created", "employee_with_fields.updated"],
    }
    made = msgspec.json.decode(bench.call("POST", _path(bench, "/webhooks"), webhook).body)
    bench.secret = made["privateKey"]
    bench.later(lambda: bench.call("DELETE", _path(bench, f"/webhooks/{made['id']}")))


def _told_of_creation(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    _subscribe(bench)
    return {"id": _employee(bench)[0]}


def _told_of_update(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    employee_id, _ = _employee(bench)
    _subscribe(bench)
    bench.call("POST", _path(bench, f"/employees/{employee_id}"), {"firstName": "Zora"})
    return {"id": employee_id}


STATES = {
    "there are no employees": State(_nobody, mock_only=True),
    "an employee number that nobody has": State(_nobody),
    "somebody with a row in every table": State(_somebody),
    "somebody was deleted": State(_deleted, mock_only=True),
    "somebody has approved time off": State(_absent),
    "an employee is created while we are subscribed": State(_told_of_creation),
    "an employee is updated while we are subscribed": State(_told_of_update),
    "the credentials are refused": State(refused_credentials),
    "too many calls were made": striking(Fault(id="limit", kind="limit", status=429, seconds=60)),
    "too many calls were made, told the old way": striking(
        Fault(id="old-limit", kind="reject", status=503, seconds=60)
    ),
    "the system is out of order": striking(Fault(id="broken", kind="reject", status=500)),
}
