"""Which processes an engine can run, and the requests it takes for them."""

import logging

from sqlalchemy import Connection

from integration_core.engine import activations, timers
from integration_core.ports.engine import Process

_log = logging.getLogger(__name__)


class UnknownProcess(Exception):
    """Nobody registered a process of this name, so what was asked for would never run."""


class Registry:
    """Processes by name; requests for unknown ones are refused while their asker can still see it."""

    def __init__(self) -> None:
        self._functions: dict[str, Process] = {}

    def __contains__(self, process: str) -> bool:
        return process in self._functions

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted: the order of dispatch."""
        return tuple(sorted(self._functions))

    def add(self, process: str, function: Process) -> None:
        """Name a process, once."""
        if not process or ":" in process:
            raise ValueError(f"A process name is not empty and has no colon: {process!r}")
        if process in self._functions:
            raise ValueError(f"The process {process!r} is registered already")
        self._functions[process] = function

    def function(self, process: str) -> Process:
        """The function behind a name; raises UnknownProcess."""
        self._known(process)
        return self._functions[process]

    def request(self, connection: Connection, process: str, key: str) -> None:
        """Activate (process, key) once the caller's transaction commits."""
        self._known(process)
        activations.request(connection, process, key)

    def schedule(self, connection: Connection, process: str, key: str, at_ms: int) -> None:
        """Activate at an instant of the world's clock; the earliest asked for stands."""
        self._known(process)
        timers.schedule(connection, process, key, at_ms)

    def warn_of_strangers(self, connection: Connection) -> None:
        """Tell of processes that are asked for and that nobody here can run."""
        strangers = activations.strangers(connection, self.names)
        if strangers:
            _log.warning("asked for, but not registered", extra={"processes": strangers})

    def _known(self, process: str) -> None:
        if process not in self._functions:
            raise UnknownProcess(f"No process is registered under the name {process!r}")
