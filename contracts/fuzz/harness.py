"""One run: a fresh system on a port, Schemathesis through all of its operations, our own checks beside it."""

import copy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from msgspec import Struct
from schemathesis.engine import events, from_schema

from contracts.fuzz.checks import NEVER_GOOD, UNTESTED, Operation, Watch, operations_of
from contracts.fuzz.report import Failure, Report
from contracts.fuzz.serving import on_a_port
from contracts.fuzz.target import Answer, Authorise, Link, Request, Served, Target, Unfit, excuse
from contracts.fuzz.targets import target as target_of

EXAMPLES, SEED = 25, 1
SETTINGS = Path(__file__).with_name("schemathesis.toml")
_ENGINE = "engine"
_SHARE = 0.6  # of generated values are known ones, so that reads hit something
_MOST_OF_ONE = 3  # messages kept of one operation and check
_MESSAGE_LENGTH = 900
_BODY_LENGTH, _ANSWER_LENGTH = 300, 200


class Options(Struct, frozen=True, kw_only=True):
    """How long and what of a provider."""

    examples: int = EXAMPLES
    seed: int = SEED
    only: tuple[str, ...] = ()  # operation ids; all without any


def run(provider: str, examples: int = EXAMPLES, seed: int = SEED, only: tuple[str, ...] = ()) -> Report:
    """Test a provider against its description; raises Unfit with one sentence where nothing can be tested."""
    return fuzz(target_of(provider), Options(examples=examples, seed=seed, only=only))


def fuzz(target: Target, options: Options) -> Report:
    """Test one target; raises Unfit."""
    began = perf_counter()
    with target.serve() as served:
        operations = _selected(served.description, options.only)
        with on_a_port(served) as (url, listening):
            findings = _Findings(target, served.secrets)
            session = requests.Session()
            session.trust_env = False
            sender = _Sender(session, target.headers)
            watch = Watch(target, operations, sender, served.authorise, served.records, findings.complain)
            _drive(target, served, options, url, operations, watch, findings)
            watch.check_credentials(operations, _Wrong(sender, served.wrong))
            _complain_of_gaps(operations, watch, findings)
            session.close()
            sent = (listening.requests, listening.digest) if listening else (0, "")
    return Report(
        provider=target.provider,
        operations=sum(operation.name in watch.seen for operation in operations),
        described=len(operations),
        requests=sent[0],
        request_hash=sent[1],
        failures=tuple(sorted(findings.failures)),
        excused=findings.excused,
        seconds=perf_counter() - began,
    )


def _selected(description: Mapping[str, Any], only: tuple[str, ...]) -> tuple[Operation, ...]:
    found = operations_of(description)
    strange = sorted(set(only) - {operation.name for operation in found})
    if strange:
        raise Unfit(f"The description has no operation {strange[0]}.")
    chosen = tuple(operation for operation in found if not only or operation.name in only)
    if not chosen:
        raise Unfit("The description has no operations, so there is nothing to test.")
    return chosen


class _Findings:
    """Failures that no oddity covers, and how often each oddity did."""

    def __init__(self, target: Target, secrets: tuple[str, ...]) -> None:
        self._target = target
        self._secrets = secrets
        self._counts: dict[tuple[str, str], int] = {}
        self.failures: set[Failure] = set()
        self.excused: dict[str, int] = {}

    def excuses(self, operation: str, check: str, text: str) -> bool:
        """Whether an oddity covers it; counts that it did."""
        oddity = excuse(self._target, operation, check, text)
        if oddity is not None:
            self.excused[oddity.reason] = self.excused.get(oddity.reason, 0) + 1
        return oddity is not None

    def complain(self, operation: str, check: str, text: str) -> None:
        """Keep a failure of our own checks, unless an oddity covers it."""
        if not self.excuses(operation, check, text):
            self.keep(operation, check, text)

    def keep(self, operation: str, check: str, text: str) -> None:
        """Keep a failure; of the same operation and check only the first few."""
        count = self._counts[(operation, check)] = self._counts.get((operation, check), 0) + 1
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if count <= _MOST_OF_ONE:
            self.failures.add(Failure(operation, check, text[:_MESSAGE_LENGTH]))


def _complain_of_gaps(operations: tuple[Operation, ...], watch: Watch, findings: _Findings) -> None:
    """Say what the run never reached, and what it reached without one good answer to be checked."""
    for operation in operations:
        if operation.name not in watch.seen:
            findings.complain(operation.name, UNTESTED, "No request of the run reached this operation.")
        elif operation.name not in watch.succeeded:
            text = "No request succeeded, so no good answer was checked: name known values in the target."
            findings.complain(operation.name, NEVER_GOOD, text)


class _Sender:
    """Sends the requests of our own checks."""

    def __init__(self, session: requests.Session, headers: Mapping[str, str]) -> None:
        self._session = session
        self._headers = headers

    def __call__(self, request: Request, headers: Mapping[str, str]) -> Answer:
        typed = {"Content-Type": request.content_type} if request.content_type else {}
        answer = self._session.request(
            request.method,
            request.url,
            data=request.body or None,
            headers={**self._headers, **typed, **headers},
            timeout=10,
            allow_redirects=False,
        )
        return Answer(
            answer.status_code,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.content,
        )


class _Wrong:
    """Sends with credentials that are nobody's."""

    def __init__(self, sender: _Sender, wrong: Authorise) -> None:
        self._sender = sender
        self._wrong = wrong

    def __call__(self, request: Request, headers: Mapping[str, str]) -> Answer:
        return self._sender(request, {**headers, **self._wrong(request)})


class _Signed(requests.auth.AuthBase):
    """Authorises a request of Schemathesis once it is complete: a signature is over its last bytes."""

    def __init__(self, authorise: Authorise) -> None:
        self._authorise = authorise

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers.update(self._authorise(_request_of(prepared)))
        return prepared


def _request_of(prepared: requests.PreparedRequest) -> Request:
    body = prepared.body or b""
    return Request(
        prepared.method or "",
        prepared.url or "",
        body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        str(prepared.headers.get("Content-Type", "")),
    )


def _drive(
    target: Target,
    served: Served,
    options: Options,
    url: str,
    operations: tuple[Operation, ...],
    watch: Watch,
    findings: _Findings,
) -> None:
    """Let Schemathesis run through the operations, and tell what it finds."""
    by_name = {operation.name: operation for operation in operations}
    config = schemathesis.Config.from_dict(settings(target, served, options, url))
    schema = schemathesis.openapi.from_dict(linked(served.description, target.links), config=config)
    schema.auth.set_from_requests(_Signed(served.authorise))

    def after_call(context: Any, case: Any, response: Any) -> None:
        prepared = response.request
        if case.operation.definition.raw.get("operationId") not in by_name:
            return
        operation = by_name[case.operation.definition.raw["operationId"]]
        headers = {name.lower(): str(values[0]) for name, values in response.headers.items()}
        answer = Answer(response.status_code, headers, response.content or b"")
        watch.answered(operation, _request_of(prepared), answer)

    def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
        name = str(case.operation.definition.raw.get("operationId"))
        # A vendor may give its reason in the body, or in a header.
        given = (_text_of(failure), response.text or "", *(str(one[0]) for one in response.headers.values()))
        return not any(findings.excuses(name, check, " ".join(given)) for check in failure.checks)

    schema.hook(after_call)
    schema.hook(filter_failure)
    labels = {f"{operation.method} {operation.path}": operation.name for operation in operations}
    with _same_whatever_is_loaded():
        for event in from_schema(schema).execute():
            _collect(event, labels, findings)


@contextmanager
def _same_whatever_is_loaded() -> Iterator[None]:
    """Draw the same examples in every process: Hypothesis mixes in constants of whatever code is loaded.

    It has no setting for this; the tests notice when the names below move.
    """
    empty: Any = type(providers.GLOBAL_CONSTANTS.integers)
    nothing = Constants(integers=empty(), floats=empty(), bytes=empty(), strings=empty())
    with patch.object(providers, "_get_local_constants", lambda: nothing):
        providers.CONSTANTS_CACHE.cache.clear()
        yield
    providers.CONSTANTS_CACHE.cache.clear()


def _collect(event: events.EngineEvent, labels: Mapping[str, str], findings: _Findings) -> None:
    if isinstance(event, events.NonFatalError):
        findings.keep(
            labels.get(event.label, event.label), _ENGINE, f"{type(event.value).__name__}: {event.value}"
        )
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        for case_id, nodes in event.recorder.checks.items():
            sent = event.recorder.interactions.get(case_id)
            for node in nodes:
                if node.failure_info is not None:
                    failure = node.failure_info.failure
                    name = labels.get(failure.operation or event.label or "", str(failure.operation))
                    shown = "" if sent is None else f"{_shown(sent.request)} -> {_answered(sent.response)}: "
                    findings.keep(name, node.name, shown + _text_of(failure))


def _answered(response: Any) -> str:
    """Status and the vendor's own words, in the body or in a header of errors."""
    if response is None:
        return "no answer"
    reasons = [str(values[0]) for name, values in response.headers.items() if "error" in name.lower()]
    body = (response.content or b"").decode("utf-8", "replace")[:_ANSWER_LENGTH]
    return " ".join([str(response.status_code), *reasons, body]).rstrip()


def _shown(request: Any) -> str:
    """A request without its headers: credentials stand there."""
    parts = urlsplit(request.uri)
    query = f"?{parts.query}" if parts.query else ""
    body = (request.body or b"").decode("utf-8", "replace")[:_BODY_LENGTH]
    return f"{request.method} {parts.path}{query} {body}".rstrip()


def _text_of(failure: Any) -> str:
    return " ".join(str(failure).split())


def settings(target: Target, served: Served, options: Options, url: str) -> dict[str, Any]:
    """Schemathesis' settings of one run: those of all, of the target, and of the moment."""
    found = _merged(tomllib.loads(SETTINGS.read_text()), target.settings)
    dictionaries = {
        f"known-{name}": {"values": list(values)} for name, values in served.known.items() if values
    }
    parameters = {
        name: {"dictionary": f"known-{name}", "probability": _SHARE}
        for name, values in served.known.items()
        if values
    }
    moment: dict[str, Any] = {
        "base-url": url,
        "seed": options.seed,
        "headers": dict(target.headers),
        "generation": {"max-examples": options.examples},
        "phases": {"fuzzing": {"enabled": options.examples > 0}},
    }
    if dictionaries:
        moment |= {"dictionaries": dictionaries, "parameters": parameters}
    if options.only:
        # Not a filter of the description: the other methods of a path must stay known.
        others = {"exclude-operation-id": list(options.only), "enabled": False}
        moment["operations"] = [others, *found.get("operations", [])]
    if target.links and target.stateful_examples and options.examples and not options.only:
        most = {"max-examples": target.stateful_examples}
        moment["phases"]["stateful"] = {"enabled": True, "generation": most}
    return _merged(found, moment)


def linked(description: Mapping[str, Any], links: Sequence[Link]) -> dict[str, Any]:
    """The description with its operations linked: what one makes, others read, change and delete."""
    found: dict[str, Any] = copy.deepcopy(dict(description))
    by_name = {
        operation["operationId"]: operation for item in found["paths"].values() for operation in item.values()
    }
    for link in links:
        answer = by_name[link.made_by]["responses"][link.status]
        for name in link.used_by:
            shown = {"operationId": by_name[name]["operationId"], "parameters": dict(link.parameters)}
            answer.setdefault("links", {})[name] = shown
    return found


def _merged(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(one)
    for name, value in two.items():
        held = found.get(name)
        found[name] = _merged(held, value) if isinstance(held, dict) and isinstance(value, Mapping) else value
    return found
