"""What every fact has."""

from msgspec import Struct


class Fact(Struct, frozen=True, kw_only=True, tag=True):
    """One version of one entity in its system of record."""

    bk: str
    recorded_at_ms: int
    ver: int = 1
    source_id: str = ""
    deleted: bool = False
