"""A query's tree compiled to SQL over the store's tables: names resolved, relationships joined."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from mocks.kit.schema import Value
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.protocols.salesforce.shapes import Column, Relation, Shape
from mocks.protocols.salesforce.soql.criteria import Asked, Sql, Unfit, compare
from mocks.protocols.salesforce.soql.parsing import parse
from mocks.protocols.salesforce.soql.selection import Node, Selection
from mocks.protocols.salesforce.soql.tree import Both, Comparison, Condition, Name, Negation, Query
from mocks.protocols.salesforce.soql.words import refused

MAXIMUM_LEVELS = 5
MAXIMUM_JOINS = 20
MAXIMUM_FIELDS = 800

Source = Callable[[str], str]  # object name -> what stands for its table in FROM


class Join(Struct, frozen=True):
    """One relationship followed: the target's table under `alias`, and the column that names its record."""

    alias: str
    relation: Relation
    through: str


class Plan(Struct, frozen=True):
    """A compiled query: first the ids that answer it, then the rows of any of those ids."""

    shape: Shape
    root: Node
    count_only: bool
    all_rows: bool
    columns: str
    joins: tuple[Join, ...]
    condition: Sql
    order: str
    limit: int | None
    offset: int

    def ids_sql(self, source: Source, *, deleted: bool) -> tuple[str, list[Value]]:
        """The ids in order."""
        alive = "" if deleted or self.all_rows else " AND t0.deleted = 0"
        limit = -1 if self.limit is None else self.limit
        condition, arguments = self.condition
        return (
            f"SELECT t0.id FROM {source(self.shape.name)} t0{self._joined(source)}"
            f" WHERE ({condition}){alive} ORDER BY {self.order} LIMIT ? OFFSET ?",
            [*arguments, limit, self.offset],
        )

    def rows_sql(self, source: Source) -> str:
        """The rows of the ids in a JSON array, in its order."""
        return (
            f"SELECT {self.columns} FROM json_each(?) asked CROSS JOIN {source(self.shape.name)} t0"
            f" ON t0.id = asked.value{self._joined(source)} ORDER BY asked.key"
        )

    def _joined(self, source: Source) -> str:
        return "".join(
            f" LEFT JOIN {source(join.relation.target)} {join.alias} ON {join.alias}.id = {join.through}"
            for join in self.joins
        )


def compile_query(soql: str, shapes: Mapping[str, Shape], now_ms: int) -> Plan:
    """The plan of a query; WriteRefused with MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD and the like."""
    query = parse(soql)
    shape = shapes.get(query.object.text.lower())
    if shape is None:
        raise refused(
            soql,
            query.object.place,
            "INVALID_TYPE",
            f"sObject type '{query.object.text}' is not supported. If you are attempting to use a custom "
            "object, be sure to append the '__c' after the entity name. Please reference your WSDL or the "
            "describe call for the appropriate names.",
        )
    return _Compiler(soql, query, shape, shapes, now_ms).plan()


class _Compiler:
    def __init__(
        self, soql: str, query: Query, shape: Shape, shapes: Mapping[str, Shape], now_ms: int
    ) -> None:
        self._soql = soql
        self._query = query
        self._shape = shape
        self._shapes = shapes
        self._now_ms = now_ms
        self._joins: dict[tuple[str, ...], Join] = {}
        self._selection = Selection(shape.name)

    def plan(self) -> Plan:
        query = self._query
        if len(query.fields) > MAXIMUM_FIELDS:
            raise self._refused(query.fields[0], "QUERY_TOO_COMPLICATED", "Query selects too many fields.")
        for name in query.fields:
            self._select(name)
        condition: Sql = ("1", []) if query.condition is None else self._condition(query.condition)
        order = self._order()
        return Plan(
            shape=self._shape,
            root=self._selection.root,
            count_only=not query.fields,
            all_rows=query.all_rows,
            columns=", ".join(self._selection.columns),
            joins=tuple(self._joins.values()),
            condition=condition,
            order=order,
            limit=query.limit,
            offset=query.offset,
        )

    def _select(self, name: Name) -> None:
        relations, column, alias = self._resolve(name)
        node = self._selection.root
        for length, relation in enumerate(relations, 1):
            path = tuple(step.name.lower() for step in relations[:length])
            node = self._selection.child(node, relation.name, relation.target, self._joins[path].alias)
        if not self._selection.add(node, column, alias):
            raise self._refused(name, "MALFORMED_QUERY", f"duplicate field selected: {'.'.join(name.path)}")

    def _order(self) -> str:
        keys = []
        for key in self._query.order:
            _, column, alias = self._resolve(key.name)
            collation = " COLLATE NOCASE" if column.api_type in ("string", "textarea", "picklist") else ""
            direction = "DESC" if key.descending else "ASC"
            nulls = "LAST" if key.nulls_last else "FIRST"
            keys.append(f"{column.expression(alias)}{collation} {direction} NULLS {nulls}")
        return ", ".join([*keys, "t0.rowseq"])

    # --- conditions ---------------------------------------------------------------------------

    def _condition(self, condition: Condition) -> Sql:
        match condition:
            case Comparison():
                return self._comparison(condition)
            case Negation():
                sql, arguments = self._condition(condition.part)
                return f"NOT COALESCE(({sql}), 0)", arguments
            case Both():
                parts = [self._condition(part) for part in condition.parts]
                joined = f" {condition.joint} ".join(sql for sql, _ in parts)
                return f"({joined})", [argument for _, arguments in parts for argument in arguments]

    def _comparison(self, comparison: Comparison) -> Sql:
        _, column, alias = self._resolve(comparison.name)
        asked = Asked(column, column.expression(alias), comparison.operator, comparison.values, self._now_ms)
        try:
            return compare(asked)
        except Unfit as unfit:
            raise self._refused(comparison.name, unfit.code, unfit.message) from None

    # --- names --------------------------------------------------------------------------------

    def _resolve(self, name: Name) -> tuple[list[Relation], Column, str]:
        *steps, last = self._own_path(name)
        if len(steps) > MAXIMUM_LEVELS:
            raise self._refused(name, "INVALID_FIELD", "A relationship can be followed five levels at most.")
        shape, alias = self._shape, "t0"
        relations: list[Relation] = []
        for step in steps:
            relation = shape.relations.get(step.lower())
            if relation is None:
                raise self._refused(
                    name,
                    "INVALID_FIELD",
                    f"Didn't understand relationship '{step}' in field path. If you are attempting to use a "
                    "custom relationship, be sure to append the '__r' after the custom relationship name.",
                )
            relations.append(relation)
            alias = self._join(tuple(one.name.lower() for one in relations), relation, alias, name)
            shape = self._shapes[relation.target.lower()]
        column = shape.column(last)
        if column is None:
            raise self._refused(
                name,
                "INVALID_FIELD",
                f"No such column '{last}' on entity '{shape.name}'. If you are attempting to use a custom "
                "field, be sure to append the '__c' after the custom field name. Please reference your WSDL "
                "or the describe call for the appropriate names.",
            )
        return relations, column, alias

    def _own_path(self, name: Name) -> tuple[str, ...]:
        """The path without the alias or name of the object asked, if it begins with one."""
        first = name.path[0].lower()
        named = {self._query.alias.lower(), self._shape.name.lower()} - self._shape.relations.keys() - {""}
        return name.path[1:] if len(name.path) > 1 and first in named else name.path

    def _join(self, path: tuple[str, ...], relation: Relation, alias: str, name: Name) -> str:
        if path not in self._joins:
            if len(self._joins) >= MAXIMUM_JOINS:
                raise self._refused(name, "QUERY_TOO_COMPLICATED", "Query follows too many relationships.")
            made = Join(f"t{len(self._joins) + 1}", relation, relation.column.expression(alias))
            self._joins[path] = made
        return self._joins[path].alias

    def _refused(self, name: Name, code: str, message: str) -> WriteRefused:
        return refused(self._soql, name.place, code, message)
