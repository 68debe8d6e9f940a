"""What the orgs on the Salesforce protocol share as targets: sessions, seeding, oddities of the platform.

The description takes the object as a parameter of the path, so a generated body or id seldom goes
with a generated object. A hook turns the path to the object that body or id belong to; what was
generated to be wrong stays wrong.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import schemathesis
from hypothesis import strategies

from contracts.fuzz.mocked import Known, mocked
from contracts.fuzz.target import Answer, Authorise, Link, Oddity, Request, Served, Target
from mocks.kit.calls import Call
from mocks.kit.faults import Fault
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from mocks.protocols.salesforce import records
from mocks.protocols.salesforce.components import external_ids
from mocks.protocols.salesforce.incoming import Incoming, store_values
from mocks.protocols.salesforce.querying import query
from mocks.protocols.salesforce.records import Org
from mocks.protocols.salesforce.sessions import issue_token

Rows = tuple[tuple[str, Mapping[str, Any]], ...]
DATA = "/services/data/v{version}"
_FORMS = {"createRecord": "new", "updateRecord": "change", "upsertRecord": "keyed"}


def target_of(
    provider: str, vendor: Vendor, org: Org, rows: Rows, known: Mapping[str, tuple[str, ...]]
) -> Target:
    """One org as a target: `rows` are records to begin with, in order; `@Object` names the last one's id."""

    def serve() -> AbstractContextManager[Served]:
        return mocked(vendor, partial(_prepare, org, rows, known), _session_of, lambda world: _nobodys)

    return Target(
        provider=provider,
        serve=serve,
        refused=_refused,
        oddities=ODDITIES,
        repeatable=frozenset({"readMany"}),
        volatile=frozenset({"created"}),
        links=(Link("createRecord", "201", _OWN, ("readRecord", "updateRecord", "deleteRecord")),),
        read_after=partial(_read_after, org),
        headers={"Accept": "application/json"},
    )


_OWN = {
    "path.version": "$request.path.version",
    "path.object": "$request.path.object",
    "path.id": "$response.body#/id",
}


# --- data -------------------------------------------------------------------------------------


def _prepare(org: Org, rows: Rows, known: Mapping[str, tuple[str, ...]], world: World) -> Known:
    ids: dict[str, list[str]] = {}
    for name, fields in rows:
        shape = org.shapes[name.lower()]
        given = {field: _filled(value, ids) for field, value in fields.items()}
        values = store_values(Incoming(org, world, shape), given, creating=True)
        ids.setdefault(name, []).append(records.create(org, world, name, values))
    _register(org, ids, rows)
    for name, secret in _client(world).items():
        schemathesis.openapi.format(name.replace("_", "-"), strategies.just(secret))
    locator = _open_locator(org, world)
    some = tuple(found[0] for found in ids.values())
    return {
        "path.id": some,
        "path.locator": (locator,),
        "query.ids": some,
        "query.start": ("2026-02-02T00:00:00Z",),
        "query.end": ("2026-02-02T12:00:00Z",),
        **known,
    }


def _open_locator(org: Org, world: World) -> str:
    """A result with a page to come: pages of one record for one moment."""
    world.faults.add(Fault(id="small pages", kind="page_size", size=1))
    name = next(shape.name for shape in org.shapes.values() if world.store.count(shape.name) > 1)
    call = Call("GET", "/services/data/v59.0/query", urlencode({"q": f"SELECT Id FROM {name}"}), {}, b"")
    call.world, call.path_parameters = world, {"version": "59.0"}
    page = json.loads(query(org, call, deleted=False).body)
    world.faults.clear()
    return str(page["nextRecordsUrl"]).rpartition("/")[2]


def _filled(value: Any, ids: Mapping[str, list[str]]) -> Any:
    return ids[value[1:]][-1] if isinstance(value, str) and value.startswith("@") else value


def _register(org: Org, ids: Mapping[str, list[str]], rows: Rows) -> None:
    """Ids and keys of parents inside bodies are of records that are there."""
    for shape in org.shapes.values():
        if shape.name in ids:
            schemathesis.openapi.format(f"{shape.name}-id", strategies.sampled_from(ids[shape.name]))
        for key in external_ids(shape):
            held = [str(fields[key]) for name, fields in rows if name == shape.name and key in fields]
            if held:
                schemathesis.openapi.format(f"{shape.name}-key", strategies.sampled_from(held))


# --- sessions ---------------------------------------------------------------------------------


def _session_of(world: World) -> Authorise:
    form = urlencode({"grant_type": "client_credentials"} | _client(world)).encode()
    call = Call("POST", "/services/oauth2/token", "", {}, form)
    call.world = world
    token = json.loads(issue_token(call).body)["access_token"]
    return partial(_bearer, token)


def _client(world: World) -> dict[str, str]:
    return {name: world.secrets[name] for name in ("client_id", "client_secret")}


def _bearer(token: str, request: Request) -> dict[str, str]:
    return {} if urlsplit(request.url).path.startswith("/services/oauth2/") else _header(token)


def _header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _nobodys(request: Request) -> dict[str, str]:
    return _header("00D000000000000!0.0.nobody")


def _refused(answer: Answer) -> str:
    if answer.status != 401:
        return f"The answer is {answer.status}, not 401."
    body = json.loads(answer.body)
    codes = [error.get("errorCode") for error in body] if isinstance(body, list) else []
    return "" if codes == ["INVALID_SESSION_ID"] else "A refusal is an array with INVALID_SESSION_ID."


def _read_after(org: Org, url: str) -> str:
    """A read of what a DELETE took away; of a collection its first record."""
    parts = urlsplit(url)
    ids = parse_qs(parts.query).get("ids", [""])[0].split(",")[0]
    if not ids:
        return urlunsplit((*parts[:3], "", ""))
    names = [shape.name for shape in org.shapes.values() if ids.startswith(shape.type.prefix)]
    path = parts.path.replace("/composite/sobjects", f"/sobjects/{(names or ['None'])[0]}/{ids}")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


# --- the object that goes with what was generated ---------------------------------------------


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Turn the path of a case to the object that its body or id belongs to, if they are any object's."""
    parameters = case.path_parameters or {}
    name = str(case.operation.definition.raw.get("operationId"))
    if not case.operation.path.startswith(f"{DATA}/sobjects/{{object}}"):
        return case
    schemas = case.operation.schema.raw_schema.get("components", {}).get("schemas", {})
    fitting = _object_of(schemas, name, parameters, case.body)
    if fitting and f"{parameters.get('object')}.row" in schemas:
        case.path_parameters = {**parameters, "object": fitting}
    return case


def _object_of(
    schemas: Mapping[str, Any], operation: str, parameters: Mapping[str, Any], body: Any
) -> str | None:
    if "id" in parameters:
        prefix = str(parameters["id"])[:3]
        return next((name for name in _objects(schemas) if _prefix(schemas[name]) == prefix), None)
    form = _FORMS.get(operation)
    if form is None or not isinstance(body, dict):
        return None
    fitting = (
        name
        for name in _objects(schemas)
        if (schema := schemas.get(f"{name}.{form}"))
        and body.keys() <= schema["properties"].keys()
        and set(schema.get("required", ())) <= body.keys()
    )
    return next(fitting, None)


def _objects(schemas: Mapping[str, Any]) -> list[str]:
    return [name.removesuffix(".row") for name in schemas if name.endswith(".row")]


def _prefix(schema: Mapping[str, Any]) -> str:
    return str(schema["properties"]["Id"]["pattern"])[1:4]


# --- what is the platform's way ---------------------------------------------------------------

_ACCEPTED, _REJECTED = "positive_data_acceptance", "negative_data_rejection"
ODDITIES = (
    Oddity(
        _ACCEPTED,
        ("createRecord", "updateRecord", "upsertRecord", "deleteRecord", "deleteByKey"),
        "What a record may hold also depends on its state, on other records and on the object in the path.",
    ),
    Oddity(
        _ACCEPTED,
        ("readRecord", "readByKey"),
        "The fields asked for are of one object, which only the path names.",
    ),
    Oddity(_ACCEPTED, ("query", "queryAll"), "A schema cannot say what is a sentence of the query language."),
    Oddity(_ACCEPTED, ("queryMore", "queryAllMore"), "A locator is good only while its result is open."),
    Oddity(_ACCEPTED, ("updated", "deleted"), "A span is of real days and does not end before it begins."),
    Oddity(_ACCEPTED, ("issueToken",), "Whose the credentials are, no schema can say."),
    Oddity(_ACCEPTED, ("composite",), "No two requests of one call may have the same reference."),
    Oddity(_ACCEPTED, ("deleteMany", "readMany"), "Ids and fields are of objects that only the org knows."),
    Oddity(
        _REJECTED,
        ("createMany", "updateMany", "upsertMany"),
        "Each record has a result of its own, a refused one too, inside a good answer.",
        "records",
    ),
    Oddity(
        _REJECTED,
        ("composite", "batch"),
        "Each inner request has an answer of its own, a refused one too, inside a good answer.",
        "equest",
    ),
)
