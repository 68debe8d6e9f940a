"""Calls about meta data: fields, tables, lists in use, users (wire 4.4)."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mocks.hris.bamboohr.reading import is_active, rows_of, seen_employees, text, today
from mocks.hris.bamboohr.schema import FIELDS, TABLES, TABLES_BY_ALIAS
from mocks.hris.bamboohr.wire import answer
from mocks.kit.calls import Call, Reply

_USER_TEXTS = ("firstName", "lastName", "email")


async def meta_fields(call: Call) -> Reply:
    """All employee fields."""
    shown = [
        {"id": field.number, "name": field.name, "type": field.type, "alias": field.alias} for field in FIELDS
    ]
    inner = "".join(
        f'<field id="{field.number}" type={quoteattr(field.type)} alias={quoteattr(field.alias)}>'
        f"{escape(field.name)}</field>"
        for field in FIELDS
    )
    return answer(call, shown, f"<fields>{inner}</fields>")


async def meta_tables(call: Call) -> Reply:
    """All tables with their columns."""
    shown = [
        {
            "alias": table.alias,
            "fields": [
                {"id": place, "name": column.name, "alias": column.alias, "type": column.value}
                for place, column in enumerate(table.columns, 4200)
            ],
        }
        for table in TABLES
    ]
    inner = "".join(
        f"<table alias={quoteattr(table.alias)}>"
        + "".join(
            f'<field id="{place}" alias={quoteattr(column.alias)} type={quoteattr(column.value)}>'
            f"{escape(column.name)}</field>"
            for place, column in enumerate(table.columns, 4200)
        )
        + "</table>"
        for table in TABLES
    )
    return answer(call, shown, f"<tables>{inner}</tables>")


async def meta_lists(call: Call) -> Reply:
    """The list fields with the values in use."""
    world = call.world
    people = seen_employees(world)
    shown: list[dict[str, Any]] = []
    for field in FIELDS:
        if field.type != "list":
            continue
        values: set[str] = set()
        if field.table:
            rows = rows_of(world.store, TABLES_BY_ALIAS[field.table], people)
            values = {text(row.values[field.column]) for own in rows.values() for row in own}
        else:
            values = {text(seen.record.values[field.alias]) for seen in people}
        options = [
            {"id": place, "archived": "no", "createdDate": None, "archivedDate": None, "name": value}
            for place, value in enumerate(sorted(values - {""}), 1)
        ]
        shown.append(
            {
                "fieldId": field.number,
                "alias": field.alias,
                "manageable": "yes",
                "multiple": "no",
                "name": field.name,
                "options": options,
            }
        )
    inner = "".join(
        f'<list fieldId="{one["fieldId"]}" alias={quoteattr(one["alias"])} manageable="yes" multiple="no">'
        f"<name>{escape(one['name'])}</name><options>"
        + "".join(
            f'<option id="{o["id"]}" archived="no">{escape(o["name"])}</option>' for o in one["options"]
        )
        + "</options></list>"
        for one in shown
    )
    return answer(call, shown, f"<lists>{inner}</lists>")


async def meta_users(call: Call) -> Reply:
    """A user for every employee, enabled while they are active; user ids are employee ids plus 2000."""
    world = call.world
    shown = {}
    for seen in seen_employees(world):
        values = seen.record.values
        user_id = int(seen.record.id) + 2000
        shown[str(user_id)] = {
            "id": user_id,
            "employeeId": int(seen.record.id),
            "firstName": values["firstName"],
            "lastName": values["lastName"],
            "email": values["workEmail"],
            "status": "enabled" if is_active(seen.record, today(world)) else "disabled",
        }
    inner = "".join(
        f'<user id="{user["id"]}" employeeId="{user["employeeId"]}" status="{user["status"]}">'
        + "".join(
            f"<{name}>{escape(text(user[name]))}</{name}>" for name in ("firstName", "lastName", "email")
        )
        + "</user>"
        for user in shown.values()
    )
    return answer(call, shown or [], f"<users>{inner}</users>")
