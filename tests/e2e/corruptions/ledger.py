"""Corruptions of the books: journals of documents, of closes, of payroll, and accounting periods."""

from mocks.kit.store import Record
from tests.e2e.corruptions.hands import CENT_ERP, TWIN, Hands, Names, corrupts, whole

DAY_MS = 86_400_000


def _at(hands: Hands, journal: Record, *more: object) -> Names:
    source = str(journal.values["custbody_rh_source_id"] or "")
    of_line = hands.crm.get("RH_Contract_Line__c", source)
    key = (hands.line_key(source),) if of_line else ()
    return (f"erp:journal:{journal.id}", f"LE|{hands.code(journal)}", *key, *map(str, more))


# --- journals of documents ------------------------------------------------------------------------


@corrupts("erp", "INV journal", "a cent more, still balanced", "I13", "X03", "X05")
def cent_on_an_invoice_journal(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.grow_journal(journal, "1100", "4000")
    return _at(hands, journal, "1100")


@corrupts("erp", "INV journal", "one line a cent more: unbalanced", "I11", "I12", "X03")
def unbalanced_journal(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.grow(hands.on(journal, "4000"), CENT_ERP)
    return _at(hands, journal)


@corrupts("erp", "INV journal", "only the functional amounts a cent more", "I13", "X03", "X05")
def functional_cent_on_a_journal(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.add(hands.on(journal, "1100"), {"custcol_rh_fc_debit": CENT_ERP})
    hands.add(hands.on(journal, "4000"), {"custcol_rh_fc_credit": CENT_ERP})
    return _at(hands, journal, "1100")


@corrupts("erp", "INV journal", "deleted", "I13", "X03", "X05")
def missing_invoice_journal(hands: Hands) -> Names:
    journal = hands.journal("INV")
    hands.delete(journal)
    document = hands.erp.require("transaction", str(journal.values["createdfrom"]))
    return _at(hands, journal, document.values["externalid"], "1100")


@corrupts("erp", "INV journal", "revenue on another account", "X03", "X05", "I18")
def revenue_on_another_account(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    line = hands.on(journal, "4000")
    hands.change(line, {"account": hands.account_id("2400")})
    return _at(hands, journal, hands.line_key(line.values["custcol_rh_contract_line"]), "2400")


@corrupts("erp", "INV journal", "a line in suspense", "I42", "X03", "X05")
def line_in_suspense(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.change(hands.on(journal, "4000"), {"account": hands.account_id("9999")})
    return _at(hands, journal, "9999")


@corrupts("erp", "INV journal", "revenue without its practice", "X03")
def revenue_without_practice(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.change(hands.on(journal, "4000"), {"class": None})
    return _at(hands, journal)


@corrupts("erp", "INV journal", "a line of no line of its invoice", "I32")
def journal_line_of_nothing(hands: Hands) -> Names:
    journal = hands.journal("INV", account="4000")
    hands.change(hands.on(journal, "4000"), {"custcol_rh_source_id": "a1D000000000000AAA#Mon"})
    return _at(hands, journal)


@corrupts("erp", "INV journal", "said to be of another invoice", "I32", "I35", "X03")
def journal_of_another_invoice(hands: Hands) -> Names:
    journal = hands.journal("INV")
    other = hands.erp.find("transaction", "type", "CustInvc")[-1]
    hands.change(journal, {"createdfrom": other.id})
    return _at(hands, journal, f"('INV', '{other.id}')")


@corrupts("erp", "CM journal", "a cent more, still balanced", "I13", "X03", "X05")
def cent_on_a_credit_journal(hands: Hands) -> Names:
    journal = hands.journal("CM")
    hands.grow_journal(journal, "1100", "4000")
    return _at(hands, journal, "1100")


@corrupts("erp", "PMT journal", "a cent more, still balanced", "I13", "X03", "X05")
def cent_on_a_payment_journal(hands: Hands) -> Names:
    journal = hands.journal("PMT")
    accounts = [hands.account(line) for line in hands.lines(journal, "line")]
    hands.grow_journal(journal, accounts[0], accounts[1])
    return _at(hands, journal, "1100")


# --- journals of a close --------------------------------------------------------------------------


@corrupts("erp", "ACC journal", "a cent more, still balanced", "I17", "X03", "X05")
def cent_of_accrual(hands: Hands) -> Names:
    journal = hands.journal("ACC")
    accounts = [hands.account(line) for line in hands.lines(journal, "line")]
    hands.grow_journal(journal, accounts[0], accounts[1])
    return _at(hands, journal, "1140")


@corrupts("erp", "ACC journal", "dated a day before the period's end", "X03")
def accrual_a_day_early(hands: Hands) -> Names:
    journal = hands.journal("ACC", month="2026-02")
    hands.change(journal, {"custbody_rh_acct_date": "2026-02-27"})
    return _at(hands, journal)


@corrupts("erp", "ACC journal", "posted in another period than its date's", "I34", "X05")
def accrual_in_another_period(hands: Hands) -> Names:
    journal = hands.journal("ACC", month="2026-02")
    hands.change(journal, {"postingperiod": hands.period_id(journal, "2026-03")})
    return _at(hands, journal, "1140")


@corrupts("erp", "ACC journal", "of another contract line", "I17", "I18", "X03")
def accrual_of_another_line(hands: Hands) -> Names:
    journal = hands.journal("ACC")
    line, name = hands.on(journal, "1140"), "custcol_rh_contract_line"
    other = next(r.id for r in hands.crm.select("RH_Contract_Line__c") if r.id != line.values[name])
    hands.change(line, {name: other})
    return _at(hands, journal)


@corrupts("erp", "ACR journal", "deleted", "I17", "X03")
def missing_reversal(hands: Hands) -> Names:
    journal = hands.journal("ACR")
    hands.delete(journal)
    return _at(hands, journal)


@corrupts("erp", "REV journal", "percent complete a cent more", "I15", "I19", "X03")
def cent_of_percent_complete(hands: Hands) -> Names:
    journal = hands.journal("REV", method="POC_HOURS")
    hands.grow_journal(journal, "2400", "4010")
    return _at(hands, journal)


@corrupts("erp", "REV journal", "straight line a cent more", "I15", "I20", "X03")
def cent_of_straight_line(hands: Hands) -> Names:
    journal = hands.journal("REV", method="STRAIGHT_LINE")
    hands.grow_journal(journal, "2400", "4020")
    return _at(hands, journal)


@corrupts("erp", "REV journal", "deleted", "I15", "I16", "I18", "X03")
def missing_revenue(hands: Hands) -> Names:
    journal = hands.journal("REV")
    hands.delete(journal)
    return _at(hands, journal)


@corrupts("erp", "REV journal", "there twice", "I35", "I16", "X03")
def doubled_revenue(hands: Hands) -> Names:
    journal = hands.journal("REV")
    twin = hands.twin(journal, externalid="twin")
    return (*_at(hands, journal), f"erp:journal:{twin}")


@corrupts("erp", "REV journal", "in the books of the other entity", "X03", "X05")
def revenue_of_the_other_entity(hands: Hands) -> Names:
    journal = next(
        row for row in hands.erp.find("transaction", "custbody_rh_type", "REV") if hands.code(row) == "DE01"
    )
    hands.change(journal, {"subsidiary": hands.invoice(entity="US01").values["subsidiary"]})
    return _at(hands, journal, "US01")


@corrupts("erp", "REV journal", "a source that is no contract line", "I32", "X03")
def revenue_of_nothing(hands: Hands) -> Names:
    journal = hands.journal("REV")
    hands.change(journal, {"custbody_rh_source_id": "a01000000000000AAA"})
    return _at(hands, journal)


@corrupts("erp", "RCL journal", "invented: a contract asset nobody earned", "I16", "X03", "X05")
def invented_reclassification(hands: Hands) -> Names:
    journal = hands.journal("REV")
    twin = hands.twin(journal, externalid="twin", custbody_rh_type="RCL")
    copy = hands.erp.require("transaction", twin)
    accounts = [hands.account(line) for line in hands.lines(copy, "line")]
    revenue = next(account for account in accounts if account.startswith("4"))
    hands.change(hands.on(copy, "2400"), {"account": hands.account_id("1150")})
    hands.change(hands.on(copy, revenue), {"account": hands.account_id("2400")})
    return (*_at(hands, journal), f"erp:journal:{TWIN}", "1150")


@corrupts("erp", "REV journal", "posted a day after its period was closed", "I34")
def posted_after_the_close(hands: Hands) -> Names:
    journal = hands.journal("REV", month="2026-01")
    period = hands.erp.require("accountingperiod", str(journal.values["postingperiod"]))
    hands.delete(journal)
    twin = hands.twin(journal, at_ms=whole(period.values["closedondate"]) + DAY_MS)
    return (f"erp:journal:{twin}",)


# --- payroll and labour ---------------------------------------------------------------------------


def _person(line: Record) -> str:
    return f"RS|{line.values['custcol_rh_resource']}"


def _payroll_keys(hands: Hands) -> Names:
    return tuple(str(row.values["played_as"]) for row in hands.stores["payroll"].select("payroll"))


@corrupts("erp", "PAY journal", "one person a cent more, still balanced", "I21", "I23", "X03")
def cent_of_pay(hands: Hands) -> Names:
    journal = hands.journal("PAY")
    line = hands.on(journal, "5000")
    hands.grow_journal(journal, "5000", "2150")
    return _at(hands, journal, _person(line))


@corrupts("erp", "PAY journal", "the pay of two persons swapped", "I21", "X03")
def swapped_pay(hands: Hands) -> Names:
    journal = hands.journal("PAY")
    lines = [line for line in hands.lines(journal, "line") if hands.account(line) == "5000"]
    one = lines[0]
    two = next(line for line in lines if line.values["debit"] != one.values["debit"])
    name = "custcol_rh_resource"
    hands.change(one, {name: two.values[name]})
    hands.change(two, {name: one.values[name]})
    return _at(hands, journal, _person(one), _person(two))


@corrupts("erp", "PAY journal", "deleted", "I21", "I23", "X03")
def missing_payroll_journal(hands: Hands) -> Names:
    journal = hands.journal("PAY")
    hands.delete(journal)
    people = [_person(line) for line in hands.lines(journal, "line") if hands.account(line) == "5000"]
    return _at(hands, journal, *people, *_payroll_keys(hands))


@corrupts("erp", "PAY journal", "there twice", "I23", "I35", "X03")
def doubled_payroll_journal(hands: Hands) -> Names:
    journal = hands.journal("PAY")
    twin = hands.twin(journal, externalid="twin")
    return (*_at(hands, journal, *_payroll_keys(hands)), f"erp:journal:{twin}")


@corrupts("erp", "LAB journal", "a cent more on a project, still balanced", "I21", "X03")
def cent_of_labour(hands: Hands) -> Names:
    journal = hands.journal("LAB", account="5100")
    hands.grow_journal(journal, "5100", "5000")
    return _at(hands, journal, _person(hands.on(journal, "5100")))


@corrupts("erp", "LAB journal", "a hundred moved from a project to the bench", "I22", "X03")
def labour_moved_to_the_bench(hands: Hands) -> Names:
    journal = next(
        row
        for row in hands.erp.find("transaction", "custbody_rh_type", "LAB")
        if {"5100", "5190"} <= {hands.account(line) for line in hands.lines(row, "line")}
    )
    hands.grow(hands.on(journal, "5100"), -100 * CENT_ERP)
    hands.grow(hands.on(journal, "5190"), 100 * CENT_ERP)
    return _at(hands, journal, _person(hands.on(journal, "5100")))


@corrupts("erp", "LAB journal", "bench called leave", "I22", "X03")
def bench_called_leave(hands: Hands) -> Names:
    journal = next(
        row
        for row in hands.erp.find("transaction", "custbody_rh_type", "LAB")
        if [line.values["custcol_rh_project"] for line in hands.lines(row, "line")].count("BENCH")
    )
    line = next(r for r in hands.lines(journal, "line") if r.values["custcol_rh_project"] == "BENCH")
    hands.change(line, {"custcol_rh_project": "LEAVE"})
    return _at(hands, journal, _person(line))


@corrupts("erp", "LAB journal", "charged to another cost centre", "X03")
def another_cost_centre(hands: Hands) -> Names:
    journal = hands.journal("LAB", account="5100")
    line = hands.on(journal, "5100")
    own = hands.erp.require("department", str(line.values["department"]))
    hands.change(line, {"department": hands.other(own).id})
    return _at(hands, journal)


@corrupts("erp", "LAB journal", "deleted", "I21", "X03")
def missing_labour_journal(hands: Hands) -> Names:
    journal = hands.journal("LAB")
    hands.delete(journal)
    return _at(hands, journal, _person(hands.on(journal, "5000")))


@corrupts("erp", "LAB journal", "there twice", "I21", "I35", "X03")
def doubled_labour_journal(hands: Hands) -> Names:
    journal = hands.journal("LAB")
    twin = hands.twin(journal, externalid="twin")
    return (*_at(hands, journal, _person(hands.on(journal, "5000"))), f"erp:journal:{twin}")


# --- periods --------------------------------------------------------------------------------------


def _period(hands: Hands, month: str) -> tuple[Record, Names]:
    period = hands.erp.find("accountingperiod", "periodname", month)[0]
    return period, (f"erp:accountingPeriod:{period.id}", month)


@corrupts("erp", "accounting period", "open again", "I34")
def period_open_again(hands: Hands) -> Names:
    period, names = _period(hands, "2026-01")
    hands.change(period, {"closed": 0, "closedondate": None})
    return names


@corrupts("erp", "accounting period", "closed an hour before the close", "I34")
def period_closed_early(hands: Hands) -> Names:
    period, names = _period(hands, "2026-02")
    closed_ms = whole(period.values["closedondate"]) - 3_600_000
    hands.change(period, {"closedondate": closed_ms})
    posted = hands.erp.find("transaction", "postingperiod", period.id)
    late = (f"erp:journal:{row.id}" for row in posted if row.created_ms > closed_ms)
    return (*names, *late)
