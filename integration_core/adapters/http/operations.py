"""What kind of call a request is: method and path without the ids in it, so that calls can be counted.

Also the name that a trace shows for it; ids, external keys and queries never get there.
"""

import re
from urllib.parse import urlsplit

_WORD = re.compile(r"oauth2|[A-Za-z_$][A-Za-z_.$-]{0,47}")
_VERSION = re.compile(r"v\d{1,3}(\.\d{1,2})?")


def operation_of(method: str, url: str) -> str:
    """`GET /services/data/v59.0/sobjects/Account/{id}`: every part that is no plain word is an id."""
    parts = (_shown(part) for part in urlsplit(url).path.split("/"))
    return f"{method} {'/'.join(parts)}"


def outcome_of(status: int) -> str:
    """How an answer counts: ok, 429, 4xx or 5xx."""
    if status == 429:
        return "429"
    return "ok" if status < 400 else f"{status // 100}xx"


def _shown(part: str) -> str:
    return part if not part or _WORD.fullmatch(part) or _VERSION.fullmatch(part) else "{id}"
