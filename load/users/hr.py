"""HR: hires people, adds rows when they rise or leave, and enters leave."""

from collections.abc import Sequence
from typing import Any

from load.deeds import Deed
from load.users.desk import Desk, NotYet, decoded
from load.users.result import Result, done, refused
from mocks.firm.facts.source import Absence, JobRow, Resource, Skill, StatusRow

_TYPES = {"VACATION": "78", "SICK": "77", "OTHER": "80"}
_CONFLICT = 409


class Numbers:
    """Employee numbers and the vendor's ids, learned from one report and from what was made since."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def id_of(self, desk: Desk, number: str) -> str:
        """The id of an employee number; raises NotYet."""
        if number not in self._ids:
            self._learn(desk)
        if number not in self._ids:
            raise NotYet(f"RS|{number} as an employee")
        return self._ids[number]

    def _learn(self, desk: Desk) -> None:
        body = {"title": "numbers", "fields": ["id", "employeeNumber"]}
        path = f"{desk.accesses['hris'].base}/reports/custom?format=JSON&onlyCurrent=false"
        report = decoded(desk.call("hris", "list employees", "POST", path, body))
        rows = report["employees"]
        self._ids |= {row["employeeNumber"]: row["id"] for row in rows if row["employeeNumber"]}


def perform(desk: Desk, deeds: Sequence[Deed], numbers: Numbers) -> list[Result]:
    """Do each deed by the kind of its fact."""
    results = []
    for deed in deeds:
        fact = deed.facts[0]
        if isinstance(fact, Absence):
            results.append(_leave(desk, deed, fact, numbers))
        elif isinstance(fact, Resource):
            results.append(_person(desk, deed, fact, numbers))
        else:
            results.append(refused(deed.id, f"HR records no {type(fact).__name__}."))
    return results


def _path(desk: Desk, rest: str) -> str:
    return f"{desk.accesses['hris'].base}/{rest}"


# --- people ---------------------------------------------------------------------------------------


def _person(desk: Desk, deed: Deed, fact: Resource, numbers: Numbers) -> Result:
    found = False
    if fact.ver == 1:
        # A taken number is the vendor's own safeguard against a second press of the button.
        fields = employee_fields(fact)
        heard = desk.call(
            "hris", deed.operation, "POST", _path(desk, "employees/"), fields, expected=(_CONFLICT,)
        )
        found = heard.status == _CONFLICT
    employee_id = numbers.id_of(desk, fact.employee_no)
    _rows(desk, deed.operation, employee_id, "jobInfo", "date", [_job(row, fact) for row in fact.jobs])
    _rows(desk, deed.operation, employee_id, "employmentStatus", "date", [_status(r) for r in fact.statuses])
    _rows(desk, deed.operation, employee_id, "skills", "skill", [_skill(row) for row in fact.skills])
    return done(deed.id, employee_id, found=found)


def _rows(
    desk: Desk, name: str, employee_id: str, table: str, key: str, wanted: list[dict[str, Any]]
) -> None:
    """Add the rows that a person does not have yet."""
    path = _path(desk, f"employees/{employee_id}/tables/{table}")
    held = {row[key] for row in desk.read("hris", "open employee", path)}
    for row in wanted:
        if row[key] not in held:
            desk.call("hris", name, "POST", path, row)


def employee_fields(fact: Resource) -> dict[str, str | None]:
    """A new employee with the first rows of job and status, which begin on the day of hire."""
    job, status = _job(fact.jobs[0], fact), _status(fact.statuses[0])
    return {
        "employeeNumber": fact.employee_no,
        "firstName": fact.first_name,
        "lastName": fact.last_name,
        "workEmail": fact.work_email,
        "hireDate": fact.hired.isoformat(),
        "entity": _code(fact.entity),
        "practice": _code(fact.practice),
        "weeklyPattern": ",".join(_hours(one) for one in fact.weekly_pattern_e2),
        **{name: value for name, value in job.items() if name != "date"},
        "employmentHistoryStatus": status["employmentStatus"],
        "fte": status["fte"],
    }


def _job(row: JobRow, fact: Resource) -> dict[str, Any]:
    entity, cost_centre = _code(fact.entity), _code(row.cost_centre)
    own = cost_centre.removeprefix(f"{entity}|")
    return {
        "date": row.valid_from.isoformat(),
        "jobTitle": row.title,
        "level": row.level,
        "costCentre": own,
        "reportsTo": _code(row.manager) if row.manager else None,
        "location": entity,
        "department": own,
        "division": _code(fact.practice),
    }


def _status(row: StatusRow) -> dict[str, Any]:
    fte = f"{row.fte_e2 // 100}.{row.fte_e2 % 100:02d}"
    return {"date": row.valid_from.isoformat(), "employmentStatus": row.status, "fte": fte}


def _skill(row: Skill) -> dict[str, Any]:
    certified = "true" if row.certified else "false"
    return {"skill": row.name, "certified": certified, "since": row.since.isoformat()}


def _code(bk: str) -> str:
    return bk.partition("|")[2]


def _hours(hours_e2: int) -> str:
    whole, part = divmod(hours_e2, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".")


# --- leave ----------------------------------------------------------------------------------------


def _leave(desk: Desk, deed: Deed, fact: Absence, numbers: Numbers) -> Result:
    """Enter approved time off, after a look at what is there: each request would be one of its own."""
    employee_id = numbers.id_of(desk, _code(fact.resource))
    days = {one.day.isoformat(): _hours(one.hours_e2) for one in fact.days}
    start, end = min(days), max(days)
    query = f"start={start}&end={end}&employeeId={employee_id}"
    shown = desk.read("hris", "open leave", _path(desk, f"time_off/requests?{query}"))
    for one in shown:
        same = one["start"] == start and one["end"] == end and one["type"]["id"] == _TYPES[fact.kind]
        if same and one["status"]["status"] == "approved":
            return done(deed.id, one["id"], found=True)
    body = {
        "status": "approved",
        "start": start,
        "end": end,
        "timeOffTypeId": _TYPES[fact.kind],
        "amount": _hours(sum(one.hours_e2 for one in fact.days)),
        "dates": days,
    }
    path = _path(desk, f"employees/{employee_id}/time_off/request")
    heard = desk.call("hris", deed.operation, "PUT", path, body)
    return done(deed.id, heard.headers.get("location", "").rpartition("/")[2])
