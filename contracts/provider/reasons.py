"""Why an interaction failed, in words that may be kept: what a sandbox holds is told by its kind alone.

Reasons end in the matrix, in JUnit files and on pages. The fields of a real system hold salaries,
names and tokens; that one of them is a number and no text says all that a contract is about.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.provider.target import Target

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
# Codes in capitals are what errors are told apart by; a status is no secret either.
_TOLD = re.compile(r"[A-Z]+(_[A-Z]+)+|true|false|null")
_HIDDEN = "…"
_SHORTEST_SECRET = 6


def reason_of(mismatch: Mapping[str, Any], target: Target) -> str:
    """What of an answer is otherwise than promised."""
    details = [_detail(one, target) for one in mismatch.get("mismatches", ())]
    return "; ".join(details) or str(mismatch.get("message", "no reason was given"))


def without_secrets(reason: str, secrets: Iterable[str]) -> str:
    """The reason in one printable line, without any of these secrets."""
    # The longest first: one secret may be a part of another.
    for secret in sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True):
        reason = reason.replace(secret, _HIDDEN)
    return _UNPRINTABLE.sub(" ", _ANSI.sub("", reason)).strip()


def _detail(mismatch: Mapping[str, Any], target: Target) -> str:
    words = _ANSI.sub("", str(mismatch.get("mismatch", "")))
    place = mismatch.get("path") or mismatch.get("key") or "status"
    told = words if target.steering is not None else _veiled(words, mismatch)
    return f"{place}: {told}"


def _veiled(words: str, mismatch: Mapping[str, Any]) -> str:
    """The words without the value that the target answered, which stands in them as text or as JSON."""
    actual = mismatch.get("actual")
    kind = str(mismatch.get("type", ""))
    if kind not in ("BodyMismatch", "HeaderMismatch", "MetadataMismatch", "BodyTypeMismatch"):
        return words
    if "missing the following keys" in words or "was missing" in words or "content type" in words.lower():
        return words
    if isinstance(actual, str):
        for value in sorted({actual, actual.strip('"')}, key=len, reverse=True):
            if value and not _TOLD.fullmatch(value):
                words = words.replace(value, _HIDDEN)
    # What is told in yet another spelling: the value stands first, and its kind after it.
    begins = re.match(r"(?P<before>.*?\bExpected )(?P<value>['\[{\"\d-].*?)(?P<after> (\(|to ).*)", words)
    if begins is not None and not _TOLD.fullmatch(begins["value"].strip("'")):
        words = f"{begins['before']}{_HIDDEN}{begins['after']}"
    return words
