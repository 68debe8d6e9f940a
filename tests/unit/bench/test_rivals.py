"""What is measured beside our mock: found where one says, or missing; asked for the same record."""

import json
from pathlib import Path

import msgspec
import pytest

from scenarios.bench_bare import Account, NewAccount
from scenarios.bench_rivals import (
    BARE,
    FOLDER_VARIABLE,
    INSTALL,
    JSON_SERVER,
    OURS,
    PRISM,
    description,
    rivals,
    whole_record,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which npm has put both, as far as anybody can see."""
    folder = tmp_path / "node_modules" / ".bin"
    folder.mkdir(parents=True)
    for name in ("json-server", "prism"):
        (folder / name).write_text("#!/bin/sh\necho 9.8.7\n")
        (folder / name).chmod(0o755)
    return tmp_path


def test_rivals_that_are_not_installed__are_named_with_the_command(tmp_path: Path) -> None:
    found, missing = rivals({"PATH": str(tmp_path)})
    assert [rival.name for rival in found] == [OURS, BARE]
    assert [(one.name, one.install) for one in missing] == [(JSON_SERVER, INSTALL), (PRISM, INSTALL)]
    assert "npm install" in INSTALL
    assert FOLDER_VARIABLE in INSTALL


def test_rivals_in_the_folder__are_found_with_their_version(installed: Path) -> None:
    found, missing = rivals({FOLDER_VARIABLE: str(installed), "PATH": "/nowhere"})
    assert missing == []
    versions = {rival.name: rival.version for rival in found}
    assert (versions[JSON_SERVER], versions[PRISM]) == ("9.8.7", "9.8.7")


def test_rivals_on_the_path__are_found(installed: Path) -> None:
    found, missing = rivals({"PATH": f"{installed}/node_modules/.bin:/usr/bin:/bin"})
    assert missing == []
    assert {rival.name for rival in found} == {OURS, BARE, JSON_SERVER, PRISM}


def test_every_server__answers_the_record_of_the_mock(installed: Path) -> None:
    released = json.loads((ROOT / "contracts/openapi/salesforce.json").read_text())["components"]["schemas"]
    assert set(Account.model_fields) == set(released["Account"]["properties"])
    assert set(NewAccount.model_fields) == set(released["Account.new"]["properties"]) - {"attributes"}
    found, _ = rivals({FOLDER_VARIABLE: str(installed)})
    by_name = {rival.name: rival for rival in found}
    assert by_name[OURS].new == by_name[BARE].new == by_name[PRISM].new
    assert set(msgspec.json.decode(by_name[JSON_SERVER].new)) == set(whole_record()) - {"Id"}
    answer = description()["paths"]["/accounts/{id}"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["example"] == whole_record()
