"""What a checkpoint holds: the JSON value of an effect, or the error it ended with, as one text.

Values are handed to the process as they come back from JSON, the first time too, so that a
replay sees exactly what the first run saw.
"""

import importlib
from typing import Any

import msgspec

_ERROR = "error"
_VALUE = "value"
_SCALARS = (bool, int, str, type(None))


class RememberedError(Exception):
    """Stands for a remembered error whose own class can no longer be built."""


def of_value(value: Any) -> str:
    """The checkpoint text of a result; TypeError for what JSON cannot hold without loss."""
    _must_be_json(value, "result")
    return msgspec.json.encode({_VALUE: value}).decode()


def of_error(error: Exception) -> str:
    """The checkpoint text of an error that the process has seen and handled."""
    kind = type(error)
    return msgspec.json.encode(
        {
            _ERROR: {
                "class": [kind.__module__, kind.__qualname__],
                "args": [_plain(part) for part in error.args],
                "state": {name: _plain(part) for name, part in vars(error).items() if name[:2] != "__"},
                "text": f"{kind.__name__}: {error}",
            }
        }
    ).decode()


def is_error(text: str) -> bool:
    """Whether `unfold` would raise."""
    return text.startswith('{"error"')


def unfold(text: str) -> Any:
    """Return the remembered value, or raise the remembered error."""
    content = msgspec.json.decode(text)
    if _ERROR in content:
        raise _rebuild(content[_ERROR])
    return content[_VALUE]


def _rebuild(record: dict[str, Any]) -> Exception:
    found = _find(*record["class"])
    if found is None:
        return RememberedError(record["text"])
    # Past the class's own constructor, whose parameters need not be its args.
    error: Exception = found.__new__(found, *record["args"])
    error.args = tuple(record["args"])
    vars(error).update(record["state"])
    return error


def _find(module: str, qualname: str) -> type[Exception] | None:
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _plain(value: Any) -> Any:
    # A whole number of seconds may be a float here: errors carry hints, never money.
    return value if isinstance(value, (*_SCALARS, float)) else str(value)


def _must_be_json(value: Any, where: str) -> None:
    if isinstance(value, _SCALARS):
        return
    if isinstance(value, (list, tuple)):
        for part in value:
            _must_be_json(part, where)
    elif isinstance(value, dict) and all(isinstance(name, str) for name in value):
        for name, part in value.items():
            _must_be_json(part, name)
    else:
        raise TypeError(f"A checkpoint holds JSON without floats; {where!r} is a {type(value).__name__}.")
