"""Pact files as data, read strictly: what a verifier would skip in silence is refused here with a sentence.

A pact without interactions, with contents of the wrong shape, or with two interactions of one name
and state is green in every verifier, because nothing of it is verified.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

HTTP, MESSAGE = "Synchronous/HTTP", "Asynchronous/Messages"
_SIZE_LIMIT_BYTES = 8 * 1024 * 1024


class BadPact(ValueError):
    """The file is no pact that can be verified; the text says why and what to do."""


class State(Struct, frozen=True):
    """What must be there before an interaction: its name, and what it is told."""

    name: str
    params: dict[str, Any] = {}


class Content(Struct, frozen=True, rename="camel"):
    """A body: its content as JSON or text, and how it is encoded."""

    content: Any
    content_type: str
    encoded: bool | str


class Request(Struct, frozen=True, rename="camel"):
    """What the consumer sends."""

    method: str
    path: str
    query: dict[str, list[str]] = {}
    headers: dict[str, list[str]] = {}
    body: Content | None = None


class Response(Struct, frozen=True, rename="camel"):
    """What the consumer reads of the answer."""

    status: int
    headers: dict[str, list[str]] = {}
    body: Content | None = None
    matching_rules: dict[str, Any] = {}


class Interaction(Struct, frozen=True, rename="camel"):
    """One call with its answer, or one message."""

    type: str
    description: str
    provider_states: list[State] = []
    pending: bool = False
    request: Request | None = None
    response: Response | None = None
    contents: Content | None = None
    metadata: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Description and states: what tells an interaction from all others of its pact."""
        return " | ".join((self.description, *(state.name for state in self.provider_states)))


class _Named(Struct, frozen=True):
    name: str


class _Specification(Struct, frozen=True):
    version: str


class _Metadata(Struct, frozen=True):
    specification: _Specification = field(name="pactSpecification")


class PactFile(Struct, frozen=True):
    """One pact: between whom, and on what."""

    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]
    digest: str


class _Pact(Struct, frozen=True):
    consumer: _Named
    provider: _Named
    interactions: list[Interaction]
    metadata: _Metadata


def read_pact(path: Path) -> PactFile:
    """The pact in a file; raises BadPact with a sentence for whatever could pass unverified."""
    try:
        if path.stat().st_size > _SIZE_LIMIT_BYTES:
            raise BadPact(f"{path.name} is larger than {_SIZE_LIMIT_BYTES} bytes; that is no pact of ours.")
        payload = path.read_bytes()
    except OSError as problem:
        reason = (problem.strerror or "refused").lower()
        raise BadPact(f"{path} cannot be read: {reason}. Run the consumer tests to write it.") from None
    return parse_pact(payload, path.name)


def parse_pact(payload: bytes, name: str) -> PactFile:
    """The pact in these bytes; `name` is for the sentence of a BadPact."""
    try:
        found = msgspec.json.decode(payload, type=_Pact)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadPact(f"{name} is no pact: {problem}. Run the consumer tests to write it again.") from None
    if not found.metadata.specification.version.startswith("4"):
        version = found.metadata.specification.version
        raise BadPact(f"{name} follows version {version} of the specification; this project writes V4.")
    problems = list(_problems(found))
    if problems:
        raise BadPact(f"{name} cannot be verified: {'; '.join(problems[:5])}.")
    return PactFile(
        consumer=found.consumer.name,
        provider=found.provider.name,
        interactions=tuple(found.interactions),
        digest=digest_of(payload),
    )


def digest_of(payload: bytes) -> str:
    """What a pact says, as a short name: another digest means another promise."""
    return sha256(payload).hexdigest()[:16]


def selected(payload: bytes, names: frozenset[str]) -> bytes:
    """The same pact with the interactions of these names alone; raises BadPact where none is left."""
    document = msgspec.json.decode(payload)
    kept = [raw for raw in document["interactions"] if msgspec.convert(raw, Interaction).name in names]
    if not kept:
        raise BadPact("The selection leaves no interaction; nothing would be verified.")
    return msgspec.json.encode({**document, "interactions": kept})


def _problems(pact: _Pact) -> Iterator[str]:
    if not pact.interactions:
        yield "it has no interactions"
    seen: set[str] = set()
    for interaction in pact.interactions:
        if interaction.name in seen:
            yield f"two interactions are named {interaction.name!r}"
        seen.add(interaction.name)
        if not interaction.description.strip():
            yield "an interaction has no description"
        if interaction.type == HTTP:
            yield from _http_problems(interaction)
        elif interaction.type != MESSAGE:
            yield f"{interaction.name!r} has the unknown type {interaction.type!r}"
        elif interaction.contents is None:
            yield f"{interaction.name!r} has no contents"
        elif not interaction.contents.content or interaction.contents.encoded is not False:
            # Whatever comes would be like it.
            yield f"{interaction.name!r} has empty or encoded contents, which every message fulfils"


def _http_problems(interaction: Interaction) -> Iterator[str]:
    if interaction.request is None or interaction.response is None:
        yield f"{interaction.name!r} lacks its request or its response"
    elif not interaction.request.path.startswith("/"):
        yield f"{interaction.name!r} asks for the path {interaction.request.path!r}"
    elif not 100 <= interaction.response.status <= 599:
        yield f"{interaction.name!r} expects the status {interaction.response.status}"
