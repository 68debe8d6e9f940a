"""How far a mock can be believed: how often it and a sandbox gave the same result to the same promise."""

from collections.abc import Sequence

from msgspec import Struct

from contracts.matrix import Promised, Row, current
from contracts.participants import VENDORS, vendor_of


class Fidelity(Struct, frozen=True):
    """One vendor: how many promises were verified on both sides, on how many they agree, where not."""

    vendor: str
    compared: int
    agreed: int
    left_out: int  # verified on one side alone
    differences: tuple[str, ...]

    @property
    def share(self) -> str:
        """As people say it; nothing compared is no number at all."""
        return f"{100 * self.agreed / self.compared:.1f} %" if self.compared else "unknown"


def fidelity(rows: Sequence[Row], promises: Sequence[Promised]) -> list[Fidelity]:
    """The fidelity of every vendor, webhooks included, over the pacts as they are now."""
    known = current(rows, promises)
    mock = {row.line[:3]: row for row in known if row.target == "mock"}
    sandbox = {row.line[:3]: row for row in known if row.target == "sandbox"}
    found = []
    for vendor in VENDORS:
        lines = sorted(line for line in mock.keys() | sandbox.keys() if vendor_of(line[0]) == vendor)
        compared = [line for line in lines if _verified(mock.get(line)) and _verified(sandbox.get(line))]
        differing = [line for line in compared if mock[line].result != sandbox[line].result]
        found.append(
            Fidelity(
                vendor=vendor,
                compared=len(compared),
                agreed=len(compared) - len(differing),
                left_out=len(lines) - len(compared),
                differences=tuple(_difference(mock[line], sandbox[line]) for line in differing),
            )
        )
    return found


def _verified(row: Row | None) -> bool:
    return row is not None and row.result in ("pass", "fail")


def _difference(mock: Row, sandbox: Row) -> str:
    reason = mock.reason or sandbox.reason
    return f"{mock.interaction}: mock {mock.result}, sandbox {sandbox.result}" + (
        f" ({reason})" if reason else ""
    )
