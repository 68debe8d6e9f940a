"""Invoices on their way in: checked, taxed and totalled; editable only until they are posted."""

from collections.abc import Sequence

from mocks.erp.netsuite import money
from mocks.erp.netsuite.errors import missing, refuse, user_error
from mocks.erp.netsuite.lookups import digits_of, functional_digits, lines_of, next_id
from mocks.erp.netsuite.periods import approval_ms, due_date, posting_dates
from mocks.erp.netsuite.posting import (
    DRAFT,
    PENDING_APPROVAL,
    PENDING_STATUS,
    Line,
    add_line,
    insert_lines,
    plan_approval,
    post_document,
)
from mocks.erp.netsuite.reading import Incoming
from mocks.erp.netsuite.schema import ITEM_LINES
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

_GIVEN = tuple(item.column for item in ITEM_LINES.properties)
_COMPUTED_LINE = ("account", "netamount")


def save(world: World, before: Record | None, given: Incoming, merge: bool, at_ms: int) -> str:
    """Create or change an invoice, and post it at once where its approval is already due."""
    old_lines = lines_of(world, before.id) if before else []
    lines = standing_lines(old_lines, given.lines, merge)
    if before is not None and _is_fixed(world, before):
        refuse_change(before, old_lines, given, lines)
        return before.id
    values: dict[str, Value] = {**(before.values if before else {}), **given.changes}
    if before is not None and before.values["custbody_rh_acct_date"] == before.values["trandate"]:
        # An accounting date that was the document's own day moves with it.
        values["custbody_rh_acct_date"] = given.changes.get("custbody_rh_acct_date")
    header, subsidiary = _header(world, values, given.changes)
    digits = digits_of(world, header["currency"])
    lines = [checked_line(world, line, place, digits) for place, line in enumerate(lines)]
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.", "item")
    _amounts(world, header, lines, digits, functional_digits(world, subsidiary))
    invoice_id = _write(world, before, header, lines, old_lines, at_ms)
    invoice = world.store.require("transaction", invoice_id)
    nominal_ms = approval_ms(subsidiary, str(header["trandate"]))
    if nominal_ms <= world.now_ms():
        post_document(world, invoice, nominal_ms, at_ms)
    elif before is None or before.values["trandate"] != header["trandate"]:
        plan_approval(world, invoice)
    return invoice_id


def _is_fixed(world: World, invoice: Record) -> bool:
    """Whether an invoice is posted, or already credited."""
    return invoice.values["custbody_rh_status"] != DRAFT or bool(
        world.store.find("transaction", "createdfrom", invoice.id)
    )


def standing_lines(old: Sequence[Record], given: list[Line] | None, merge: bool) -> list[Line]:
    """The lines that will stand: as given, merged by line number, or as they were."""
    kept = [{name: line.values[name] for name in _GIVEN} for line in old]
    if given is None:
        return kept
    standing = {int(line["linesequencenumber"] or 0): line for line in kept} if merge else {}
    for line in given:
        number = line.get("linesequencenumber")
        number = max(standing, default=0) + 1 if number is None else int(number)
        base = standing.get(number, dict.fromkeys(_GIVEN)) if merge else dict.fromkeys(_GIVEN)
        if not merge and number in standing:
            raise refuse("INVALID_VALUE", f"Line {number} is given twice.", "item")
        standing[number] = {**base, **line, "linesequencenumber": number}
    return [standing[number] for number in sorted(standing)]


def refuse_change(before: Record, old: Sequence[Record], given: Incoming, lines: list[Line]) -> None:
    """A posted document takes only what it already says."""
    same_header = all(
        before.values[name] == value or (name == "approvalstatus" and value == PENDING_APPROVAL)
        for name, value in given.changes.items()
    )
    for line in lines:
        if isinstance(line.get("taxcode"), str):
            line["taxcode"] = money.canonical_tax_code(str(line["taxcode"]))
    same_lines = lines == [{name: line.values[name] for name in _GIVEN} for line in old]
    if not (same_header and same_lines):
        name = before.values["tranid"] or before.values["externalid"]
        raise user_error(f"{name} is posted or credited and cannot be changed.")


def _header(
    world: World, values: dict[str, Value], given: dict[str, Value]
) -> tuple[dict[str, Value], Record]:
    if values.get("entity") is None:
        raise missing("entity")
    customer = world.store.require("customer", str(values["entity"]))
    if customer.values["isinactive"]:
        raise user_error(f"The customer {customer.values['companyname']} is inactive.", "entity")
    subsidiary_id = values.get("subsidiary") or customer.values["subsidiary"]
    subsidiary = world.store.require("subsidiary", str(subsidiary_id))
    currency = values.get("currency") or customer.values["currency"] or subsidiary.values["currency"]
    header = {**values, **posting_dates(world, subsidiary, values, given.get("postingperiod"))}
    refuse_approval(given)
    tran_date = str(values["trandate"])
    header |= {
        "subsidiary": subsidiary_id,
        "currency": currency,
        "exchangerate": exchange_rate(values.get("exchangerate"), currency, subsidiary),
        "duedate": values.get("duedate") or due_date(world, customer.values["terms"], tran_date),
        "approvalstatus": PENDING_APPROVAL,
        "status": PENDING_STATUS,
        "custbody_rh_status": DRAFT,
        "type": "CustInvc",
    }
    if str(header["duedate"]) < tran_date:
        raise user_error("The due date lies before the date of the document.", "dueDate")
    return header, subsidiary


def refuse_approval(given: dict[str, Value]) -> None:
    """Refuse a document that comes approved."""
    if given.get("approvalstatus") not in (None, PENDING_APPROVAL):
        raise user_error("Documents are approved by the system, not by this role.", "approvalStatus")


def exchange_rate(given: Value, currency: Value, subsidiary: Record) -> str:
    """The document's rate; one in the subsidiary's own currency, given by the caller in any other."""
    if currency == subsidiary.values["currency"]:
        if given not in (None, "1"):
            raise refuse("INVALID_VALUE", "The exchange rate of the base currency is 1.", "exchangeRate")
        return "1"
    if given is None:
        raise missing("exchangeRate")
    if str(given).startswith("-") or str(given) == "0":
        raise refuse("INVALID_VALUE", "The exchange rate must be positive.", "exchangeRate")
    return str(given)


def checked_line(world: World, line: Line, place: int, digits: int) -> Line:
    path = f"item.items[{place}]"
    for item in ITEM_LINES.properties:
        if item.required and line.get(item.column) is None:
            raise missing(f"{path}.{item.name}")
    amount_e4 = int(line["foreignamount"] or 0)
    if amount_e4 < 0 or int(line["quantity"] or 0) < 0 or int(line["rate"] or 0) < 0:
        raise user_error("A line cannot be negative; use a document of the other kind.", f"{path}.amount")
    if not money.fits(amount_e4, digits):
        raise refuse("INVALID_VALUE", "The amount has more decimals than its currency.", f"{path}.amount")
    tax_code = money.canonical_tax_code(str(line["taxcode"]))
    if tax_code is None:
        raise refuse(
            "INVALID_KEY_OR_REF",
            f"Invalid Field Value {line['taxcode']} for the following field: taxCode",
            f"{path}.taxCode",
        )
    item_record = world.store.require("item", str(line["item"]))
    return {**line, "taxcode": tax_code, "account": item_record.values["incomeaccount"]}


def _amounts(world: World, header: dict[str, Value], lines: list[Line], digits: int, fc_digits: int) -> None:
    """Totals in both currencies: tax by R5, functional amounts by R7, the control line as their sum."""
    rate = str(header["exchangerate"])
    for line in lines:
        line["netamount"] = money.functional_e4(int(line["foreignamount"] or 0), rate, fc_digits)
    taxes = money.taxes(((str(line["taxcode"]), int(line["foreignamount"] or 0)) for line in lines), digits)
    net = sum(int(line["foreignamount"] or 0) for line in lines)
    tax = sum(amount.tax_e4 for amount in taxes)
    total_fc = sum(int(line["netamount"] or 0) for line in lines)
    total_fc += sum(money.functional_e4(amount.tax_e4, rate, fc_digits) for amount in taxes)
    header |= {
        "netamount": net,
        "taxtotal": tax,
        "foreigntotal": net + tax,
        "foreignamountunpaid": 0,
        "custbody_rh_total_fc": total_fc,
        "custbody_rh_open_fc": 0,
    }


def _write(
    world: World,
    before: Record | None,
    header: dict[str, Value],
    lines: list[Line],
    old: Sequence[Record],
    at_ms: int,
) -> str:
    if before is None:
        invoice_id = next_id(world, "transaction")
        world.store.insert("transaction", invoice_id, header, at_ms)
        insert_lines(world, invoice_id, "item", lines, at_ms)
        return invoice_id
    world.store.update("transaction", before.id, header, at_ms)
    changed = False
    standing = {line.values["linesequencenumber"]: line for line in old}
    for line in lines:
        known = standing.pop(line["linesequencenumber"], None)
        if known is None:
            add_line(world, before.id, "item", line, at_ms)
        elif world.store.update("transactionline", known.id, line, at_ms).ver == known.ver:
            continue
        changed = True
    for gone in standing.values():
        changed = world.store.delete("transactionline", gone.id, at_ms)
    if changed:
        world.store.touch("transaction", before.id, at_ms)
    return before.id
