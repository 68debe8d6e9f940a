"""A fault planted in one operation of a mock is found within the usual examples, and named."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from contracts.fuzz.checks import (
    DELETED_IS_GONE,
    NEVER_GOOD,
    REFUSES_NO_CREDENTIALS,
    REFUSES_WRONG_CREDENTIALS,
    REPEATED_ANSWERS_ALIKE,
    REPEATED_CREATES_NOTHING,
)
from contracts.fuzz.harness import Options, fuzz
from contracts.fuzz.report import Report
from contracts.fuzz.target import Target
from contracts.fuzz.targets.bamboohr import TARGET, serve
from mocks.hris.bamboohr import employees, hooks
from mocks.hris.bamboohr.errors import refusal
from mocks.hris.bamboohr.vendor import VENDOR
from mocks.kit.calls import Call, Handler, Reply
from mocks.kit.vendor import Vendor
from mocks.kit.world import World


def _target(vendor: Vendor) -> Target:
    return replace(TARGET, serve=lambda: serve(vendor))


def _with(operation: str, handler: Handler) -> Target:
    operations = tuple(
        replace(one, handler=handler) if one.name == operation else one for one in VENDOR.operations
    )
    return _target(replace(VENDOR, operations=operations))


def _found(target: Target, operation: str) -> set[str]:
    report = fuzz(target, Options(only=(operation,)))
    assert (report.operations, report.described) == (1, 1)
    assert {one.operation for one in report.failures} <= {operation}
    return {one.check for one in report.failures}


async def _fails_for_one(call: Call) -> Reply:
    if call.path_parameters["id"] == "2":
        raise RuntimeError("planted")
    return await employees.get(call)


async def _deletes_nothing(call: Call) -> Reply:
    await hooks.get(call)
    return Reply(200)


async def _makes_another(call: Call) -> Reply:
    answer = await hooks.change(call)
    world, held = call.world, call.world.store.require("webhook", call.path_parameters["webhook"])
    with world.store.transaction():
        number = str(world.store.next_number("webhook"))
        world.store.insert("webhook", number, held.values, world.commit_ms())
    return answer


async def _numbers_for_texts(call: Call) -> Reply:
    shown = msgspec.json.decode((await hooks.get(call)).body)
    return Reply(200, msgspec.json.encode({**shown, "id": int(shown["id"])}))


async def _one_field_more(call: Call) -> Reply:
    shown = msgspec.json.decode((await hooks.get(call)).body)
    return Reply(200, msgspec.json.encode({**shown, "surprise": True}))


async def _accepted(call: Call) -> Reply:
    return replace(await hooks.get(call), status=202)


async def _takes_anything(call: Call) -> Reply:
    return Reply(200)


async def _another_answer_each_time(call: Call) -> Reply:
    shown = msgspec.json.decode((await hooks.change(call)).body)
    name = f"{shown['name']} {call.world.store.next_number('answers')}"
    return Reply(200, msgspec.json.encode({**shown, "name": name}))


async def _always_missing(call: Call) -> Reply:
    raise refusal(404, "planted")


@pytest.mark.parametrize(
    ("operation", "handler", "check"),
    [
        ("gateway_get_employee", _fails_for_one, "not_a_server_error"),
        ("gateway_delete_webhook", _deletes_nothing, DELETED_IS_GONE),
        ("gateway_change_webhook", _makes_another, REPEATED_CREATES_NOTHING),
        ("gateway_change_webhook", _another_answer_each_time, REPEATED_ANSWERS_ALIKE),
        ("gateway_get_webhook", _numbers_for_texts, "response_schema_conformance"),
        ("gateway_get_webhook", _one_field_more, "response_schema_conformance"),
        ("gateway_get_webhook", _accepted, "status_code_conformance"),
        ("gateway_update_employee", _takes_anything, "negative_data_rejection"),
        ("gateway_get_webhook", _always_missing, NEVER_GOOD),
    ],
)
def test_a_planted_fault__is_found(operation: str, handler: Handler, check: str) -> None:
    assert check in _found(_with(operation, handler), operation)


@pytest.mark.parametrize(
    "operation", ["gateway_get_employee", "gateway_get_webhook", "gateway_delete_webhook"]
)
def test_an_operation_without_a_fault__passes(operation: str) -> None:
    assert _found(TARGET, operation) == set()


def _open_door(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    if call.operation is not None and call.operation.name == "gateway_directory":
        return next(iter(worlds.values())), "anybody"
    return VENDOR.identify(call, worlds)


def test_an_operation_without_credentials__is_found() -> None:
    found = _found(_target(replace(VENDOR, identify=_open_door)), "gateway_directory")
    assert found >= {REFUSES_NO_CREDENTIALS, REFUSES_WRONG_CREDENTIALS}


def _report() -> Report:
    return fuzz(
        _with("gateway_get_employee", _fails_for_one), Options(only=("gateway_get_employee",), examples=10)
    )


def test_two_runs__send_the_same_requests() -> None:
    one, two = _report(), _report()
    assert (one.request_hash, one.requests) == (two.request_hash, two.requests)
    assert one.requests > 10


def test_other_code_that_is_loaded__changes_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _report()
    (tmp_path / "loaded_beside.py").write_text(f"ODD = [{', '.join(str(7**n) for n in range(20, 60))}]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("loaded_beside")
    assert _report().request_hash == before.request_hash


def test_another_seed__sends_other_requests() -> None:
    options = Options(only=("gateway_get_employee",), examples=10)
    one, two = fuzz(TARGET, options), fuzz(TARGET, replace(options, seed=2))
    assert one.request_hash != two.request_hash


def test_a_failure__names_the_request_and_no_credentials() -> None:
    failures = _report().failures
    with serve() as served:
        secrets = served.secrets
    assert any("/v1/employees/2" in one.message for one in failures)
    assert secrets
    assert not [one for one in failures for secret in secrets if secret in one.message]
    assert not [one for one in failures if "Authorization" in one.message]
