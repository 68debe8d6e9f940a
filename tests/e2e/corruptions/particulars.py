"""Corruptions that no sum shows: particulars of documents, receipts, numbers, names and statuses."""

from mocks.kit.schema import Value
from mocks.kit.store import Record
from tests.e2e.corruptions.hands import CENT_ERP, Hands, Names, corrupts, first

# --- lines of invoices and credit memos -----------------------------------------------------------


def _line_at(kind: str, document: Record, line: Record) -> Names:
    return (f"erp:{kind}:{document.id}", str(line.values["custcol_rh_source_id"]))


def _invoice_line(hands: Hands, item: str, changes: dict[str, Value]) -> Names:
    invoice, line = hands.invoice_with(item)
    hands.change(line, changes)
    return _line_at("invoice", invoice, line)


def _memo_line(hands: Hands, changes: dict[str, Value]) -> Names:
    memo = hands.memo()
    line = hands.lines(memo)[0]
    hands.change(line, changes)
    return _line_at("creditMemo", memo, line)


def _item_id(hands: Hands, name: str) -> str:
    return first(hands.erp.find("item", "itemid", name)).id


@corrupts("erp", "invoice line", "time billed as a fee, account kept", "X02")
def time_as_a_fee(hands: Hands) -> Names:
    return _invoice_line(hands, "TM", {"item": _item_id(hands, "FF")})


@corrupts("erp", "invoice line", "a retainer's fee as a fixed fee", "X02")
def retainer_as_a_fixed_fee(hands: Hands) -> Names:
    return _invoice_line(hands, "RET", {"item": _item_id(hands, "FF")})


@corrupts("erp", "invoice line", "time on the account of fixed fees", "X02")
def time_on_the_account_of_fees(hands: Hands) -> Names:
    return _invoice_line(hands, "TM", {"account": hands.account_id("4010")})


@corrupts("erp", "invoice line", "another practice", "X02")
def line_of_another_practice(hands: Hands) -> Names:
    _, line = hands.invoice_with("TM")
    own = hands.erp.require("classification", str(line.values["class"]))
    return _invoice_line(hands, "TM", {"class": hands.other(own).id})


@corrupts("erp", "invoice line", "a milestone by eight hours", "X02")
def fee_by_the_hour(hands: Hands) -> Names:
    return _invoice_line(hands, "FF", {"quantity": 80_000})


@corrupts("erp", "invoice line", "a milestone at a rate that is not its amount", "X02")
def fee_at_another_rate(hands: Hands) -> Names:
    return _invoice_line(hands, "FF", {"rate": 1_000_000})


@corrupts("erp", "invoice line", "hours of two lines of a contract line swapped", "X02")
def swapped_hours(hands: Hands) -> Names:
    one, two = _unlike_lines(hands)
    hands.change(one, {"quantity": two.values["quantity"]})
    hands.change(two, {"quantity": one.values["quantity"]})
    return (f"erp:invoice:{one.values['transaction']}", str(one.values["custcol_rh_source_id"]))


def _unlike_lines(hands: Hands) -> tuple[Record, Record]:
    for invoice in hands.erp.find("transaction", "type", "CustInvc"):
        lines = [row for row in hands.lines(invoice) if hands.number("item", row.values["item"]) == "TM"]
        for one in lines:
            for two in lines:
                same = one.values["custcol_rh_contract_line"] == two.values["custcol_rh_contract_line"]
                if same and one.values["quantity"] != two.values["quantity"]:
                    return one, two
    raise LookupError("All hours of all contract lines are alike.")


@corrupts("erp", "invoice line", "time at a ten-thousandth more an hour", "X02")
def time_at_another_rate(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    hands.add(line, {"rate": 1})
    return _line_at("invoice", invoice, line)


@corrupts("erp", "credit memo line", "another item than the line it credits", "X02")
def credit_of_another_item(hands: Hands) -> Names:
    return _memo_line(hands, {"item": _item_id(hands, "OV")})


@corrupts("erp", "credit memo line", "another account than the line it credits", "X02")
def credit_on_another_account(hands: Hands) -> Names:
    return _memo_line(hands, {"account": hands.account_id("4010")})


@corrupts("erp", "credit memo line", "more hours than the line it credits", "X02")
def credit_of_more_hours(hands: Hands) -> Names:
    return _memo_line(hands, {"quantity": 240_000})


# --- what documents refer to ----------------------------------------------------------------------


def _changed(hands: Hands, kind: str, document: Record, changes: dict[str, Value]) -> Names:
    hands.change(document, changes)
    return (f"erp:{kind}:{document.id}",)


def _ordered(hands: Hands) -> Record:
    """An invoice with an order number."""
    return first(r for r in hands.erp.find("transaction", "type", "CustInvc") if r.values["otherrefnum"])


@corrupts("erp", "invoice", "the number of another order", "X02")
def another_order(hands: Hands) -> Names:
    return _changed(hands, "invoice", _ordered(hands), {"otherrefnum": "PO-00000"})


@corrupts("erp", "invoice", "its order number left out", "X02")
def no_order(hands: Hands) -> Names:
    return _changed(hands, "invoice", _ordered(hands), {"otherrefnum": None})


@corrupts("erp", "invoice", "its run emptied", "X02")
def invoice_of_no_run(hands: Hands) -> Names:
    return _changed(hands, "invoice", hands.invoice(), {"custbody_rh_run": None})


@corrupts("erp", "invoice", "a run of its own words, on the same date", "X02")
def invoice_of_a_made_up_run(hands: Hands) -> Names:
    invoice = hands.invoice()
    changes: dict[str, Value] = {"custbody_rh_run": f"nightly|{invoice.values['trandate']}"}
    return _changed(hands, "invoice", invoice, changes)


@corrupts("erp", "invoice", "its source emptied", "X02")
def invoice_of_no_source(hands: Hands) -> Names:
    return _changed(hands, "invoice", hands.invoice(), {"custbody_rh_source_id": None})


@corrupts("erp", "credit memo", "its run emptied", "X02")
def credit_of_no_run(hands: Hands) -> Names:
    return _changed(hands, "creditMemo", hands.memo(), {"custbody_rh_run": None})


@corrupts("erp", "credit memo", "a source that nobody ever made", "X02")
def credit_of_an_invented_source(hands: Hands) -> Names:
    return _changed(hands, "creditMemo", hands.memo(), {"custbody_rh_source_id": "800000000000000AAA"})


# --- payments and numbers -------------------------------------------------------------------------


@corrupts("erp", "payment", "posting period of another month than its date", "I34")
def payment_in_another_period(hands: Hands) -> Names:
    payment = hands.payment()
    return _changed(hands, "payment", payment, {"postingperiod": hands.period_id(payment, "2026-03")})


@corrupts("erp", "payment", "accounting date in a later month", "I34")
def payment_dated_in_another_month(hands: Hands) -> Names:
    return _changed(hands, "payment", hands.payment(), {"custbody_rh_acct_date": "2026-03-02"})


@corrupts("erp", "payment", "functional total a cent more", "I14")
def functional_cent_on_a_payment(hands: Hands) -> Names:
    payment = hands.payment()
    hands.add(payment, {"custbody_rh_total_fc": CENT_ERP})
    return (f"erp:payment:{payment.id}",)


@corrupts("erp", "payment", "a reference that no bank gave", "X01")
def payment_of_nobody(hands: Hands) -> Names:
    return _changed(hands, "payment", hands.payment(), {"externalid": "WIRE-0"})


@corrupts("erp", "payment", "a cent less received, cleared and posted, the invoice open by it", "X01")
def payment_a_cent_short_everywhere(hands: Hands) -> Names:
    payment = hands.payment()
    line = hands.lines(payment, "apply")[0]
    invoice = hands.erp.require("transaction", str(line.values["doc"]))
    hands.add(payment, {"foreigntotal": -CENT_ERP, "custbody_rh_total_fc": -CENT_ERP})
    hands.add(line, {"foreignamount": -CENT_ERP})
    hands.add(invoice, {"foreignamountunpaid": CENT_ERP, "custbody_rh_open_fc": CENT_ERP})
    hands.change(invoice, {"custbody_rh_status": "PARTIALLY_PAID"})
    journals = hands.erp.find("transaction", "createdfrom", payment.id)
    hands.grow_journal(
        first(row for row in journals if row.values["type"] == "Journal"), "1000", "1100", -CENT_ERP
    )
    return (f"erp:payment:{payment.id}",)


@corrupts("erp", "ACC journal", "the number of another journal", "I33")
def journal_number_used_twice(hands: Hands) -> Names:
    journal = hands.journal("ACC")
    other = hands.other(journal, type="Journal", subsidiary=journal.values["subsidiary"])
    hands.change(journal, {"tranid": other.values["tranid"]})
    return (f"erp:journal:{journal.id}",)


# --- names, flags and statuses --------------------------------------------------------------------


@corrupts("erp", "job", "another name", "X06")
def job_of_another_name(hands: Hands) -> Names:
    return _changed(hands, "job", hands.erp.select("job")[0], {"companyname": "Anything"})


@corrupts("erp", "job", "of the other entity", "X06")
def job_of_the_other_entity(hands: Hands) -> Names:
    job = hands.erp.select("job")[0]
    other = first(r for r in hands.erp.select("subsidiary") if r.id != job.values["subsidiary"])
    return _changed(hands, "job", job, {"subsidiary": other.id})


@corrupts("erp", "job", "in another currency", "X06")
def job_in_another_currency(hands: Hands) -> Names:
    job = hands.erp.select("job")[0]
    own = hands.erp.require("currency", str(job.values["currency"]))
    return _changed(hands, "job", job, {"currency": hands.other(own, currencyprecision=2).id})


@corrupts("psa", "project", "another name", "X06")
def project_of_another_name(hands: Hands) -> Names:
    project = hands.psa.select("pse__Proj__c")[0]
    hands.change(project, {"Name": "Anything"})
    return (f"psa:project:{project.id}",)


@corrupts("psa", "project task", "no longer counted for progress", "X06")
def task_without_progress(hands: Hands) -> Names:
    task = first(hands.psa.find("pse__Project_Task__c", "RH_Progress__c", 1))
    hands.change(task, {"RH_Progress__c": 0})
    return (f"psa:task:{task.id}",)


@corrupts("psa", "project task", "billed at another level", "X06")
def task_at_another_level(hands: Hands) -> Names:
    task = hands.psa.select("pse__Project_Task__c")[0]
    hands.change(task, {"RH_Bill_Level__c": "NOBODY"})
    return (f"psa:task:{task.id}",)


@corrupts("psa", "milestone", "an acceptance set back to planned", "X06")
def acceptance_undone(hands: Hands) -> Names:
    milestone = first(hands.psa.find("pse__Milestone__c", "pse__Status__c", "Accepted"))
    hands.change(milestone, {"pse__Status__c": "Planned"})
    return (f"psa:milestone:{milestone.id}",)


@corrupts("psa", "timecard", "set back to saved after it was billed", "X01")
def card_saved_after_billing(hands: Hands) -> Names:
    _, line = hands.invoice_with("TM")
    card_id = str(line.values["custcol_rh_source_id"]).partition("#")[0]
    hands.change(hands.psa.require("pse__Timecard_Header__c", card_id), {"pse__Status__c": "Saved"})
    return (f"psa:timecard:{card_id}",)
