"""One run of docker-compose.yml under a name of its own, which is taken down again whatever happens."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from deploy.make_secrets import write
from tests.containers.engine import Engine, Failed
from tests.containers.images import OURS, ROOT

HEALTHY_SECONDS = 180.0
WAITED_FOR = ("crm", "psa", "hris", "payroll", "erp", "postgres", "core-1", "core-2")


class Project:
    """The estate in containers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = f"rehearse{secrets.token_hex(4)}"
        self._secrets = engine.scratch / f"{self.name}.env"
        write(self._secrets)

    def _compose(self, *words: str) -> list[str]:
        start = [
            sys.executable,
            "-m",
            "podman_compose",
            "-p",
            self.name,
            "-f",
            str(ROOT / "docker-compose.yml"),
        ]
        return [*start, "--env-file", str(self._secrets), *words]

    def up(self, *services: str, profile: str | None = None) -> None:
        """Bring up what the file says, or these services of a profile."""
        chosen = ["--profile", profile] if profile else []
        self._engine.run(self._compose(*chosen, "up", "-d", "--no-build", *services), cwd=ROOT)

    def container(self, service: str) -> str:
        """The container of a service that has one."""
        return f"{self.name}_{service}_1"

    def wait_healthy(self, services: Iterable[str] = WAITED_FOR) -> None:
        """Ask every health check until each says yes; podman alone would need systemd to ask by itself."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        for service in services:
            check = ["podman", "healthcheck", "run", self.container(service)]
            while self._engine.attempt(check, seconds=60).returncode:
                if time.monotonic() > deadline:
                    raise Failed(
                        f"{service} is not healthy after {HEALTHY_SECONDS:.0f} s:\n{self.log(service)}"
                    )
                time.sleep(0.5)

    def log(self, service: str) -> str:
        """The end of what a service has said."""
        said = self._engine.attempt(["podman", "logs", "--tail", "15", self.container(service)])
        return said.stdout + said.stderr

    def inside(self, service: str, *command: str) -> str:
        """Run a command inside a service's container."""
        return self._engine.run(["podman", "exec", self.container(service), *command])

    def is_rehearsing(self) -> bool:
        """Whether the cores have been given their settings."""
        given = ["podman", "exec", self.container("core-2"), "test", "-f", "/settings/core.env"]
        return self._engine.attempt(given).returncode == 0

    def kill(self, service: str) -> None:
        """kill -9."""
        self._engine.run(["podman", "kill", "--signal", "KILL", self.container(service)])

    def start_again(self, service: str) -> None:
        """As a supervisor does; one that did so already is left alone."""
        self._engine.run(["podman", "start", self.container(service)])

    def begin(self, output: IO[str], *words: str) -> "subprocess.Popen[str]":
        """`rehearse …` in a container of its own."""
        run = ["--profile", "judge", "run", "--rm", "-T", "--no-deps", "rehearse", *words]
        return self._engine.begin(self._compose(*run), output, ROOT)

    def beside(self, *command: str, tolerated: tuple[int, ...] = ()) -> str:
        """Run a command of the tests, which are not in the image, in a container beside the others."""
        mounts = [f"{ROOT}:/checkout:ro", f"{self.name}_estate:/estate:ro", f"{self.name}_load:/load"]
        volumes = [word for mount in mounts for word in ("--volume", mount)]
        run = ["podman", "run", "--rm", "--read-only", "--network", f"{self.name}_estate", *volumes]
        done = self._engine.attempt([*run, "--env", "PYTHONPATH=/checkout", OURS, *command], seconds=300)
        if done.returncode not in (0, *tolerated):
            raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def wait_ended(self, service: str, seconds: float) -> str:
        """Wait for a service that ends by itself; returns the end of what it said, raises Failed."""
        deadline = time.monotonic() + seconds
        state = ["podman", "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}"]
        while not (now := self._engine.run([*state, self.container(service)])).startswith("exited"):
            if time.monotonic() > deadline:
                raise Failed(f"{service} did not end within {seconds:.0f} s:\n{self.log(service)}")
            time.sleep(0.5)
        if now.split()[1] != "0":
            raise Failed(f"{service} ended with {now.split()[1]}:\n{self.log(service)}")
        return self.log(service)

    def report(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder of reports."""
        volume = f"{self.name}_reports:/reports:ro"
        text = self._engine.run(
            ["podman", "run", "--rm", "--volume", volume, OURS, "cat", f"/reports/{name}"]
        )
        found: dict[str, Any] = json.loads(text)
        return found

    def down(self) -> None:
        """Take everything of this run away; raises Failed when something is left."""
        self._engine.attempt(self._compose("down", "--volumes", "--timeout", "10"), cwd=ROOT)
        ours = f"label=io.podman.compose.project={self.name}"
        for words in (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"]):
            self._remove(words, ours)
        # a volume that was first used beside the others has no label of the project, only its name
        self._remove(["volume", "ls", "-q"], f"name={self.name}_")
        left = self._engine.run(["podman", "ps", "-aq", "--filter", ours]).split()
        left += self._engine.run(["podman", "volume", "ls", "-q", "--filter", f"name={self.name}_"]).split()
        self._secrets.unlink(missing_ok=True)
        if left:
            raise Failed(f"These containers or volumes are left: {', '.join(left)}.")

    def _remove(self, listing: list[str], ours: str) -> None:
        kind = [] if listing[0] == "ps" else listing[:1]
        for name in self._engine.attempt(["podman", *listing, "--filter", ours]).stdout.split():
            self._engine.attempt(["podman", *kind, "rm", "--force", name])


def tail(path: Path, lines: int = 15) -> str:
    """The end of a file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
