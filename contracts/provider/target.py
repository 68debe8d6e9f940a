"""What is verified: a mock that is started for it, or somebody's sandbox by URL and credentials alone."""

import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from contracts.participants import checked

URL_VARIABLE = "PACT_PROVIDER_BASE_URL"
AUTH_VARIABLE = "PACT_PROVIDER_AUTH"
CA_VARIABLE = "PACT_PROVIDER_CA"
VERSION_VARIABLE = "PACT_PROVIDER_VERSION"
_PATIENCE_SECONDS = 3.0

Kind = Literal["mock", "sandbox"]


class Unreachable(Exception):
    """The target cannot be verified; the text says why and what to do."""


class Steering(Struct, frozen=True):
    """How a mock is steered: the control plane of one of its worlds. No sandbox has one."""

    world: str
    token: str


class Target(Struct, frozen=True, kw_only=True):
    """One provider's servers; `credentials` by the vendor's own names, never printed."""

    provider: str
    kind: Kind
    url: str
    credentials: dict[str, str] = field(default_factory=dict)
    version: str = ""
    ca_file: str = ""
    steering: Steering | None = None

    def __repr__(self) -> str:
        """What may be shown: no credentials."""
        return f"Target({self.provider}, {self.kind}, {self.url})"

    def tls(self) -> ssl.SSLContext | bool:
        """Who is believed: the given authority, or those the machine knows."""
        if not self.ca_file:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as problem:
            raise Unreachable(
                f"The certificate authority in {self.ca_file} cannot be read; {CA_VARIABLE} names a PEM file."
            ) from problem


def sandbox_from(provider: str, url: str | None, environment: Mapping[str, str] = os.environ) -> Target:
    """The sandbox that the command line or the environment names; raises Unreachable with a sentence."""
    checked(provider)
    address = url or environment.get(URL_VARIABLE, "")
    return Target(
        provider=provider,
        kind="sandbox",
        url=_address(address),
        credentials=_credentials(environment.get(AUTH_VARIABLE, "")),
        version=environment.get(VERSION_VARIABLE, ""),
        ca_file=environment.get(CA_VARIABLE, ""),
    )


def sandboxes_in(estate: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Target]:
    """The sandboxes that an estate's file names, by vendor: as `rehearse up --json` writes it."""
    try:
        found: Any = msgspec.json.decode(estate.read_bytes())
        systems = found["systems"].values()
        return {
            one["vendor"]: Target(
                provider=one["vendor"],
                kind="sandbox",
                url=_address(str(one["url"])),
                credentials=msgspec.convert(one["credentials"], dict[str, str]),
                version=str(one.get("version", "")),
                ca_file=str(found.get("ca_file", environment.get(CA_VARIABLE, ""))),
            )
            for one in systems
        }
    except OSError as problem:
        reason = (problem.strerror or "refused").lower()
        raise Unreachable(f"{estate} cannot be read: {reason}.") from None
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError):
        raise Unreachable(
            f"{estate} is no file of an estate; `rehearse up --json FILE` writes one."
        ) from None


def of_provider(target: Target, provider: str) -> Target:
    """The same servers as another provider of theirs: webhooks beside the API."""
    return replace(target, provider=provider)


def check_reachable(target: Target) -> None:
    """Raise Unreachable, within seconds, where nobody answers at the target's address."""
    parts = urlsplit(target.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE_SECONDS).close()
    except OSError as problem:
        reason = (problem.strerror or str(problem) or "no answer").lower()
        raise Unreachable(f"Nobody answers for {target.provider} at {target.url}: {reason}.") from None


def _address(address: str) -> str:
    """The address without a last slash; raises Unreachable where it cannot be one, or holds a secret."""
    try:
        parts = urlsplit(address)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or any(sign.isspace() for sign in address):
        shown = address if "@" not in address else "This"
        raise Unreachable(
            f"{shown!r} is no address of a sandbox; give one like https://host/path by --url "
            f"or {URL_VARIABLE}."
        )
    if parts.username is not None or parts.query or parts.fragment:
        # Addresses are printed and kept; whatever follows these signs is often a credential.
        raise Unreachable(
            "The address of a sandbox is printed, so it may not hold a user, a query or a fragment; "
            f"credentials go into {AUTH_VARIABLE}."
        )
    return address.rstrip("/")


def _credentials(text: str) -> dict[str, str]:
    try:
        found = msgspec.json.decode(text, type=dict[str, str]) if text else {}
    except msgspec.DecodeError:
        raise Unreachable(
            f'{AUTH_VARIABLE} is no JSON object of texts; write it like {{"access_token": "…"}}.'
        ) from None
    if not found:
        raise Unreachable(f"A sandbox needs credentials: set {AUTH_VARIABLE} to a JSON object of them.")
    return found
