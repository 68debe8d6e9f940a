"""Pact files are read strictly: what a verifier would pass in silence is refused with a sentence."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.pactfile import BadPact, parse_pact, read_pact, selected
from contracts.participants import UnknownProvider, checked, pact_files, vendor_of


def interaction(description: str = "read it", state: str = "it is there", **changes: Any) -> dict[str, Any]:
    """A small interaction over HTTP."""
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "providerStates": [{"name": state}],
        "request": {"method": "GET", "path": "/it"},
        "response": {"status": 200},
        **changes,
    }


def message(content: Any, *, encoded: Any = False) -> dict[str, Any]:
    """A message with these contents."""
    contents = {"content": content, "contentType": "application/json", "encoded": encoded}
    return interaction(type="Asynchronous/Messages", contents=contents)


def pact(*interactions: dict[str, Any], version: str = "4.0") -> bytes:
    """A pact of them."""
    return msgspec.json.encode(
        {
            "consumer": {"name": "integration-core"},
            "provider": {"name": "gusto"},
            "interactions": list(interactions),
            "metadata": {"pactSpecification": {"version": version}},
        }
    )


def test_pact__is_read_with_names_that_tell_its_interactions() -> None:
    found = parse_pact(pact(interaction(), interaction(state="it is gone")), "p.json")
    assert (found.consumer, found.provider) == ("integration-core", "gusto")
    assert [one.name for one in found.interactions] == ["read it | it is there", "read it | it is gone"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "is no pact"),
        (b"[]", "is no pact"),
        (b'{"consumer": {"name": "a"}}', "is no pact"),
        (b"[" * 100_000, "is no pact"),
        (b"\xff\xfe", "is no pact"),
        (pact(), "no interactions"),
        (pact(interaction(), version="2.0.0"), "version 2.0.0"),
        (pact(interaction(), interaction()), "two interactions are named"),
        (pact(interaction(description=" ")), "no description"),
        (pact(interaction(type="Synchronous/Carrier-Pigeon")), "unknown type"),
        (pact(interaction(response=None)), "lacks its request or its response"),
        (pact(interaction(request={"method": "GET", "path": "it"})), "asks for the path"),
        (pact(interaction(response={"status": 7})), "expects the status 7"),
        (pact(interaction(type="Asynchronous/Messages")), "has no contents"),
        (pact(message("")), "which every message fulfils"),
        (pact(message(None)), "which every message fulfils"),
        (pact(message({})), "which every message fulfils"),
        (pact(message("e30=", encoded="base64")), "which every message fulfils"),
        (
            pact(interaction(type="Asynchronous/Messages", contents={"content": {}, "contentType": "a/b"})),
            "is no pact",
        ),
    ],
)
def test_pact__what_cannot_be_verified_is_refused(payload: bytes, words: str) -> None:
    with pytest.raises(BadPact, match=words):
        parse_pact(payload, "p.json")


def test_pact__a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(BadPact, match="Run the consumer tests"):
        read_pact(tmp_path / "none.json")


def test_selection__keeps_the_named_interactions_and_never_none() -> None:
    payload = pact(interaction(), interaction(state="it is gone"))
    kept = parse_pact(selected(payload, frozenset({"read it | it is gone"})), "p.json")
    assert [one.name for one in kept.interactions] == ["read it | it is gone"]
    with pytest.raises(BadPact, match="nothing would be verified"):
        selected(payload, frozenset({"something else"}))


def test_digest__differs_with_what_is_promised() -> None:
    one, other = parse_pact(pact(interaction()), "p"), parse_pact(pact(interaction(description="x")), "p")
    assert one.digest != other.digest
    assert one.digest == parse_pact(pact(interaction()), "other name").digest


def test_providers__are_known_by_name() -> None:
    assert vendor_of("gusto-webhooks") == "gusto"
    assert pact_files("bamboohr")
    with pytest.raises(UnknownProvider, match="There is no provider gustav; the known ones are salesforce"):
        checked("gustav")
