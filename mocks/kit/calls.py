"""One HTTP call as a vendor's code sees it: a `Call` comes in, a `Reply` goes out.

Vendors never meet ASGI. A handler is `async def handler(call: Call) -> Reply`; to refuse it raises
`Refusal` with the vendor's own reply, which rolls back the open transaction on its way.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from msgspec import Struct, field

if TYPE_CHECKING:
    from mocks.kit.world import World

JSON_TYPE = "application/json"


class Reply(Struct):
    """Status, headers (lower-case names) and body bytes, ready for the wire."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: list[tuple[str, str]] = field(default_factory=list)


class Refusal(Exception):
    """Raised by a handler to answer with the vendor's own error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"refused with {reply.status}")
        self.reply = reply


class Call:
    """One request, with its world once the credentials named one."""

    __slots__ = (
        "body",
        "headers",
        "host",
        "method",
        "operation",
        "path",
        "path_parameters",
        "principal",
        "query_string",
        "raw_path",
        "root_path",
        "scheme",
        "world",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query_string: str,
        headers: Mapping[str, str],
        body: bytes,
        scheme: str = "http",
        raw_path: str | None = None,
        root_path: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.raw_path = path if raw_path is None else raw_path  # as it came, for signatures over it
        self.query_string = query_string
        self.headers = headers
        self.body = body
        self.scheme = scheme
        self.root_path = root_path  # the prefix that these servers stand under, if any
        self.host = headers.get("host", "localhost")
        self.path_parameters: dict[str, str] = {}
        self.operation: Operation | None = None
        self.principal = ""
        self.world: World = None  # type: ignore[assignment]  # set by the system before any handler runs

    @property
    def base_url(self) -> str:
        """Scheme, host and prefix that this request came by; returned links are built from it (wire 3)."""
        return f"{self.scheme}://{self.host}{self.root_path}"

    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one the last."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """Body as form parameters."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


Handler = Callable[[Call], Awaitable[Reply]]


class Operation(Struct, frozen=True):
    """One vendor operation: where it is, what serves it, how the description shows it.

    `path` is a Starlette-like template. A trailing slash is always accepted too (wire 3).
    `request` and `responses` are OpenAPI fragments; `public` needs no credentials.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    name: str
    public: bool = False
    request: dict[str, Any] | None = None
    responses: dict[str, Any] | None = None
    parameters: tuple[dict[str, Any], ...] = ()
