"""All operations of the protocol over one org, and what a product's vendor needs beside them."""

import re
from collections.abc import Callable

from mocks.kit.calls import Call, Handler, Operation, Reply
from mocks.protocols.salesforce import composite, discovery, querying
from mocks.protocols.salesforce import description as shown
from mocks.protocols.salesforce.components import components, external_ids
from mocks.protocols.salesforce.errors import LIMIT_EXCEEDED, NOT_FOUND, failure, refusal
from mocks.protocols.salesforce.records import Org, SeveralRecords
from mocks.protocols.salesforce.resources import RESOURCES, Resource, Serving, inner_bodies
from mocks.protocols.salesforce.rules import WriteRefused
from mocks.protocols.salesforce.sessions import (
    PUBLIC_VERSIONS,
    TOKEN_PATH,
    expire_tokens,
    identify,
    issue_token,
    secrets,
)
from mocks.protocols.salesforce.values import encode_json

__all__ = ["described_records", "expire_tokens", "failure", "finish", "identify", "operations", "secrets"]

DATA = "/services/data/v{version}"
_VERSION = re.compile(r"([1-9]\d{1,2})\.0", re.ASCII)


def operations(org: Org) -> tuple[Operation, ...]:
    """Every operation of one product; paths without variables stand before those they would fit."""
    inside = Inside(org)

    def with_inner(work: Callable[[composite.Serve, Call], Reply]) -> Serving:
        return lambda org, call: work(inside.serve, call)

    several = (
        Resource(
            "POST",
            "/composite",
            "composite",
            "Several calls that may refer to each other",
            with_inner(composite.composite),
            {200: shown.ref("CompositeResult")},
            shown.COMPOSITE,
            refused=(400, 413),
        ),
        Resource(
            "POST",
            "/composite/batch",
            "batch",
            "Several calls that stand alone",
            with_inner(composite.batch),
            {200: shown.ref("BatchResult")},
            shown.BATCH,
            refused=(400, 413),
        ),
    )
    return (
        _token_operation(),
        _versions_operation(org),
        *(_operation(org, resource) for resource in (*several, *RESOURCES)),
    )


def described_records(org: Org) -> shown.Fragment:
    """The components of the description: every object of the org in its forms, errors, sessions."""
    return components(org, inner_bodies())


def finish(call: Call, reply: Reply) -> Reply:
    """Add the usage header that every answer of the data API carries."""
    if call.operation is not None and not call.operation.public:
        used, maximum = discovery.usage(call.world)
        reply.headers.append(("sforce-limit-info", f"api-usage={used}/{maximum}"))
    return reply


class Inside:
    """Serves calls within a call: finds the resource by path, answers errors as replies."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._table = [(_pattern(DATA + resource.path), resource) for resource in RESOURCES]

    def serve(self, call: Call) -> Reply:
        """The reply of one inner call."""
        known = False
        for pattern, resource in self._table:
            match = pattern.fullmatch(call.path.rstrip("/"))
            if match is None:
                continue
            if resource.method == call.method:
                call.path_parameters = match.groupdict()
                return answered(resource.serve, self._org, call)
            known = True
        return failure("method" if known else "not_found", 405 if known else 404, 0)


def answered(serve: Serving, org: Org, call: Call) -> Reply:
    """The reply of a serving function, with its refusals in the platform's shape."""
    version = _VERSION.fullmatch(call.path_parameters.get("version", "59.0"))
    if version is None or int(version[1]) < discovery.OLDEST_VERSION:
        return refusal(NOT_FOUND)
    try:
        return serve(org, call)
    except WriteRefused as refused:
        return refusal(*refused.problems)
    except SeveralRecords as several:
        prefix = querying.version_path(call)
        urls = [f"{prefix}/sobjects/{several.object}/{record_id}" for record_id in several.record_ids]
        return Reply(300, encode_json(urls))


def _handler(org: Org, serve: Serving) -> Handler:
    async def handler(call: Call) -> Reply:
        discovery.daily_limit(call.world)
        if not call.world.limits.take(discovery.DAILY, call.world.now_ms()):
            return refusal(LIMIT_EXCEEDED)
        return answered(serve, org, call)

    return handler


def _operation(org: Org, resource: Resource) -> Operation:
    keys = {shape.name: external_ids(shape) for shape in org.shapes.values()}
    objects = [name for name, own in keys.items() if own or not resource.keyed]
    fields = sorted({name for own in keys.values() for name in own})
    variables = re.findall(r"\{(\w+)", DATA + resource.path)
    return Operation(
        method=resource.method,
        path=DATA + resource.path,
        handler=_handler(org, resource.serve),
        summary=resource.summary,
        name=resource.name,
        request=None if resource.body is None else shown.body_of(resource.body),
        responses=resource.described(),
        parameters=shown.in_path(*variables, objects=objects, keys=fields) + resource.query,
    )


def _token_operation() -> Operation:
    async def handler(call: Call) -> Reply:
        return issue_token(call)

    return Operation(
        method="POST",
        path=TOKEN_PATH,
        handler=handler,
        summary="Obtain an access token",
        name="issueToken",
        public=True,
        request=shown.body_of(shown.GRANT, "application/x-www-form-urlencoded"),
        responses=_grant_answers(),
    )


def _grant_answers() -> shown.Fragment:
    answers = shown.answers({200: shown.TOKEN}, (413, 500, 503), metered=False)
    return {**answers, "400": shown.answer("The grant is denied", shown.GRANT_ERROR)}


def _versions_operation(org: Org) -> Operation:
    async def handler(call: Call) -> Reply:
        return discovery.list_versions(org, call)

    return Operation(
        method="GET",
        path="/services/data",
        handler=handler,
        summary="The versions of the API",
        name=PUBLIC_VERSIONS,
        public=True,
        responses=shown.answers({200: shown.VERSIONS}, (401, 500, 503), metered=False),
    )


def _pattern(template: str) -> re.Pattern[str]:
    """A path template as a regular expression, as the server's own router reads it."""
    parts = re.split(r"\{(\w+)(:path)?\}", template)
    text = ""
    for place in range(0, len(parts), 3):
        text += re.escape(parts[place])
        if place + 1 < len(parts):
            text += f"(?P<{parts[place + 1]}>{'.+' if parts[place + 2] else '[^/]+'})"
    return re.compile(text)
