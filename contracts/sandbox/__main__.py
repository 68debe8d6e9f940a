"""`python -m contracts.sandbox --json FILE [--different]`: the stand-in, until it is interrupted."""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from contracts.sandbox.stand_in import serve, write_private


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve; the file is written once every address answers."""
    parser = argparse.ArgumentParser(prog="python -m contracts.sandbox", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="where addresses and credentials go")
    parser.add_argument("--different", action="store_true", help="with the deliberate differences")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            serve(
                Path(folder),
                different=given.different,
                ready=lambda content: write_private(given.json, content),
            )
        )


if __name__ == "__main__":
    main()
