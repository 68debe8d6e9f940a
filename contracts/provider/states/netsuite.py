"""States of NetSuite, made through its API: customers, projects, documents, journals, periods."""

from collections.abc import Callable
from typing import Any

from contracts.provider.states.netsuite_account import (
    RECORDS,
    Values,
    account,
    closed_period,
    customer,
    draft,
    keyed,
    open_period,
    party,
    posted,
    put,
    ready,
    rows,
    undo,
)
from contracts.provider.states.port import Make, State, refused_credentials
from contracts.provider.workbench import Workbench
from mocks.kit.faults import Fault

_NEVER = "2999-01-01 00:00:00.000"
_NOBODY = "999999999"  # no record has this id: they count upwards from one


# --- states: masters, customers, projects, employees ----------------------------------------------


def _in_order(bench: Workbench, parameters: dict[str, Any]) -> Values:
    return account(bench)


def _yet_to_come(record_type: str, *, needs: Callable[[Workbench], Values] = account) -> Make:
    """Nothing under the key yet; what the interaction writes there is taken away again."""

    def make(bench: Workbench, parameters: dict[str, Any]) -> Values:
        values = needs(bench)
        undo(bench, record_type, values["key"])
        return values

    return make


def _with_party(bench: Workbench) -> Values:
    values = account(bench)
    return {**values, **party(bench, values)}


def _customer_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    return {**values, "customer": customer(bench, values, values["key"])}


def _project_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = _with_party(bench)
    return {**values, **keyed(f"{values['key']}|J")}


def _employee_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    body = {"firstName": "Zoe", "lastName": "Quill", "subsidiary": {"id": values["subsidiary"]}}
    put(bench, "employee", values["key"], body)
    return values


# --- states: documents, journals, periods ---------------------------------------------------------


def _invoice_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = ready(bench)
    invoice, stamp = posted(bench, values, values["key"])
    return {**values, "invoice": invoice, "since": stamp}


def _invoiced(bench: Workbench) -> Values:
    """A posted invoice under a key of its own, so that what credits it can have the other."""
    values = ready(bench)
    invoice, stamp = posted(bench, values, f"{values['key']}|I")
    return {**values, "invoice": invoice, "since": stamp, "stamp": stamp, "place": invoice}


def _memo_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = _invoiced(bench)
    posted(bench, values, values["key"], createdFrom={"id": values["invoice"]})
    return values


def _credited_in_full(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = _invoiced(bench)
    posted(bench, values, f"{values['key']}|M", createdFrom={"id": values["invoice"]})
    return values


def _journal_there(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = ready(bench)
    lines = [
        {"account": {"id": values["account_asset"]}, "debit": 40},
        {"account": {"id": values["account_revenue"]}, "credit": 40},
    ]
    body = {
        "subsidiary": {"id": values["subsidiary"]},
        "tranDate": values["day"],
        "line": {"items": lines},
    }
    put(bench, "journalEntry", values["key"], body)
    return values


def _two_documents(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = _invoiced(bench)
    posted(bench, values, values["key"])
    return values


def _small_pages(bench: Workbench, parameters: dict[str, Any]) -> Values:
    # A thousand documents would do it too, and would stay for good.
    values = _two_documents(bench, parameters)
    bench.fault(Fault(id="small-pages", kind="page_size", size=1))
    return values


def _unposted(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    values |= open_period(bench, values, last=True)
    values |= party(bench, values)
    return {**values, "since": draft(bench, values)}


def _nothing_changed(bench: Workbench, parameters: dict[str, Any]) -> Values:
    return {**account(bench), "since": _NEVER}


def _in_closed_period(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    values |= closed_period(bench, values)
    return {**values, **party(bench, values)}


def _period_closed(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    values |= closed_period(bench, values)
    query = f"SELECT lastmodifieddate FROM accountingperiod WHERE id = {values['period']}"
    return {**values, "since": rows(bench, query)[0]["lastmodifieddate"]}


def _period_open(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = account(bench)
    return {**values, **open_period(bench, values, last=True)}


def _inactive(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = ready(bench)
    bench.call("PATCH", f"{RECORDS}/customer/{values['customer']}", {"isInactive": True})
    return values


def _no_project(bench: Workbench, parameters: dict[str, Any]) -> Values:
    return {**ready(bench), "job": _NOBODY}


def _answer_lost(bench: Workbench, parameters: dict[str, Any]) -> Values:
    values = ready(bench)
    lost = Fault(id="lost", kind="fail_after_commit", method="POST", path="/invoice", status=500, times=1)
    bench.fault(lost)
    return values


def _struck(fault: Fault) -> State:
    """An account whose every call is struck."""

    def make(bench: Workbench, parameters: dict[str, Any]) -> Values:
        values = account(bench)
        bench.fault(fault)
        return values

    return State(make, mock_only=True)


STATES = {
    "an account in order": State(_in_order),
    "masters that changed since an instant": State(_in_order),
    "a customer that is not there yet": State(_yet_to_come("customer")),
    "a customer that is not there yet, below another": State(_yet_to_come("customer", needs=_with_party)),
    "a customer": State(_customer_there),
    "a project that is not there yet": State(_yet_to_come("job", needs=_with_party)),
    "a project": State(_project_there),
    "an employee that is not there yet": State(_yet_to_come("employee")),
    "an employee": State(_employee_there),
    "an invoice that is not there yet": State(_yet_to_come("invoice", needs=ready)),
    "an invoice": State(_invoice_there),
    "a credit memo that is not there yet": State(_yet_to_come("creditMemo", needs=_invoiced)),
    "a credit memo": State(_memo_there),
    "a journal that is not there yet": State(_yet_to_come("journalEntry", needs=ready)),
    "a journal": State(_journal_there),
    "a key that nobody has": State(_in_order),
    "the period is closed": State(_in_closed_period),
    "the customer is inactive": State(_inactive),
    "the project is not there": State(_no_project),
    "the invoice is credited in full": State(_credited_in_full),
    "the answer to a new invoice is lost": State(_answer_lost, mock_only=True),
    "an invoice and a credit were posted": State(_memo_there),
    "more documents changed than one page holds": State(_small_pages, mock_only=True),
    "documents changed after a place": State(_two_documents),
    "an invoice waits for approval": State(_unposted),
    "a period with an invoice that waits for approval": State(_unposted),
    "no document changed": State(_nothing_changed),
    "a period was closed": State(_period_closed),
    "a closed period": State(_period_closed),
    "an open period": State(_period_open),
    "the credentials are refused": State(refused_credentials),
    "too many calls at once": _struck(Fault(id="limit", kind="limit", status=429)),
    "too many calls at once, told the other way": _struck(Fault(id="limit", kind="limit", status=400)),
    "the system is out of order": _struck(Fault(id="broken", kind="reject", status=500)),
    "the system is away": _struck(Fault(id="away", kind="reject", status=503)),
}
