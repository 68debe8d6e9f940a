"""The core as a provider: its own API over a real store and real receivers, started for one verification.

It is the core that fuzzing meets too. Like a mock it can be steered, by the same few calls: to be put
back to its beginning, so that no interaction sees what another one did.
"""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from fastapi import FastAPI

from contracts.fuzz.serving import Receive, Send, at_a_port
from contracts.fuzz.target import Message, Unfit
from contracts.fuzz.targets.integration_core import OPERATOR, ORGANIZATION, READER, WEBHOOK, BareCore
from contracts.participants import CORE
from contracts.provider.target import Steering, Target, Unreachable
from integration_core.api.application import application

_WORLD = "contracts"
_PREFIX = f"/__rehearse__/{_WORLD}/"
_BEGINNING = "beginning"


class _Steered:
    """A core that begins anew where it is told to; what every mock's control plane does, as far as needed."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._core = BareCore()
        self._api: FastAPI = application(self._core.operations())

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(_PREFIX):
            await self._api(scope, receive, send)
            return
        status, answer = self._steer(scope)
        body = msgspec.json.encode(answer)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def close(self) -> None:
        """Close the database."""
        self._core.database.dispose()

    def _steer(self, scope: Message) -> tuple[int, dict[str, str]]:
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return 401, {"error": "The control token is missing or wrong."}
        verb = scope["path"].removeprefix(_PREFIX)
        if verb == "restore":
            self.close()
            self._core = BareCore()
            self._api = application(self._core.operations())
        if verb not in ("snapshot", "restore", "faults"):
            return 404, {"error": f"A core cannot be steered by {verb}."}
        return 200, {"snapshot": _BEGINNING}


@contextmanager
def served_core() -> Iterator[Target]:
    """A core on a free port of this machine, with a case, a piece and a wish in it; raises Unreachable."""
    token = secrets.token_urlsafe(18)
    steered = _Steered(token)
    try:
        with at_a_port(steered) as (url, _):
            yield Target(
                provider=CORE,
                kind="mock",
                url=url,
                credentials={
                    "operator_token": OPERATOR,
                    "reader_token": READER,
                    "webhook_token": WEBHOOK,
                    "hris_webhook_key": WEBHOOK,
                    "payroll_webhook_token": WEBHOOK,
                    "organization_id": ORGANIZATION,
                },
                version="1",
                steering=Steering(_WORLD, token),
            )
    except Unfit as problem:
        raise Unreachable(f"The core did not start: {problem}") from None
    finally:
        steered.close()
