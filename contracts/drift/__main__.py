"""`python -m contracts.drift`: 0 where nothing drifted, 1 where something breaks, 2 for a bad call."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from contracts.drift.check import accept, check
from contracts.drift.findings import text_of
from contracts.participants import API_PROVIDERS, FOLDER, PROVIDERS, UnknownProvider


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, without the whole usage."""
        self.exit(2, f"{message[0].upper()}{message[1:]}; --help shows what there is.\n")


def main(arguments: list[str] | None = None) -> int:
    """Compare, or accept the present descriptions as released."""
    parser = _Parser(prog="contracts.drift", description=__doc__)
    parser.add_argument("--provider", action="append", help="one provider; may be given several times")
    parser.add_argument("--accept", action="store_true", help="write the present descriptions as released")
    parser.add_argument("--root", type=Path, default=FOLDER, help="the folder with openapi/ and pacts/")
    chosen = parser.parse_args(arguments)
    if not chosen.root.is_dir():
        sys.stderr.write(f"There is no folder {chosen.root}; name the one with openapi/ and pacts/.\n")
        return 2
    try:
        if chosen.accept:
            files = accept(chosen.root, chosen.provider or API_PROVIDERS)
            sys.stdout.write(f"Released: {', '.join(path.name for path in files) or 'nothing changed'}.\n")
            return 0
        report = check(chosen.root, chosen.provider or PROVIDERS)
    except (UnknownProvider, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(text_of(report))
    return 0 if report.passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
