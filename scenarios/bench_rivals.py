"""What answers beside our mock, how each is started, and what each is asked: the same record everywhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from mocks.registry import vendor_for_role
from scenarios.bench_bare import Account
from scenarios.bench_wire import Connection, Refused, request

FOLDER_VARIABLE = "REHEARSE_NPM_BENCH"
OURS, BARE, JSON_SERVER, PRISM = "our Salesforce mock", "bare FastAPI", "json-server", "Prism"
INSTALL = f"npm install --prefix DIR json-server@0.17 @stoplight/prism-cli@5; export {FOLDER_VARIABLE}=DIR"
_WORLD, _SEED, _START_MS = "bench", 1, 1_767_225_600_000
_ID = "001000000000001AAA"
_NEW: dict[str, Any] = {
    "Name": "Meridian Freight",
    "AccountNumber": "CU-000017",
    "BillingCity": "Springfield",
    "BillingCountryCode": "US",
    "BillingPostalCode": "62701",
    "BillingStateCode": "IL",
    "BillingStreet": "17 Harbour Street",
    "CurrencyIsoCode": "USD",
    "RH_Legal_Name__c": "Meridian Freight Inc.",
    "RH_Payment_Terms__c": "NET30",
    "RH_Tax_Status__c": "BUSINESS",
}


class Rival(Struct, frozen=True, kw_only=True):
    """A server that can be asked for an account; `{port}` and `{folder}` of the command are filled in."""

    name: str
    version: str
    command: tuple[str, ...]
    collection: str  # accounts are created here and read below
    id_field: str  # of the answer to a new account
    new: bytes
    environment: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}  # laid in the folder before it starts
    wants_token: bool = False
    is_from_npm: bool = False  # may be missing, or too new for the node that is there


class Missing(Struct, frozen=True):
    """A rival that is not installed here, and what would install it."""

    name: str
    install: str


def whole_record() -> dict[str, Any]:
    """The account as every one of them answers it."""
    return Account(Id=_ID, attributes={"type": "Account", "url": f"/accounts/{_ID}"}, **_NEW).model_dump()


def rivals(environment: Mapping[str, str]) -> tuple[list[Rival], list[Missing]]:
    """Everything that can be measured here, ours first, and what is not installed."""
    found: list[Rival] = [_ours(), _bare()]
    missing: list[Missing] = []
    makers: dict[str, tuple[str, Callable[[str], Rival]]] = {
        JSON_SERVER: ("json-server", _json_server),
        PRISM: ("prism", _prism),
    }
    for name, (program, make) in makers.items():
        path = _installed(program, environment)
        if path is None:
            missing.append(Missing(name, INSTALL))
        else:
            found.append(make(path))
    return found, missing


def _installed(program: str, environment: Mapping[str, str]) -> str | None:
    folder = environment.get(FOLDER_VARIABLE)
    if folder:
        return shutil.which(program, path=str(Path(folder).resolve() / "node_modules" / ".bin"))
    return shutil.which(program, path=environment.get("PATH", os.defpath))


def _said_version(path: str) -> str:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return said.stdout.strip().splitlines()[-1] if said.stdout.strip() else "unknown"


def _ours() -> Rival:
    command = ("-m", "mocks.serve", "--vendor", "salesforce", "--port", "{port}", "--world", _WORLD)
    return Rival(
        name=OURS,
        version=version("dress-rehearsal"),
        command=(sys.executable, *command, "--seed", str(_SEED), "--start-ms", str(_START_MS)),
        collection="/services/data/v59.0/sobjects/Account",
        id_field="id",
        new=msgspec.json.encode(_NEW),
        environment={"REHEARSE_CONTROL_TOKEN": "bench"},
        wants_token=True,
    )


def _bare() -> Rival:
    return Rival(
        name=BARE,
        version=f"{version('fastapi')} on uvicorn {version('uvicorn')}",
        command=(sys.executable, "-m", "scenarios.bench_bare", "{port}"),
        collection="/accounts",
        id_field="id",
        new=msgspec.json.encode(_NEW),
    )


def _json_server(path: str) -> Rival:
    """It answers what was sent and adds nothing, so it is sent the whole record."""
    sent = {field: value for field, value in whole_record().items() if field != "Id"}
    return Rival(
        name=JSON_SERVER,
        version=_said_version(path),
        command=(path, "--host", "127.0.0.1", "--port", "{port}", "--quiet", "{folder}/db.json"),
        collection="/accounts",
        id_field="id",
        new=msgspec.json.encode(sent),
        files={"db.json": b'{"accounts": []}'},
        is_from_npm=True,
    )


def _prism(path: str) -> Rival:
    return Rival(
        name=PRISM,
        version=_said_version(path),
        command=(path, "mock", "-h", "127.0.0.1", "-p", "{port}", "-v", "silent", "{folder}/accounts.json"),
        collection="/accounts",
        id_field="id",
        new=msgspec.json.encode(_NEW),
        files={"accounts.json": msgspec.json.encode(description())},
        is_from_npm=True,
    )


def description() -> dict[str, Any]:
    """A small OpenAPI description of two operations with one example each.

    The mock's own would have Prism check every answer against a union of thirteen objects: this one is in
    its favour.
    """
    record, created = whole_record(), {"id": _ID, "success": True, "errors": []}
    account = {"type": "object", "required": ["Id"], "properties": {name: {} for name in record}}
    new = {"type": "object", "required": ["Name"], "properties": {name: {} for name in _NEW}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Accounts", "version": "1"},
        "paths": {
            "/accounts": {
                "post": {
                    "requestBody": {"required": True, "content": {"application/json": {"schema": new}}},
                    "responses": {"201": _answer({"type": "object"}, created)},
                }
            },
            "/accounts/{id}": {
                "get": {"parameters": [parameter], "responses": {"200": _answer(account, record)}}
            },
        },
    }


def _answer(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": "The answer",
        "content": {"application/json": {"schema": schema, "example": example}},
    }


async def authorisation(rival: Rival, connection: Connection) -> str:
    """The header lines that a call of this rival needs: only ours asks who is there."""
    if not rival.wants_token:
        return ""
    secrets = vendor_for_role("crm").secrets(_WORLD, _SEED)
    form = (
        f"grant_type=client_credentials&client_id={secrets['client_id']}"
        f"&client_secret={secrets['client_secret']}"
    ).encode()
    headers = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    status, body = await connection.ask(request("POST", "/services/oauth2/token", headers) + form)
    if status != 200:
        raise Refused(f"The mock gave no token: {status}.")
    return f"Authorization: Bearer {msgspec.json.decode(body)['access_token']}\r\n"
