"""Facts and documents as JSON lines, tagged by type; strict in, exact out."""

from collections.abc import Iterable, Iterator

import msgspec

from mocks.firm.facts.documents import TargetDocument
from mocks.firm.facts.source import SourceFact

Row = SourceFact | TargetDocument

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Row] = msgspec.json.Decoder(Row)


def encode_rows(rows: Iterable[Row]) -> bytes:
    """One JSON object a line, newline at the end of each."""
    return b"".join(_encoder.encode(row) + b"\n" for row in rows)


def decode_rows(payload: bytes) -> Iterator[Row]:
    """The inverse of `encode_rows`; raises msgspec.ValidationError naming the first bad field."""
    for line in payload.splitlines():
        if line:
            yield _decoder.decode(line)
