"""What a close is computed from: booked time with its validity, billed lines, and what came of them."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class Booked(Struct, frozen=True, kw_only=True):
    """One valid approved version of a time entry; it counts from `known_ms` until `superseded_ms`."""

    employee_no: str
    contract_native_id: str
    contract_line_native_id: str
    billable: bool  # entry and task
    progress: bool  # the task counts for percentage of completion
    work_date: date
    hours: Decimal
    known_ms: int
    superseded_ms: int | None

    def counts_at(self, at_ms: int) -> bool:
        """Whether this version is the one in force just before an instant."""
        return self.known_ms < at_ms and (self.superseded_ms is None or self.superseded_ms >= at_ms)


class Charged(Struct, frozen=True, kw_only=True):
    """One billing event piece with the documents it stands on, as a close looks at it.

    The accounting dates are those of ready documents; a held one has none.
    """

    contract_line_native_id: str
    method: str  # TM | OV | FF | RET
    amount: Decimal
    service_date: date
    commit_ms: int
    superseded_ms: int | None
    invoiced_on: date | None
    credited_on: date | None


class Recognised(Struct, frozen=True, kw_only=True):
    """What a close says of one line that is not right-to-invoice: cumulative earnings, and a warning."""

    contract_line_native_id: str
    earned: Decimal
    above_estimate: bool
