"""What a query selects, as a tree of records within records, and how a row of SQL becomes one."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from mocks.protocols.salesforce.shapes import Column


class Leaf(Struct):
    """A field of a record, in the row's column `index`."""

    name: str
    index: int
    render: Callable[[Any], Any]


class Node(Struct):
    """A record within a row: its id in column `id_index`; null where there is none."""

    name: str
    object: str
    id_index: int
    parts: list["Leaf | Node"]

    def record(self, row: tuple[Any, ...], version_path: str) -> dict[str, Any] | None:
        """The record that a row holds for this node."""
        record_id = row[self.id_index]
        if record_id is None:
            return None
        url = f"{version_path}/sobjects/{self.object}/{record_id}"
        record: dict[str, Any] = {"attributes": {"type": self.object, "url": url}}
        for part in self.parts:
            if isinstance(part, Leaf):
                record[part.name] = part.render(row[part.index])
            else:
                record[part.name] = part.record(row, version_path)
        return record


class Selection:
    """Grows column by column; `columns` are the SQL expressions of a row."""

    def __init__(self, object_name: str) -> None:
        self.columns: list[str] = ["t0.id"]
        self.root = Node("", object_name, 0, [])

    def child(self, node: Node, name: str, object_name: str, alias: str) -> Node:
        """The node of a relationship below `node`, made when it is first met."""
        for part in node.parts:
            if isinstance(part, Node) and part.name == name:
                return part
        made = Node(name, object_name, self._add(f"{alias}.id"), [])
        node.parts.append(made)
        return made

    def add(self, node: Node, column: Column, alias: str) -> bool:
        """Add a field to a node; False when it is there already."""
        if any(isinstance(part, Leaf) and part.name == column.name for part in node.parts):
            return False
        node.parts.append(Leaf(column.name, self._add(column.expression(alias)), column.render))
        return True

    def _add(self, expression: str) -> int:
        self.columns.append(expression)
        return len(self.columns) - 1
