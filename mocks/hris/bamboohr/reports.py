"""Custom reports: chosen fields of everybody in one call (wire 4.4)."""

from xml.sax.saxutils import escape, quoteattr

from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.reading import FieldReader, seen_employees, text, today
from mocks.hris.bamboohr.wire import instant_ms, json_reply, read_report, xml_employees, xml_reply
from mocks.kit.calls import Call, Reply


async def custom(call: Call) -> Reply:
    """Chosen fields of everybody, inactive people included; those hired later only without `onlyCurrent`."""
    world, query = call.world, call.query()
    wanted = read_report(call.body)
    shape = query.get("format", "JSON").lower()
    if shape not in ("json", "xml"):
        raise refusal(400, f"Reports in the format {shape} are not available")
    since_ms = instant_ms(wanted.changed_since) if wanted.changed_since else None
    only_current = query.get("onlyCurrent", "true").lower() not in ("false", "0")
    people = [
        seen
        for seen in seen_employees(world, since_ms)
        if not only_current or text(seen.record.values["hireDate"]) <= today(world)
    ]
    reader = FieldReader(world, wanted.fields, people, only_current=only_current)
    employees = [reader.values(seen.record) for seen in people]
    if shape == "json":
        fields = [{"id": field.alias, "type": field.type, "name": field.name} for field in reader.fields]
        return json_reply({"title": wanted.title, "fields": fields, "employees": employees})
    described = "".join(
        f"<field id={quoteattr(field.alias)} type={quoteattr(field.type)}>{escape(field.name)}</field>"
        for field in reader.fields
    )
    return xml_reply(
        f"<report><title>{escape(wanted.title)}</title><fields>{described}</fields>"
        f"<employees>{xml_employees(employees)}</employees></report>"
    )
