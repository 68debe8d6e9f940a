"""SuiteQL to SQLite: a parsed query is rebuilt from an allow-list of nodes, all else is refused.

Nothing of the query's text reaches the database: tables and columns come from the declared ones,
literals are bound. Joined tables, conditions, orders and display names are what wire 4.3 lists.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import sqlglot
from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mocks.erp.netsuite.columns import (
    Column,
    NotComparable,
    Operator,
    compared,
    ordered,
    tables,
    visible_rows,
)
from mocks.erp.netsuite.schema import DISPLAY
from mocks.kit.schema import Value
from mocks.kit.store import quoted
from mocks.kit.world import World

MAXIMUM_QUERY_LENGTH = 100_000
MAXIMUM_NESTING = 60
MAXIMUM_TABLES = 8
MAXIMUM_IN = 1000
MAXIMUM_CONDITIONS = 200
MAXIMUM_PARAMETERS = 20_000
_OPERATORS: dict[type[exp.Expr], Operator] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_INSTANT = re.compile(r"'(\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,9})?)?)'")
_PLACE = "\u0001"
_SELECT_PARTS = frozenset({"expressions", "from_", "joins", "where", "order", "distinct"})


class InvalidQuery(Exception):
    """A query outside the subset, or not a query at all; the text says what is wrong."""


class Compiled(Struct, frozen=True, kw_only=True):
    """A query for SQLite: `sql` selects the columns of `output`, unordered by anything it did not ask for."""

    sql: str
    parameters: list[Value]
    output: list[tuple[str, Column]]
    maximum: int | None  # what ROWNUM allows


def compile_query(world: World, text: str) -> Compiled:
    """A SuiteQL query as SQL; raises InvalidQuery."""
    if len(text) > MAXIMUM_QUERY_LENGTH:
        raise InvalidQuery("the query is too long")
    try:
        return _Compiler(world, _parsed(text)).compiled()
    except SqlglotError as problem:
        raise InvalidQuery(str(problem).partition("\n")[0]) from problem
    except (RecursionError, NotComparable) as problem:
        raise InvalidQuery(str(problem)) from problem


def _parsed(text: str) -> exp.Select:
    """The query as a tree. Pollers ask the same again with other instants, so trees are kept without them.

    A kept tree is filled and compiled before anybody else can come by: nothing here awaits.
    """
    instants: list[str] = []

    def take(match: re.Match[str]) -> str:
        instants.append(match[1])
        return f"'{_PLACE}{len(instants) - 1}'"

    select, places = _kept_tree(_INSTANT.sub(take, text))
    for node, place in places:
        node.set("this", instants[place])
    return select


@lru_cache(maxsize=256)
def _kept_tree(text: str) -> tuple[exp.Select, tuple[tuple[exp.Literal, int], ...]]:
    parsed = sqlglot.parse(text, dialect="oracle")
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Select):
        raise InvalidQuery("only one SELECT is allowed")
    literals = [node for node in parsed[0].find_all(exp.Literal) if node.name.startswith(_PLACE)]
    return parsed[0], tuple((node, int(node.name.removeprefix(_PLACE))) for node in literals)


class _Compiler:
    """One query on its way; parameters are gathered in the order of the text they belong to."""

    def __init__(self, world: World, select: exp.Select) -> None:
        self._world = world
        self._select = select
        self._tables: dict[str, str] = {}  # alias -> table
        self._parameters: list[Value] = []
        self._maximum: int | None = None
        self._conditions = 0

    def compiled(self) -> Compiled:
        select = self._select
        used = {name for name, value in select.args.items() if value}
        if used - _SELECT_PARTS or "from_" not in used:
            odd = ", ".join(sorted(used - _SELECT_PARTS)) or "a SELECT without FROM"
            raise InvalidQuery(f"not supported: {odd}")
        if select.args.get("distinct") and select.args["distinct"].args.get("on"):
            raise InvalidQuery("not supported: DISTINCT ON")
        joins = select.args.get("joins") or []
        self._declare(select.args["from_"].this)
        for join in joins:
            self._declare(join.this)
        # Parameters are bound by place: what stands first in the SQL is compiled first.
        output, columns = self._output()
        source = self._from(joins)
        where = self._where()
        order = self._order()
        if len(self._parameters) > MAXIMUM_PARAMETERS:
            raise InvalidQuery("the query has too many values")
        distinct = "DISTINCT " if select.args.get("distinct") else ""
        return Compiled(
            sql=f"SELECT {distinct}{', '.join(columns)} FROM {source} WHERE {where}{order}",
            parameters=self._parameters,
            output=output,
            maximum=self._maximum,
        )

    def _declare(self, table: exp.Expr) -> None:
        if (
            not isinstance(table, exp.Table)
            or table.args.get("db")
            or not isinstance(table.this, exp.Identifier)
        ):
            raise InvalidQuery("only tables can be selected from")
        odd = {name for name, value in table.args.items() if value} - {"this", "alias"}
        name, alias = table.name.lower(), (table.alias or table.name).lower()
        if odd or name not in tables():
            raise InvalidQuery(f"Record {table.name!r} was not found")
        if alias in self._tables or len(self._tables) >= MAXIMUM_TABLES:
            raise InvalidQuery(f"the table {alias} is named twice, or there are too many")
        self._tables[alias] = name

    # --- columns ----------------------------------------------------------------------------

    def _output(self) -> tuple[list[tuple[str, Column]], list[str]]:
        output: list[tuple[str, Column]] = []
        columns: list[str] = []
        for node in self._select.expressions:
            alias = node.alias.lower() if isinstance(node, exp.Alias) else ""
            inner = node.this if isinstance(node, exp.Alias) else node
            if isinstance(inner, exp.Star) or (
                isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)
            ):
                self._star(inner, output, columns)
                continue
            column, sql = self._display(inner) if isinstance(inner, exp.Dot) else self._column(inner)
            output.append((alias or (column.name if isinstance(inner, exp.Column) else "expr"), column))
            columns.append(sql)
        names = [name for name, _ in output]
        if len(set(names)) != len(names):
            raise InvalidQuery("two columns have the same name; give one an alias")
        return output, columns

    def _star(self, node: exp.Expr, output: list[tuple[str, Column]], columns: list[str]) -> None:
        wanted = node.table.lower() if isinstance(node, exp.Column) else ""
        aliases = [wanted] if wanted else list(self._tables)
        for alias in aliases:
            if alias not in self._tables:
                raise InvalidQuery(f"there is no table {alias}")
            for column in tables()[self._tables[alias]].values():
                output.append((column.name, column))
                columns.append(f"{quoted(alias)}.{quoted(column.stored)}")

    def _column(self, node: exp.Expr | None) -> tuple[Column, str]:
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
            raise InvalidQuery(f"a column was expected, not {_text(node)}")
        if node.args.get("db"):
            raise InvalidQuery(f"unknown field {_text(node)}")
        name = node.name.lower()
        wanted = node.table.lower()
        found = [
            alias
            for alias, table in self._tables.items()
            if wanted in ("", alias) and name in tables()[table]
        ]
        if len(found) != 1:
            problem = "is ambiguous" if found else "was not found"
            raise InvalidQuery(f"Field {node.name!r} {problem}")
        column = tables()[self._tables[found[0]]][name]
        return column, f"{quoted(found[0])}.{quoted(column.stored)}"

    def _display(self, node: exp.Dot) -> tuple[Column, str]:
        call = node.expression
        is_df = isinstance(call, exp.Anonymous) and call.name.upper() == "DF" and len(call.expressions) == 1
        if node.this.name.upper() != "BUILTIN" or not is_df:
            raise InvalidQuery(f"not supported: {_text(node)}")
        column, sql = self._column(call.expressions[0])
        if not column.table:
            return column, sql
        shown = Column(name=column.name, stored=column.stored, kind="text")
        table, display = quoted(column.table), quoted(DISPLAY[column.table])
        return shown, f"(SELECT {display} FROM {table} df WHERE df.id = {sql})"

    # --- tables, conditions, order ----------------------------------------------------------

    def _from(self, joins: Sequence[exp.Join]) -> str:
        aliases = list(self._tables)
        parts = [self._source(aliases[0])]
        for alias, join in zip(aliases[1:], joins, strict=True):
            odd = {name for name, value in join.args.items() if value} - {"this", "side", "kind", "on"}
            side = str(join.args.get("side") or "").upper()
            kind = str(join.args.get("kind") or "").upper()
            if odd or side not in ("", "LEFT") or kind not in ("", "INNER", "OUTER"):
                raise InvalidQuery(f"not supported: {_text(join)}")
            source = self._source(alias)
            condition = f"{quoted(alias)}.deleted = 0"
            if join.args.get("on") is not None:
                condition = f"{self._condition(join.args['on'], 0)} AND {condition}"
            elif side:
                raise InvalidQuery("an outer join needs ON")
            parts.append(f"{'LEFT ' if side else ''}JOIN {source} ON {condition}")
        return " ".join(parts)

    def _source(self, alias: str) -> str:
        rows, parameters = visible_rows(self._world, self._tables[alias])
        self._parameters += parameters
        return f"{rows} AS {quoted(alias)}"

    def _where(self) -> str:
        alive = f"{quoted(next(iter(self._tables)))}.deleted = 0"
        where = self._select.args.get("where")
        if where is None:
            return alive
        conditions = [self._condition(node, 0) for node in _conjuncts(where.this) if not self._rownum(node)]
        return " AND ".join([*conditions, alive])

    def _rownum(self, node: exp.Expr) -> bool:
        """Whether a condition of the outermost AND limits the rows; it is taken note of."""
        if not isinstance(node, exp.LT | exp.LTE) or _name(node.this) != "rownum":
            return False
        count = node.expression
        if not isinstance(count, exp.Literal) or count.is_string or not count.name.isdecimal():
            raise InvalidQuery("ROWNUM is compared with a whole number")
        bound = int(count.name) - (1 if isinstance(node, exp.LT) else 0)
        self._maximum = bound if self._maximum is None else min(self._maximum, bound)
        return True

    def _condition(self, node: exp.Expr | None, depth: int) -> str:
        self._conditions += 1
        if depth > MAXIMUM_NESTING or self._conditions > MAXIMUM_CONDITIONS:
            raise InvalidQuery("there are too many conditions, or they are nested too deeply")
        match node:
            case exp.Paren():
                return f"({self._condition(node.this, depth + 1)})"
            case exp.And():
                return " AND ".join(self._condition(part, depth + 1) for part in _conjuncts(node))
            case exp.Or():
                parts = node.flatten()
                return "(" + " OR ".join(self._condition(part, depth + 1) for part in parts) + ")"
            case exp.Not():
                return f"NOT ({self._condition(node.this, depth + 1)})"
            case exp.Is() if isinstance(node.expression, exp.Null):
                return f"{self._column(node.this)[1]} IS NULL"
            case exp.In() if node.expressions and not node.args.get("query"):
                return self._in(node)
            case exp.Like():
                return self._like(node)
            case exp.Between():
                low = self._comparison(node.this, ">=", node.args["low"])
                return f"({low} AND {self._comparison(node.this, '<=', node.args['high'])})"
        operator = _OPERATORS.get(type(node)) if node is not None else None
        if node is None or operator is None:
            raise InvalidQuery(f"not supported: {_text(node)}")
        if _literal(node.this) is not None and _literal(node.expression) is None:
            return self._comparison(node.expression, _MIRRORED[operator], node.this)
        return self._comparison(node.this, operator, node.expression)

    def _comparison(self, left: exp.Expr, operator: Operator, right: exp.Expr) -> str:
        literal = _literal(right)
        if literal is None:
            one, left_sql = self._column(left)
            other, right_sql = self._column(right)
            if one.kind != other.kind or one.scale != other.scale:
                raise InvalidQuery(f"{one.name} and {other.name} cannot be compared")
            if operator in ("=", "<>"):
                return f"{left_sql} {operator} {right_sql}"
            return f"{ordered(one, left_sql)} {operator} {ordered(other, right_sql)}"
        given = _literal(left)
        if given is not None:
            raise InvalidQuery("a condition must name a field")
        column, sql = self._display(left) if isinstance(left, exp.Dot) else self._column(left)
        condition, parameter = compared(column, sql, operator, literal)
        self._parameters.append(parameter)
        return condition

    def _in(self, node: exp.In) -> str:
        if len(node.expressions) > MAXIMUM_IN:
            raise InvalidQuery(f"an IN list holds at most {MAXIMUM_IN} values")
        conditions = [self._comparison(node.this, "=", value) for value in node.expressions]
        if len(set(conditions)) == 1 and conditions[0].endswith(" = ?"):
            return f"{conditions[0][:-4]} IN ({', '.join('?' * len(conditions))})"
        raise InvalidQuery("the values of an IN list do not fit the field")

    def _like(self, node: exp.Like) -> str:
        pattern = _literal(node.expression)
        column, sql = self._column(node.this)
        if pattern is None or column.kind not in ("text", "id"):
            raise InvalidQuery("LIKE compares a text field with a pattern")
        self._parameters.append(pattern)
        return f"{sql} LIKE ?"

    def _order(self) -> str:
        order = self._select.args.get("order")
        if order is None:
            return ""
        parts = []
        for item in order.expressions:
            if isinstance(item.this, exp.Literal) and item.this.name.isdecimal():
                raise InvalidQuery("ORDER BY names fields, not positions")
            column, sql = self._aliased(item.this)
            parts.append(f"{ordered(column, sql)}{' DESC' if item.args.get('desc') else ''}")
        return f" ORDER BY {', '.join(parts)}"

    def _aliased(self, node: exp.Expr) -> tuple[Column, str]:
        """A field of ORDER BY, which may be named by its alias."""
        for selected in self._select.expressions:
            if isinstance(selected, exp.Alias) and selected.alias.lower() == _name(node):
                inner = selected.this
                return self._display(inner) if isinstance(inner, exp.Dot) else self._column(inner)
        return self._display(node) if isinstance(node, exp.Dot) else self._column(node)


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    return list(node.flatten()) if isinstance(node, exp.And) else [node]


def _name(node: exp.Expr | None) -> str:
    """The name of a column without a table, lower-case; empty for anything else."""
    return node.name.lower() if isinstance(node, exp.Column) and not node.table else ""


def _literal(node: exp.Expr | None) -> str | None:
    """The text of a literal, a negative number or a date function of literals; None for all else."""
    if isinstance(node, exp.Literal):
        return node.name
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return f"-{node.this.name}"
    if isinstance(node, exp.StrToTime | exp.StrToDate):
        return _moment(node)
    return None


def _moment(node: exp.StrToTime | exp.StrToDate) -> str:
    """What TO_DATE or TO_TIMESTAMP of two literals says, as ISO text."""
    form, given = node.args.get("format"), node.this
    if not isinstance(given, exp.Literal) or not isinstance(form, exp.Literal):
        raise InvalidQuery(f"not supported: {_text(node)}")
    pattern = form.name.replace("FF3", "%f").replace("FF6", "%f").replace("FF", "%f")
    try:
        moment = datetime.strptime(given.name, pattern).replace(tzinfo=UTC)
    except ValueError as problem:
        raise InvalidQuery(f"{given.name!r} does not have the form given") from problem
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _text(node: exp.Expr | None) -> str:
    return "nothing" if node is None else node.sql(dialect="oracle")[:80]
