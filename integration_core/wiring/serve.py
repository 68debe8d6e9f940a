"""The core as a process: `python -m integration_core.wiring.serve --port N`, set up by the environment."""

import argparse
import logging
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from integration_core.adapters.http.httpx_transport import HttpxTransport
from integration_core.engine.database import DatabaseUnavailable
from integration_core.engine.dbos_engine import DbosEngine
from integration_core.engine.heartbeat import Pace
from integration_core.engine.permits import SharedPermits
from integration_core.wiring.build import RunningCore
from integration_core.wiring.clocks import RehearsalClock, WallClock
from integration_core.wiring.settings import CoreSettings, Unusable, read_settings
from integration_core.wiring.watchers import watching
from integration_core.wiring.watching import NoTraces


def build(settings: CoreSettings) -> RunningCore:
    """A live core: DBOS engine, real network."""
    clock = _clock(settings)
    watch = watching(settings.traces, f"{settings.executor_id}|{secrets.token_hex(8)}")
    engine = DbosEngine(
        settings.database_url,
        clock,
        executor_id=settings.executor_id,
        pace=Pace(settings.beat_seconds, settings.dead_after_seconds),
    )
    permits = None
    if settings.rate_limits:
        permits = SharedPermits(
            engine.database,
            {str(role): limit for role, limit in settings.rate_limits.items()},
            time.monotonic,
            lambda seconds: _real(clock, seconds),
        )
    return RunningCore(
        settings,
        HttpxTransport(),
        clock,
        engine,
        nonce=lambda: secrets.token_hex(16),
        permits=permits,
        watch=watch,
    )


def _real(clock: WallClock | RehearsalClock, seconds: float) -> float:
    """So many seconds of the clock's world, on this machine; none while its time stands still."""
    if isinstance(clock, WallClock):
        return seconds
    return seconds / clock.speed if clock.speed else 0.0


def _clock(settings: CoreSettings) -> WallClock | RehearsalClock:
    if not settings.rehearsal:
        return WallClock()
    clock = RehearsalClock(settings.start_ms)
    clock.run(settings.start_ms, settings.clock_speed, settings.clock_since_wall_ms or None)
    return clock


def _with_lifespan(core: RunningCore) -> FastAPI:
    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        await core.start()
        yield
        await core.stop()

    core.api.router.lifespan_context = lifespan
    return core.api


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 with one sentence for bad settings, database or port."""
    parser = argparse.ArgumentParser(prog="integration_core")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    _quiet_logs()
    try:
        listening = _listen(chosen.host, chosen.port)
        core = build(read_settings())
    except (Unusable, DatabaseUnavailable, NoTraces) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except OSError as problem:
        sys.stderr.write(f"Port {chosen.port} cannot be used: {problem.strerror}; choose another.\n")
        return 2
    config = uvicorn.Config(_with_lifespan(core), access_log=False, log_level="warning", date_header=True)
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


def _quiet_logs() -> None:
    """Warnings and worse as JSON lines on stderr, with what the logger gave beside the sentence."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(default=str, sort_keys=True),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


if __name__ == "__main__":
    raise SystemExit(main())
