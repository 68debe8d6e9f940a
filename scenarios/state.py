"""The end state of every system as files: what `--keep-state` writes."""

from pathlib import Path

import msgspec

from scenarios.estate import Estate


async def keep_state(estate: Estate, folder: Path) -> None:
    """Write every system's records as its API would show them: `<system>/<object>.ndjson`."""
    for system in estate.systems.values():
        target = folder / system.vendor
        target.mkdir(parents=True, exist_ok=True)
        files: dict[str, list[bytes]] = {}
        for row in await system.control.native():
            files.setdefault(row["object"], []).append(msgspec.json.encode(row["record"]))
        for name, lines in sorted(files.items()):
            (target / f"{name}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
