"""What a person can say of a deed after trying it."""

from typing import Literal

from msgspec import Struct


class Result(Struct, frozen=True, kw_only=True):
    """Done as a native record (`found`: it was done already), waiting for something, or refused."""

    deed: str
    state: Literal["done", "waits", "refused"]
    native_id: str = ""
    found: bool = False
    reason: str = ""


def done(deed_id: str, native_id: str, *, found: bool = False) -> Result:
    """The deed is done."""
    return Result(deed=deed_id, state="done", native_id=native_id, found=found)


def waits(deed_id: str, reason: str) -> Result:
    """The deed can be done later."""
    return Result(deed=deed_id, state="waits", reason=reason)


def refused(deed_id: str, reason: str) -> Result:
    """The deed cannot be done."""
    return Result(deed=deed_id, state="refused", reason=reason)
