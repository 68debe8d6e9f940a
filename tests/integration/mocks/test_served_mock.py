"""A mock as a real process: ready, answering over loopback, stopped, killed and started again."""

import hashlib
import hmac
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from mocks.firm.facts.source import Resource

TOKEN = "a-control-token"
CONTROL = {"authorization": f"Bearer {TOKEN}"}
NOBODY = Resource(
    bk="RS|1",
    recorded_at_ms=0,
    employee_no="1",
    first_name="Ann",
    last_name="Lee",
    work_email="ann@firm.example",
    entity="LE|US01",
    practice="PR|DATA",
    hired=date(2024, 1, 1),
    terminated=None,
    weekly_pattern_e2=(800, 800, 800, 800, 800, 0, 0),
    jobs=(),
)


class Mock:
    """A running process and what it announced."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.client = httpx.Client(trust_env=False, timeout=10.0)

    def control(self, method: str, verb: str, body: Any = None, world: str = "default") -> httpx.Response:
        """One call of the control plane."""
        content = b"" if body is None else msgspec.json.encode(body)
        url = f"{self.ready['url']}/__rehearse__/{world}/{verb}".rstrip("/")
        return self.client.request(method, url, headers=CONTROL, content=content)

    def api(self, method: str, path: str, body: str = "", key: str = "") -> httpx.Response:
        """One call of the vendor's API."""
        return self.client.request(
            method,
            f"{self.ready['url']}/api/v1{path}",
            auth=(key or self.ready["credentials"]["api_key"], "x"),
            headers={"accept": "application/json"},
            content=body,
        )


@contextmanager
def started(*arguments: str) -> Iterator[Mock]:
    """A BambooHR process that has said it is ready; killed at the end if it still runs."""
    command = [
        sys.executable,
        "-m",
        "mocks.serve",
        "--vendor",
        "bamboohr",
        "--port",
        "0",
        "--ready-file",
        "-",
    ]
    process = subprocess.Popen(
        [*command, *arguments],
        env={**os.environ, "REHEARSE_CONTROL_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1].decode()
        mock = Mock(process, msgspec.json.decode(line))
        try:
            yield mock
        finally:
            mock.client.close()
    finally:
        process.kill()
        process.communicate()


def test_a_started_mock__announces_itself_answers_and_stops_on_request() -> None:
    with started("--start-ms", "1767603600000") as mock:
        assert {**mock.ready, "url": "", "openapi": "", "credentials": {}} == {
            "vendor": "bamboohr",
            "role": "hris",
            "url": "",
            "openapi": "",
            "credentials": {},
            "pid": mock.process.pid,
        }
        answer = mock.api("GET", "/employees/directory")
        assert answer.status_code == 200
        assert answer.headers["date"] == "Mon, 05 Jan 2026 09:00:00 GMT"
        assert len(answer.headers.get_list("date")) == 1
        assert "server" not in answer.headers
        assert mock.client.get(mock.ready["openapi"]).json()["info"]["title"] == "bamboohr (hris)"
        assert mock.api("GET", "/employees/directory", key="wrong").status_code == 401
        mock.process.terminate()
        assert mock.process.wait(timeout=20) == 0
        _, told = mock.process.communicate()
        assert told == b""


def test_a_mock_killed_and_started_again__knows_its_worlds_keys_and_people(tmp_path: Path) -> None:
    with started("--data", str(tmp_path)) as mock:
        made = mock.control("PUT", "", {"seed": 9}, "second").json()
        assert mock.control("POST", "act", {"facts": [NOBODY]}, "second").status_code == 200
        first = mock.ready["credentials"]
        mock.process.kill()
        mock.process.wait()
    with started("--data", str(tmp_path), "--start-ms", "5000") as mock:
        assert mock.ready["credentials"] == first
        key = made["credentials"]["api_key"]
        assert mock.api("GET", "/employees/1?fields=lastName", key=key).json() == {
            "id": "1",
            "lastName": "Lee",
        }
        assert mock.api("GET", "/employees/1").status_code == 404
        assert mock.control("GET", "clock", world="second").json()["now_ms"] == 5000


def test_a_lost_answer__is_a_dropped_connection_after_one_commit() -> None:
    with started() as mock:
        fault = {"id": "f", "kind": "lose_answer", "method": "POST", "times": 1}
        mock.control("POST", "faults", [fault])
        body = '{"firstName": "Ann", "lastName": "Lee"}'
        with pytest.raises(httpx.RemoteProtocolError):
            mock.api("POST", "/employees", body)
        changed = mock.api("GET", "/employees/changed?since=1970-01-01T00:00:00Z").json()
        assert len(changed["employees"]) == 1
        mock.process.terminate()
        assert mock.process.wait(timeout=20) == 0
        # A dropped connection is no failure of the server, and leaves no trace in its log.
        assert mock.process.communicate()[1] == b""


@contextmanager
def subscriber() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]:
    """The URL of a server that takes every notice, and what it took."""
    taken: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_on_a_clock_that_runs_by_itself__notices_go_out_by_themselves() -> None:
    with subscriber() as (url, taken), started("--mode", "wall") as mock:
        wanted = f'{{"name": "core", "url": "{url}", "monitorFields": ["lastName"]}}'
        key = mock.api("POST", "/webhooks", wanted).json()["privateKey"]
        mock.control("POST", "act", {"facts": [NOBODY]})
        headers, body = taken.get(timeout=20)
        signed = body + headers["x-bamboohr-timestamp"].encode()
        digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["x-bamboohr-signature"] == digest
        assert msgspec.json.decode(body)["employees"][0]["action"] == "Created"


def test_a_second_mock_on_the_same_port__says_so_and_ends() -> None:
    with started() as mock:
        port = mock.ready["url"].rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "mocks.serve", "--vendor", "bamboohr", "--port", port],
            env={**os.environ, "REHEARSE_CONTROL_TOKEN": TOKEN},
            capture_output=True,
            check=False,
        )
        assert second.returncode == 2
        assert second.stderr.decode() == f"Port {port} cannot be used: address already in use.\n"
