"""The runner's end of the control plane: one world of one mock, over any transport."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from integration_core.ports.http import HttpRequest, HttpResponse, HttpTransport
from mocks.firm.facts.source import SourceFact
from mocks.firm.facts.wire import Row, decode_rows
from mocks.kit.faults import Fault
from mocks.kit.vendor import Acted

_acted = msgspec.json.Decoder(list[Acted])


class ControlRefused(Exception):
    """The control plane said no; the text is its sentence."""


class Control:
    """Steers one world of one mock."""

    def __init__(self, transport: HttpTransport, base_url: str, world: str, token: str) -> None:
        self._transport = transport
        self._root = f"{base_url}/__rehearse__/{world}"
        self._authorization = f"Bearer {token}"

    async def create(self, seed: int, start_ms: int, mode: str = "stepped") -> dict[str, str]:
        """Make the world; returns its credentials."""
        answer = await self._call("PUT", "", {"seed": seed, "start_ms": start_ms, "mode": mode})
        return dict(answer["credentials"])

    async def delete(self) -> None:
        """Forget the world."""
        await self._call("DELETE", "")

    async def health(self) -> dict[str, Any]:
        """Vendor, clock, how many requests and writes there were."""
        return dict(await self._call("GET", "/health"))

    async def step(self, to_ms: int) -> int | None:
        """Move the clock and do the due work; returns when the mock has something to do next."""
        return _optional_int((await self._call("POST", "/clock", {"to_ms": to_ms}))["next_due_ms"])

    async def let_run(self, from_ms: int, factor: float, since_wall_ms: int) -> None:
        """Let the clock run by itself, so many times as fast as the machine's; it was `from_ms` then."""
        step = {"to_ms": from_ms, "mode": "scaled", "factor": factor, "since_wall_ms": since_wall_ms}
        await self._call("POST", "/clock", step)

    async def stand_still(self, at_ms: int) -> None:
        """Have a clock that ran by itself be stepped again, from an instant not before its present."""
        await self._call("POST", "/clock", {"to_ms": at_ms, "mode": "stepped"})

    async def next_due_ms(self) -> int | None:
        """When the mock has something to do next: own work or a delivery."""
        return _optional_int((await self._call("GET", "/clock"))["next_due_ms"])

    async def seed(self, facts: Sequence[SourceFact], references: Mapping[str, str]) -> list[Acted]:
        """Put history in place, each fact at its own instant, without notifications."""
        return await self._facts("/seed", facts, references)

    async def act(self, facts: Sequence[SourceFact], references: Mapping[str, str]) -> list[Acted]:
        """Play facts as people in the product, now."""
        return await self._facts("/act", facts, references)

    async def _facts(
        self, verb: str, facts: Sequence[SourceFact], references: Mapping[str, str]
    ) -> list[Acted]:
        body = msgspec.json.encode({"facts": facts, "references": references})
        return _acted.decode(await self._raw("POST", verb, body))

    async def subscribe(self, url: str, secret: str) -> None:
        """Tell the vendor where this world's notifications go."""
        await self._call("POST", "/subscribe", {"url": url, "secret": secret})

    async def release(self) -> int:
        """Send the notifications that are due; returns how many."""
        return int((await self._call("POST", "/webhooks", {}))["sent"])

    async def add_faults(self, faults: Sequence[Fault]) -> None:
        """Set faults."""
        await self._raw("POST", "/faults", msgspec.json.encode(faults))

    async def clear_faults(self) -> dict[str, int]:
        """Heal everything; returns how often each fault struck."""
        return dict((await self._call("DELETE", "/faults"))["struck"])

    async def struck(self) -> dict[str, int]:
        """How often each fault has struck so far."""
        return dict((await self._call("GET", "/faults"))["struck"])

    async def journal(self, after: int = 0, limit: int = 5000) -> dict[str, Any]:
        """Calls with sequence numbers above `after`."""
        return dict(await self._call("GET", f"/journal?after={after}&limit={limit}"))

    async def observe(self) -> Iterator[Row]:
        """Facts and documents as the world holds them now."""
        return decode_rows(await self._raw("GET", "/observe", b""))

    async def observe_pages(self) -> AsyncIterator[Row]:
        """As `observe`, a bounded page at a time; the world must stand still meanwhile."""
        page = "0"
        while page:
            path = f"/observe?page={page}"
            response = await self._answer("GET", path, b"")
            for row in decode_rows(response.body):
                yield row
            page = response.header("x-next-page") or ""

    async def native(self) -> list[dict[str, Any]]:
        """Records as the vendor's API would show them."""
        payload = await self._raw("GET", "/native", b"")
        return [msgspec.json.decode(line) for line in payload.splitlines() if line]

    async def _call(self, method: str, verb: str, body: Any = None) -> Any:
        payload = b"" if body is None else msgspec.json.encode(body)
        return msgspec.json.decode(await self._raw(method, verb, payload))

    async def _raw(self, method: str, verb: str, body: bytes) -> bytes:
        return (await self._answer(method, verb, body)).body

    async def _answer(self, method: str, verb: str, body: bytes) -> HttpResponse:
        request = HttpRequest(
            method=method,
            url=self._root + verb,
            headers=(("authorization", self._authorization), ("content-type", "application/json")),
            body=body,
            timeout_seconds=600.0,
        )
        response = await self._transport.send(request)
        if response.status >= 400:
            try:
                sentence = msgspec.json.decode(response.body)["error"]
            except (msgspec.DecodeError, KeyError, TypeError):
                sentence = f"status {response.status}"
            raise ControlRefused(f"{self._root}{verb}: {sentence}")
        return response


def _optional_int(value: Any) -> int | None:
    return None if value is None else int(value)
