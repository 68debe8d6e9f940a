"""How far a mock can be believed: how often it and a sandbox gave the same result to the same promise."""

from collections.abc import Sequence

from msgspec import Struct

from contracts.matrix import Promised, Row, current
from contracts.participants import VENDORS, vendor_of


class Fidelity(Struct, frozen=True):
    """One vendor: how many promises were verified on both sides, on how many they agree, where not."""

    vendor: str
    promised: int
    compared: int
    agreed: int
    left_out: int  # verified on one side alone
    differences: tuple[str, ...]

    @property
    def share(self) -> str:
        """As people say it, never rounded up to all; nothing compared is no number at all."""
        if not self.compared:
            return "unknown"
        return f"{1000 * self.agreed // self.compared / 10:.1f} %"


def fidelity(rows: Sequence[Row], promises: Sequence[Promised]) -> list[Fidelity]:
    """The fidelity of every vendor, webhooks included, over the pacts as they are now."""
    known = current(rows, promises)
    mock = {row.line[:3]: row for row in known if row.target == "mock"}
    sandbox = {row.line[:3]: row for row in known if row.target == "sandbox"}
    found = []
    for vendor in VENDORS:
        lines = sorted(line for line in mock.keys() | sandbox.keys() if vendor_of(line[0]) == vendor)
        compared = [line for line in lines if _verified(mock.get(line)) and _verified(sandbox.get(line))]
        differing = [line for line in compared if not _agree(mock[line], sandbox[line])]
        found.append(
            Fidelity(
                vendor=vendor,
                promised=sum(vendor_of(one.provider) == vendor for one in promises),
                compared=len(compared),
                agreed=len(compared) - len(differing),
                left_out=len(lines) - len(compared),
                differences=tuple(_difference(mock[line], sandbox[line]) for line in differing),
            )
        )
    return found


def _verified(row: Row | None) -> bool:
    return row is not None and row.result in ("pass", "fail")


def _agree(mock: Row, sandbox: Row) -> bool:
    # Two that break the same promise in different ways have nothing in common.
    return mock.result == sandbox.result and (mock.result == "pass" or mock.reason == sandbox.reason)


def _difference(mock: Row, sandbox: Row) -> str:
    reason = " / ".join(dict.fromkeys(one for one in (mock.reason, sandbox.reason) if one))
    return f"{mock.interaction}: mock {mock.result}, sandbox {sandbox.result}" + (
        f" ({reason})" if reason else ""
    )
