"""What a source has shown before, where it lists everything whenever it is asked.

A record is passed over only where it is proved to be stored: whoever reads asks from a little before his
watermark, which moves once a reading is stored and never before. Memory is this process's own; a new one
reads everything again.
"""

import hashlib
from collections.abc import Sequence

import msgspec


class Shown:
    """The records of the last listing, by their looks, each with what its first reading was complete to."""

    def __init__(self) -> None:
        self._complete_to_ms: dict[bytes, int] = {}

    def news(
        self, listing: Sequence[msgspec.Raw], since_ms: int, complete_to_ms: int
    ) -> Sequence[msgspec.Raw]:
        """The records of a listing that nobody is known to have stored as they look now.

        `since_ms` is what the listing was asked from, `complete_to_ms` what it proves.
        """
        before, looks = self._complete_to_ms, [_look(raw) for raw in listing]
        # Only this listing is kept: a record that looks again as it did long ago is news.
        self._complete_to_ms = {look: before.get(look, complete_to_ms) for look in looks}
        stored = {look for look, proved_ms in before.items() if proved_ms <= since_ms}
        return [raw for raw, look in zip(listing, looks, strict=True) if look not in stored]

    def forget(self, raw: msgspec.Raw) -> None:
        """A record that could not be read is news each time."""
        self._complete_to_ms.pop(_look(raw), None)


def _look(raw: msgspec.Raw) -> bytes:
    return hashlib.blake2b(raw, digest_size=16).digest()
