"""The file that says where an estate is that somebody else brought up; a command writes the containers' one.

`rehearse up --json` writes such a file too. One for containers names, beside the mocks, the cores that wait
to be started and the file they wait for. Credentials follow from world and seed, as in every mock.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from mocks.registry import vendor_for_role
from scenarios.estate import ROLES
from scenarios.live.cores import WORLD
from scenarios.subjects.core import tokens

TOKEN_VARIABLE = "REHEARSE_CONTROL_TOKEN"
MAXIMUM_SEED = 2**32 - 1


class EstateUnusable(Exception):
    """The file does not describe an estate that can be used; the text is one sentence."""


class SystemAt(Struct, frozen=True, kw_only=True):
    """One mock as the file names it."""

    vendor: str
    url: str
    openapi: str = ""
    credentials: dict[str, str] = {}


class CoreAt(Struct, frozen=True, kw_only=True):
    """The first of the cores, for people who call its operations API."""

    url: str
    operator_token: str


class EstateFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where everything is, and the secrets to get in."""

    systems: dict[str, SystemAt]
    control_token: str
    seed: int | None = None
    world: str = WORLD
    core: CoreAt | None = None
    cores: list[str] = []
    core_settings: str = ""  # the file that the cores wait for


def read_estate_file(path: Path) -> EstateFile:
    """An estate from its file; raises EstateUnusable with one sentence."""
    try:
        described = msgspec.json.decode(path.read_bytes(), type=EstateFile)
    except OSError as problem:
        raise EstateUnusable(f"The estate file {path} cannot be opened: {problem.strerror}.") from problem
    except msgspec.DecodeError as problem:
        raise EstateUnusable(
            f"The estate file {path} is not as `rehearse up --json` writes it: {problem}."
        ) from None
    missing = [role for role in ROLES if role not in described.systems]
    if missing:
        raise EstateUnusable(f"The estate file {path} says nothing of: {', '.join(missing)}.")
    return described


def describe(
    seed: int, token: str, systems: Mapping[str, str], cores: Sequence[str], core_settings: str
) -> EstateFile:
    """The estate behind these addresses, by role, with the credentials that its mocks know."""
    found = {}
    for role in ROLES:
        vendor = vendor_for_role(role)
        found[role] = SystemAt(
            vendor=vendor.name,
            url=systems[role],
            openapi=f"{systems[role]}/openapi.json",
            credentials=vendor.secrets(WORLD, seed),
        )
    first = CoreAt(url=cores[0], operator_token=tokens(seed, WORLD)["operator"]) if cores else None
    return EstateFile(
        systems=found,
        control_token=token,
        seed=seed,
        core=first,
        cores=list(cores),
        core_settings=core_settings,
    )


def write_privately(path: Path, content: bytes) -> None:
    """Put a whole file in place at once, readable by its owner alone."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    beside.replace(path)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of a page of usage."""
        raise EstateUnusable(f"{message[:1].upper()}{message[1:]}.")


def _write(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    parser = _Parser(prog="python -m scenarios.live.estate_file", description="Write the file of an estate.")
    parser.add_argument("--out", type=Path, required=True, help="where to write it")
    parser.add_argument("--seed", type=int, required=True, help="the seed that the mocks were started with")
    parser.add_argument("--system", action="append", default=[], help="role=URL, once for every role")
    parser.add_argument("--core", action="append", default=[], help="URL of a core, once for each worker")
    parser.add_argument("--core-settings", default="", help="the file that the cores wait for")
    parser.add_argument("--scrape-tokens", type=Path, help="folder for the tokens that metrics are read with")
    given = parser.parse_args(arguments)
    systems = dict(choice.partition("=")[::2] for choice in given.system)
    missing = [role for role in ROLES if not systems.get(role)]
    if missing:
        raise EstateUnusable(f"Name every system with --system role=URL; missing are: {', '.join(missing)}.")
    if not 0 <= given.seed <= MAXIMUM_SEED:
        raise EstateUnusable(f"A seed lies between 0 and {MAXIMUM_SEED}, not {given.seed}.")
    token = environment.get(TOKEN_VARIABLE, "")
    if not token:
        raise EstateUnusable(f"Set {TOKEN_VARIABLE} to the secret that the mocks were started with.")
    described = describe(given.seed, token, systems, given.core, given.core_settings)
    write_privately(given.out, msgspec.json.format(msgspec.json.encode(described)) + b"\n")
    if given.scrape_tokens is not None:
        write_privately(given.scrape_tokens / "control-token", token.encode())
        write_privately(given.scrape_tokens / "reader-token", tokens(given.seed, WORLD)["reader"].encode())


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Write the file; 2 with one sentence on standard error when it cannot."""
    try:
        _write(sys.argv[1:] if arguments is None else arguments, environment)
    except EstateUnusable as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except OSError as problem:
        sys.stderr.write(f"The estate file cannot be written: {problem.strerror}.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
