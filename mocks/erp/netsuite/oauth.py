"""Token-based authentication: OAuth 1.0 with HMAC-SHA256, checked for every call (wire 4.3, auth)."""

import base64
import hashlib
import hmac
import re
from collections import deque
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from mocks.erp.netsuite.errors import error_reply
from mocks.kit.calls import Call, Reply
from mocks.kit.clock import wall_ms
from mocks.kit.world import World

SKEW_SECONDS = 300
NONCES_KEPT = 100_000
REALM = "TSTDRV1_SB1"
ROLE = "integration"
_NONCES = "netsuite.nonces"
_PARAMETER = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*(?:,|$)')
_PORTS = {"http": ":80", "https": ":443"}
_UNRESERVED = "-._~"
# How clients sign reserved characters of a path, which is not always how they send them.
_PATH_STYLES = ("/:", "/", "/:@!$&'()*+,;=", "/:@!$&'()*+,;=|")


class Nonces:
    """The last nonces of a world; one that comes again is refused."""

    def __init__(self) -> None:
        self._order: deque[str] = deque()
        self._seen: set[str] = set()

    def is_new(self, nonce: str) -> bool:
        """Take a nonce; False when it was used before."""
        if nonce in self._seen:
            return False
        self._seen.add(nonce)
        self._order.append(nonce)
        if len(self._order) > NONCES_KEPT:
            self._seen.discard(self._order.popleft())
        return True


def secrets(name: str, seed: int) -> dict[str, str]:
    """The credentials of a world's integration."""

    def secret(part: str) -> str:
        key = f"netsuite|{name}|{seed}|{part}".encode()
        return hashlib.blake2b(key, digest_size=32).hexdigest()

    return {
        "account": REALM,
        "consumer_key": f"ck{secret('consumer key')}",
        "consumer_secret": f"cs{secret('consumer secret')}",
        "token_id": f"ti{secret('token')}",
        "token_secret": f"ts{secret('token secret')}",
    }


def forget_nonces(world: World) -> None:
    """Begin anew, as a fresh or emptied world does."""
    world.settings[_NONCES] = Nonces()


def identify(call: Call, worlds: Mapping[str, World]) -> tuple[World, str] | Reply:
    """The world whose token signed this call; the account's refusal for all others."""
    given = call.headers.get("authorization", "")
    if not given.startswith("OAuth "):
        return _invalid_login("")
    oauth = {name: unquote(value) for name, value in _PARAMETER.findall(given[6:])}
    world = _owner(oauth, worlds)
    if world is None or not _is_whole(oauth, call.body):
        return _invalid_login(oauth.get("realm", ""))
    if not _is_signed(call, oauth, world.secrets):
        return _invalid_login(world.secrets["account"])
    if not _is_fresh(oauth, world):
        return _invalid_login(world.secrets["account"])
    return world, ROLE


def _owner(oauth: Mapping[str, str], worlds: Mapping[str, World]) -> World | None:
    consumer = oauth.get("oauth_consumer_key", "").encode()
    token = oauth.get("oauth_token", "").encode()
    for world in worlds.values():
        mine = world.secrets
        same = hmac.compare_digest(consumer, mine["consumer_key"].encode())
        if same and hmac.compare_digest(token, mine["token_id"].encode()):
            realm = oauth.get("realm", "")
            return world if realm.upper().replace("-", "_") == mine["account"] else None
    return None


def _is_whole(oauth: Mapping[str, str], body: bytes) -> bool:
    """Whether everything a signature needs is there, and the body is the one that was hashed."""
    if oauth.get("oauth_signature_method") != "HMAC-SHA256" or oauth.get("oauth_version", "1.0") != "1.0":
        return False
    if not oauth.get("oauth_nonce") or not oauth.get("oauth_timestamp", "").isdecimal():
        return False
    given = oauth.get("oauth_body_hash")
    if given is None:
        return True
    # Clients differ in the hash of the body; the account takes either.
    hashes = (hashlib.sha1(body, usedforsecurity=False), hashlib.sha256(body))
    return any(hmac.compare_digest(given, base64.b64encode(h.digest()).decode()) for h in hashes)


def _is_signed(call: Call, oauth: Mapping[str, str], secrets_: Mapping[str, str]) -> bool:
    given = oauth.get("oauth_signature", "").encode()
    pairs = [*parse_qsl(call.query_string, keep_blank_values=True)]
    pairs += [(n, v) for n, v in oauth.items() if n not in ("realm", "oauth_signature")]
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    parameters = _encoded("&".join(f"{name}={value}" for name, value in encoded))
    key = f"{_encoded(secrets_['consumer_secret'])}&{_encoded(secrets_['token_secret'])}".encode()
    host = call.host.lower().removesuffix(_PORTS.get(call.scheme, ""))
    for path in _paths(call):
        address = _encoded(f"{call.scheme}://{host}{call.root_path}{path}")
        base = f"{call.method}&{address}&{parameters}".encode()
        signature = base64.b64encode(hmac.digest(key, base, "sha256"))
        if hmac.compare_digest(given, signature):
            return True
    return False


def _paths(call: Call) -> Iterator[str]:
    """The path as the client may have written and signed it, likely ones first."""
    seen: set[str] = set()
    for path in (call.raw_path, *_styles(call.path), call.path):
        if path not in seen:
            seen.add(path)
            yield path


def _styles(path: str) -> Iterator[str]:
    head, mark, key = path.partition("/eid:")
    if mark:
        # The usual way: the external id encoded whole, the prefix as it is.
        yield f"{quote(head, safe='/:')}{mark}{quote(key, safe='')}"
    for safe in _PATH_STYLES:
        yield quote(path, safe=safe)


def _is_fresh(oauth: Mapping[str, str], world: World) -> bool:
    """Whether timestamp and nonce are new; the skew counts only where time is the wall's."""
    stamp = oauth["oauth_timestamp"]
    if len(stamp) > 12:
        return False
    if world.clock.mode == "wall" and abs(int(stamp) - wall_ms() // 1000) > SKEW_SECONDS:
        return False
    nonces = world.settings.setdefault(_NONCES, Nonces())
    return bool(nonces.is_new(f"{stamp}|{oauth['oauth_nonce'][:128]}"))


@lru_cache(maxsize=4096)
def _encoded(text: str) -> str:
    # RFC 5849 3.6: only letters, digits and -._~ stay as they are.
    return quote(text, safe=_UNRESERVED)


def _invalid_login(realm: str) -> Reply:
    reply = error_reply(
        401,
        "INVALID_LOGIN",
        "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI"
        " at Setup > Users/Roles > User Management > View Login Audit Trail.",
    )
    shown = "".join(c for c in realm if c.isalnum() or c in "_-") or REALM
    reply.headers.append(
        (
            "www-authenticate",
            f'OAuth realm="{shown}", error="token_rejected", error_description="Invalid login attempt."',
        )
    )
    return reply
