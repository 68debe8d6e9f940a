"""Credit memos on their way in: their lines credit those of an invoice, at its own rates (finance 2.7).

A memo stands as it was made: it can be deleted until it is posted, but not changed, because the
tax and functional amounts of later memos of its invoice build on its own.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec import Struct

from mocks.erp.netsuite import money
from mocks.erp.netsuite.errors import bad_reference, missing, refuse, user_error
from mocks.erp.netsuite.invoices import checked_line, refuse_approval, refuse_change, standing_lines
from mocks.erp.netsuite.lookups import digits_of, functional_digits, lines_of, next_id
from mocks.erp.netsuite.periods import approval_ms, posting_dates
from mocks.erp.netsuite.posting import (
    CREDIT,
    DRAFT,
    PENDING_APPROVAL,
    PENDING_STATUS,
    Line,
    add_line,
    insert_lines,
    plan_approval,
    post_document,
    taxes_of,
)
from mocks.erp.netsuite.reading import Incoming
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

_PARTY = (("entity", "entity"), ("subsidiary", "subsidiary"), ("currency", "currency"))


class _Share(Struct):
    """Amounts in both currencies: of an invoice's line or tax, or of what is credited of it so far."""

    tc_e4: int = 0
    fc_e4: int = 0


Shares = dict[tuple[str, str], _Share]  # by source id and tax code; taxes have no source id


def save(world: World, before: Record | None, given: Incoming, merge: bool, at_ms: int) -> str:
    """Create a credit memo, and post it at once where its approval is already due."""
    old_lines = lines_of(world, before.id, "item") if before else []
    lines = standing_lines(old_lines, given.lines, merge)
    if before is not None:
        refuse_change(before, old_lines, given, lines)
        return before.id
    invoice = _credited_invoice(world, given.changes)
    header, subsidiary = _header(world, given.changes, invoice)
    digits = digits_of(world, header["currency"])
    lines = [checked_line(world, line, place, digits) for place, line in enumerate(lines)]
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.", "item")
    taxes = _amounts(world, header, lines, invoice, (digits, functional_digits(world, subsidiary)))
    memo_id = next_id(world, "transaction")
    world.store.insert("transaction", memo_id, header, at_ms)
    insert_lines(world, memo_id, "item", lines, at_ms)
    for place, tax in enumerate(taxes, start=1):
        add_line(world, memo_id, "tax", {**tax, "linesequencenumber": place}, at_ms)
    memo = world.store.require("transaction", memo_id)
    nominal_ms = approval_ms(subsidiary, str(header["trandate"]))
    if nominal_ms <= world.now_ms():
        post_document(world, memo, nominal_ms, at_ms)
    else:
        plan_approval(world, memo)
    return memo_id


def _credited_invoice(world: World, given: dict[str, Value]) -> Record:
    for name, shown in (("createdfrom", "createdFrom"), ("entity", "entity")):
        if given.get(name) is None:
            raise missing(shown)
    invoice = world.store.require("transaction", str(given["createdfrom"]))
    if invoice.values["type"] != "CustInvc":
        raise bad_reference(given["createdfrom"], "createdFrom")
    return invoice


def _header(world: World, given: dict[str, Value], invoice: Record) -> tuple[dict[str, Value], Record]:
    """The memo's header; customer, subsidiary, currency and rate are the invoice's."""
    original = invoice.values
    for column, name in _PARTY:
        if given.get(column) not in (None, original[column]):
            raise user_error(f"The {name} of a credit memo must be that of its invoice.", name)
    rate = given.get("exchangerate")
    if rate is not None and Fraction(str(rate)) != Fraction(str(original["exchangerate"])):
        raise refuse("INVALID_VALUE", "A credit memo takes its invoice's exchange rate.", "exchangeRate")
    customer = world.store.require("customer", str(original["entity"]))
    if customer.values["isinactive"]:
        raise user_error(f"The customer {customer.values['companyname']} is inactive.", "entity")
    refuse_approval(given)
    subsidiary = world.store.require("subsidiary", str(original["subsidiary"]))
    header = {
        **given,
        **posting_dates(world, subsidiary, given, given.get("postingperiod")),
        **{column: original[column] for column, _ in _PARTY},
        "exchangerate": original["exchangerate"],
        "approvalstatus": PENDING_APPROVAL,
        "status": PENDING_STATUS,
        "custbody_rh_status": DRAFT,
        "type": CREDIT,
    }
    return header, subsidiary


def _amounts(
    world: World, header: dict[str, Value], lines: list[Line], invoice: Record, digits: tuple[int, int]
) -> list[Line]:
    """Lines at the invoice's functional amounts, taxes, totals; returns the tax lines."""
    others = world.store.select("transaction", "createdfrom = ? AND type = ?", (invoice.id, CREDIT))
    billed = lines_of(world, invoice.id, "item")
    totals, done = (
        _shares(billed),
        _shares(line for memo in others for line in lines_of(world, memo.id, "item")),
    )
    accounts = {_key(line): line.values["account"] for line in billed}
    for place, line in enumerate(lines):
        _credit_line(line, f"item.items[{place}]", totals, done, digits[1])
        line["account"] = accounts[str(line["custcol_rh_source_id"] or ""), str(line["taxcode"])]
    taxes = _taxes(world, invoice, others, lines, digits)
    net = sum(int(line["foreignamount"] or 0) for line in lines)
    tax = sum(int(line["foreignamount"] or 0) for line in taxes)
    header |= {
        "netamount": net,
        "taxtotal": tax,
        "foreigntotal": net + tax,
        "foreignamountunpaid": 0,
        "custbody_rh_total_fc": sum(int(line["netamount"] or 0) for line in (*lines, *taxes)),
        "custbody_rh_open_fc": 0,
    }
    return taxes


def _key(line: Record) -> tuple[str, str]:
    return str(line.values["custcol_rh_source_id"] or ""), str(line.values["taxcode"])


def _shares(lines: Iterable[Record]) -> Shares:
    """Sums of lines by source and tax code."""
    found: Shares = {}
    for line in lines:
        share = found.setdefault(_key(line), _Share())
        share.tc_e4 += int(line.values["foreignamount"] or 0)
        share.fc_e4 += int(line.values["netamount"] or 0)
    return found


def _credit_line(line: Line, path: str, totals: Shares, done: Shares, digits: int) -> None:
    """Give a line its functional share of the invoice's line (R6), and count it as credited."""
    source, tax_code = str(line["custcol_rh_source_id"] or ""), str(line["taxcode"])
    total = totals.get((source, tax_code))
    if total is None:
        if any(known == source for known, _ in totals):
            raise user_error("The tax code is not that of the invoice's line.", f"{path}.taxCode")
        raise user_error(f"The invoice has no line of the source {source!r}.", f"{path}.custcol_rh_source_id")
    credited = done.setdefault((source, tax_code), _Share())
    take_e4 = int(line["foreignamount"] or 0)
    if credited.tc_e4 + take_e4 > total.tc_e4:
        raise user_error("More would be credited than the invoice's line bills.", f"{path}.amount")
    line["netamount"] = money.relief_e4(total.fc_e4, total.tc_e4, credited.tc_e4, take_e4, digits)
    credited.tc_e4 += take_e4


def _taxes(
    world: World,
    invoice: Record,
    others: Sequence[Record],
    lines: Sequence[Line],
    digits: tuple[int, int],
) -> list[Line]:
    """Tax lines: R5 over the memo's lines; a memo that completes a category takes what is left of its tax."""
    original = {tax.tax_code: (tax, fc) for tax, fc in taxes_of(world, invoice, digits[1])}
    bases: dict[str, int] = {}
    done: dict[str, int] = {}
    for memo in others:
        for tax, _ in taxes_of(world, memo, digits[1]):
            bases[tax.tax_code] = bases.get(tax.tax_code, 0) + tax.base_e4
            done[tax.tax_code] = done.get(tax.tax_code, 0) + tax.tax_e4
    found: list[Line] = []
    nets = ((str(line["taxcode"]), int(line["foreignamount"] or 0)) for line in lines)
    for tax in money.taxes(nets, digits[0]):
        whole, whole_fc = original[tax.tax_code]
        credited = done.get(tax.tax_code, 0)
        complete = bases.get(tax.tax_code, 0) + tax.base_e4 == whole.base_e4
        amount = whole.tax_e4 - credited if complete else tax.tax_e4
        fc_e4 = money.relief_e4(whole_fc, whole.tax_e4, credited, amount, digits[1])
        found.append({"taxcode": tax.tax_code, "foreignamount": amount, "netamount": fc_e4})
    return found
