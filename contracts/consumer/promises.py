"""How a consumer test says what it will send and what it reads of the answer.

Ids and companies differ from system to system: a request names them `${name}`, with an example that
the consumer is given, and the provider's state fills in its own.
"""

import asyncio
import fcntl
import json
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from pact import Pact, match
from pact.error import MismatchesError
from pact.interaction import HttpInteraction
from pact.match.matcher import AbstractMatcher, GenericMatcher, IntegrationJSONEncoder

from contracts.participants import CONSUMER
from integration_core.adapters.http.httpx_transport import HttpxTransport

T = TypeVar("T")


class Text(AbstractMatcher[str]):
    """A text of a form. A bare regex takes the number 107 for the text "107", so the type is asked too."""

    def __init__(self, example: str, form: str) -> None:
        self._example = example
        self._rules = [{"match": "type"}, {"match": "regex", "regex": form}]

    def to_integration_json(self) -> dict[str, Any]:
        """As the library takes it inside a body."""
        rules = [{"pact:matcher:type": rule["match"], **_options(rule)} for rule in self._rules]
        return {"pact:matcher:type": rules, "value": self._example}

    def to_matching_rule(self) -> dict[str, Any]:
        """Both rules, as they stand in a pact."""
        return {"combine": "AND", "matchers": self._rules}


def text(example: str, form: str) -> Text:
    """A text whose whole matches the form; for bodies, where numbers are told from texts."""
    return Text(example, form)


def exactly(value: str) -> Text:
    """This text and no other. Inside `like` and `each_like` a bare text stands for any text."""
    return Text(value, re.escape(value))


def any_number_of(example: T) -> AbstractMatcher[list[T]]:
    """A list that may be empty; every other list in a body must hold one row at least."""
    return GenericMatcher("type", value=[example], min=0)


def _options(rule: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in rule.items() if name != "match"}


HTTP_DATE = match.regex(
    "Sat, 21 Nov 2026 10:00:00 GMT", regex=r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
)
# The instant of HTTP_DATE's example, for tests that look at watermarks.
HTTP_DATE_MS = 1_795_255_200_000


class Network:
    """One loop and one pool of connections for all consumer tests of a process: making a pool is slow."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.transport = HttpxTransport()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a call of an adapter."""
        return self._runner.run(work)

    def close(self) -> None:
        """Close the connections, then the loop."""
        self._runner.run(self.transport.aclose())
        self._runner.close()


class Promises:
    """The pact of one provider while a test adds to it; each test has its own, all write into one file."""

    def __init__(self, provider: str, folder: Path, network: Network, consumer: str = CONSUMER) -> None:
        self.network = network
        self._folder = folder
        self._pact = Pact(consumer, provider).with_specification("V4")

    def upon(self, description: str, state: str, parameters: Mapping[str, Any] | None = None) -> "Promise":
        """Begin an interaction: what is asked, and what must be there for it."""
        interaction = self._pact.upon_receiving(description)
        interaction.given(state, dict(parameters) if parameters else None)
        return Promise(interaction)

    @contextmanager
    def kept(self) -> Iterator[str]:
        """Serve the promised answers at the URL given; what was not asked for, or otherwise, is an error.

        After a good end the promises are written. A mismatch never hides what the adapter raised.
        """
        raised: Exception | None = None
        try:
            with self._pact.serve("127.0.0.1") as server:
                try:
                    yield str(server.url).rstrip("/")
                except Exception as problem:
                    raised = problem
        except MismatchesError as mismatches:
            raise AssertionError(f"{mismatches}") from raised
        if raised is not None:
            raise raised
        _write(self._pact, self._folder)


class Messages:
    """The pact of what a system sends us of its own accord."""

    def __init__(self, provider: str, folder: Path) -> None:
        self._folder = folder
        self._pact = Pact(CONSUMER, provider).with_specification("V4")

    def upon(
        self,
        description: str,
        state: str,
        body: Any,
        *,
        headers: Mapping[str, Any],
        content_type: str = "application/json",
        forms: Mapping[str, str] | None = None,
    ) -> None:
        """A message, what must happen for it, and the headers it comes with (lower-case names).

        `forms` by path are for XML in namespaces, where matchers in the body do not reach.
        """
        interaction = self._pact.upon_receiving(description, "Async").given(state)
        interaction.with_body(_peopled(body), content_type)
        if forms:
            rules = {path: {"matchers": [{"match": "regex", "regex": form}]} for path, form in forms.items()}
            interaction.with_matching_rules({"body": rules})
        interaction.with_metadata(dict(headers))

    def believed(self, receive: Callable[[bytes, dict[str, str]], Any]) -> None:
        """Let production code receive every example, with its metadata as headers; then write the pact."""

        def handle(body: str | bytes | None, metadata: dict[str, object]) -> None:
            payload = body.encode() if isinstance(body, str) else body or b""
            receive(payload, {name: str(value) for name, value in metadata.items()})

        self._pact.verify(handle, "Async")
        _write(self._pact, self._folder)


def _write(pact: Pact, folder: Path) -> None:
    """Add to the pact's file, one process at a time: the library gives up where two meet."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".writing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        pact.write_file(folder)


class Promise:
    """One interaction in the making."""

    def __init__(self, interaction: HttpInteraction) -> None:
        self._interaction = interaction
        self._generators: dict[str, Any] = {}

    def asks(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        examples: Mapping[str, str] | None = None,
    ) -> "Promise":
        """What is sent; `${name}` in path, query and JSON body is filled in by the provider's state.

        A text as body goes as it is, anything else as JSON (with matchers, where values may differ).
        """
        given = dict(examples or {})
        self._interaction.with_request(method, Template(path).substitute(given))
        if "$" in path:
            self._generators["path"] = _from_state(path)
        for name, value in (query or {}).items():
            self._interaction.with_query_parameter(name, Template(value).substitute(given))
            if "$" in value:
                self._generators.setdefault("query", {})[name] = _from_state(value)
        for name, wanted in (headers or {}).items():
            self._interaction.with_header(name, wanted)
        if body is not None:
            filled = body if isinstance(body, str) else _filled(body, given, "$", self._generators)
            self._interaction.with_body(filled, content_type)
        if self._generators:
            self._interaction.with_generators(self._generators, "Request")
        return self

    def reads(
        self,
        status: int,
        body: Any = None,
        *,
        headers: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        rules: Mapping[str, AbstractMatcher[Any] | None] | None = None,
        here: str = "",
    ) -> "Promise":
        """What is read of the answer: status, the headers and the fields that the adapter uses, no others.

        `rules` by path are for objects whose keys are data, which matchers in the body cannot say: None at
        the object lets any keys stand for the example's, and a matcher at `.*` below it tells their values.
        `here` is the path of an address in the body: the consumer is sent on to where it is served.
        """
        self._interaction.will_respond_with(status)
        for name, wanted in (headers or {}).items():
            self._interaction.with_header(name, wanted)
        if body is not None:
            self._interaction.with_body(_peopled(body), content_type)
        if rules:
            told = {path: _rule(matcher) for path, matcher in rules.items()}
            self._interaction.with_matching_rules({"body": told}, "Response")
        if here:
            address = {"type": "MockServerURL", "example": "https://served.example/", "regex": ".*(/)$"}
            self._interaction.with_generators({"body": {here: address}}, "Response")
        return self


def _peopled(body: Any) -> Any:
    """The body, its lists with one row at least unless they say otherwise: a verifier takes none for any."""
    if isinstance(body, str):
        return body
    return _counted(json.loads(json.dumps(body, cls=IntegrationJSONEncoder)))


def _counted(value: Any) -> Any:
    if isinstance(value, list):
        return [_counted(one) for one in value]
    if not isinstance(value, dict):
        return value
    counted = {name: _counted(one) for name, one in value.items()}
    if value.get("pact:matcher:type") == "type" and isinstance(value.get("value"), list):
        counted["min"] = 1 if value.get("min") is None else value["min"]
    return counted


def _rule(matcher: AbstractMatcher[Any] | None) -> dict[str, Any]:
    """A rule as it stands in a pact: the library's own matchers leave out that there may be several."""
    rule = {"match": "values"} if matcher is None else dict(matcher.to_matching_rule())
    return rule if "matchers" in rule else {"combine": "AND", "matchers": [rule]}


def _from_state(expression: str) -> dict[str, str]:
    return {"type": "ProviderState", "expression": expression, "dataType": "STRING"}


def _filled(value: Any, given: Mapping[str, str], path: str, generators: dict[str, Any]) -> Any:
    """A body with its examples in place; where they stand, the state's values are put in."""
    if isinstance(value, dict):
        return {name: _filled(one, given, f"{path}{_step(name)}", generators) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, given, f"{path}[{place}]", generators) for place, one in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    generators.setdefault("body", {})[path] = _from_state(value)
    return Template(value).substitute(given)


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"['{name}']"
