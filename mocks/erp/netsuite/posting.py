"""What posting does: gapless numbers, balanced journals, open items (finance 2.10, 3.2, 3.3)."""

from collections.abc import Sequence

from mocks.erp.netsuite import money
from mocks.erp.netsuite.lookups import digits_of, functional_digits, id_of, lines_of, next_id
from mocks.erp.netsuite.periods import approval_ms
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

BANK, RECEIVABLES, SALES_TAX = "1000", "1100", "2200"
DRAFT, POSTED, PARTIALLY_PAID, PAID = "DRAFT", "POSTED", "PARTIALLY_PAID", "PAID"
OPEN_STATUS, PAID_STATUS, PENDING_STATUS = "A", "B", "D"
PENDING_APPROVAL, APPROVED = "1", "2"
LINES_PER_TRANSACTION = 100_000
LATER_LINES = 10**15  # ids of lines added to a standing transaction begin here
APPROVE = "approve"
Line = dict[str, Value]


def number(world: World, entity: str, kind: str, acct_date: str) -> str:
    """The next number of an entity, kind and year of accounting date: `US01-INV-2026-000001`."""
    year = acct_date[:4]
    place = world.store.next_number(f"number|{entity}|{kind}|{year}")
    return f"{entity}-{kind}-{year}-{place:06d}"


def insert_lines(
    world: World, transaction_id: str, line_type: str, lines: Sequence[Line], at_ms: int
) -> None:
    """Add the lines of a new transaction; their ids follow from its own."""
    first = int(transaction_id) * LINES_PER_TRANSACTION
    world.store.insert_many(
        "transactionline",
        (
            (
                str(first + int(line["linesequencenumber"] or 0)),
                {**line, "transaction": transaction_id, "linetype": line_type},
            )
            for line in lines
        ),
        at_ms,
    )


def add_line(world: World, transaction_id: str, line_type: str, line: Line, at_ms: int) -> None:
    """Add a line to a transaction that had others; its number may have been taken before."""
    new_id = str(LATER_LINES + world.store.next_number("id|transactionline"))
    values = {**line, "transaction": transaction_id, "linetype": line_type}
    world.store.insert_many("transactionline", [(new_id, values)], at_ms)


def account_id(world: World, account_number: str) -> str:
    """The internal id of an account of the chart; the chart is part of every account's set-up."""
    found = id_of(world, "account", "acctnumber", account_number)
    if found is None:
        raise LookupError(f"The chart of accounts has no {account_number}")
    return found


def plan_approval(world: World, invoice: Record) -> None:
    """Note when a pending document will be approved."""
    subsidiary = world.store.require("subsidiary", str(invoice.values["subsidiary"]))
    nominal_ms = approval_ms(subsidiary, str(invoice.values["trandate"]))
    world.store.add_due(nominal_ms, APPROVE, invoice.id)


def approve_due(world: World, due: Sequence[tuple[int, str]], at_ms: int) -> int:
    """Approve and post what is due, in order of (nominal instant, external id); returns how many."""
    ready: list[tuple[int, str, int, Record]] = []
    for nominal_ms, invoice_id in due:
        invoice = world.store.get("transaction", invoice_id)
        if invoice is None or invoice.values["custbody_rh_status"] != DRAFT:
            continue
        subsidiary = world.store.require("subsidiary", str(invoice.values["subsidiary"]))
        # A document moved to another day meanwhile has a plan of its own.
        if approval_ms(subsidiary, str(invoice.values["trandate"])) == nominal_ms:
            ready.append((nominal_ms, str(invoice.values["externalid"] or ""), int(invoice.id), invoice))
    posted: set[str] = set()
    for nominal_ms, _, _, invoice in sorted(ready, key=lambda entry: entry[:3]):
        if invoice.id not in posted:
            posted.add(invoice.id)
            post_invoice(world, invoice, nominal_ms, at_ms)
    return len(posted)


def post_invoice(world: World, invoice: Record, approved_ms: int, at_ms: int) -> None:
    """Number a document, open its item and make its INV journal."""
    values = invoice.values
    subsidiary = world.store.require("subsidiary", str(values["subsidiary"]))
    gross_e4 = int(values["foreigntotal"] or 0)
    paid = not gross_e4
    changes: dict[str, Value] = {
        "tranid": number(
            world, str(subsidiary.values["externalid"]), "INV", str(values["custbody_rh_acct_date"])
        ),
        "custbody_rh_status": PAID if paid else POSTED,
        "status": PAID_STATUS if paid else OPEN_STATUS,
        "approvalstatus": APPROVED,
        "custbody_rh_approved_at": approved_ms,
        "foreignamountunpaid": gross_e4,
        "custbody_rh_open_fc": values["custbody_rh_total_fc"],
    }
    lines = invoice_journal(world, invoice, functional_digits(world, subsidiary))
    world.store.update("transaction", invoice.id, changes, at_ms)
    add_journal(world, invoice, "INV", lines, at_ms)


def invoice_journal(world: World, invoice: Record, digits: int) -> list[Line]:
    """INV: receivables against each line's income account, and tax by code (finance 3.3)."""
    values = invoice.values
    customer = values["entity"]
    rate = str(values["exchangerate"])
    items = lines_of(world, invoice.id)
    receivable: Line = {
        "account": account_id(world, RECEIVABLES),
        "entity": customer,
        **_debit(int(values["foreigntotal"] or 0), int(values["custbody_rh_total_fc"] or 0)),
    }
    income = [_income_line(line, customer) for line in items]
    taxes = [
        {
            "account": account_id(world, SALES_TAX),
            "entity": customer,
            "taxcode": tax.tax_code,
            **_credit(tax.tax_e4, money.functional_e4(tax.tax_e4, rate, digits)),
        }
        for tax in tax_amounts(items, digits_of(world, values["currency"]))
    ]
    return [receivable, *income, *taxes]


def tax_amounts(items: Sequence[Record], digits: int) -> list[money.TaxAmount]:
    """The taxes of a document's lines (R5)."""
    return money.taxes(
        ((str(line.values["taxcode"]), int(line.values["foreignamount"] or 0)) for line in items), digits
    )


def _income_line(line: Record, customer: Value) -> Line:
    values = line.values
    kept = ("account", "department", "class", "job", "custcol_rh_source_id", "custcol_rh_contract_line")
    amounts = _credit(int(values["foreignamount"] or 0), int(values["netamount"] or 0))
    return {**{name: values[name] for name in kept}, "entity": customer, **amounts}


def _debit(tc_e4: int, fc_e4: int) -> Line:
    return {"debit": tc_e4, "custcol_rh_fc_debit": fc_e4}


def _credit(tc_e4: int, fc_e4: int) -> Line:
    return {"credit": tc_e4, "custcol_rh_fc_credit": fc_e4}


def payment_journal(world: World, customer: Value, amount_e4: int, fc_e4: int) -> list[Line]:
    """PMT: bank against receivables (finance 3.3)."""
    return [
        {"account": account_id(world, BANK), **_debit(amount_e4, fc_e4)},
        {"account": account_id(world, RECEIVABLES), "entity": customer, **_credit(amount_e4, fc_e4)},
    ]


def add_journal(world: World, document: Record, journal_type: str, lines: Sequence[Line], at_ms: int) -> None:
    """Keep the journal of a document; lines of nothing are left out, and so is a journal of none."""
    kept = [line for line in lines if any(line.get(name) for name in _SIDES)]
    if not kept:
        return
    _require_balance(kept)
    values = document.values
    subsidiary = world.store.require("subsidiary", str(values["subsidiary"]))
    journal_id = next_id(world, "transaction")
    header: dict[str, Value] = {
        name: values[name]
        for name in (
            "trandate",
            "postingperiod",
            "subsidiary",
            "currency",
            "exchangerate",
            "custbody_rh_acct_date",
            "custbody_rh_run",
        )
    }
    header |= {
        "type": "Journal",
        "tranid": number(
            world, str(subsidiary.values["externalid"]), "JE", str(values["custbody_rh_acct_date"])
        ),
        "status": "P",
        "custbody_rh_type": journal_type,
        "createdfrom": document.id,
    }
    world.store.insert("transaction", journal_id, header, at_ms)
    insert_lines(
        world,
        journal_id,
        "line",
        [{**line, "linesequencenumber": place} for place, line in enumerate(kept, start=1)],
        at_ms,
    )


_SIDES = ("debit", "credit", "custcol_rh_fc_debit", "custcol_rh_fc_credit")


def _require_balance(lines: Sequence[Line]) -> None:
    for debit, credit in (_SIDES[:2], _SIDES[2:]):
        if sum(int(line.get(debit) or 0) for line in lines) != sum(
            int(line.get(credit) or 0) for line in lines
        ):
            raise ArithmeticError("A journal of this ERP does not balance.")


def relieve(world: World, invoice: Record, take_e4: int, digits: int, at_ms: int) -> None:
    """Take an applied amount off an open item, its functional share by R6; the status follows."""
    values = invoice.values
    total, open_tc = int(values["foreigntotal"] or 0), int(values["foreignamountunpaid"] or 0)
    if not 0 < take_e4 <= open_tc:
        raise ArithmeticError(f"Cannot apply {take_e4} to an open amount of {open_tc}.")
    total_fc, open_fc = int(values["custbody_rh_total_fc"] or 0), int(values["custbody_rh_open_fc"] or 0)
    left = open_tc - take_e4
    relief = money.relief_e4(total_fc, total, total - open_tc, take_e4, digits) if left else open_fc
    changes: dict[str, Value] = {
        "foreignamountunpaid": left,
        "custbody_rh_open_fc": open_fc - relief,
        "custbody_rh_status": PARTIALLY_PAID if left else PAID,
        "status": OPEN_STATUS if left else PAID_STATUS,
    }
    world.store.update("transaction", invoice.id, changes, at_ms)
