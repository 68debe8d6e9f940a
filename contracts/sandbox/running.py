"""The stand-in as a process of its own, for whoever verifies against it and ends it afterwards."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 60.0


class NotStanding(Exception):
    """The stand-in did not come up; the text says how to see why."""


@contextmanager
def standing_in(*, different: bool) -> Iterator[Path]:
    """The file with its addresses and credentials while it runs; raises NotStanding."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sandbox.json"
        command = [sys.executable, "-m", "contracts.sandbox", "--json", str(file)]
        if different:
            command.append("--different")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _PATIENCE_SECONDS
            while not file.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise NotStanding("It did not come up; run `python -m contracts.sandbox` to see why.")
                time.sleep(0.02)
            yield file
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
