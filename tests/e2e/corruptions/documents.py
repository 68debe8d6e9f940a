"""Corruptions of what customers see: invoices, credit memos, payments."""

from mocks.kit.store import Record
from tests.e2e.corruptions.hands import CENT_ERP, TWIN, Hands, Names, corrupts, first


def _at(document: Record, *more: object) -> Names:
    kind = {"CustInvc": "invoice", "CustCred": "creditMemo", "CustPymt": "payment"}[
        str(document.values["type"])
    ]
    return (f"erp:{kind}:{document.id}", *(str(name) for name in more if name))


def _invoice(hands: Hands) -> Record:
    return hands.invoice(status="POSTED", taxed=True)


# --- invoices: amounts ----------------------------------------------------------------------------


@corrupts("erp", "invoice line", "a cent more, document totals untouched", "I02", "I05", "X02")
def cent_on_an_invoice_line(hands: Hands) -> Names:
    invoice = _invoice(hands)
    line = hands.lines(invoice)[0]
    hands.add(line, {"foreignamount": CENT_ERP, "netamount": CENT_ERP})
    return _at(invoice, line.values["custcol_rh_source_id"])


@corrupts("erp", "invoice line", "functional amount a cent off the amount", "X02")
def functional_cent_on_an_invoice_line(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.add(hands.lines(invoice)[0], {"netamount": CENT_ERP})
    return _at(invoice)


@corrupts("erp", "invoice line", "a cent moved from one line to another", "I02", "X02", "I37")
def cent_moved_between_invoice_lines(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    other = next(row for row in hands.lines(invoice) if row.id != line.id)
    hands.add(line, {"foreignamount": CENT_ERP, "netamount": CENT_ERP})
    hands.add(other, {"foreignamount": -CENT_ERP, "netamount": -CENT_ERP})
    return _at(invoice, line.values["custcol_rh_source_id"], other.values["custcol_rh_source_id"])


@corrupts("erp", "invoice", "tax and total a cent more", "I05", "X02")
def cent_of_tax(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.add(invoice, {"taxtotal": CENT_ERP, "foreigntotal": CENT_ERP})
    return _at(invoice)


@corrupts("erp", "invoice line", "taxed at seven percent instead of nineteen", "I05", "X02")
def wrong_tax_rate(hands: Hands) -> Names:
    invoice = hands.invoice(entity="DE01", taxed=True)
    line = hands.lines(invoice)[0]
    jurisdiction, category, _ = str(line.values["taxcode"]).split("|")
    hands.change(line, {"taxcode": f"{jurisdiction}|{category}|7"})
    return _at(invoice)


@corrupts("erp", "invoice line", "an hour more at the same amount", "I03")
def hour_on_an_invoice_line(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    hands.add(line, {"quantity": 10_000})
    return (hands.line_key(line.values["custcol_rh_contract_line"]), *_at(invoice))


@corrupts("erp", "invoice", "open amount a cent more", "I13", "I14", "X04")
def cent_still_open(hands: Hands) -> Names:
    invoice = hands.invoice(status="PARTIALLY_PAID")
    hands.add(invoice, {"foreignamountunpaid": CENT_ERP, "custbody_rh_open_fc": CENT_ERP})
    return _at(invoice, f"LE|{hands.code(invoice)}")


@corrupts("erp", "invoice", "an exchange rate that is not one", "X02")
def exchange_rate_not_one(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.change(invoice, {"exchangerate": "1.0001"})
    return _at(invoice)


@corrupts("erp", "invoice", "in the currency of the other entity", "X02")
def invoice_in_another_currency(hands: Hands) -> Names:
    invoice = hands.invoice(entity="DE01")
    hands.change(invoice, {"currency": hands.invoice(entity="US01").values["currency"]})
    return _at(invoice)


# --- invoices: dates, parties, states -------------------------------------------------------------


@corrupts("erp", "invoice", "dated a day early", "X02")
def invoice_date_a_day_early(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.change(invoice, {"trandate": str(invoice.values["trandate"])[:8] + "27"})
    return _at(invoice)


@corrupts("erp", "invoice", "due on the day of the invoice", "X02")
def due_at_once(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.change(invoice, {"duedate": invoice.values["trandate"]})
    return _at(invoice)


@corrupts("erp", "invoice", "accounting date in the month after", "I34", "X02")
def accounting_date_in_the_next_month(hands: Hands) -> Names:
    invoice = hands.invoice(entity="US01")
    hands.change(invoice, {"custbody_rh_acct_date": "2026-03-01"})
    return _at(invoice)


@corrupts("erp", "invoice", "posting period of another month than its date", "X02")
def period_of_another_month(hands: Hands) -> Names:
    invoice = hands.invoice(entity="US01")
    hands.change(invoice, {"postingperiod": hands.period_id(invoice, "2026-03")})
    return _at(invoice)


@corrupts("erp", "invoice", "billed to another customer of the same entity", "I13", "X02")
def billed_to_another_customer(hands: Hands) -> Names:
    invoice = _invoice(hands)
    customer = hands.erp.require("customer", str(invoice.values["entity"]))
    other = hands.other(customer, subsidiary=customer.values["subsidiary"])
    hands.change(invoice, {"entity": other.id})
    return _at(invoice, f"LE|{hands.code(invoice)}")


@corrupts("erp", "invoice", "in the books of the other entity", "I33", "X02")
def invoice_of_the_other_entity(hands: Hands) -> Names:
    invoice = hands.invoice(entity="DE01")
    hands.change(invoice, {"subsidiary": hands.invoice(entity="US01").values["subsidiary"]})
    return _at(invoice)


@corrupts("erp", "invoice", "a number left out", "I33")
def gap_in_the_numbers(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.change(invoice, {"tranid": str(invoice.values["tranid"])[:-6] + "000099"})
    return _at(invoice)


@corrupts("erp", "invoice", "the number of another invoice", "I33")
def number_used_twice(hands: Hands) -> Names:
    invoice = hands.invoice(entity="US01")
    other = hands.other(invoice, type="CustInvc", subsidiary=invoice.values["subsidiary"])
    hands.change(other, {"tranid": invoice.values["tranid"]})
    return _at(other, *_at(invoice))


@corrupts("erp", "invoice", "shown as posted though paid", "I14", "X02")
def paid_invoice_shown_as_posted(hands: Hands) -> Names:
    invoice = hands.invoice(status="PAID")
    hands.change(invoice, {"custbody_rh_status": "POSTED"})
    return _at(invoice)


@corrupts("erp", "invoice", "approved an hour late", "X02")
def approved_an_hour_late(hands: Hands) -> Names:
    invoice = _invoice(hands)
    hands.add(invoice, {"custbody_rh_approved_at": 3_600_000})
    return _at(invoice)


# --- invoices: pieces and links -------------------------------------------------------------------


@corrupts("erp", "invoice", "deleted", "I02", "I42", "X02")
def missing_invoice(hands: Hands) -> Names:
    invoice = _invoice(hands)
    sources = [line.values["custcol_rh_source_id"] for line in hands.lines(invoice)]
    hands.delete(invoice)
    return _at(invoice, invoice.values["externalid"], *sources)


@corrupts("erp", "invoice", "there twice, under a key of its own", "I04", "I35", "X02")
def doubled_invoice(hands: Hands) -> Names:
    invoice = _invoice(hands)
    twin = hands.twin(invoice, externalid="twin")
    contract = str(invoice.values["externalid"]).rpartition("|")[2]
    return _at(invoice, f"erp:invoice:{twin}", f"'CO|{contract}'")


@corrupts("erp", "invoice line", "deleted", "I02", "I42", "X02")
def missing_invoice_line(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    hands.delete(line)
    return _at(invoice, line.values["custcol_rh_source_id"], invoice.values["externalid"])


@corrupts("erp", "invoice line", "there twice", "I02", "I04", "X02")
def doubled_invoice_line(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    hands.erp.insert("transactionline", TWIN, line.values, line.modified_ms)
    return _at(invoice, line.values["custcol_rh_source_id"])


@corrupts("erp", "invoice line", "source records of two lines swapped", "I02", "I37", "X02")
def swapped_source_records(hands: Hands) -> Names:
    invoice, one = hands.invoice_with("TM")
    name, amount = "custcol_rh_source_id", "foreignamount"
    two = next(line for line in hands.lines(invoice) if line.values[amount] != one.values[amount])
    hands.change(one, {name: two.values[name]})
    hands.change(two, {name: one.values[name]})
    return _at(invoice, one.values[name], two.values[name])


@corrupts("erp", "invoice line", "a source record that nobody ever made", "I04", "I32", "X02")
def invented_source_record(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    hands.change(line, {"custcol_rh_source_id": "a1D000000000000AAA#Mon"})
    return _at(invoice, line.values["custcol_rh_source_id"])


@corrupts("erp", "invoice line", "the project of another contract", "I32")
def line_on_another_project(hands: Hands) -> Names:
    invoice = _invoice(hands)
    line = hands.lines(invoice)[0]
    hands.change(line, {"job": hands.other(hands.erp.require("job", str(line.values["job"]))).id})
    return _at(invoice)


@corrupts("erp", "invoice line", "another contract line", "I32")
def line_of_another_contract_line(hands: Hands) -> Names:
    invoice = _invoice(hands)
    line, name = hands.lines(invoice)[0], "custcol_rh_contract_line"
    lines = hands.crm.select("RH_Contract_Line__c")
    hands.change(line, {name: next(row.id for row in lines if row.id != line.values[name])})
    return _at(invoice)


@corrupts("erp", "invoice line", "a fee on a revenue account instead of deferred revenue", "I15")
def fee_not_deferred(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("FF", "RET")
    hands.change(line, {"account": hands.account_id("4010")})
    return _at(invoice, hands.line_key(line.values["custcol_rh_contract_line"]))


# --- credit memos ---------------------------------------------------------------------------------


@corrupts("erp", "credit memo line", "a cent more than was billed", "I06", "I07", "X02")
def credit_a_cent_too_much(hands: Hands) -> Names:
    memo = hands.memo()
    line = hands.lines(memo)[0]
    hands.add(line, {"foreignamount": CENT_ERP, "netamount": CENT_ERP})
    return _at(memo, line.values["custcol_rh_source_id"])


@corrupts("erp", "credit memo tax", "a cent more", "I05", "X02")
def credit_with_a_cent_of_tax(hands: Hands) -> Names:
    memos = hands.erp.find("transaction", "type", "CustCred")
    memo = first(row for row in memos if hands.lines(row, "tax"))
    hands.add(hands.lines(memo, "tax")[0], {"foreignamount": CENT_ERP, "netamount": CENT_ERP})
    return _at(memo)


@corrupts("erp", "credit memo", "deleted", "I07", "X02")
def missing_credit(hands: Hands) -> Names:
    memo = hands.memo()
    sources = [line.values["custcol_rh_source_id"] for line in hands.lines(memo)]
    hands.delete(memo)
    return _at(memo, memo.values["externalid"], *sources)


@corrupts("erp", "credit memo", "there twice, under a key of its own", "I06", "I07", "I35", "X02")
def doubled_credit(hands: Hands) -> Names:
    memo = hands.memo()
    sources = [line.values["custcol_rh_source_id"] for line in hands.lines(memo)]
    contract = str(memo.values["externalid"]).split("|")[4]
    twin = hands.twin(memo, externalid="twin")
    return _at(memo, f"erp:creditMemo:{twin}", f"'CO|{contract}'", *sources)


@corrupts("erp", "credit memo", "credits another invoice", "I06", "I32", "X02")
def credit_of_another_invoice(hands: Hands) -> Names:
    memo = hands.memo()
    invoice = hands.erp.require("transaction", str(memo.values["createdfrom"]))
    other = hands.other(invoice, type="CustInvc", subsidiary=invoice.values["subsidiary"])
    hands.change(memo, {"createdfrom": other.id})
    return _at(memo, *_at(invoice), *_at(other))


@corrupts("erp", "credit memo", "dated a day early", "X02")
def credit_a_day_early(hands: Hands) -> Names:
    memo = hands.memo()
    hands.change(memo, {"trandate": str(memo.values["trandate"])[:8] + "27"})
    return _at(memo)


@corrupts("erp", "credit memo", "accounting date in the month after", "I34", "X02")
def credit_in_the_next_month(hands: Hands) -> Names:
    memo = hands.memo()
    hands.change(memo, {"custbody_rh_acct_date": "2026-03-01"})
    return _at(memo)


@corrupts("erp", "credit memo", "an open cent that nobody credited", "I13", "I14", "X04")
def cent_of_open_credit(hands: Hands) -> Names:
    memo = hands.memo(status="POSTED")
    hands.add(memo, {"foreignamountunpaid": CENT_ERP, "custbody_rh_open_fc": CENT_ERP})
    return _at(memo, f"LE|{hands.code(memo)}")


@corrupts("erp", "credit memo", "its application to the invoice gone", "I14", "X04")
def credit_not_applied(hands: Hands) -> Names:
    memo = hands.memo(status="APPLIED")
    hands.delete(hands.lines(memo, "apply")[0])
    return _at(memo, f"erp:invoice:{memo.values['createdfrom']}")


@corrupts("erp", "credit memo", "shown as applied though open", "I14", "X02")
def open_credit_shown_as_applied(hands: Hands) -> Names:
    memo = hands.memo(status="POSTED")
    hands.change(memo, {"custbody_rh_status": "APPLIED"})
    return _at(memo)


# --- payments -------------------------------------------------------------------------------------


@corrupts("erp", "payment", "a cent more received than cleared", "I14", "X03", "X04")
def cent_on_a_payment(hands: Hands) -> Names:
    payment = hands.payment()
    more = {"foreigntotal": CENT_ERP, "custbody_rh_total_fc": CENT_ERP}
    hands.add(payment, more)
    return _at(payment, *_journal_of(hands, payment))


def _journal_of(hands: Hands, document: Record) -> Names:
    journals = hands.erp.find("transaction", "createdfrom", document.id)
    return tuple(f"erp:journal:{row.id}" for row in journals if row.values["type"] == "Journal")


@corrupts("erp", "payment", "cleared on another invoice", "I14", "X04")
def payment_on_another_invoice(hands: Hands) -> Names:
    payment = hands.payment()
    line = hands.lines(payment, "apply")[0]
    invoice = hands.erp.require("transaction", str(line.values["doc"]))
    other = hands.other(invoice, type="CustInvc", subsidiary=invoice.values["subsidiary"])
    hands.change(line, {"doc": other.id})
    return _at(payment, *_at(invoice), *_at(other))


@corrupts("erp", "payment", "deleted", "I14", "I32", "X04")
def missing_payment(hands: Hands) -> Names:
    payment = hands.payment()
    invoices = [f"erp:invoice:{line.values['doc']}" for line in hands.lines(payment, "apply")]
    hands.delete(payment)
    return _at(payment, *invoices, *_journal_of(hands, payment))


@corrupts("erp", "payment", "there twice", "I14", "X04")
def doubled_payment(hands: Hands) -> Names:
    payment = hands.payment()
    twin = hands.twin(payment, externalid="twin")
    invoices = [f"erp:invoice:{line.values['doc']}" for line in hands.lines(payment, "apply")]
    return _at(payment, f"erp:payment:{twin}", *invoices)


@corrupts("erp", "payment", "received on another day than it was posted for", "X01", "X03")
def payment_received_another_day(hands: Hands) -> Names:
    payment = hands.payment()
    hands.change(payment, {"trandate": "2026-01-02"})
    return _at(payment, *_journal_of(hands, payment))


@corrupts("erp", "payment", "from another customer", "X03")
def payment_from_another_customer(hands: Hands) -> Names:
    payment = hands.payment()
    customer = hands.erp.require("customer", str(payment.values["entity"]))
    hands.change(payment, {"entity": hands.other(customer).id})
    return _at(payment, *_journal_of(hands, payment))
