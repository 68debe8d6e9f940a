"""Notifications from the sources: proved genuine, told apart, and answered in the vendor's way."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Unverified(Exception):
    """The notification is not from the source it claims, or is too old, or cannot be read."""


class Notified(Struct, frozen=True):
    """What a genuine notification carried: unique keys of its events, and the answer the vendor wants."""

    keys: tuple[str, ...]
    answer: bytes
    content_type: str


class Receiver(Protocol):
    """Verifies one vendor's notifications; `source` is the name of the source to be polled."""

    source: str

    def receive(self, headers: Mapping[str, str], body: bytes, token: str) -> Notified:
        """Raises Unverified; header names are lower-case."""
        ...
