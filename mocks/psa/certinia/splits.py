"""Splits: what an approved timecard becomes for billing, one piece per calendar month (wire 4.2).

The PSA makes them; everybody else may only mark them as billed.
"""

from collections.abc import Callable

from mocks.kit.schema import Value
from mocks.kit.store import Record, Store
from mocks.protocols.salesforce.rules import Problem, Write
from mocks.psa.certinia.errors import read_only
from mocks.psa.certinia.schema import ASSIGNMENT
from mocks.psa.certinia.wire import hours_by_month, iso

SYSTEM = "system"
SPLIT_NAMES = "split"  # the sequence of their names
MARKS = frozenset({"pse__Billed__c", "RH_Invoice_No__c", "RH_Invoice_Status__c"})
_RATE_AND_HOURS_SCALE = 10_000  # rate_e4 x hours_e2 -> cents


def before_split(write: Write) -> list[Problem]:
    """Let nobody but the PSA make a split or change more of it than its marks."""
    old = write.before.values if write.before else {}
    changed = sorted(
        name for name, value in write.changes.items() if old.get(name) != value and name not in MARKS
    )
    return [read_only(*changed)] if changed and write.actor != SYSTEM else []


def split_rows(store: Store, card: Record) -> list[dict[str, Value]]:
    """The splits of an approved card, in order of their months; months without hours have none."""
    rate_e4 = 0
    if card.values["pse__Billable__c"]:
        rate_e4 = assignment_rate_e4(store, card.values["pse__Assignment__c"])
    return split_rows_at(rate_e4, card, lambda: store.next_number(SPLIT_NAMES))


def split_rows_at(rate_e4: int, card: Record, next_number: Callable[[], int]) -> list[dict[str, Value]]:
    """`split_rows` at a known price, with numbers from a given sequence."""
    return [
        {
            "Name": f"TCS-{next_number():09d}",
            "pse__Timecard_Header__c": card.id,
            "pse__Approved__c": 1,
            "pse__Billable__c": card.values["pse__Billable__c"],
            "pse__Billed__c": 0,
            "pse__Total_Hours__c": hours_e2,
            "pse__Total_Billable_Amount__c": _half_up(rate_e4 * hours_e2, _RATE_AND_HOURS_SCALE),
            "pse__Start_Date__c": iso(first),
            "pse__End_Date__c": iso(last),
        }
        for first, last, hours_e2 in hours_by_month(str(card.values["pse__Start_Date__c"]), card.values)
    ]


def assignment_rate_e4(store: Store, assignment_id: Value) -> int:
    """The PSA's own price of an assignment; the contract's is not known here, so it may be none."""
    if assignment_id is None:
        return 0
    assignment = store.get(ASSIGNMENT, str(assignment_id), deleted=True)
    return int(assignment.values["pse__Bill_Rate__c"] or 0) if assignment else 0


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
