"""A real broker, where the environment names one: asked by its own client, with a bound on the waiting."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from contracts.participants import CONSUMER, PACTS

URL_VARIABLE, VERSION_VARIABLE = "PACT_BROKER_BASE_URL", "PACT_CONSUMER_VERSION"
RETRIES_VARIABLE = "PACT_BROKER_HTTP_RETRIES"
_PATIENCE_SECONDS = 30.0


class BrokerSilent(Exception):
    """The broker could not be asked; the text says why and what to do."""


class Answer(Struct, frozen=True):
    """What the broker says."""

    deployable: bool
    text: str


def asks_broker(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a broker."""
    return bool(environment.get(URL_VARIABLE))


def broker_says(to: str, environment: Mapping[str, str] = os.environ) -> Answer:
    """The broker's own decision; raises BrokerSilent. Its client finds credentials in the environment."""
    ended = _client(
        [
            "can-i-deploy",
            "--pacticipant",
            CONSUMER,
            "--version",
            _version(environment),
            "--to-environment",
            to,
        ],
        environment,
    )
    text = " ".join((ended.stdout or ended.stderr).split())[:500]
    text = text.replace(environment[URL_VARIABLE], _shown(environment))
    if "omputer says" not in ended.stdout and ended.returncode:
        raise BrokerSilent(f"The broker at {_shown(environment)} gave no answer: {text}")
    # An exit status alone is no yes: its client has a dry run, set by the environment, that always ends well.
    return Answer(ended.returncode == 0 and "omputer says yes" in ended.stdout, text)


def publish(environment: Mapping[str, str] = os.environ, root: Path = PACTS) -> str:
    """Publish the committed pacts; raises BrokerSilent."""
    ended = _client(["publish", str(root), "--consumer-app-version", _version(environment)], environment)
    if ended.returncode:
        raise BrokerSilent(f"The pacts were not published: {' '.join(ended.stderr.split())[:500]}")
    return " ".join(ended.stdout.split())[:500]


def _shown(environment: Mapping[str, str]) -> str:
    """The broker's address without the password that may stand in it."""
    scheme, separator, rest = environment[URL_VARIABLE].partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else scheme.rpartition("@")[2]


def _version(environment: Mapping[str, str]) -> str:
    version = environment.get(VERSION_VARIABLE, "")
    if not version:
        raise BrokerSilent(f"A broker knows versions: set {VERSION_VARIABLE}, for example to the commit.")
    return version


def _client(arguments: Sequence[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    client = Path(sys.executable).with_name("pact")
    try:
        return subprocess.run(
            [str(client), "broker", *arguments],
            # A broker that is away must be told of at once, not after a minute of silent retries.
            env={RETRIES_VARIABLE: "0", **environment},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BrokerSilent(
            f"The broker at {_shown(environment)} did not answer in {_PATIENCE_SECONDS:.0f} s."
        ) from None
    except OSError:
        raise BrokerSilent(f"There is no {client.name} client beside this Python; run `make env`.") from None
