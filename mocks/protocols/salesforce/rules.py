"""What a product adds to the platform: its validations and its side effects, called on every write."""

from collections.abc import Callable

from msgspec import Struct

from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World


class Problem(Struct, frozen=True):
    """One reason to refuse a write, in the platform's own words."""

    code: str  # FIELD_CUSTOM_VALIDATION_EXCEPTION, REQUIRED_FIELD_MISSING, ...
    message: str
    fields: tuple[str, ...] = ()


class WriteRefused(Exception):
    """A write that was refused; nothing of it is in effect."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Write(Struct, kw_only=True):
    """A write on its way in. `changes` may be completed by `before` (derived fields).

    `actor` is `api` for calls from outside and `person` for acts of people in the product.
    """

    world: World
    object: str
    record_id: str
    before: Record | None  # None for a create
    changes: dict[str, Value]
    at_ms: int
    actor: str
    notify: bool = True


class Rules(Struct, frozen=True, kw_only=True):
    """A product's hooks: `before` refuses or completes a write, `after` follows in its transaction."""

    before: Callable[[Write], list[Problem]]
    after: Callable[[Write, Record], None]
