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
CREDITED, APPLIED = "CREDITED", "APPLIED"
CREDIT = "CustCred"
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


def plan_approval(world: World, document: Record) -> None:
    """Note when a pending document will be approved."""
    subsidiary = world.store.require("subsidiary", str(document.values["subsidiary"]))
    nominal_ms = approval_ms(subsidiary, str(document.values["trandate"]))
    world.store.add_due(nominal_ms, APPROVE, document.id)


def approve_due(world: World, due: Sequence[tuple[int, str]], at_ms: int) -> int:
    """Approve and post what is due, in order of (nominal instant, external id); returns how many."""
    ready: list[tuple[int, str, int, Record]] = []
    for nominal_ms, document_id in due:
        document = world.store.get("transaction", document_id)
        if document is None or document.values["custbody_rh_status"] != DRAFT:
            continue
        subsidiary = world.store.require("subsidiary", str(document.values["subsidiary"]))
        # A document moved to another day meanwhile has a plan of its own.
        if approval_ms(subsidiary, str(document.values["trandate"])) == nominal_ms:
            ready.append((nominal_ms, str(document.values["externalid"] or ""), int(document.id), document))
    posted = 0
    for nominal_ms, _, _, document in sorted(ready, key=lambda entry: entry[:3]):
        # A credit memo may have had its invoice posted before its turn.
        current = world.store.require("transaction", document.id)
        if current.values["custbody_rh_status"] == DRAFT:
            post_document(world, current, nominal_ms, at_ms)
            posted += 1
    return posted


def post_document(world: World, document: Record, approved_ms: int, at_ms: int) -> None:
    """Post an approved invoice or credit memo; a memo is applied to its invoice, posted first if need be."""
    if document.values["type"] != CREDIT:
        _post(world, document, "INV", approved_ms, at_ms)
        return
    invoice = world.store.require("transaction", str(document.values["createdfrom"]))
    if invoice.values["custbody_rh_status"] == DRAFT:
        subsidiary = world.store.require("subsidiary", str(invoice.values["subsidiary"]))
        nominal_ms = approval_ms(subsidiary, str(invoice.values["trandate"]))
        invoice = _post(world, invoice, "INV", min(nominal_ms, approved_ms), at_ms)
    memo = _post(world, document, "CM", approved_ms, at_ms)
    _apply(world, memo, invoice, at_ms)


def _post(world: World, document: Record, kind: str, approved_ms: int, at_ms: int) -> Record:
    """Number a document, open its item and make its journal; a document of nothing is settled at once."""
    values = document.values
    subsidiary = world.store.require("subsidiary", str(values["subsidiary"]))
    gross_e4 = int(values["foreigntotal"] or 0)
    settled = PAID if kind == "INV" else APPLIED
    changes: dict[str, Value] = {
        "tranid": number(
            world, str(subsidiary.values["externalid"]), kind, str(values["custbody_rh_acct_date"])
        ),
        "custbody_rh_status": POSTED if gross_e4 else settled,
        "status": OPEN_STATUS if gross_e4 else PAID_STATUS,
        "approvalstatus": APPROVED,
        "custbody_rh_approved_at": approved_ms,
        "foreignamountunpaid": gross_e4,
        "custbody_rh_open_fc": values["custbody_rh_total_fc"],
    }
    lines = document_journal(world, document, functional_digits(world, subsidiary))
    posted = world.store.update("transaction", document.id, changes, at_ms)
    add_journal(world, document, kind, lines, at_ms)
    return posted


def _apply(world: World, memo: Record, invoice: Record, at_ms: int) -> None:
    """Apply a credit to its invoice up to what is open there; at one rate it needs no journal."""
    take_e4 = min(int(one.values["foreignamountunpaid"] or 0) for one in (memo, invoice))
    if take_e4 <= 0:
        return  # many memos of cents round their tax up; the one that completes it may be less than nothing
    subsidiary = world.store.require("subsidiary", str(memo.values["subsidiary"]))
    digits = functional_digits(world, subsidiary)
    relieve(world, invoice, take_e4, digits, at_ms, settled=CREDITED)
    relieve(world, memo, take_e4, digits, at_ms, partly=POSTED, settled=APPLIED)
    line: Line = {"linesequencenumber": 1, "doc": invoice.id, "foreignamount": take_e4}
    add_line(world, memo.id, "apply", line, at_ms)


def document_journal(world: World, document: Record, digits: int) -> list[Line]:
    """INV: receivables against each line's account, and tax by code; CM: its mirror (finance 3.3)."""
    values = document.values
    customer, credits = values["entity"], values["type"] == CREDIT
    receivable: Line = {
        "account": account_id(world, RECEIVABLES),
        "entity": customer,
        **_sided(
            int(values["foreigntotal"] or 0), int(values["custbody_rh_total_fc"] or 0), debit=not credits
        ),
    }
    income = [_income_line(line, customer, credits) for line in lines_of(world, document.id, "item")]
    taxes = [
        {
            "account": account_id(world, SALES_TAX),
            "entity": customer,
            "taxcode": tax.tax_code,
            **_sided(tax.tax_e4, fc_e4, debit=credits),
        }
        for tax, fc_e4 in taxes_of(world, document, digits)
    ]
    return [receivable, *income, *taxes]


def taxes_of(world: World, document: Record, digits: int) -> list[tuple[money.TaxAmount, int]]:
    """A document's taxes by code, each with its functional amount; `digits` are the entity's own.

    Those of an invoice follow from its lines (R5, R7); those of a memo were settled when it was made.
    """
    values = document.values
    items = lines_of(world, document.id, "item")
    nets = ((str(line.values["taxcode"]), int(line.values["foreignamount"] or 0)) for line in items)
    computed = money.taxes(nets, digits_of(world, values["currency"]))
    if values["type"] != CREDIT:
        rate = str(values["exchangerate"])
        return [(tax, money.functional_e4(tax.tax_e4, rate, digits)) for tax in computed]
    bases = {tax.tax_code: tax.base_e4 for tax in computed}
    return [
        (
            money.TaxAmount(code, bases[code], int(line.values["foreignamount"] or 0)),
            int(line.values["netamount"] or 0),
        )
        for line in lines_of(world, document.id, "tax")
        for code in (str(line.values["taxcode"]),)
    ]


def _income_line(line: Record, customer: Value, credits: bool) -> Line:
    values = line.values
    kept = ("account", "department", "class", "job", "custcol_rh_source_id", "custcol_rh_contract_line")
    amounts = _sided(int(values["foreignamount"] or 0), int(values["netamount"] or 0), debit=credits)
    return {**{name: values[name] for name in kept}, "entity": customer, **amounts}


def _sided(tc_e4: int, fc_e4: int, *, debit: bool) -> Line:
    """Amounts on one side of a journal line; a negative one stands on the other (finance 3.2)."""
    if tc_e4 < 0 or fc_e4 < 0:
        return _sided(-tc_e4, -fc_e4, debit=not debit)
    side = "debit" if debit else "credit"
    return {side: tc_e4, f"custcol_rh_fc_{side}": fc_e4}


def payment_journal(world: World, customer: Value, amount_e4: int, fc_e4: int) -> list[Line]:
    """PMT: bank against receivables (finance 3.3)."""
    return [
        {"account": account_id(world, BANK), **_sided(amount_e4, fc_e4, debit=True)},
        {
            "account": account_id(world, RECEIVABLES),
            "entity": customer,
            **_sided(amount_e4, fc_e4, debit=False),
        },
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


def relieve(
    world: World,
    document: Record,
    take_e4: int,
    digits: int,
    at_ms: int,
    *,
    partly: str = PARTIALLY_PAID,
    settled: str = PAID,
) -> None:
    """Take an applied amount off an open item, its functional share by R6; the status follows."""
    values = document.values
    total, open_tc = int(values["foreigntotal"] or 0), int(values["foreignamountunpaid"] or 0)
    if not 0 < take_e4 <= open_tc:
        raise ArithmeticError(f"Cannot apply {take_e4} to an open amount of {open_tc}.")
    total_fc, open_fc = int(values["custbody_rh_total_fc"] or 0), int(values["custbody_rh_open_fc"] or 0)
    left = open_tc - take_e4
    relief = money.relief_e4(total_fc, total, total - open_tc, take_e4, digits) if left else open_fc
    changes: dict[str, Value] = {
        "foreignamountunpaid": left,
        "custbody_rh_open_fc": open_fc - relief,
        "custbody_rh_status": partly if left else settled,
        "status": OPEN_STATUS if left else PAID_STATUS,
    }
    world.store.update("transaction", document.id, changes, at_ms)
