"""From a difference back to the calls that made it: the mocks' journals, searched for a witness's names.

Only failed checks are traced. What a witness names is turned into the ids that calls carry (native ids,
external ids, source ids); calls that write come before calls that read. Bodies that could tell what
somebody earns are left out here, before anything is kept.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from scenarios.checks.result import CheckResult
from scenarios.estate import ROLES, Estate
from scenarios.events import CallSeen
from scenarios.oracle.evidence import Evidence

GROUPS_TRACED = 40
CALLS_KEPT = 20
READS_KEPT = 6
VIOLATIONS_TRACED = 20  # of one check: as many as a report shows
EXCERPT = 600
PAGE = 5_000
_PAY = re.compile(
    r"journal|transactionaccountingline|custcol_rh_resource|payroll|salary|compensation|"
    r"pay_?rate|gross_?pay|net_?pay|burden|\b(?:PAY|LAB|5000|5100|5190|2150)\b",
    re.IGNORECASE,
)
_READING = re.compile(r"/(?:query|suiteql|token|queryAll)\b")
_EVENT_BK = re.compile(r"^BE\|(?P<source>.+)\|v\d+\.\d+\|p\d+$")
_BK = re.compile(r"^[A-Z]{2}\|")
_NAME = re.compile(r"[0-9A-Za-z|_-]{5,}")  # an id as it stands in a path or a body


class Sought(Struct, frozen=True):
    """What to look for: words anywhere, and short native ids in the calls of one role."""

    words: frozenset[str]
    ids: frozenset[tuple[str, str]]


def group_of(witness: Iterable[str]) -> str:
    """The document a witness is about: its first name, without the place inside the document."""
    first = next(iter(witness), "")
    return first.split("/")[0] if re.match(r"^[a-z]+:\w+:", first) else first


async def calls_behind(
    estate: Estate, results: Iterable[CheckResult], evidence: Evidence
) -> dict[str, tuple[CallSeen, ...]]:
    """The calls that mention what failed checks name, by document, in the order they came."""
    sought = {group: _sought(names, evidence) for group, names in _named(results).items()}
    groups = _groups(sought)
    found: dict[str, list[tuple[int, int, CallSeen]]] = {group: [] for group in sought}
    for role in ROLES if sought else ():
        async for entry in _journal(estate, role):
            for group, rank in _ranks(entry, role, groups).items():
                found[group].append((rank, entry["at_ms"], _seen(role, entry)))
    return {group: _best(calls) for group, calls in found.items()}


def _named(results: Iterable[CheckResult]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for result in results:
        for violation in result.violations[:VIOLATIONS_TRACED] if result.status == "fail" else ():
            group = group_of(violation.witness)
            if group in groups or len(groups) < GROUPS_TRACED:
                groups.setdefault(group, set()).update(violation.witness)
    return groups


def _sought(names: set[str], evidence: Evidence) -> Sought:
    words: set[str] = set()
    ids: set[tuple[str, str]] = set()
    bks = set()
    for name in sorted(names):
        event = _EVENT_BK.match(name)
        native = re.match(r"^([a-z]+):(\w+):([^/]+)", name)
        if native is not None:
            ids.add((native[1], native[3]))
            words |= _external_ids(native[2], native[3], evidence)
        elif event is not None:
            bks.add(event["source"])
        elif _BK.match(name):
            bks.add(name)
            words.add(name)
        elif len(name) >= 15 and name.split("#")[0].isalnum():
            words.add(name.split("#")[0])
    for fact in evidence.facts:
        if fact.bk in bks and len(fact.source_id) >= 5:
            words.add(fact.source_id.split("#")[0])
    words |= {native_id for _, native_id in ids if len(native_id) >= 15}
    return Sought(frozenset(words), frozenset(pair for pair in ids if pair[1] not in words))


def _external_ids(kind: str, native_id: str, evidence: Evidence) -> set[str]:
    return {
        document.external_id
        for document in evidence.documents
        if document.native_id == native_id
        and kind in type(document).__name__.lower()
        and len(document.external_id) >= 5
    }


def _groups(sought: Mapping[str, Sought]) -> dict[str, list[str]]:
    """Which documents a name stands for; short native ids as `role/id`."""
    groups: dict[str, list[str]] = {}
    for group, wanted in sought.items():
        for name in sorted(wanted.words) + sorted(f"{role}/{native_id}" for role, native_id in wanted.ids):
            groups.setdefault(name, []).append(group)
    return groups


async def _journal(estate: Estate, role: str) -> AsyncIterator[Mapping[str, Any]]:
    after = 0
    while True:
        entries = (await estate.systems[role].control.journal(after, PAGE))["entries"]
        for entry in entries:
            yield entry
        if len(entries) < PAGE:
            return
        after = entries[-1]["seq"]


def _ranks(entry: Mapping[str, Any], role: str, groups: Mapping[str, list[str]]) -> dict[str, int]:
    """The documents a call is about: 0 writes it, 1 a write answered it, 2 reads it, 3 a read met it."""
    writes = entry["method"] != "GET" and not _READING.search(entry["path"])
    path = unquote(entry["path"])
    own = [f"{role}/{part}" for part in path.split("/")]
    asked = _NAME.findall(entry["request"]) + _NAME.findall(unquote(entry["query"]))
    found: dict[str, int] = {}
    for rank, names in (
        (0 if writes else 2, own + _NAME.findall(path)),
        (0 if writes else 3, asked),
        (1 if writes else 3, _NAME.findall(entry["response"])),
    ):
        for name in names:
            for group in groups.get(name, ()):
                found[group] = min(rank, found.get(group, rank))
    return found


def _best(calls: list[tuple[int, int, CallSeen]]) -> tuple[CallSeen, ...]:
    ordered = sorted(calls, key=lambda call: call[:2])
    writes = [call for call in ordered if call[0] < 2]
    # Polls come across everything all the time: they are shown only where there is nothing better.
    reads = [call for call in ordered if call[0] == 2] or ([] if writes else ordered)
    chosen = [*writes[:CALLS_KEPT], *reads[:READS_KEPT]][:CALLS_KEPT]
    return tuple(call for _, _, call in sorted(chosen, key=lambda call: call[1]))


def _seen(role: str, entry: Mapping[str, Any]) -> CallSeen:
    path = entry["path"] + (f"?{unquote(entry['query'])}" if entry["query"] else "")
    private = role == "payroll" or any(
        _PAY.search(text) for text in (path, entry["request"], entry["response"])
    )
    return CallSeen(
        role=role,
        at_ms=entry["at_ms"],
        method=entry["method"],
        path=path[:EXCERPT],
        status=entry["status"],
        outcome=entry["outcome"],
        fault=entry["fault"],
        correlation_id=entry["correlation_id"],
        request="" if private else entry["request"][:EXCERPT],
        response="" if private else entry["response"][:EXCERPT],
    )
