"""A mock, started for one verification and stopped after it: the server as its users run it."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from contracts.participants import vendor_of
from contracts.provider.target import Steering, Target, Unreachable
from mocks import registry
from mocks.serve import TOKEN_VARIABLE

_WORLD = "contracts"
_PATIENCE_SECONDS = 20.0


@contextmanager
def served_mock(provider: str, seed: int = 1) -> Iterator[Target]:
    """The mock of a provider in a process of its own, its clock at wall time; raises Unreachable."""
    vendor = vendor_of(provider)
    token = secrets.token_urlsafe(18)
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "mocks.serve", "--vendor", vendor, "--port", "0"]
        command += ["--world", _WORLD, "--seed", str(seed), "--mode", "wall", "--ready-file", str(ready)]
        environment = {**os.environ, TOKEN_VARIABLE: token}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            found = _announced(process, ready)
            yield Target(
                provider=provider,
                kind="mock",
                url=found["url"],
                credentials=found["credentials"],
                version=registry.vendor(vendor).version,
                steering=Steering(_WORLD, token),
            )
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _announced(process: "subprocess.Popen[bytes]", ready: Path) -> Any:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise Unreachable("The mock did not start; run `python -m mocks.serve` to see why.")
        time.sleep(0.01)
    return msgspec.json.decode(ready.read_bytes())
