"""Journals that callers write: balanced in both currencies, in open periods, posted at once, then fixed."""

from mocks.erp.netsuite import money
from mocks.erp.netsuite.errors import missing, refuse, user_error
from mocks.erp.netsuite.invoices import exchange_rate
from mocks.erp.netsuite.lookups import digits_of, functional_digits, lines_of, next_id
from mocks.erp.netsuite.periods import posting_dates
from mocks.erp.netsuite.posting import Line, insert_lines, number
from mocks.erp.netsuite.reading import Incoming
from mocks.erp.netsuite.schema import JOURNAL_LINES
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

_GIVEN = tuple(item.column for item in JOURNAL_LINES.properties)
_SYSTEM_TYPES = frozenset({"INV", "CM", "PMT", "APL"})


def save(world: World, before: Record | None, given: Incoming, merge: bool, at_ms: int) -> str:
    """Post a journal; one that stands takes only what it already says."""
    if before is not None:
        _refuse_change(world, before, given)
        return before.id
    values = dict(given.changes)
    if values.get("subsidiary") is None:
        raise missing("subsidiary")
    if values.get("custbody_rh_type") in _SYSTEM_TYPES:
        raise user_error("Journals of documents are made by the system alone.", "custbody_rh_type")
    subsidiary = world.store.require("subsidiary", str(values["subsidiary"]))
    currency = values.get("currency") or subsidiary.values["currency"]
    rate = exchange_rate(values.get("exchangerate"), currency, subsidiary)
    header: dict[str, Value] = {
        **values,
        **posting_dates(world, subsidiary, values, values.get("postingperiod")),
        "currency": currency,
        "exchangerate": rate,
        "status": "P",
        "type": "Journal",
    }
    digits = digits_of(world, currency), functional_digits(world, subsidiary)
    lines = [_checked_line(line, place, rate, digits) for place, line in enumerate(given.lines or (), 1)]
    _require_balance(lines)
    header["tranid"] = number(
        world, str(subsidiary.values["externalid"]), "JE", str(header["custbody_rh_acct_date"])
    )
    journal_id = next_id(world, "transaction")
    world.store.insert("transaction", journal_id, header, at_ms)
    insert_lines(world, journal_id, "line", lines, at_ms)
    return journal_id


def _checked_line(line: Line, place: int, rate: str, digits: tuple[int, int]) -> Line:
    path = f"line.items[{place - 1}]"
    if line.get("account") is None:
        raise missing(f"{path}.account")
    checked = {**line, "linesequencenumber": place}
    for column, own in zip(_GIVEN[2:6], (digits[0], digits[0], digits[1], digits[1]), strict=True):
        amount = int(line.get(column) or 0)
        if amount < 0:
            raise user_error("A debit or credit cannot be negative.", f"{path}.{column}")
        if not money.fits(amount, own):
            raise refuse("INVALID_VALUE", "The amount has more decimals than its currency.", path)
    for side in ("debit", "credit"):
        functional = f"custcol_rh_fc_{side}"
        if line.get(functional) is None and line.get(side) is not None:
            checked[functional] = money.functional_e4(int(line[side] or 0), rate, digits[1])
    if bool(line.get("debit")) and bool(line.get("credit")):
        raise user_error("A line is either a debit or a credit.", path)
    return checked


def _require_balance(lines: list[Line]) -> None:
    if len(lines) < 2:
        raise user_error("You must enter at least two lines for this transaction.", "line")
    for debit, credit in (("debit", "credit"), ("custcol_rh_fc_debit", "custcol_rh_fc_credit")):
        debits = sum(int(line.get(debit) or 0) for line in lines)
        credits = sum(int(line.get(credit) or 0) for line in lines)
        if debits != credits:
            raise user_error("Please balance the transaction: debits and credits differ.", "line")


def _refuse_change(world: World, before: Record, given: Incoming) -> None:
    same = all(before.values[name] == value for name, value in given.changes.items())
    if given.lines is not None:
        standing = lines_of(world, before.id)
        same = same and len(standing) == len(given.lines)
        for line, wanted in zip(standing, given.lines, strict=False):
            same = same and all(
                line.values[name] == value for name, value in wanted.items() if name != "linesequencenumber"
            )
    if not same:
        raise user_error(f"Journal {before.values['tranid']} is posted and cannot be changed.")
