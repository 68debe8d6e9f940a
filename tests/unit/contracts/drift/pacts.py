"""Pact files for tests."""

from pathlib import Path
from typing import Any

import msgspec

from contracts.participants import CONSUMER


def pact(*interactions: dict[str, Any], provider: str = "gusto", consumer: str = CONSUMER) -> bytes:
    return msgspec.json.encode(
        {
            "consumer": {"name": consumer},
            "provider": {"name": provider},
            "interactions": interactions,
            "metadata": {"pactSpecification": {"version": "4.0"}},
        }
    )


def put(root: Path, payload: bytes, provider: str = "gusto", consumer: str = CONSUMER) -> None:
    (root / provider).mkdir(parents=True, exist_ok=True)
    (root / provider / f"{consumer}.json").write_bytes(payload)
