"""A container engine on this machine, installed where it is missing, with settings for this run alone."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PACKAGES = ("podman", "buildah", "runc", "netavark", "aardvark-dns", "iptables", "debootstrap")
PROGRAMS = ("podman", "buildah", "runc", "iptables", "debootstrap")
COMPOSE = "podman-compose==1.6.0"
# Raising limits is not permitted everywhere, lowering them is; runc also works on hybrid control groups.
SETTINGS = """[containers]
default_ulimits = ["nofile=10000:10000", "nproc=10000:10000"]
[engine]
runtime = "runc"
"""


class NoEngine(Exception):
    """Containers cannot be run here; the text is the sentence that says why."""


class Failed(Exception):
    """A step did not do what it must; the text says which and what was said."""


def say(text: str) -> None:
    """One line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def timed(what: str, timings: dict[str, float]) -> Iterator[None]:
    """Say what is done, and remember how long it took."""
    say(f"... {what}")
    began = time.monotonic()
    try:
        yield
    finally:
        timings[what] = time.monotonic() - began


class Engine:
    """Podman with its own settings, and podman-compose beside the project's environment."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        settings = scratch / "containers.conf"
        settings.write_text(SETTINGS)
        self.environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith("REHEARSE_")},
            "CONTAINERS_CONF": str(settings),
            "PYTHONPATH": str(scratch / "compose"),
        }

    def install_compose(self) -> None:
        """podman-compose in a folder of this run; the project's own environment stays as it is locked."""
        uv = Path(sys.executable).with_name("uv")
        self.run([str(uv), "pip", "install", "--quiet", "--target", str(self.scratch / "compose"), COMPOSE])

    def run(self, command: Sequence[str], *, seconds: float = 900.0, cwd: Path | None = None) -> str:
        """Run to the end and return what was said; raises Failed."""
        done = self.attempt(command, seconds=seconds, cwd=cwd)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise Failed(f"{' '.join(command[:6])} ended with {done.returncode}:\n{said}")
        return done.stdout

    def attempt(
        self, command: Sequence[str], *, seconds: float = 900.0, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, whatever comes of it; raises Failed when it takes too long."""
        try:
            return subprocess.run(
                command,
                env=self.environment,
                cwd=cwd,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(command[:6])} did not end within {seconds:.0f} seconds.") from None

    def begin(self, command: Sequence[str], output: IO[str], cwd: Path) -> subprocess.Popen[str]:
        """Start and let run."""
        return subprocess.Popen(
            command, env=self.environment, cwd=cwd, stdout=output, stderr=subprocess.STDOUT, text=True
        )


def provide(scratch: Path) -> Engine:
    """The engine, installed if need be; raises NoEngine."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise NoEngine(
                f"{', '.join(missing)} is missing, and only root on a Debian-like system can install it."
            )
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(["apt-get", "-qq", *command], env=quiet, capture_output=True, check=False)
            if done.returncode:
                raise NoEngine(f"apt-get {command[0]} failed, so {', '.join(missing)} cannot be installed.")
    engine = Engine(scratch)
    working = engine.attempt(["podman", "info"], seconds=60)
    if working.returncode:
        raise NoEngine(f"podman does not work here: {working.stderr.strip().splitlines()[-1:]}.")
    return engine
