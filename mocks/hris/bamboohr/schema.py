"""What BambooHR holds here: the employee, the tables with its dated rows, and the catalogue of API fields.

A field of the API is stored on the employee, stands in the row of a table that is current today,
or is computed. `revision` and `place` are no fields of the API: a row's revision is the version of
the employee that wrote it, so that every version of a person can be rebuilt whole.
"""

from typing import Literal

from msgspec import Struct

from mocks.kit.schema import Field, ObjectType, Schema

ValueType = Literal["text", "email", "list", "date", "decimal", "bool", "week", "currency", "employee"]
JOB, STATUS, PAY, SKILLS = "jobInfo", "employmentStatus", "compensation", "skills"
NO_DATE = "0000-00-00"


class ApiField(Struct, frozen=True):
    """One employee field: its number, alias, English name and wire type.

    `table` and `column` say where a field with a history stands; a field with neither that is not
    `stored` is computed and cannot be written.
    """

    number: int
    alias: str
    name: str
    type: str
    stored: bool = False
    table: str = ""
    column: str = ""
    value: ValueType = "text"

    @property
    def writable(self) -> bool:
        """Whether the API may set it."""
        return self.stored or bool(self.table)


class Column(Struct, frozen=True):
    """One column of a table."""

    alias: str
    name: str
    value: ValueType = "text"


class Table(Struct, frozen=True):
    """A table of rows per employee; `dated` names the column from whose date on a row holds, if any."""

    alias: str
    columns: tuple[Column, ...]
    dated: str = "date"
    custom: bool = False

    def column(self, alias: str) -> Column | None:
        """The column of that exact name."""
        return next((column for column in self.columns if column.alias == alias), None)


TABLES = (
    Table(
        JOB,
        (
            Column("date", "Job Information: Date", "date"),
            Column("location", "Location", "list"),
            Column("department", "Department", "list"),
            Column("division", "Division", "list"),
            Column("jobTitle", "Job Title", "list"),
            Column("reportsTo", "Reporting to", "employee"),
            Column("level", "Level", "list"),
            Column("costCentre", "Cost Centre", "list"),
        ),
    ),
    Table(
        STATUS,
        (
            Column("date", "Employment Status: Date", "date"),
            Column("employmentStatus", "Employment Status", "list"),
            Column("fte", "FTE", "decimal"),
            Column("comment", "Employment Status: Comment"),
        ),
    ),
    Table(
        PAY,
        (
            Column("startDate", "Compensation: Date", "date"),
            Column("rate", "Pay rate", "currency"),
            Column("type", "Pay type", "list"),
            Column("paidPer", "Paid per", "list"),
            Column("reason", "Compensation Change Reason", "list"),
            Column("comment", "Compensation: Comment"),
        ),
        dated="startDate",
    ),
    Table(
        SKILLS,
        (
            Column("skill", "Skill", "list"),
            Column("certified", "Certified", "bool"),
            Column("since", "Since", "date"),
        ),
        dated="",
        custom=True,
    ),
)
TABLES_BY_ALIAS = {table.alias: table for table in TABLES}


def _stored(number: int, alias: str, name: str, value: ValueType = "text") -> ApiField:
    kind = {"week": "text", "employee": "text"}.get(value, value)
    return ApiField(number, alias, name, kind, stored=True, value=value)


def _tabled(number: int, alias: str, name: str, table: str, column: str, kind: str = "list") -> ApiField:
    found = TABLES_BY_ALIAS[table].column(column)
    if found is None:
        raise ValueError(f"{table} has no column {column}")
    return ApiField(number, alias, name, kind, table=table, column=column, value=found.value)


FIELDS = (
    _stored(1, "firstName", "First Name"),
    _stored(2, "lastName", "Last Name"),
    _stored(3, "hireDate", "Hire Date", "date"),
    _stored(5, "middleName", "Middle Name"),
    _stored(6, "workEmail", "Work Email", "email"),
    _stored(7, "mobilePhone", "Mobile Phone"),
    _stored(8, "homeEmail", "Home Email", "email"),
    _stored(9, "workPhone", "Work Phone"),
    _stored(10, "preferredName", "Preferred Name"),
    _stored(13, "employeeNumber", "Employee #"),
    _stored(14, "terminationDate", "Termination Date", "date"),
    _stored(4101, "entity", "Entity", "list"),
    _stored(4102, "practice", "Practice", "list"),
    _stored(4103, "weeklyPattern", "Weekly Pattern", "week"),
    _tabled(4, "department", "Department", JOB, "department"),
    _tabled(17, "jobTitle", "Job Title", JOB, "jobTitle"),
    _tabled(18, "location", "Location", JOB, "location"),
    _tabled(1355, "division", "Division", JOB, "division"),
    _tabled(4104, "level", "Level", JOB, "level"),
    _tabled(4105, "costCentre", "Cost Centre", JOB, "costCentre"),
    _tabled(91, "reportsTo", "Reporting to", JOB, "reportsTo", "employee"),
    _tabled(16, "employmentHistoryStatus", "Employment Status", STATUS, "employmentStatus"),
    _tabled(4106, "fte", "FTE", STATUS, "fte", "text"),
    _tabled(19, "payRate", "Pay rate", PAY, "rate", "currency"),
    _tabled(20, "payType", "Pay type", PAY, "type", "pay_type"),
    _tabled(21, "payPer", "Paid per", PAY, "paidPer", "paid_per"),
    ApiField(4000, "id", "EEID", "int"),
    ApiField(4001, "displayName", "Display Name", "text"),
    ApiField(4002, "fullName1", "First Name Last Name", "text"),
    ApiField(4003, "fullName2", "Last Name, First Name", "text"),
    ApiField(4004, "status", "Status", "status"),
    ApiField(4005, "supervisor", "Supervisor", "employee"),
    ApiField(4006, "supervisorId", "Supervisor's Employee #", "text"),
    ApiField(4007, "supervisorEId", "Supervisor EID", "int"),
    ApiField(4008, "lastChanged", "Last changed", "timestamp"),
)
FIELDS_BY_ALIAS = {field.alias: field for field in FIELDS}
_MONITORED_BESIDES = tuple(
    ApiField(4200 + place, f"{table.alias}.{column.alias}", column.name, "text")
    for table in TABLES
    for place, column in enumerate(table.columns, 10 * TABLES.index(table))
    if not any(field.table == table.alias and field.column == column.alias for field in FIELDS)
)
# What a webhook can watch: every field that can change, and the columns that are no field.
MONITORED = (*(field for field in FIELDS if field.writable), *_MONITORED_BESIDES)
MONITORED_BY_ALIAS = {field.alias: field for field in MONITORED}
# The field that a change of a table's column is told as.
FIELD_OF_COLUMN = {(field.table, field.column): field.alias for field in FIELDS if field.table} | {
    (table.alias, column.alias): f"{table.alias}.{column.alias}"
    for table in TABLES
    for column in table.columns
    if f"{table.alias}.{column.alias}" in MONITORED_BY_ALIAS
}


def _employee() -> ObjectType:
    fields = tuple(
        Field(
            field.alias,
            "date" if field.value == "date" else "text",
            indexed=field.alias == "employeeNumber",
            unique=field.alias == "employeeNumber",
        )
        for field in FIELDS
        if field.stored
    )
    return ObjectType("employee", (*fields, Field("revision", "int")))


def _rows(table: Table) -> ObjectType:
    fields = tuple(
        Field(column.alias, "date" if column.value == "date" else "text") for column in table.columns
    )
    owner = Field("employeeId", references="employee", indexed=True)
    return ObjectType(table.alias, (owner, *fields, Field("place", "int"), Field("revision", "int")))


_WEBHOOK = ObjectType(
    "webhook",
    (
        Field("name"),
        Field("url"),
        Field("format"),
        Field("monitorFields", "json"),
        Field("postFields", "json"),
        Field("events", "json"),
        Field("frequency", "json"),
        Field("limit", "json"),
        Field("privateKey"),
    ),
)
_TIME_OFF = ObjectType(
    "timeOffRequest",
    (
        Field("employeeId", references="employee", indexed=True),
        Field("status"),
        Field("start", "date"),
        Field("end", "date"),
        Field("typeId"),
        Field("unit"),
        Field("amount"),
        Field("dates", "json"),
        Field("notes", "json"),
        Field("approvedAt", "instant"),  # kept for the record; the API does not show it
    ),
)
SCHEMA = Schema((_employee(), *(_rows(table) for table in TABLES), _WEBHOOK, _TIME_OFF))
