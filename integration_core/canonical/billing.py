"""Time on its way to a document: entries, their price, pieces, drafts."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from integration_core.canonical.deals import Contract, ContractLine
from integration_core.canonical.ledger import CreditMemo, Invoice


class Entry(Struct, frozen=True, kw_only=True):
    """One approved version of a time entry, ready to be rated. `a_ms` is its approval instant a(e)."""

    source_id: str
    bk: str
    ver: int
    employee_no: str
    assignment_native_id: str
    contract_line_native_id: str
    task_billable: bool
    work_date: date
    hours: Decimal
    time_type: str
    billable: bool
    a_ms: int
    memo: str = ""
    was_blocked: bool = False


class Rated(Struct, frozen=True, kw_only=True):
    """A priced entry: the commit instant and where the rate came from."""

    entry: Entry
    contract: Contract
    line: ContractLine
    hourly: Decimal
    amount: Decimal
    rate_source: str
    commit_ms: int
    cost_centre: str


class Unpriced(Struct, frozen=True, kw_only=True):
    """An entry that has no amount by its nature: COVERED or NON_BILLABLE."""

    entry: Entry
    contract: Contract
    line: ContractLine
    klass: str


class Blocked(Struct, frozen=True, kw_only=True):
    """An entry that cannot be rated yet: an exception code and what to do."""

    entry: Entry
    code: str
    text: str


class Piece(Struct, frozen=True, kw_only=True):
    """A committed piece of a billing event, as a run selects it."""

    event_bk: str
    source_id: str
    contract_native_id: str
    contract_line_native_id: str
    method: str
    service_date: date
    hours: Decimal
    hourly: Decimal
    amount: Decimal
    commit_ms: int
    cost_centre: str
    memo: str


class Hold(Struct, frozen=True):
    """No decision: the document is held under this exception code."""

    code: str
    text: str


class Draft(Struct, frozen=True, kw_only=True):
    """A document to be: ready, or held under an exception code with its lines locked.

    `hold_key` names what a case about its being held is about, now or before it became ready.
    """

    key: str
    contract_native_ids: tuple[str, ...]
    event_bks: tuple[str, ...]
    invoice: Invoice | None
    hold: Hold | None
    hold_key: str = ""


class Creditable(Struct, frozen=True, kw_only=True):
    """A billed piece whose entry was corrected afterwards."""

    event_bk: str
    source_id: str
    contract_native_id: str
    document: str


class CreditDraft(Struct, frozen=True, kw_only=True):
    """A credit memo to be, with the pieces it takes back."""

    memo: CreditMemo
    contract_native_ids: tuple[str, ...]
    event_bks: tuple[str, ...]
