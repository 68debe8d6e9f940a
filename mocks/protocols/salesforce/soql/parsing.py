"""SOQL by recursive descent, bounded in length, depth and number of conditions."""

from mocks.protocols.salesforce.rules import WriteRefused
from mocks.protocols.salesforce.soql.tree import Both, Comparison, Condition, Name, Negation, Order, Query
from mocks.protocols.salesforce.soql.words import Word, refused, words_of

MAXIMUM_DEPTH = 40
MAXIMUM_CONDITIONS = 500
MAXIMUM_ROWS = 1 << 40
MAXIMUM_OFFSET = 2000

_COMPARED = ("=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "IN", "NOT")
_LATER = ("GROUP", "HAVING", "WITH", "FOR", "USING", "UPDATE", "TYPEOF")
_LITERALS = ("text", "number", "day", "instant", "name")


def parse(soql: str) -> Query:
    """The tree of a query; raises MALFORMED_QUERY."""
    return _Parser(soql).query()


class _Parser:
    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._words = list(words_of(soql))
        self._at = 0
        self._conditions = 0

    def query(self) -> Query:
        """SELECT ... FROM ... and everything that may follow."""
        self._demand("SELECT")
        fields = self._fields()
        self._demand("FROM")
        kind = self._named()
        if kind.is_("WHERE", "ORDER", "LIMIT", "OFFSET") or "." in kind.text:
            raise self._unexpected(kind)
        alias = self._alias()
        condition = self._condition(0) if self._take("WHERE") else None
        order = self._order()
        limit = self._count("LIMIT", MAXIMUM_ROWS)
        offset = self._count("OFFSET", MAXIMUM_OFFSET)
        all_rows = self._take("ALL") is not None
        if all_rows:
            self._demand("ROWS")
        if self._next.kind != "end":
            raise self._unexpected(self._next)
        return Query(fields, kind, alias, condition, order, limit, offset or 0, all_rows)

    # --- clauses ------------------------------------------------------------------------------

    def _fields(self) -> tuple[Name, ...]:
        if self._next.is_("COUNT") and self._words[self._at + 1].is_("("):
            self._at += 2
            self._demand(")")  # COUNT(field) is an aggregate, which is not built
            return ()
        fields = [self._name()]
        while self._take(","):
            fields.append(self._name())
        return tuple(fields)

    def _alias(self) -> str:
        self._take("AS")
        word = self._next
        if word.kind != "name" or word.is_("WHERE", "ORDER", "LIMIT", "OFFSET", "ALL", *_LATER):
            return ""
        self._at += 1
        return word.text

    def _order(self) -> tuple[Order, ...]:
        if not self._take("ORDER"):
            return ()
        self._demand("BY")
        keys = [self._key()]
        while self._take(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Order:
        name = self._name()
        descending = self._take("DESC") is not None
        if not descending:
            self._take("ASC")
        nulls_last = False
        if self._take("NULLS"):
            nulls_last = self._take("LAST") is not None
            if not nulls_last:
                self._demand("FIRST")
        return Order(name, descending, nulls_last)

    def _count(self, keyword: str, maximum: int) -> int | None:
        if not self._take(keyword):
            return None
        word = self._advance()
        if word.kind != "number" or not word.text.isdigit():
            raise self._unexpected(word)
        number = int(word.text) if len(word.text) < 20 else MAXIMUM_ROWS
        if keyword == "OFFSET" and number > maximum:
            raise refused(
                self._soql,
                word.place,
                "NUMBER_OUTSIDE_VALID_RANGE",
                f"Maximum SOQL offset allowed is {maximum}",
            )
        return min(number, maximum)

    # --- conditions ---------------------------------------------------------------------------

    def _condition(self, depth: int) -> Condition:
        if depth > MAXIMUM_DEPTH:
            raise self._malformed("the condition is nested too deeply")
        parts = [self._single(depth)]
        joint = self._next
        if not joint.is_("AND", "OR"):
            return parts[0]
        keyword = joint.text.upper()
        while self._take(keyword):
            parts.append(self._single(depth))
        if self._next.is_("AND", "OR"):
            raise self._unexpected(self._next)  # the language wants parentheses where both are mixed
        return Both("AND" if keyword == "AND" else "OR", tuple(parts))

    def _single(self, depth: int) -> Condition:
        if self._take("NOT"):
            if depth > MAXIMUM_DEPTH:
                raise self._malformed("the condition is nested too deeply")
            return Negation(self._single(depth + 1))
        if self._take("("):
            inner = self._condition(depth + 1)
            self._demand(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        self._conditions += 1
        if self._conditions > MAXIMUM_CONDITIONS:
            raise refused(
                self._soql,
                self._next.place,
                "QUERY_TOO_COMPLICATED",
                "Query is either selecting too many fields or the filter conditions are too complicated.",
            )
        name = self._name()
        word = self._advance()
        if not word.is_(*_COMPARED):
            raise self._unexpected(word)
        operator = "!=" if word.text == "<>" else word.text.upper()
        if operator == "NOT":
            self._demand("IN")
            operator = "NOT IN"
        if operator not in ("IN", "NOT IN"):
            return Comparison(name, operator, (self._literal(),))
        self._demand("(")
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._demand(")")
        return Comparison(name, operator, tuple(values))

    def _literal(self) -> Word:
        word = self._advance()
        if word.kind not in _LITERALS or word.is_("SELECT", "AND", "OR", "NOT"):
            raise self._unexpected(word)
        if word.kind == "name" and self._take(":"):
            days = self._advance()
            if days.kind != "number" or not days.text.isdigit() or len(days.text) > 5:
                raise self._unexpected(days)
            return Word("name", f"{word.text}:{days.text}", word.place)
        return word

    # --- words --------------------------------------------------------------------------------

    @property
    def _next(self) -> Word:
        return self._words[self._at]

    def _advance(self) -> Word:
        word = self._next
        if word.kind == "end":
            raise self._unexpected(word)
        self._at += 1
        return word

    def _take(self, keyword: str) -> Word | None:
        if not self._next.is_(keyword):
            return None
        return self._advance()

    def _demand(self, keyword: str) -> None:
        if not self._take(keyword):
            raise self._unexpected(self._next)

    def _named(self) -> Word:
        word = self._advance()
        if word.kind != "name":
            raise self._unexpected(word)
        return word

    def _name(self) -> Name:
        word = self._named()
        if word.is_("FROM", "WHERE", "ORDER", "LIMIT", "AND", "OR", "SELECT"):
            raise self._unexpected(word)
        return Name(tuple(word.text.split(".")), word.place)

    def _unexpected(self, word: Word) -> WriteRefused:
        shown = f"unexpected token: '{word.text}'" if word.kind != "end" else "unexpected token: '<EOF>'"
        return refused(self._soql, word.place, "MALFORMED_QUERY", shown)

    def _malformed(self, message: str) -> WriteRefused:
        return refused(self._soql, self._next.place, "MALFORMED_QUERY", message)
