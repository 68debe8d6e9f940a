"""Pacts against descriptions: what the core sends must be described, and what it reads must be promised.

Examples of pacts are checked against the schemas as a closed world. A matcher says how far a value
may vary; its example has to fit all the same. Required headers may be missing from a pact, as it
need not name all that is sent. A webhook is checked as the request that brings it to the core.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from contracts.drift.calls import (
    FORM,
    STANDARD,
    Called,
    called,
    form_value,
    header_changes,
    path_changes,
    query_changes,
)
from contracts.drift.closed import ClosedWorld
from contracts.drift.findings import Change
from contracts.drift.schemas import Document, Unresolved, followed
from contracts.pactfile import MESSAGE, BadPact, Content, Interaction, PactFile, Request, Response, read_pact
from contracts.participants import API_PROVIDERS, CORE, WEBHOOKS, pact_files, vendor_of

_NOTIFICATION_PATH = "/webhooks/{vendor}/token"
_BODY_METHODS = ("POST", "PUT", "PATCH")


def described_by(provider: str) -> str:
    """Whose description counts for a provider's pacts: for webhooks that of the core, which receives them."""
    return provider if provider in API_PROVIDERS else CORE


def compare_files(provider: str, pacts: Path, document: Document) -> tuple[list[Change], int]:
    """What the pacts of a provider rely on that the description has not; how many interactions there were."""
    changes: list[Change] = []
    count = 0
    try:
        worlds = ClosedWorld(document, partial=False), ClosedWorld(document, partial=True)
    except Unresolved as problem:
        return [Change(f"{provider}/", str(problem))], 0
    files = pact_files(provider, pacts)
    for path in files:
        try:
            pact = read_pact(path)
        except BadPact as problem:
            changes.append(Change(f"{provider}/{path.name}", str(problem)))
            continue
        changes += _misplaced(pact, provider, path)
        interactions = [one for one in pact.interactions if not one.pending]
        count += len(interactions)
        for interaction in interactions:
            changes += compare(interaction, provider, document, worlds)
    if not count and not changes:
        why = "has no pact" if not files else "has pacts in which everything is pending"
        sentence = f"{provider} {why}, so nothing was compared; write one with the consumer tests."
        changes.append(Change(f"{provider}/", sentence))
    return changes, count


def strangers(pacts: Path) -> list[Change]:
    """Folders of pacts whose provider nobody knows: no verifier would ever look at them."""
    known = {*API_PROVIDERS, *WEBHOOKS}
    folders = sorted(path.name for path in pacts.iterdir() if path.is_dir()) if pacts.is_dir() else []
    return [
        Change(f"{name}/", f"There is no provider {name}; the known ones are {', '.join(sorted(known))}.")
        for name in folders
        if name not in known
    ]


def _misplaced(pact: PactFile, provider: str, path: Path) -> list[Change]:
    if pact.provider == provider and pact.consumer == path.stem:
        return []
    sentence = f"The pact is between {pact.consumer} and {pact.provider}, so it would never be verified here."
    return [Change(f"{provider}/{path.name}", sentence)]


def compare(
    interaction: Interaction, provider: str, document: Document, worlds: tuple[ClosedWorld, ClosedWorld]
) -> list[Change]:
    """What one interaction relies on that the description has not."""
    place = f"{interaction.name!r}: "
    request, response = _request_of(interaction, provider), interaction.response
    if request is None:
        return [Change(place, "It has no request to compare; write the pact again with the consumer tests.")]
    whole, partial = worlds
    try:
        found = called(request.method, request.path, document, whole)
        if isinstance(found, str):
            return [Change(f"{place}{request.method} {request.path}", found)]
        changes = [
            *path_changes(found, document, whole, place),
            *query_changes(request.query, found, document, whole, place),
            *header_changes(request.headers, found, document, whole, place),
            *_request_body(_meant(request, response), found, document, whole, place, response),
        ]
        if response is not None:
            changes += _answer(response, found, document, partial, place)
    except Unresolved as problem:
        return [Change(place, str(problem))]
    return changes


def _request_of(interaction: Interaction, provider: str) -> Request | None:
    if interaction.type != MESSAGE:
        return interaction.request if provider in API_PROVIDERS else None
    if provider not in WEBHOOKS or interaction.contents is None:
        return None
    headers = {
        name: [value]
        for name, value in interaction.metadata.items()
        if isinstance(value, str) and name.lower() not in ("contenttype", "content-type")
    }
    path = _NOTIFICATION_PATH.format(vendor=vendor_of(provider))
    return Request("POST", path, {}, headers, interaction.contents)


def _meant(request: Request, response: Response | None) -> Request:
    """The request without those records of a collection that are wrong on purpose and refused alone."""
    if request.body is None or response is None:
        return request
    sent = request.body.content
    answered = response.body.content if response.body else None
    if not (isinstance(sent, dict) and isinstance(sent.get("records"), list) and isinstance(answered, list)):
        return request
    kept = [
        record
        for record, one in zip_longest(sent["records"], answered)
        if record is not None and not (isinstance(one, dict) and one.get("success") is False)
    ]
    return replace(request, body=replace(request.body, content={**sent, "records": kept}))


def _request_body(
    request: Request,
    found: Called,
    document: Document,
    world: ClosedWorld,
    place: str,
    response: Response | None,
) -> list[Change]:
    described = followed(found.operation.get("requestBody"), document)
    where = f"{place}request body"
    refused = response is not None and response.status >= 400
    if request.body is None:
        missing = described and described.get("required") and not refused
        return [Change(where, "The description requires a body.")] if missing else []
    if not described:
        empty = request.body.content in ("", None) and found.method not in _BODY_METHODS
        return [] if empty else [Change(where, "The description has no body here.")]
    kind = request.body.content_type.partition(";")[0].strip().lower()
    if refused:
        # What is refused is meant to break the description; that is what the pact is about.
        return []
    if kind in described.get("x-also-takes", ()):
        # A form that a JSON schema cannot say, and that the description names all the same.
        return []
    return _body(request.body, described.get("content", {}), document, world, where)


def _answer(
    response: Response, found: Called, document: Document, world: ClosedWorld, place: str
) -> list[Change]:
    answers = found.operation.get("responses", {})
    names = (str(response.status), f"{response.status // 100}XX", "default")
    name = next((one for one in names if one in answers), None)
    if name is None:
        known = ", ".join(sorted(answers)) or "none"
        sentence = f"The description has no status {response.status} of {found.method} {found.path}"
        return [Change(f"{place}answer", f"{sentence}; it has {known}.")]
    answer = followed(answers[name], document)
    where = f"{place}answer {response.status}"
    changes = _answer_headers(response.headers, answer, document, world, where)
    if response.body is not None and response.body.content not in ("", None):
        contents = answer.get("content", {})
        if not contents:
            return [*changes, Change(where, "The description has no body here.")]
        changes += _body(response.body, contents, document, world, where)
    return changes


def _answer_headers(
    headers: Mapping[str, Sequence[str]],
    answer: Mapping[str, Any],
    document: Document,
    world: ClosedWorld,
    place: str,
) -> list[Change]:
    described = {name.lower(): followed(one, document) for name, one in answer.get("headers", {}).items()}
    changes = []
    for name, values in headers.items():
        if name.lower() in STANDARD:
            continue
        where = f"{place} header {name}"
        if name.lower() not in described:
            changes.append(Change(where, "The description has no such header."))
        else:
            # An integer in a header is a text on the wire, so either will do.
            schema, text = described[name.lower()].get("schema", {}), ", ".join(values)
            tries = [world.differences(value, schema, where) for value in _readings(text)]
            changes += [] if any(not one for one in tries) else tries[0]
    return changes


def _readings(text: str) -> list[Any]:
    try:
        return [text, json.loads(text)]
    except ValueError:
        return [text]


def _body(
    body: Content, contents: Mapping[str, Any], document: Document, world: ClosedWorld, place: str
) -> list[Change]:
    kind = body.content_type.partition(";")[0].strip().lower()
    bare = {name.partition(";")[0].strip().lower(): media for name, media in contents.items()}
    media = bare.get(kind, bare.get(f"{kind.partition('/')[0]}/*", bare.get("*/*")))
    if media is None:
        return [Change(place, f"The description has no {kind} here; it has {', '.join(sorted(bare))}.")]
    schema = media.get("schema", {})
    try:
        value = _value(body, kind, schema, document)
    except (ValueError, binascii.Error):
        return [Change(place, f"The body of the pact is no {kind}.")]
    return world.differences(value, schema, place)


def _value(body: Content, kind: str, schema: Any, document: Document) -> Any:
    """What a body says: of a pact's encodings the plain content."""
    content = body.content
    if isinstance(content, str) and str(body.encoded).lower() == "base64":
        content = base64.b64decode(content, validate=True).decode("utf-8", "replace")
    if kind == FORM and isinstance(content, str):
        return form_value(content, schema, document)
    is_json = kind == "application/json" or kind.endswith("+json")
    if is_json and isinstance(content, str) and body.encoded:
        return json.loads(content)
    return content
