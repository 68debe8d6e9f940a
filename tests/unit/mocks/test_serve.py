"""The command line of the mocks' server: what it takes, what it refuses in one sentence."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE

import msgspec
import pytest

from mocks import serve
from mocks.hris.bamboohr.vendor import VENDOR
from mocks.kept import KeptWorlds, WrongSeed
from mocks.kit.faults import Fault
from mocks.kit.outgoing import HttpOutgoing
from mocks.kit.system import MockSystem, Receive, Scope, Send
from tests.unit.mocks.asgi import run

TOKEN = {"REHEARSE_CONTROL_TOKEN": "t"}
ONE = ["--vendor", "bamboohr", "--port", "0"]
CONTROL = {"authorization": "Bearer t"}


class Subscriber:
    """Outgoing that counts."""

    def __init__(self) -> None:
        self.received = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Take a notice."""
        self.received += 1
        return 200, b""


def test_settings__of_a_stepped_clock_begin_at_zero_and_of_a_running_one_now() -> None:
    stepped = serve.read_settings(ONE, TOKEN)
    assert (stepped.mode, stepped.start_ms, stepped.world, stepped.seed) == ("stepped", 0, "default", 1)
    running = serve.read_settings([*ONE, "--mode", "scaled", "--factor", "60"], TOKEN)
    assert (running.start_ms > 1_700_000_000_000, running.factor) == (True, 60.0)
    assert serve.read_settings(["--vendor", "all", "--port", "8100"], TOKEN).vendors == (
        "salesforce",
        "certinia",
        "bamboohr",
        "netsuite",
        "gusto",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (ONE, {}, "Set REHEARSE_CONTROL_TOKEN to a secret of your choice; the control plane needs it."),
        (ONE, {"REHEARSE_CONTROL_TOKEN": ""}, "Set REHEARSE_CONTROL_TOKEN"),
        (
            ["--vendor", "workday", "--port", "0"],
            TOKEN,
            "There is no vendor workday; the known ones are sales",
        ),
        (["--vendor", "bamboohr", "--port", "70000"], TOKEN, "70000 is no port"),
        (["--vendor", "all", "--port", "65533"], TOKEN, "65533 is no port"),
        (["--port", "0"], TOKEN, "The following arguments are required: --vendor."),
        ([*ONE, "--mode", "fast"], TOKEN, "Argument --mode: invalid choice: 'fast'"),
        ([*ONE, "--seed", "x"], TOKEN, "Argument --seed: invalid int value: 'x'."),
        ([*ONE, "--factor", "0"], TOKEN, "The factor of a scaled clock is more than 0."),
        ([*ONE, "--factor", "nan"], TOKEN, "The factor of a scaled clock is more than 0."),
        ([*ONE, "--world", "../x"], TOKEN, "The name of a world"),
    ],
)
def test_bad_usage__ends_with_2_and_one_sentence(
    arguments: list[str], environment: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main(arguments, environment) == 2
    told = capsys.readouterr().err
    assert told.startswith(sentence)
    assert told.count("\n") == 1


def test_a_port_in_use__ends_with_2_and_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind((serve.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        assert serve.main(["--vendor", "bamboohr", "--port", str(port)], TOKEN) == 2
    assert capsys.readouterr().err == f"Port {port} cannot be used: address already in use.\n"


def test_a_data_folder_of_another_seed__ends_with_2_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    KeptWorlds(MockSystem(VENDOR, "t", Subscriber()), tmp_path).found("default", 1)
    assert serve.main([*ONE, "--data", str(tmp_path), "--seed", "2"], TOKEN) == 2
    assert capsys.readouterr().err == "The data folder has the world default with the seed 1, not 2.\n"


def test_the_ready_file__is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "ready.json"
    serve.announce(str(target), {"url": "http://127.0.0.1:1"})
    assert msgspec.json.decode(target.read_bytes()) == {"url": "http://127.0.0.1:1"}
    assert S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_worlds_made_by_the_control_plane__are_noted_and_forgotten_with_their_data(tmp_path: Path) -> None:
    system = MockSystem(VENDOR, "t", Subscriber(), data=tmp_path)
    kept = KeptWorlds(system, tmp_path)
    made = run(kept, "PUT", "http://h/__rehearse__/second", CONTROL, b'{"seed": 5}')
    assert made[0] == 201
    assert run(kept, "PUT", "http://h/__rehearse__/second", CONTROL, b'{"seed": 6}')[0] == 409
    assert kept.found("default", 1) == {"second": 5, "default": 1}
    with pytest.raises(WrongSeed):
        kept.found("second", 6)
    assert run(kept, "DELETE", "http://h/__rehearse__/second", {"authorization": "Bearer x"})[0] == 401
    assert (tmp_path / "bamboohr-second.sqlite").exists()
    assert run(kept, "DELETE", "http://h/__rehearse__/second", CONTROL)[0] == 200
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bamboohr-default.world.json"]


def test_each_port__answers_with_its_own_mock() -> None:
    systems = [MockSystem(VENDOR, "t", Subscriber()) for _ in range(2)]
    served = [serve.Served(one, KeptWorlds(one, None), serve.open_port(0)) for one in systems]
    by_port = serve.ByPort(served)
    try:
        for one in served:
            port = one.listener.getsockname()[1]

            async def on_port(scope: Scope, receive: Receive, send: Send, port: int = port) -> None:
                await by_port({**scope, "server": (serve.HOST, port)}, receive, send)

            assert run(on_port, "PUT", f"{one.url}/__rehearse__/w{port}", CONTROL)[0] == 201
            assert list(one.system.worlds) == [f"w{port}"]
    finally:
        for one in served:
            one.listener.close()


def test_tending__sends_notices_of_running_worlds_and_leaves_stepped_ones_alone() -> None:
    outgoing = Subscriber()
    system = MockSystem(VENDOR, "t", outgoing)
    for name in ("stepped", "scaled"):
        world = system.create_world(name, 1, 0, "stepped")
        VENDOR.subscribe(world, "http://127.0.0.1:9/", "s")
        world.webhooks.queue("webhook 1", "http://127.0.0.1:9/", {}, b"{}", 0)
    system.worlds["scaled"].clock.configure(0, "scaled", 1.0)
    asyncio.run(serve.tend(system))
    assert outgoing.received == 1
    assert system.worlds["stepped"].webhooks.counts() == {"pending": 1}
    assert system.worlds["scaled"].webhooks.counts() == {"delivered": 1}


def test_tending__lets_tokens_expire_once() -> None:
    expired: list[str] = []
    vendor = msgspec.structs.replace(VENDOR, expire_tokens=lambda world: expired.append(world.name))
    system = MockSystem(vendor, "t", Subscriber())
    system.create_world("one", 1, 0, "wall").faults.add(Fault(id="f", kind="expire_token"))
    for _ in range(2):
        asyncio.run(serve.tend(system))
    assert expired == ["one"]


def test_traces__go_where_the_command_line_or_the_environment_says() -> None:
    assert serve.read_settings(ONE, TOKEN).traces == ""
    assert serve.read_settings(ONE, {**TOKEN, "REHEARSE_TRACES": "spans"}).traces == "spans"
    assert (
        serve.read_settings([*ONE, "--traces", "other"], {**TOKEN, "REHEARSE_TRACES": "x"}).traces == "other"
    )


def test_traces_that_cannot_be_kept__open_no_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    monkeypatch.setattr(serve, "open_port", opened.append)
    settings = serve.read_settings([*ONE, "--traces", str(tmp_path / "nowhere" / "spans")], TOKEN)
    with pytest.raises(serve.Unservable, match="Traces cannot be written to"):
        serve.make_mocks(settings, HttpOutgoing())
    assert opened == []


def test_a_host__is_the_loopback_unless_told_and_a_server_for_everybody_has_the_machines_name() -> None:
    alone = serve.read_settings(ONE, TOKEN)
    assert (alone.host, alone.notify) == ("127.0.0.1", frozenset())
    wide = serve.read_settings([*ONE, "--host", "0.0.0.0", "--notify", "core-1"], TOKEN)
    assert wide.notify == {"core-1"}
    system = MockSystem(VENDOR, "t", Subscriber())
    with serve.open_port(0) as listener:
        port = listener.getsockname()[1]
        near = serve.Served(system, KeptWorlds(system, None), listener, alone.host)
        far = serve.Served(system, KeptWorlds(system, None), listener, wide.host)
        assert near.url == f"http://127.0.0.1:{port}"
        assert far.url == f"http://{socket.gethostname()}:{port}"
    with pytest.raises(serve.Unservable, match=r"crm is no IPv4 address; listen on 127\.0\.0\.1"):
        serve.read_settings([*ONE, "--host", "crm"], TOKEN)
