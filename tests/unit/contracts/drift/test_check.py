"""The whole check: what is accepted passes, what changes is told, and comparing nothing fails."""

import json
from pathlib import Path

import msgspec
import pytest

from contracts.drift.__main__ import main
from contracts.drift.check import accept, check
from contracts.drift.descriptions import present_text
from contracts.participants import API_PROVIDERS, UnknownProvider

from .pacts import pact, put

HEALTH = {
    "type": "Synchronous/HTTP",
    "description": "ask for health",
    "request": {"method": "GET", "path": "/operations/health"},
    "response": {
        "status": 200,
        "body": {
            "content": {"status": "up", "now_ms": 5},
            "contentType": "application/json",
            "encoded": False,
        },
    },
}
CORE = "integration-core"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the core's description released, and one pact of it."""
    accept(tmp_path, [CORE])
    put(tmp_path / "pacts", pact(HEALTH, provider=CORE, consumer="rehearsal"), CORE, "rehearsal")
    return tmp_path


def test_what_was_accepted__passes_and_is_counted(root: Path) -> None:
    report = check(root, [CORE])
    assert report.passed
    assert [(one.comparison, one.count) for one in report.compared] == [("release", 10), ("pact", 1)]


def test_accepting__writes_the_same_bytes_and_only_what_changed(root: Path) -> None:
    path = root / "openapi" / f"{CORE}.json"
    assert path.read_text() == present_text(CORE)
    assert accept(root, [CORE]) == ()
    path.write_text("{}")
    assert accept(root, [CORE]) == (path,)
    assert {one.name for one in accept(root)} == {f"{name}.json" for name in API_PROVIDERS if name != CORE}


def test_field_that_was_released_and_is_gone__fails(root: Path) -> None:
    path = root / "openapi" / f"{CORE}.json"
    document = json.loads(path.read_text())
    document["components"]["schemas"]["Health"]["properties"]["version"] = {"type": "string"}
    path.write_text(json.dumps(document))
    report = check(root, [CORE])
    assert [(one.comparison, one.place, one.breaking) for one in report.findings] == [
        ("release", "Health in answers.version", True)
    ]
    assert not report.passed


def test_field_that_is_new__passes_and_is_named(root: Path) -> None:
    path = root / "openapi" / f"{CORE}.json"
    document = json.loads(path.read_text())
    health = document["components"]["schemas"]["Health"]
    health["properties"].pop("now_ms")
    health["required"].remove("now_ms")
    path.write_text(json.dumps(document))
    report = check(root, [CORE])
    assert report.passed
    assert ("Health in answers.now_ms", "The field is new.") in {
        (one.place, one.sentence) for one in report.additions
    }


@pytest.mark.parametrize("payload", [None, b"{", b"[]", b'{"paths": []}'])
def test_release_that_cannot_be_read__fails_with_a_sentence(root: Path, payload: bytes | None) -> None:
    path = root / "openapi" / f"{CORE}.json"
    path.unlink()
    if payload is not None:
        path.write_bytes(payload)
    report = check(root, [CORE])
    assert [one.place for one in report.breaking] == [f"{CORE}.json"]
    assert report.compared[0].count == 0


def test_provider_without_a_pact__fails(root: Path) -> None:
    (root / "pacts" / CORE / "rehearsal.json").unlink()
    assert [one.comparison for one in check(root, [CORE]).breaking] == ["pact"]


def test_unknown_provider__is_refused() -> None:
    with pytest.raises(UnknownProvider, match="There is no provider gustoo"):
        check(providers=["gustoo"])


def test_command__tells_counts_and_ends_well(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(root), "--provider", CORE]) == 0
    told = capsys.readouterr().out
    assert (
        f"{CORE}: compared 10 operations with the last release, 1 interactions with the description." in told
    )
    assert told.endswith("Nothing has drifted.\n")


def test_command__ends_with_1_where_something_breaks(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bent = msgspec.json.decode(pact(HEALTH, provider=CORE, consumer="rehearsal"))
    bent["interactions"][0]["response"]["body"]["content"]["uptime"] = 1
    put(root / "pacts", msgspec.json.encode(bent), CORE, "rehearsal")
    assert main(["--root", str(root), "--provider", CORE]) == 1
    assert "The description knows no field uptime here." in capsys.readouterr().out


def test_command__accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "--provider", CORE, "--accept"]) == 0
    assert capsys.readouterr().out == f"Released: {CORE}.json.\n"
    assert main(["--root", str(tmp_path), "--provider", CORE, "--accept"]) == 0
    assert capsys.readouterr().out == "Released: nothing changed.\n"


@pytest.mark.parametrize(
    "arguments",
    [["--provider", "gustoo"], ["--provider", "gusto-webhooks", "--accept"], ["--root", "/nowhere/at/all"]],
)
def test_bad_call__is_one_sentence_and_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
