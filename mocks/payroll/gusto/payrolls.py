"""Calls about payrolls: the list with the vendor's narrow defaults, and one with its people (wire 4.5)."""

from collections.abc import Mapping
from datetime import date, timedelta

from mocks.kit.calls import Call, Reply
from mocks.kit.store import Record
from mocks.payroll.gusto.errors import invalid, missing
from mocks.payroll.gusto.reading import choices, company_of, page_reply, paged, seen
from mocks.payroll.gusto.schema import PAYROLL
from mocks.payroll.gusto.wire import day, day_of, payroll_values, reply

IN_LIST = ("totals", "payroll_status_meta", "payroll_type", "processing_status")
IN_ONE = ("benefits", "deductions", "taxes", "totals", "payroll_status_meta")
STATUSES = ("processed", "unprocessed")
KINDS = ("regular", "off_cycle", "external")
_TRUTH = {"true": "processed", "false": "unprocessed"}
_LONGEST = timedelta(days=366)
_HALF_A_YEAR = timedelta(days=183)
_AHEAD = timedelta(days=93)


async def listed(call: Call) -> Reply:
    """Payrolls of a company: processed regular ones of the last six months, unless more is asked for."""
    company, query = company_of(call), call.query()
    include = choices(query, "include", IN_LIST, "")
    usual = _TRUTH.get(query.get("processed", "true"))
    if usual is None:
        raise invalid("processed", "processed is true or false")
    statuses = choices(query, "processing_statuses", STATUSES, usual)
    kinds = choices(query, "payroll_types", KINDS, "regular")
    first, last = _window(query, day_of(call.world.now_ms()))
    by_check = _by_check_date(query)
    found = [
        payroll
        for payroll in seen(call.world, PAYROLL, '"company" = ?', (company.id,))
        if "processed" in statuses
        and ("off_cycle" if payroll.values["off_cycle"] else "regular") in kinds
        and _within(payroll, first, last, by_check=by_check)
    ]
    shown, headers = paged(call, found)
    rows = [payroll_values(payroll, company.values, include, lines=False) for payroll in shown]
    return page_reply(rows, headers)


async def get(call: Call) -> Reply:
    """One payroll with its compensations; their taxes only where included."""
    company = company_of(call)
    include = choices(call.query(), "include", IN_ONE, "")
    payroll = call.world.store.get(PAYROLL, call.path_parameters["payroll"])
    if payroll is None or payroll.values["company"] != company.id:
        raise missing("payroll")
    return reply(payroll_values(payroll, company.values, include, lines=True))


def _window(query: Mapping[str, str], today: date) -> tuple[str, str]:
    last = day("end_date", query["end_date"]) if "end_date" in query else today
    if last > today + _AHEAD:
        raise invalid("end_date", "end_date can be at most 3 months in the future")
    first = day("start_date", query["start_date"]) if "start_date" in query else last - _HALF_A_YEAR
    if last - first > _LONGEST:
        raise invalid("start_date", "start_date and end_date can't be more than 1 year apart")
    if last < first:
        raise invalid("end_date", "end_date is before start_date")
    return first.isoformat(), last.isoformat()


def _by_check_date(query: Mapping[str, str]) -> bool:
    filtered = query.get("date_filter_by", "")
    if filtered not in ("", "check_date"):
        raise invalid("date_filter_by", "date_filter_by knows check_date")
    return filtered == "check_date"


def _within(payroll: Record, first: str, last: str, *, by_check: bool) -> bool:
    values = payroll.values
    if by_check:
        return first <= str(values["check_date"]) <= last
    return first <= str(values["end_date"]) and str(values["start_date"]) <= last
