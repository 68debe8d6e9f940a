"""The schemas of BambooHR's bodies and answers, made from its own fields and tables, so that none drifts.

Records are closed: a field that is not named here is not answered, and not taken.
"""

from collections.abc import Iterable
from typing import Any

from mocks.hris.bamboohr.employees import DIRECTORY_FIELDS
from mocks.hris.bamboohr.notify import EVENTS
from mocks.hris.bamboohr.schema import FIELDS, FIELDS_BY_ALIAS, MONITORED, NO_DATE, TABLES, ApiField, Table
from mocks.hris.bamboohr.state import REQUIRED_COLUMNS
from mocks.hris.bamboohr.time_off import TIME_OFF_TYPES
from mocks.hris.bamboohr.wire import TEXT_LIMIT

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NULLABLE: Schema = {"type": ["string", "null"]}
NUMBER_TEXT: Schema = {"type": "string", "pattern": "^[0-9]+$"}
DAY: Schema = {"type": "string", "format": "date"}
DAY_OR_NONE: Schema = {"anyOf": [DAY, {"const": NO_DATE}]}
INSTANT: Schema = {"type": "string", "format": "date-time"}
_CLEAN = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f]"
# By the value type of a field or column: what may be written besides null and the empty text.
_WRITTEN: dict[str, Schema] = {
    "text": {"type": "string", "maxLength": TEXT_LIMIT, "pattern": f"^{_CLEAN}*$"},
    "email": {
        "type": "string",
        "maxLength": TEXT_LIMIT,
        "pattern": r"^[^@\s\u0000-\u001f]+@[^@\s\u0000-\u001f]+$",
    },
    "date": DAY,
    "decimal": {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,2})?$"},
    "bool": {"enum": ["true", "false", "yes", "no", "1", "0"]},
    "week": {"type": "string", "pattern": r"^[0-9]{1,2}(\.[0-9]{1,2})?(,[0-9]{1,2}(\.[0-9]{1,2})?){6}$"},
    "currency": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})? [A-Z]{3}$"},
}
_REQUIRED_NAMES = ("firstName", "lastName")


def closed(properties: Schema, required: Iterable[str] | None = None) -> Schema:
    """An object of these fields and no other; all of them are there unless told otherwise."""
    names = list(properties if required is None else required)
    found: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**found, "required": names} if names else found


def listed(schema: Schema) -> Schema:
    """A list of such things."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _written(value: str) -> Schema:
    allowed = _WRITTEN.get(value, _WRITTEN["text"])
    empty: list[Any] = ["", NO_DATE] if value == "date" else [""]
    return {"anyOf": [allowed, {"enum": empty}, {"type": "null"}]}


def _read(field: ApiField) -> Schema:
    if field.alias == "status":
        return {"enum": ["Active", "Inactive"]}
    if field.alias == "id":
        return NUMBER_TEXT
    if field.alias == "lastChanged":
        return INSTANT
    if field.stored and field.value == "date":
        return DAY_OR_NONE
    return TEXT if field.alias in ("displayName", "fullName1", "fullName2", *_REQUIRED_NAMES) else NULLABLE


def _employee_write(*, new: bool) -> Schema:
    properties = {field.alias: _written(field.value) for field in FIELDS if field.writable}
    named = {**_WRITTEN["text"], "minLength": 1}
    return closed(properties | dict.fromkeys(_REQUIRED_NAMES, named), _REQUIRED_NAMES if new else ())


def _row_write(table: Table, *, new: bool) -> Schema:
    required = REQUIRED_COLUMNS[table.alias]
    properties = {column.alias: _written(column.value) for column in table.columns}
    must = {name: _WRITTEN.get(_value(table, name), _WRITTEN["text"]) | {"minLength": 1} for name in required}
    return {**closed(properties | must, required if new else ()), "minProperties": 1}


def _value(table: Table, alias: str) -> str:
    return next(column.value for column in table.columns if column.alias == alias)


def _row(table: Table, *, bare: bool) -> Schema:
    columns: Schema = {}
    for column in table.columns:
        columns[column.alias] = {"anyOf": [DAY, {"type": "null"}]} if column.value == "date" else NULLABLE
    owned = {} if bare else {"id": NUMBER_TEXT, "employeeId": NUMBER_TEXT}
    return closed({**owned, **columns})


def _by_employee(schema: Schema) -> Schema:
    """A map by employee id; the vendor's server is PHP, where an empty map goes out as an empty list."""
    some = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": NUMBER_TEXT,
        "additionalProperties": schema,
    }
    return {"oneOf": [some, {"type": "array", "maxItems": 0}]}


def _changed_rows(table: Table) -> Schema:
    person = closed({"lastChanged": INSTANT, "rows": listed(_row(table, bare=True))})
    return closed({"table": {"const": table.alias}, "employees": _by_employee(person)})


def _time_off() -> Schema:
    status = {
        "lastChanged": DAY,
        "lastChangedAt": INSTANT,
        "lastChangedByUserId": TEXT,
        "status": {"enum": ["approved", "requested", "canceled"]},
    }
    return closed(
        {
            "id": NUMBER_TEXT,
            "employeeId": NUMBER_TEXT,
            "name": TEXT,
            "status": closed(status),
            "start": DAY,
            "end": DAY,
            "created": DAY,
            "type": closed(
                {"id": {"enum": list(TIME_OFF_TYPES)}, "name": {"enum": list(TIME_OFF_TYPES.values())}}
            ),
            "amount": closed({"unit": {"const": "hours"}, "amount": TEXT}),
            "dates": {"type": "object", "propertyNames": DAY, "additionalProperties": TEXT},
            "notes": {"type": "object", "additionalProperties": TEXT},
        }
    )


def _time_off_write() -> Schema:
    hours = _WRITTEN["decimal"]
    daily = {"anyOf": [hours, {"const": ""}]}
    types: list[Any] = [*TIME_OFF_TYPES, *map(int, TIME_OFF_TYPES)]
    properties = {
        "status": {"enum": ["approved", "requested"]},
        "start": DAY,
        "end": DAY,
        "timeOffTypeId": {"enum": types},
        "amount": {
            "anyOf": [hours, {"type": "number", "minimum": 0, "maximum": 999_999, "multipleOf": 0.01}]
        },
        "dates": {"type": "object", "propertyNames": DAY, "additionalProperties": daily},
        "notes": {"type": "object", "additionalProperties": TEXT},
    }
    required = ["status", "start", "end", "timeOffTypeId", "amount"]
    return {"type": "object", "properties": properties, "required": required}


_WATCHED: list[Any] = [
    name for field in MONITORED for name in (field.alias, field.number, str(field.number), field.name)
]
_POSTED = [name for field in FIELDS for name in (field.alias, str(field.number), field.name)]
_LOOPBACK = r"http://(127\.0\.0\.1|localhost)"
_ADDRESS = rf"^(https://[a-z0-9][a-z0-9.-]*|{_LOOPBACK})(:[0-9]{{1,4}})?(/[A-Za-z0-9._~/-]*)?$"


def _webhook(*, key: bool) -> Schema:
    properties = {
        "id": NUMBER_TEXT,
        "name": TEXT,
        "url": TEXT,
        "format": {"const": "json"},
        "monitorFields": listed({"enum": [field.alias for field in MONITORED]}),
        "postFields": {"type": "object", "additionalProperties": TEXT},
        "events": listed({"enum": list(EVENTS.values())}),
        "frequency": {"type": "object"},
        "limit": {"type": "object"},
        "created": INSTANT,
    }
    return closed(properties | ({"privateKey": TEXT} if key else {}))


def _webhook_write() -> Schema:
    events = list(EVENTS.values())
    properties: Schema = {
        "name": {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT},
        "url": {"type": "string", "pattern": _ADDRESS},
        "format": {"const": "json"},
        "monitorFields": listed({"enum": _WATCHED}),
        "postFields": {"type": "object", "propertyNames": {"enum": _POSTED}, "additionalProperties": TEXT},
        "events": {"type": "array", "items": {"enum": events}, "minItems": 1},
        "frequency": {"type": "object"},
        "limit": {"type": "object"},
        "includeCompanyDomain": {"type": "boolean"},
    }
    watching = {**properties, "monitorFields": {**listed({"enum": _WATCHED}), "minItems": 1}}
    others = [event for event in events if event != EVENTS["Updated"]]
    unwatched = {**properties, "events": {"type": "array", "items": {"enum": others}, "minItems": 1}}
    # Whoever wants to be told of changes says of which fields.
    return {
        "anyOf": [
            closed(watching, ("name", "url", "monitorFields")),
            closed(unwatched, ("name", "url", "events")),
        ]
    }


def _report_write() -> Schema:
    since = {"anyOf": [INSTANT, {"const": ""}]}
    changed = {"anyOf": [*since["anyOf"], {"type": "object", "properties": {"value": since}}]}
    filters = {"type": "object", "properties": {"lastChanged": changed}}
    fields = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
    properties = {"title": TEXT, "fields": fields, "filters": filters}
    return {"type": "object", "properties": properties, "required": ["fields"]}


def _described_field() -> Schema:
    types = sorted({field.type for field in FIELDS})
    return closed({"id": {"enum": [field.alias for field in FIELDS]}, "type": {"enum": types}, "name": TEXT})


def _meta() -> dict[str, Schema]:
    whole = {"type": "integer"}
    number = {field.alias: {"const": field.number} for field in FIELDS}
    option = {"id": whole, "archived": TEXT, "createdDate": NULLABLE, "archivedDate": NULLABLE, "name": TEXT}
    column = {"id": whole, "name": TEXT, "alias": TEXT, "type": TEXT}
    user = {
        "id": whole,
        "employeeId": whole,
        **dict.fromkeys(("firstName", "lastName"), TEXT),
        "email": NULLABLE,
        "status": {"enum": ["enabled", "disabled"]},
    }
    yes_no = {"enum": ["yes", "no"]}
    listing = {"fieldId": whole, "alias": TEXT, "manageable": yes_no, "multiple": yes_no, "name": TEXT}
    return {
        "MetaField": closed(
            {
                "id": {"enum": [one["const"] for one in number.values()]},
                "name": TEXT,
                "type": TEXT,
                "alias": TEXT,
            }
        ),
        "MetaList": closed({**listing, "options": listed(closed(option))}),
        "MetaTable": closed(
            {"alias": {"enum": [table.alias for table in TABLES]}, "fields": listed(closed(column))}
        ),
        "MetaUsers": _by_employee(closed(user)),
        "MonitorFields": closed({"fields": listed(closed({"id": whole, "name": TEXT, "alias": TEXT}))}),
    }


def _records() -> dict[str, Schema]:
    read = {field.alias: _read(field) for field in FIELDS}
    directory = {"id": NUMBER_TEXT} | {alias: _read(FIELDS_BY_ALIAS[alias]) for alias in DIRECTORY_FIELDS}
    change = {
        "id": NUMBER_TEXT,
        "action": {"enum": ["Inserted", "Updated", "Deleted"]},
        "lastChanged": INSTANT,
    }
    absent = {"id": {"type": "integer"}, "type": {"const": "timeOff"}, "employeeId": {"type": "integer"}}
    log = {
        "webhookId": NUMBER_TEXT,
        "url": TEXT,
        "lastAttempted": INSTANT,
        "failureCount": {"type": "integer"},
        "status": {"type": ["integer", "null"]},
        "employeeIds": listed(NUMBER_TEXT),
    }
    return {
        "Employee": closed(read, ("id",)),
        "DirectoryEmployee": closed(directory),
        "Changes": closed({"latest": INSTANT, "employees": _by_employee(closed(change))}),
        "TimeOffRequest": _time_off(),
        "Absence": closed({**absent, "name": TEXT, "start": DAY, "end": DAY}),
        "Webhook": _webhook(key=False),
        "NewWebhook": _webhook(key=True),
        "WebhookLogEntry": closed(log),
        "FieldInfo": _described_field(),
    }


def schemas() -> dict[str, Schema]:
    """All schemas by name."""
    title = {"title": TEXT, "fields": listed(ref("FieldInfo")), "employees": listed(ref("Employee"))}
    people = {"fields": listed(ref("FieldInfo")), "employees": listed(ref("DirectoryEmployee"))}
    return {
        **_records(),
        **_meta(),
        "Directory": closed(people),
        "Report": closed(title),
        "Row": {"anyOf": [_row(table, bare=False) for table in TABLES]},
        "ChangedRows": {"oneOf": [_changed_rows(table) for table in TABLES]},
        "EmployeeAdd": _employee_write(new=True),
        "EmployeeUpdate": _employee_write(new=False),
        "RowAdd": {"anyOf": [_row_write(table, new=True) for table in TABLES]},
        "RowChange": {"anyOf": [_row_write(table, new=False) for table in TABLES]},
        "TimeOffAdd": _time_off_write(),
        "WebhookWrite": _webhook_write(),
        "ReportWrite": _report_write(),
    }
