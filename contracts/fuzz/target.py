"""What the harness must know of a provider: how to serve it, authorise a request, and what to excuse."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from msgspec import Struct, field

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Unfit(Exception):
    """Nothing can be tested; the text is the one sentence for people."""


class Request(Struct, frozen=True):
    """One request as it goes out, before it is authorised."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = ""


class Answer(Struct, frozen=True):
    """One answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


Authorise = Callable[[Request], dict[str, str]]


class Served(Struct, frozen=True, kw_only=True):
    """One fresh system with data in it, ready to be put on a port.

    `application` is served on a free port by the harness; a `url` is of a system that already answers.
    `known` are values that hit something: `path.id`, `query.since` or `body.version`, as Schemathesis
    names them. `records` counts what is kept, so that a write too many shows.
    """

    description: Mapping[str, Any]
    authorise: Authorise
    wrong: Authorise  # credentials of the right kind that are nobody's
    application: Application | None = None
    url: str = ""
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: Callable[[], int] = lambda: 0
    secrets: tuple[str, ...] = ()  # never to be seen in a report


class Oddity(Struct, frozen=True):
    """One justified exclusion: these operations may fail this check, and why; never a whole provider.

    `check` is a Schemathesis check (`negative_data_rejection`, …) or one of ours (`contracts.fuzz.checks`).
    `containing` narrows it to failures whose text has these words.
    """

    check: str
    operations: tuple[str, ...]  # operation ids
    reason: str
    containing: str = ""


class Link(Struct, frozen=True):
    """What one operation made is what others are about: how the stateful phase finds its way.

    `parameters` of the later call are runtime expressions over the earlier one, as OpenAPI has them.
    """

    made_by: str  # operation id
    status: str
    parameters: Mapping[str, str]
    used_by: tuple[str, ...]  # operation ids


class Target(Struct, frozen=True, kw_only=True):
    """One provider. `serve` opens it fresh, with the same data every time, and closes it afterwards.

    `refused` says what is wrong with an answer that should be the vendor's refusal of credentials, or "".
    `repeatable` names the operations whose repetition must answer alike and create nothing; PUT and PATCH
    belong to them without being named. `volatile` are fields that may differ between two equal answers.
    `read_after` gives the URL to read after a DELETE, where it is not the one deleted nor its collection.
    """

    provider: str
    serve: Callable[[], AbstractContextManager[Served]]
    refused: Callable[[Answer], str]
    headers: Mapping[str, str] = field(default_factory=dict)
    oddities: tuple[Oddity, ...] = ()
    repeatable: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    read_after: Callable[[str], str] | None = None
    links: tuple[Link, ...] = ()
    stateful_examples: int = 6  # sequences along the links, where there are any
    settings: Mapping[str, Any] = field(default_factory=dict)  # over schemathesis.toml, key by key


def excuse(target: Target, operation: str, check: str, text: str) -> Oddity | None:
    """The oddity that covers a failure, if there is one."""
    for oddity in target.oddities:
        if oddity.check == check and operation in oddity.operations and oddity.containing in text:
            return oddity
    return None
