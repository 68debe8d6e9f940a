"""Workers of a core that is up: each is told the time, and one that is away stops nobody."""

import asyncio
import shlex
from pathlib import Path

import msgspec
import pytest

from integration_core.ports.http import HttpRequest, HttpResponse, NotSent
from scenarios.estate import ROLES, System
from scenarios.live import composed
from scenarios.live.composed import ComposedCore
from scenarios.live.estate_file import EstateUnusable, describe
from scenarios.subjects.port import NotAtRest
from tests.unit.live.neighbours import Estate, control

URLS = {role: f"http://{role}:8100" for role in ROLES}
CORES = ["http://core-1:8200", "http://core-2:8200"]


class Workers:
    """A network of two workers; `away` holds the hosts that take no connection."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.told: dict[str, int] = {}
        self.clocks: list[dict[str, int]] = []
        self.paces: dict[str, int] = {}
        self.running = dict.fromkeys(("core-1:8200", "core-2:8200"), 0)
        self.subscribed: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer as a worker, or as the control plane of a mock."""
        host, _, path = request.url.removeprefix("http://").partition("/")
        if host in self.away:
            raise NotSent("refused")
        answer: object = {}
        if path.endswith("/subscribe"):
            self.subscribed.append(msgspec.json.decode(request.body)["url"])
        elif path == "operations/clock":
            self.clocks.append(msgspec.json.decode(request.body))
            self.told[host] = self.clocks[-1]["now_ms"]
        elif path == "operations/polling":
            self.paces[host] = msgspec.json.decode(request.body)["every_seconds"]
        elif path == "operations/rest":
            answer = {"running": self.running[host], "due_now": 0, "next_due": 500 if host[5] == "1" else 400}
            self.running[host] = max(0, self.running[host] - 1)
        elif path == "operations/messages":
            answer = {"outbox": {"erp:pending": 3}, "inbox": {}}
        return HttpResponse(status=200, headers=(), body=msgspec.json.encode(answer))

    async def aclose(self) -> None:
        """Nothing is open."""


def core(network: Workers, settings: Path) -> ComposedCore:
    """A core of two workers on a network."""
    return ComposedCore(network, describe(7, "t", URLS, CORES, str(settings)), poll_interval_seconds=60.0)


def estate(network: Workers) -> Estate:
    """Five mocks on the same network."""
    described = describe(7, "t", URLS, CORES, "")
    systems = {
        role: System(
            role=role,
            vendor=one.vendor,
            url=one.url,
            credentials=one.credentials,
            control=control(network, one.url),
        )
        for role, one in described.systems.items()
    }
    return Estate(systems, network)


def settings_of(path: Path) -> dict[str, str]:
    """What a shell would read."""
    words = [shlex.split(line) for line in path.read_text().splitlines()]
    assert all(word[0] == "export" for word in words)
    return dict(word[1].split("=", 1) for word in words)


async def _live_a_little(tmp_path: Path, network: Workers) -> ComposedCore:
    subject = core(network, tmp_path / "core.env")
    await subject.start(estate(network), 1_000)
    return subject


def test_start__subscribes_the_first_worker_and_writes_what_cores_may_know(tmp_path: Path) -> None:
    network = Workers()
    asyncio.run(_live_a_little(tmp_path, network))
    assert [url.split("/")[2] for url in network.subscribed] == ["core-1:8200"] * 3
    settings = settings_of(tmp_path / "core.env")
    assert (settings["REHEARSE_START_MS"], settings["REHEARSE_REHEARSAL"]) == ("1000", "true")
    assert msgspec.json.decode(settings["REHEARSE_CRM"])["url"] == "http://crm:8100"
    assert "REHEARSE_DATABASE_URL" not in settings
    assert "control" not in (tmp_path / "core.env").read_text().lower()


def test_advance__tells_every_worker_and_whoever_starts_again(tmp_path: Path) -> None:
    async def go() -> Workers:
        network = Workers()
        subject = await _live_a_little(tmp_path, network)
        await subject.advance(2_000)
        assert await subject.settle() == 400
        return network

    assert asyncio.run(go()).told == {"core-1:8200": 2_000, "core-2:8200": 2_000}
    assert settings_of(tmp_path / "core.env")["REHEARSE_START_MS"] == "2000"


def test_clock_that_goes_by_itself__does_so_in_a_worker_that_starts_again_too(tmp_path: Path) -> None:
    async def go() -> Workers:
        network = Workers()
        subject = await _live_a_little(tmp_path, network)
        await subject.let_run(2_000, 60, 5)
        going = settings_of(tmp_path / "core.env")
        assert (going["REHEARSE_CLOCK_SPEED"], going["REHEARSE_CLOCK_SINCE_WALL_MS"]) == ("60", "5")
        await subject.advance(3_000)
        return network

    assert asyncio.run(go()).clocks == [
        *[{"now_ms": 2_000, "speed": 60, "since_wall_ms": 5}] * 2,
        *[{"now_ms": 3_000}] * 2,
    ]
    assert "REHEARSE_CLOCK_SPEED" not in settings_of(tmp_path / "core.env")


def test_pace_of_polls__is_told_to_all_and_to_whoever_starts_again(tmp_path: Path) -> None:
    async def go() -> Workers:
        network = Workers()
        subject = await _live_a_little(tmp_path, network)
        network.away.add("core-2:8200")
        await subject.poll_every(7)
        return network

    assert asyncio.run(go()).paces == {"core-1:8200": 7}
    assert settings_of(tmp_path / "core.env")["REHEARSE_POLL_INTERVAL_SECONDS"] == "7"


def test_a_worker_that_is_away__stops_nobody_and_is_told_the_time_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composed, "MISSING_SECONDS", 0.0)

    async def go() -> None:
        network = Workers()
        subject = await _live_a_little(tmp_path, network)
        network.away.add("core-1:8200")
        await subject.advance(2_000)
        assert await subject.settle() == 400
        assert network.told == {"core-2:8200": 2_000}
        assert await subject.owed() == "erp:pending 3"
        network.away.clear()
        network.running["core-1:8200"] = 3
        assert await subject.settle() == 400
        assert network.running["core-1:8200"] == 0
        assert network.told == {"core-1:8200": 2_000, "core-2:8200": 2_000}

    asyncio.run(go())


def test_a_worker_that_never_rests__is_named_with_those_that_are_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composed, "MAXIMUM_LOOKS", 3)

    async def go() -> None:
        network = Workers()
        subject = await _live_a_little(tmp_path, network)
        network.away.add("core-1:8200")
        network.running["core-2:8200"] = 99
        await subject.advance(2_000)
        with pytest.raises(NotAtRest, match=r"97 runs at work and 0 due; away is http://core-1:8200\."):
            await subject.settle()

    asyncio.run(go())


def test_cores_that_have_been_through_a_rehearsal__are_refused(tmp_path: Path) -> None:
    subject = core(Workers(), tmp_path / "core.env")
    subject.refuse_used()
    (tmp_path / "core.env").write_text("")
    with pytest.raises(EstateUnusable, match="take it down with its volumes, and bring it up again"):
        subject.refuse_used()
