"""Random secrets for `docker compose` in a file of its environment: `python3 deploy/make_secrets.py .env`.

They are made where they are used, so that none stands in the repository. A file that is there is kept: the
database knows its password from the first start on.
"""

import os
import secrets
import sys
from pathlib import Path

NAMES = ("REHEARSE_CONTROL_TOKEN", "REHEARSE_DATABASE_PASSWORD")


def write(target: Path) -> bool:
    """Make the file, readable by its owner alone; False when it was there already."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={secrets.token_hex(24)}\n" for name in NAMES)
    return True


def main(arguments: list[str]) -> int:
    """0 when the secrets are there, 2 with one sentence when they cannot be written."""
    if len(arguments) != 1:
        sys.stderr.write("Name the file to write, as in: python3 deploy/make_secrets.py .env\n")
        return 2
    try:
        made = write(Path(arguments[0]))
    except OSError as problem:
        sys.stderr.write(f"The file {arguments[0]} cannot be written: {problem.strerror}.\n")
        return 2
    sys.stdout.write(f"{arguments[0]} {'has new secrets' if made else 'is kept as it is'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
