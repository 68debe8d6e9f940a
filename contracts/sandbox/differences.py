"""What sets the stand-in apart from the mocks on purpose: a vendor's drift, which fidelity must name."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]
# Takes the headers and the body of an answer, and returns those of a vendor that moved on.
Change = Callable[[Headers, bytes], tuple[Headers, bytes]]


class Difference(Struct, frozen=True):
    """One deviation of one vendor: on answers to which calls, and what it does to them."""

    vendor: str
    name: str
    method: str
    path: str  # regular expression, whole
    change: Change

    def meets(self, vendor: str, method: str, path: str) -> bool:
        """Whether this call's answer is another one here."""
        return vendor == self.vendor and method == self.method and re.fullmatch(self.path, path) is not None


def _numeric_ids(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    try:
        found: Any = json.loads(body)
    except ValueError:
        return headers, body
    if isinstance(found, dict) and str(found.get("id", "")).isdecimal():
        return headers, json.dumps({**found, "id": int(found["id"])}).encode()
    return headers, body


def _without_page_count(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    return [(name, value) for name, value in headers if name.lower() != b"x-total-pages"], body


DIFFERENCES: Sequence[Difference] = (
    Difference(
        "bamboohr",
        "ids of employees are numbers",
        "GET",
        r"/api/(gateway\.php/[^/]+/)?v1/employees/[^/]+",
        _numeric_ids,
    ),
    Difference(
        "gusto",
        "lists no longer say how many pages there are",
        "GET",
        r"/v1/companies/[^/]+/(payrolls|employees)",
        _without_page_count,
    ),
)
