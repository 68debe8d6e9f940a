"""The people of a load run: Locust as child processes, one alone or a master with workers."""

import asyncio
from pathlib import Path
from typing import Any

import load
from scenarios.live.processes import Child, free_port

_LOCUSTFILE = Path(load.__file__).parent / "locustfile.py"
_LOOK_SECONDS = 0.2
_WORKERS_SECONDS = 30


class Crew:
    """Starts people, waits until they are done, and surely ends them."""

    def __init__(self, folder: Path, work: Path, workers: int) -> None:
        environment = {"LOAD_FOLDER": str(work)}
        common = ["locust", "-f", str(_LOCUSTFILE)]

        def child(name: str, *arguments: str) -> Child:
            return Child(name, [*common, *arguments], environment, folder)

        if workers == 1:
            self.children = {"load-1": child("load-1", "--headless", "--only-summary")}
            self._leader = "load-1"
            return
        port = str(free_port())
        master = ["--master", "--headless", "--only-summary", "--expect-workers", str(workers)]
        master += ["--expect-workers-max-wait", str(_WORKERS_SECONDS)]
        master += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        self._leader = "load-master"
        self.children = {self._leader: child(self._leader, *master)}
        for number in range(1, workers + 1):
            name = f"load-{number}"
            reach = ["--master-host", "127.0.0.1", "--master-port", port]
            self.children[name] = child(name, "--worker", *reach)

    async def start(self) -> None:
        """Start everybody."""
        for child in self.children.values():
            await child.start()

    async def until_done(self, seconds: float) -> bool:
        """Wait until the leader has ended by itself; False where that took too long."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self.children[self._leader].is_running:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    @property
    def worker(self) -> Child:
        """One process that has people at work."""
        return self.children["load-1"]

    def dead(self) -> list[str]:
        """Processes that have ended although nobody was done yet."""
        return [name for name, child in self.children.items() if not child.is_running]

    def failure(self, name: str) -> str:
        """The last words of a process."""
        return self.children[name].failure()

    async def end(self) -> None:
        """End whoever still runs."""
        endings: list[Any] = [child.stop() for child in self.children.values()]
        await asyncio.gather(*endings)
