"""What version 1 stored is read with the meaning it had, and what nobody can read is refused."""

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_core.canonical.upcasters import STEPS
from integration_core.canonical.versions import (
    DOCUMENTS,
    ENTITIES,
    RECORDS,
    SCHEMA_VERSION,
    UnknownVersion,
    upcast,
)
from integration_core.ports.systems import SourceRecord
from integration_core.processes.sending import LANES

from . import older
from .values import values


def builtins(value: Any) -> Any:
    """A value as it comes back from JSON."""
    return msgspec.json.decode(msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("entity", "payload"), older.recorded(), ids=lambda part: part if len(part) < 24 else ""
)
def test_recorded_payload__is_read_with_the_meaning_it_had(entity: str, payload: str) -> None:
    said = json.loads(payload)
    today = builtins(msgspec.convert(upcast(entity, 1, json.loads(payload)), ENTITIES[entity]))
    gained = {name: today[name] for name in today.keys() - said.keys()}
    assert older.downcast(entity, today) == said
    assert gained == older.GAINED.get(entity, {})


def test_recorded_contract__has_lines_without_retainers() -> None:
    contracts = [json.loads(payload) for payload in older.of("Contract")]
    lines = [line for contract in contracts for line in upcast("Contract", 1, contract)["lines"]]
    assert lines
    assert {line["retainer"] for line in lines} == {None}


def test_recordings__hold_every_entity_that_version_1_stored() -> None:
    stored = {kind.__name__ for kind in (*RECORDS, *DOCUMENTS.values())} & set(older.known())
    assert {entity for entity, _ in older.recorded()} == stored - {"InvoiceState"}  # taken up, never kept


def test_upcast__leaves_the_stored_payload_as_it_is() -> None:
    payload = json.loads(older.of("Contract")[0])
    upcast("Contract", 1, payload)
    assert payload == json.loads(older.of("Contract")[0])


@given(st.data())
@settings(derandomize=True, max_examples=150, deadline=None, database=None)
def test_upcast_of_a_downcast__keeps_all_that_version_1_knew(data: st.DataObject) -> None:
    entity = data.draw(st.sampled_from(older.known()))
    past = older.downcast(entity, builtins(data.draw(values(ENTITIES[entity]))))
    again = msgspec.convert(upcast(entity, 1, past), ENTITIES[entity])
    assert older.downcast(entity, builtins(again)) == past


@given(st.data())
@settings(derandomize=True, max_examples=150, deadline=None, database=None)
def test_payload_of_the_present_version__is_read_back_whole(data: st.DataObject) -> None:
    kind = ENTITIES[data.draw(st.sampled_from(sorted(ENTITIES)))]
    value = data.draw(values(kind))
    assert msgspec.convert(upcast(kind.__name__, SCHEMA_VERSION, builtins(value)), kind) == value


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, -1])
def test_unknown_version__is_refused_with_what_to_do(version: int) -> None:
    with pytest.raises(UnknownVersion) as refused:
        upcast("Contract", version, {})
    assert str(refused.value) == (
        f"A stored Contract is of version {version} of the canonical model and this release reads"
        " versions 1 to 2: start the release that wrote it, or a newer one."
    )


def test_entities__are_what_the_ports_and_the_lanes_speak_of() -> None:
    assert set(RECORDS) == set(get_args(SourceRecord))
    assert DOCUMENTS.keys() | {"erp.period"} == LANES.keys()


def test_steps__lead_from_every_older_version_and_name_known_entities() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))
    assert all(ENTITIES.keys() >= upcasters.keys() for upcasters in STEPS.values())


@pytest.mark.parametrize("kind", ENTITIES.values(), ids=ENTITIES.keys())
def test_types__write_every_field_and_pass_over_unknown_ones(kind: type[msgspec.Struct]) -> None:
    """What is called additive is so only as long as this holds."""
    config = kind.__struct_config__
    assert (config.omit_defaults, config.forbid_unknown_fields, config.array_like) == (False, False, False)
