"""Webhooks as they were captured: production code believes them, and not one with a byte changed.

One file a webhook in contracts/recorded, by vendor: body, headers, the secret of its subscription and
the instant, taken from a system that sent it. So no test of ours signs what a test of ours checks.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from contracts.participants import FOLDER
from integration_core.ports.webhooks import Receiver, Unverified
from integration_core.wiring.receivers import BambooReceiver, GustoReceiver, SalesforceReceiver

# An outbound message is not signed: it is known by its address, and by whose it says it is.
_ORGANIZATION = "00DQe1t1kH0NfpxMQC"
_RECORDED = sorted((FOLDER / "recorded").glob("*/*.json"))


class _Recorded(Struct, frozen=True, forbid_unknown_fields=True):
    captured_at_seconds: int
    secret: str
    headers: dict[str, str]
    body: str


class _Then(Struct, frozen=True):
    """A clock that stands where the webhook was captured."""

    at_seconds: int

    def now_ms(self) -> int:
        return self.at_seconds * 1000


class _Vendor(Struct, frozen=True):
    """Who receives a vendor's webhooks; `proved` says which bytes of a body its proof covers."""

    receiver: Callable[[_Recorded], Receiver]
    proved: Callable[[bytes], range]


def _all(body: bytes) -> range:
    return range(len(body))


def _organization(body: bytes) -> range:
    begins = body.index(_ORGANIZATION.encode())
    return range(begins, begins + len(_ORGANIZATION))


_VENDORS = {
    "bamboohr": _Vendor(lambda one: BambooReceiver("hris", one.secret, _Then(one.captured_at_seconds)), _all),
    "gusto": _Vendor(lambda one: GustoReceiver("payroll", one.secret), _all),
    "salesforce": _Vendor(lambda one: SalesforceReceiver("crm", _ORGANIZATION, one.secret), _organization),
}


def _named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def _read(path: Path) -> tuple[_Vendor, _Recorded]:
    return _VENDORS[path.parent.name], msgspec.json.decode(path.read_bytes(), type=_Recorded)


def test_recorded__every_vendor_that_is_signed_for_has_one() -> None:
    assert {path.parent.name for path in _RECORDED} == set(_VENDORS)


@pytest.mark.parametrize("path", _RECORDED, ids=_named)
def test_recorded__is_believed_as_it_came(path: Path) -> None:
    vendor, recorded = _read(path)
    notified = vendor.receiver(recorded).receive(recorded.headers, recorded.body.encode(), recorded.secret)
    assert len(notified.keys) == 1


@pytest.mark.parametrize("path", _RECORDED, ids=_named)
def test_recorded__is_refused_with_any_byte_changed(path: Path) -> None:
    vendor, recorded = _read(path)
    receiver, body = vendor.receiver(recorded), recorded.body.encode()
    places = vendor.proved(body)
    refused = 0
    for place in places:
        forged = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(Unverified):
            receiver.receive(recorded.headers, forged, recorded.secret)
        refused += 1
    assert refused == len(places) > 0


@pytest.mark.parametrize("path", _RECORDED, ids=_named)
def test_recorded__is_refused_under_another_secret(path: Path) -> None:
    vendor, recorded = _read(path)
    other = msgspec.structs.replace(recorded, secret=recorded.secret + "x")
    with pytest.raises(Unverified):
        vendor.receiver(other).receive(recorded.headers, recorded.body.encode(), recorded.secret)


@pytest.mark.parametrize("path", sorted((FOLDER / "recorded" / "bamboohr").glob("*.json")), ids=_named)
def test_recorded__is_refused_when_it_is_old(path: Path) -> None:
    vendor, recorded = _read(path)
    late = msgspec.structs.replace(recorded, captured_at_seconds=recorded.captured_at_seconds + 301)
    with pytest.raises(Unverified):
        vendor.receiver(late).receive(recorded.headers, recorded.body.encode(), recorded.secret)
