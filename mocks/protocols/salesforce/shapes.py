"""Objects prepared once for every call: columns with their renderers, relationships, duties on write."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from mocks.kit.schema import Field, ObjectType, Schema
from mocks.kit.store import quoted
from mocks.protocols.salesforce.identifiers import numbered_id
from mocks.protocols.salesforce.system_fields import SYSTEM_FIELDS, USER_PREFIX, SystemField
from mocks.protocols.salesforce.values import renderer


class Column(Struct, frozen=True, eq=False):
    """One field as the API shows it; `sql` is a column of the object's table, or `constant` stands for it."""

    name: str
    api_type: str
    field: Field
    render: Callable[[Any], Any]
    sql: str
    constant: str | None = None
    system: bool = False

    def expression(self, alias: str) -> str:
        """The column in a query in which its table goes by `alias`."""
        if self.constant is not None:
            return self.constant
        return f"{alias}.{self.sql}"


class Relation(Struct, frozen=True, eq=False):
    """A way from a record to the one that a field of it names."""

    name: str
    column: Column
    target: str


class Shape(Struct, frozen=True, eq=False):
    """One object, prepared. Keys of `by_name` and `relations` are in lower case."""

    name: str
    type: ObjectType
    columns: tuple[Column, ...]
    by_name: dict[str, Column]
    relations: dict[str, Relation]
    required: tuple[str, ...]
    booleans: tuple[str, ...]
    references: tuple[Field, ...]
    read_sql: str

    def column(self, name: str) -> Column | None:
        """The field of that name, in any letter case."""
        return self.by_name.get(name.lower())

    def render(self, row: tuple[Any, ...], version_path: str) -> dict[str, Any]:
        """A row of `read_sql` as a record."""
        record: dict[str, Any] = {
            "attributes": {"type": self.name, "url": f"{version_path}/sobjects/{self.name}/{row[0]}"}
        }
        for column, value in zip(self.columns, row, strict=True):
            record[column.name] = column.render(value)
        return record


def shapes_of(schema: Schema, instance: str) -> dict[str, Shape]:
    """All objects of a schema, prepared, by lower-case name."""
    user_id = numbered_id(USER_PREFIX, instance, 1)
    known = {kind.name for kind in schema.objects}
    return {kind.name.lower(): _shape(kind, known, user_id) for kind in schema.objects}


def relationship_name(field_name: str) -> str | None:
    """`AccountId` leads to `Account`, `RH_Contract__c` to `RH_Contract__r`."""
    if field_name.endswith("__c"):
        return field_name[:-3] + "__r"
    return field_name[:-2] if field_name.endswith("Id") and len(field_name) > 2 else None


def _shape(kind: ObjectType, known: set[str], user_id: str) -> Shape:
    own = [_own_column(field) for field in kind.fields]
    names = {column.name for column in own}
    system = [_system_column(field, user_id) for field in SYSTEM_FIELDS if field.name not in names]
    columns = (system[0], *own, *system[1:])
    relations: dict[str, Relation] = {}
    for column in columns:
        name = relationship_name(column.name)
        target = column.field.references
        if name and target and target in known:
            relations[name.lower()] = Relation(name, column, target)
    selected = ", ".join(column.expression("t0") for column in columns)
    return Shape(
        name=kind.name,
        type=kind,
        columns=columns,
        by_name={column.name.lower(): column for column in columns},
        relations=relations,
        required=tuple(field.name for field in kind.fields if field.required),
        booleans=tuple(field.name for field in kind.fields if field.kind == "bool"),
        references=tuple(field for field in kind.fields if field.references in known),
        read_sql=f"SELECT {selected} FROM {quoted(kind.name)} t0 WHERE t0.id = ? AND t0.deleted = 0",
    )


def _own_column(field: Field) -> Column:
    return Column(field.name, _api_type(field), field, renderer(field), quoted(field.name))


def _system_column(field: SystemField, user_id: str) -> Column:
    constant = None
    if field.column == "user":
        constant = f"'{user_id}'"
    elif field.column == "none":
        constant = "NULL"
    described = Field(
        name=field.name, kind=field.kind, references=field.references, read_only=True, length=18
    )
    return Column(
        field.name, field.api_type, described, renderer(described), field.column, constant, system=True
    )


def _api_type(field: Field) -> str:
    if field.references is not None:
        return "reference"
    match field.kind:
        case "text":
            if field.picklist:
                return "picklist"
            return "textarea" if field.length > 255 else "string"
        case "bool":
            return "boolean"
        case "int":
            return "int"
        case "decimal":
            return "double"
        case "date":
            return "date"
        case "instant":
            return "datetime"
        case _:
            return "textarea"
