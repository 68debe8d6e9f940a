"""Facts of people to employees with their rows, and back without loss. Pure (mapping, HRIS)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from mocks.firm.facts.source import JobRow, Resource, Skill, StatusRow
from mocks.hris.bamboohr.reading import text
from mocks.hris.bamboohr.schema import JOB, SKILLS, STATUS, TABLES_BY_ALIAS, Table
from mocks.hris.bamboohr.state import RowWrite
from mocks.hris.bamboohr.wire import day_of
from mocks.kit.schema import Value
from mocks.kit.store import Record

Values = Mapping[str, Value]
FACT_TABLES = tuple(TABLES_BY_ALIAS[alias] for alias in (JOB, STATUS, SKILLS))
# What tells rows of one table apart for a person who keeps them.
_KEY = {JOB: "date", STATUS: "date", SKILLS: "skill"}
# Set once, when a row is written; no fact has them.
_ONLY_NEW = frozenset({"location", "department", "division"})


def to_native_employee(fact: Resource) -> dict[str, Value]:
    """The employee's own fields of one version."""
    return {
        "employeeNumber": fact.employee_no,
        "firstName": fact.first_name,
        "lastName": fact.last_name,
        "workEmail": fact.work_email,
        "hireDate": fact.hired.isoformat(),
        "terminationDate": fact.terminated.isoformat() if fact.terminated else None,
        "entity": code_of("LE", fact.entity),
        "practice": code_of("PR", fact.practice),
        "weeklyPattern": ",".join(_decimal_text(hours_e2) for hours_e2 in fact.weekly_pattern_e2) or None,
    }


def to_native_rows(fact: Resource) -> dict[str, list[dict[str, Value]]]:
    """The rows of one version by table, in the fact's order, which `place` keeps."""
    entity = code_of("LE", fact.entity)
    rows: dict[str, list[dict[str, Value]]] = {JOB: [], STATUS: [], SKILLS: []}
    for job in fact.jobs:
        rows[JOB].append(_job_values(job, entity, code_of("PR", fact.practice)))
    for status in fact.statuses:
        rows[STATUS].append(
            {
                "date": status.valid_from.isoformat(),
                "employmentStatus": status.status,
                "fte": f"{Decimal(status.fte_e2).scaleb(-2):.2f}",
            }
        )
    for skill in fact.skills:
        rows[SKILLS].append(
            {
                "skill": skill.name,
                "certified": "true" if skill.certified else "false",
                "since": skill.since.isoformat(),
            }
        )
    for one_table in rows.values():
        for place, values in enumerate(one_table):
            values["place"] = place
    return rows


def _job_values(job: JobRow, entity: str, practice: str) -> dict[str, Value]:
    cost_centre = _cost_centre_text(job.cost_centre, entity)
    return {
        "date": job.valid_from.isoformat(),
        "jobTitle": job.title,
        "level": job.level,
        "costCentre": cost_centre,
        "reportsTo": code_of("RS", job.manager) if job.manager else None,
        "location": entity,
        "department": cost_centre,
        "division": practice,
    }


def row_writes(table: Table, held: Sequence[Record], wanted: Sequence[Values]) -> list[RowWrite]:
    """How rows become the wanted ones: those of one date or skill stay themselves, the rest come and go."""
    free: dict[Value, list[Record]] = {}
    for row in held:
        free.setdefault(row.values[_KEY[table.alias]], []).append(row)
    writes = []
    for values in wanted:
        same = free.get(values[_KEY[table.alias]])
        if not same:
            writes.append(RowWrite(table=table.alias, values=values))
            continue
        row = same.pop(0)
        changes = {
            name: value
            for name, value in values.items()
            if name not in _ONLY_NEW and row.values[name] != value
        }
        if changes:
            writes.append(RowWrite(table=table.alias, row_id=row.id, values=changes))
    gone = [row.id for rows in free.values() for row in rows]
    writes += [RowWrite(table=table.alias, row_id=row_id) for row_id in gone]
    return writes


def to_fact(record: Record, rows: Mapping[str, Iterable[Record]]) -> Resource:
    """One version of a person as a fact; what the API let out is empty, no hire date means the creation."""
    values = record.values
    entity = text(values["entity"])
    number = text(values["employeeNumber"])
    return Resource(
        bk=f"RS|{number or record.id}",
        recorded_at_ms=record.modified_ms,
        ver=record.ver,
        source_id=record.id,
        deleted=record.deleted,
        employee_no=number,
        first_name=text(values["firstName"]),
        last_name=text(values["lastName"]),
        work_email=text(values["workEmail"]),
        entity=_key("LE", entity),
        practice=_key("PR", text(values["practice"])),
        hired=date.fromisoformat(text(values["hireDate"]) or day_of(record.created_ms)),
        terminated=date.fromisoformat(text(values["terminationDate"])) if values["terminationDate"] else None,
        weekly_pattern_e2=tuple(_e2(part) for part in text(values["weeklyPattern"]).split(",") if part),
        jobs=tuple(_to_job(row, entity) for row in rows.get(JOB, ())),
        statuses=tuple(_to_status(row) for row in rows.get(STATUS, ())),
        skills=tuple(_to_skill(row, record) for row in rows.get(SKILLS, ())),
    )


def _to_job(row: Record, entity: str) -> JobRow:
    cost_centre = text(row.values["costCentre"])
    if cost_centre and "|" not in cost_centre:
        cost_centre = f"{entity}|{cost_centre}"
    return JobRow(
        valid_from=date.fromisoformat(text(row.values["date"])),
        level=text(row.values["level"]),
        title=text(row.values["jobTitle"]),
        cost_centre=_key("CC", cost_centre),
        manager=_key("RS", text(row.values["reportsTo"])) or None,
    )


def _to_status(row: Record) -> StatusRow:
    return StatusRow(
        valid_from=date.fromisoformat(text(row.values["date"])),
        status=text(row.values["employmentStatus"]),
        fte_e2=_e2(text(row.values["fte"]) or "0"),
    )


def _to_skill(row: Record, record: Record) -> Skill:
    since = text(row.values["since"]) or text(record.values["hireDate"]) or day_of(record.created_ms)
    return Skill(
        name=text(row.values["skill"]),
        certified=row.values["certified"] == "true",
        since=date.fromisoformat(since),
    )


def code_of(kind: str, key: str) -> str:
    """The code in a business key of a kind (`LE|US01` -> `US01`)."""
    return key.removeprefix(f"{kind}|")


def _key(kind: str, code: str) -> str:
    return f"{kind}|{code}" if code else ""


def _cost_centre_text(key: str, entity: str) -> str:
    # A cost centre of another entity (somebody who moved) keeps its entity, one's own is its bare code.
    return code_of("CC", key).removeprefix(f"{entity}|")


def _decimal_text(value_e2: int) -> str:
    whole, part = divmod(value_e2, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".")


def _e2(text_value: str) -> int:
    return int(Decimal(text_value).scaleb(2).to_integral_value())
