"""The core in another process, with another time zone and another hash seed, asked line by line.

Run as a module it reads one case a line and answers the digest of what the targets hold in the end.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from integration_core.canonical import periods
from tests.property.core.history import Plan
from tests.property.core.office import Office, Schedule

ROOT = Path(__file__).resolve().parents[3]
NAIVE = "naive"


class Case(Struct, frozen=True):
    """A history and a schedule."""

    plan: Plan
    schedule: Schedule


def digest_of(case: Case) -> str:
    """The digest of what the targets hold when a case has been played."""
    return hashlib.sha256(Office(case.plan).play(case.schedule)).hexdigest()


class Place:
    """A process somewhere else; close it at the end."""

    def __init__(self, zone: str, hash_seed: str, *manner: str) -> None:
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": hash_seed}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.property.core.far_away", *manner],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def digest_of(self, case: Case) -> str:
        """The digest as that process computes it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(case) + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Answer until there are no more cases."""
    if NAIVE in sys.argv:  # what a core would do that takes the machine's time for the firm's
        vars(periods)["ZoneInfo"] = lambda name: None
    for line in sys.stdin.buffer:
        sys.stdout.write(digest_of(msgspec.json.decode(line, type=Case)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
