"""Who calls: OAuth grants, and bearer tokens that say whose they are (wire 4.1, auth).

A token is sealed with its world's secret and holds its own instant of issue and generation, so
that tokens survive a restart, need no table, and all of them end when the generation moves on.
"""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from hashlib import blake2b

from mocks.kit.calls import Call, Reply
from mocks.kit.world import World
from mocks.protocols.salesforce.errors import SESSION_INVALID, refusal
from mocks.protocols.salesforce.identifiers import with_checksum
from mocks.protocols.salesforce.values import encode_json

LIFE_MS = 2 * 3_600_000
TOKEN_PATH = "/services/oauth2/token"
PUBLIC_VERSIONS = "listVersions"
_GENERATION = "token_generation"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def secrets(world: str, seed: int, prefix: str) -> dict[str, str]:
    """A world's credentials in one product: the same for the same world and seed."""

    def drawn(name: str, length: int) -> str:
        digest = blake2b(f"{prefix}|{world}|{seed}|{name}".encode(), digest_size=64).digest()
        return "".join(_ALPHABET[byte % 62] for byte in digest[:length])

    return {
        "client_id": "3MVG9" + drawn("client_id", 40),
        "client_secret": drawn("client_secret", 48).upper(),
        "username": f"integration@{prefix}.example",
        "password": drawn("password", 24),
        "security_token": drawn("security_token", 24),
        "refresh_token": "5Aep861" + drawn("refresh_token", 40),
        "organization_id": with_checksum("00D" + drawn("organization_id", 12)),
    }


def identify(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    """The world and principal of a call's credentials, or the platform's refusal."""
    if call.operation is not None and call.operation.name == "issueToken":
        return _granted(call, worlds)
    given = call.headers.get("authorization", "")
    if given.startswith(("Bearer ", "OAuth ", "bearer ")):
        return _bearer(given.split(" ", 1)[1].strip(), worlds) or refusal(SESSION_INVALID)
    if not given and call.operation is not None and call.operation.public and len(worlds) == 1:
        # The list of versions needs no session, and with one world there is no doubt whose it is.
        return next(iter(worlds.values())), ""
    return refusal(SESSION_INVALID)


def issue_token(call: Call) -> Reply:
    """The answer to a grant that `identify` has accepted."""
    world, now_ms = call.world, call.world.now_ms()
    organization, user = world.secrets["organization_id"], call.principal
    token = _token(world, now_ms, int(world.store.state(_GENERATION, 0)))
    identity = f"{call.base_url}/id/{organization}/{user}"
    seal = _seal(world, f"{identity}{now_ms}")
    return Reply(
        body=encode_json(
            {
                "access_token": token,
                "instance_url": call.base_url,
                "id": identity,
                "token_type": "Bearer",
                "issued_at": str(now_ms),
                "signature": seal,
            }
        )
    )


def expire_tokens(world: World) -> None:
    """Every token issued so far stops working."""
    world.store.set_state(_GENERATION, int(world.store.state(_GENERATION, 0)) + 1)


# --- tokens -----------------------------------------------------------------------------------


def _token(world: World, issued_ms: int, generation: int) -> str:
    claim = f"{issued_ms:x}.{generation:x}"
    return f"{world.secrets['organization_id'][:15]}!{claim}.{_seal(world, claim)}"


def _seal(world: World, text: str) -> str:
    key = world.secrets["client_secret"].encode()
    return blake2b(text.encode(), key=key[:64], digest_size=24).hexdigest()


def _bearer(token: str, worlds: Mapping[str, World]) -> tuple[World, str] | None:
    organization, _, rest = token.partition("!")
    world = next(
        (one for one in worlds.values() if one.secrets["organization_id"][:15] == organization), None
    )
    claim, _, seal = rest.rpartition(".")
    if world is None or not hmac.compare_digest(seal.encode(), _seal(world, claim).encode()):
        return None
    issued, generation = (int(part, 16) for part in claim.split("."))
    expired = world.now_ms() >= issued + LIFE_MS
    if expired or generation != int(world.store.state(_GENERATION, 0)):
        return None
    return world, world.secrets["username"]


# --- grants -----------------------------------------------------------------------------------


def _granted(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    form = call.form()
    client_id, client_secret = _client(call, form)
    world = next((one for one in worlds.values() if _same(one, "client_id", client_id)), None)
    if world is None:
        return _denied("invalid_client_id", "client identifier invalid")
    grant = form.get("grant_type", "")
    knows_secret = _same(world, "client_secret", client_secret)
    if grant == "client_credentials":
        return (
            (world, _user(world)) if knows_secret else _denied("invalid_client", "invalid client credentials")
        )
    if grant == "password":
        allowed = knows_secret and _password_fits(world, form)
        return (world, _user(world)) if allowed else _denied("invalid_grant", "authentication failure")
    if grant == "refresh_token":
        allowed = (knows_secret or not client_secret) and _same(
            world, "refresh_token", form.get("refresh_token", "")
        )
        return (world, _user(world)) if allowed else _denied("invalid_grant", "expired access/refresh token")
    return _denied("unsupported_grant_type", "grant type not supported")


def _client(call: Call, form: Mapping[str, str]) -> tuple[str, str]:
    given = call.headers.get("authorization", "")
    if given.startswith("Basic "):
        try:
            client_id, _, client_secret = b64decode(given[6:], validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return client_id, client_secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _password_fits(world: World, form: Mapping[str, str]) -> bool:
    given, plain = form.get("password", ""), world.secrets["password"]
    wanted = (plain, plain + world.secrets["security_token"])
    fits = [hmac.compare_digest(given.encode(), text.encode()) for text in wanted]
    return any(fits) and _same(world, "username", form.get("username", ""))


def _same(world: World, name: str, given: str) -> bool:
    return hmac.compare_digest(world.secrets[name].encode(), given.encode())


def _user(world: World) -> str:
    return with_checksum("005" + world.secrets["organization_id"][3:15])


def _denied(error: str, description: str) -> Reply:
    return Reply(400, encode_json({"error": error, "error_description": description}))
