"""The receivables clerk: what customers pay, applied to the open invoices of a contract (finance 3.9)."""

from fractions import Fraction

from mocks.erp.netsuite import money
from mocks.erp.netsuite.lookups import digits_of, functional_digits, next_id
from mocks.erp.netsuite.periods import accounting_date, period_of
from mocks.erp.netsuite.posting import (
    PARTIALLY_PAID,
    POSTED,
    Line,
    add_journal,
    insert_lines,
    number,
    payment_journal,
    relieve,
)
from mocks.firm.facts.source import PaymentIntent
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.vendor import Acted
from mocks.kit.world import World

WHOLE_E6 = 1_000_000
_BY_CONTRACT = (
    "type = 'CustInvc' AND custbody_rh_status IN (?, ?, 'PAID', 'CREDITED')"
    " AND (custbody_rh_source_id = ? OR id IN ("
    'SELECT l."transaction" FROM transactionline l JOIN job j ON j.id = l.job'
    " WHERE j.custentity_rh_source_id = ? AND j.deleted = 0 AND l.deleted = 0))"
)


def receive(world: World, intent: PaymentIntent, contract_id: str | None, at_ms: int) -> Acted:
    """Book what a customer pays for a contract, oldest document first; waits for a posted invoice."""
    known = world.store.alias(intent.bk)
    if known is not None:
        return Acted(bk=intent.bk, state="applied", native_id=known)
    if contract_id is None:
        return Acted(bk=intent.bk, state="waiting", missing=f"the CRM's id of {intent.contract}")
    posted = world.store.select(
        "transaction", _BY_CONTRACT, (POSTED, PARTIALLY_PAID, contract_id, contract_id)
    )
    if not posted:
        return Acted(bk=intent.bk, state="waiting", missing=f"a posted invoice of {intent.contract}")
    open_ones = [invoice for invoice in posted if int(invoice.values["foreignamountunpaid"] or 0)]
    if not open_ones:
        return Acted(bk=intent.bk, state="refused", missing=f"nothing is open on {intent.contract}")
    return _book(world, intent, open_ones, at_ms)


def _book(world: World, intent: PaymentIntent, open_ones: list[Record], at_ms: int) -> Acted:
    open_ones.sort(key=lambda invoice: (str(invoice.values["trandate"]), str(invoice.values["tranid"])))
    first = open_ones[0].values
    party = ("entity", "subsidiary", "currency")
    mine = [i for i in open_ones if all(i.values[name] == first[name] for name in party)]
    subsidiary = world.store.require("subsidiary", str(first["subsidiary"]))
    if first["currency"] != subsidiary.values["currency"]:
        return Acted(bk=intent.bk, state="refused", missing="no exchange rate of the day of receipt")
    received = intent.received_on.isoformat()
    acct_date = accounting_date(world, subsidiary, received, at_ms)
    period = period_of(world, subsidiary.id, acct_date[:7]) if acct_date else None
    if acct_date is None or period is None or period.values["closed"]:
        return Acted(bk=intent.bk, state="refused", missing=f"no open period for a receipt of {received}")
    lines = _applications(mine, intent.share_e6, digits_of(world, first["currency"]))
    if not lines:
        return Acted(bk=intent.bk, state="refused", missing="the share of the open amount is nothing")
    amount = sum(int(line["foreignamount"] or 0) for line in lines)
    payment_id = next_id(world, "transaction")
    header: dict[str, Value] = {
        **{name: first[name] for name in party},
        "type": "CustPymt",
        "externalid": intent.bank_ref,
        "tranid": number(world, str(subsidiary.values["externalid"]), "PMT", acct_date),
        "trandate": received,
        "exchangerate": "1",
        "custbody_rh_acct_date": acct_date,
        "postingperiod": period.id,
        "status": "C",
        "custbody_rh_status": "APPLIED",
        "foreigntotal": amount,
        "foreignamountunpaid": 0,
        "custbody_rh_total_fc": amount,
    }
    world.store.insert("transaction", payment_id, header, at_ms)
    insert_lines(world, payment_id, "apply", lines, at_ms)
    payment = world.store.require("transaction", payment_id)
    add_journal(world, payment, "PMT", payment_journal(world, first["entity"], amount, amount), at_ms)
    by_id = {invoice.id: invoice for invoice in mine}
    for line in lines:
        relieve(
            world,
            by_id[str(line["doc"])],
            int(line["foreignamount"] or 0),
            functional_digits(world, subsidiary),
            at_ms,
        )
    world.store.set_alias(intent.bk, "transaction", payment_id)
    return Acted(bk=intent.bk, state="applied", native_id=payment_id)


def _applications(invoices: list[Record], share_e6: int, digits: int) -> list[Line]:
    """A share of everything open, applied to the oldest documents first."""
    total = sum(int(invoice.values["foreignamountunpaid"] or 0) for invoice in invoices)
    exact = Fraction(total * min(share_e6, WHOLE_E6), WHOLE_E6)
    left = money.quantised_e4(exact, digits)
    lines: list[Line] = []
    for invoice in invoices:
        take = min(left, int(invoice.values["foreignamountunpaid"] or 0))
        if take > 0:
            lines.append({"linesequencenumber": len(lines) + 1, "doc": invoice.id, "foreignamount": take})
            left -= take
    return lines
