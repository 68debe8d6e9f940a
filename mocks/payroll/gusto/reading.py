"""What lists show of the records: as of the last visible version, filtered and cut into pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from mocks.kit.calls import Call, Reply
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World
from mocks.payroll.gusto.errors import invalid, missing
from mocks.payroll.gusto.schema import COMPANY
from mocks.payroll.gusto.wire import reply

_USUAL, _LARGEST = 25, 100


def seen(world: World, object_name: str, where: str = "1", arguments: Sequence[Value] = ()) -> list[Record]:
    """Records as lists see them, in the order in which they were made."""
    records = world.store.select(object_name, where, arguments)
    until_ms = world.visible_until_ms()
    if until_ms is None:
        return records
    shown = []
    for record in records:
        if record.modified_ms < until_ms:
            shown.append(record)
            continue
        versions = world.store.versions(object_name, record.id)
        shown += [version for version in versions if version.modified_ms < until_ms][-1:]
    return shown


def company_of(call: Call) -> Record:
    """The company that the path names; refuses with 404."""
    record = call.world.store.get(COMPANY, call.path_parameters["company"])
    if record is None:
        raise missing("company")
    return record


def choices(query: Mapping[str, str], name: str, allowed: Sequence[str], default: str) -> frozenset[str]:
    """The comma-separated words of a parameter; refuses unknown ones."""
    words = frozenset(filter(None, query.get(name, default).split(",")))
    strange = sorted(words - set(allowed))
    if strange:
        raise invalid(name, f"{name} does not know {strange[0]}; it knows {', '.join(allowed)}")
    return words


def paged(call: Call, records: Sequence[Record]) -> tuple[Sequence[Record], list[tuple[str, str]]]:
    """One page and its headers; everything and no headers where no page was asked for."""
    query = call.query()
    if "page" not in query and "per" not in query:
        return records, []
    page = _number(query, "page", 1, 1_000_000)
    per = call.world.page_size(_number(query, "per", _USUAL, _LARGEST))
    pages = -(-len(records) // per)
    headers = [
        ("x-page", str(page)),
        ("x-total-count", str(len(records))),
        ("x-total-pages", str(pages)),
        ("x-per-page", str(per)),
    ]
    return records[(page - 1) * per : page * per], headers


def page_reply(rows: list[dict[str, Any]], headers: list[tuple[str, str]]) -> Reply:
    """A list as an answer, with the headers of its page."""
    answer = reply(rows)
    answer.headers.extend(headers)
    return answer


def _number(query: Mapping[str, str], name: str, usual: int, largest: int) -> int:
    text = query.get(name, str(usual))
    if not text.isascii() or not text.isdecimal() or len(text) > 7 or not 1 <= int(text) <= largest:
        raise invalid(name, f"{name} is a number from 1 to {largest}")
    return int(text)
