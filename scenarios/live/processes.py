"""Starting, watching and surely ending the processes of a live rehearsal."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mocks.kit.traces import TRACES_VARIABLE

READY_SECONDS = 60.0  # on a machine that is busy with much else
STOP_SECONDS = 8.0


class NotReady(Exception):
    """A process did not come up; the text says which and why."""


class Child:
    """One process of ours, with its error output kept for when it fails."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        folder: Path,
        program: Sequence[str] = (sys.executable, "-m"),
    ) -> None:
        self.name = name
        self._arguments = [*program, *arguments]
        self._environment = {**_plain_environment(), **environment}
        self._errors = folder / f"{name}.err"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, without waiting for it to be ready."""
        with self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=errors,
            )

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return 0 if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """What it ended with, None while it runs or never ran; a signal is negative."""
        return None if self._process is None else self._process.returncode

    def failure(self) -> str:
        """The end of what it said before it ended."""
        said = self._errors.read_text(errors="replace").strip() if self._errors.exists() else ""
        return said.splitlines()[-1] if said else "it said nothing"

    async def wait_listening(self, port: int) -> None:
        """Wait until it takes connections; raises NotReady when it ends or takes too long."""
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if not self.is_running:
                raise NotReady(f"{self.name} did not start: {self.failure()}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)
        raise NotReady(f"{self.name} was not ready after {READY_SECONDS:.0f} seconds: {self.failure()}")

    async def kill(self) -> None:
        """kill -9, and wait for the end."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to stop; kill it if it does not."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def free_port() -> int:
    """A port that is free on the loopback at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scratch_folder() -> Path:
    """A folder for the files of one rehearsal."""
    return Path(tempfile.mkdtemp(prefix="rehearse-"))


def _plain_environment() -> dict[str, str]:
    """What a child needs of our environment; no other setting of ours leaks into it."""
    ours = (TRACES_VARIABLE,)  # where spans go is for the whole house
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in (*kept, *ours) if name in os.environ}
