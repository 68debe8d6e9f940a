"""What NetSuite's states are made of: the account as people set it up, records with their undoing.

Subsidiaries, dimensions, accounts and periods are kept by people: a sandbox must have them, and they
are looked up there; in a mock they are put in place once.
"""

import secrets
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from contracts.provider.workbench import StateFailed, Workbench
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PeriodClose,
    Practice,
    SourceFact,
    TaxRate,
)

RECORDS = "/services/rest/record/v1"
_EPOCH = "1970-01-01 00:00:00.000"
_ASSET, _REVENUE = "1150", "4010"
_TAX_CODE = "US-CA|S|8.2500"
_MONTHS_BACK, _MONTHS_AHEAD = 3, 12
Values = dict[str, str]


# --- the account ----------------------------------------------------------------------------------


def rows(bench: Workbench, query: str) -> list[dict[str, str]]:
    """The first page of a query."""
    answer = bench.call(
        "POST", "/services/rest/query/v1/suiteql", {"q": query}, headers={"prefer": "transient"}
    )
    found: list[dict[str, str]] = msgspec.json.decode(answer.body)["items"]
    return found


def _needed(bench: Workbench, query: str, what: str) -> list[dict[str, str]]:
    found = rows(bench, query)
    if not found:
        raise StateFailed(f"The account has no {what}; set one up there before it is verified.")
    return found


def account(bench: Workbench) -> Values:
    """What every account has, and a key that nobody has taken."""
    entities = "SELECT id, externalid, currency FROM subsidiary WHERE externalid IS NOT NULL ORDER BY id"
    if bench.target.steering is not None and not rows(bench, entities):
        bench.act(*_masters(), seed=True)
        bench.remember()
    entity = _needed(bench, entities, "subsidiary with an external id")[0]
    code = "SELECT id, custrecord_rh_code FROM {} WHERE custrecord_rh_code IS NOT NULL{} ORDER BY id"
    department = _needed(
        bench,
        code.format("department", f" AND subsidiary = {entity['id']}"),
        f"department of the subsidiary {entity['externalid']} with a code",
    )[0]
    practice = _needed(bench, code.format("classification", ""), "classification with a code")[0]
    accounts = f"SELECT id, acctnumber FROM account WHERE acctnumber IN ('{_ASSET}', '{_REVENUE}')"
    numbers = {row["acctnumber"]: row["id"] for row in rows(bench, accounts)}
    if len(numbers) < 2:
        raise StateFailed(f"The chart of accounts lacks {_ASSET} or {_REVENUE}; add them to the account.")
    key = f"CT|{secrets.token_hex(8)}"
    return {
        "subsidiary": entity["id"],
        "entity": entity["externalid"],
        "currency": entity["currency"],
        "department": department["custrecord_rh_code"],
        "department_id": department["id"],
        "practice": practice["custrecord_rh_code"],
        "practice_id": practice["id"],
        "account_asset": numbers[_ASSET],
        "account_revenue": numbers[_REVENUE],
        "source": f"a{secrets.token_hex(6)}",
        "since": _EPOCH,
        **keyed(key),
    }


def keyed(key: str) -> Values:
    """A key as bodies name it, and as addresses do."""
    return {"key": key, "eid": quote(key, safe="")}


def _masters() -> list[SourceFact]:
    """An entity with its calendars and periods around the present, one of each dimension, a tax rate."""
    now = datetime.now(UTC)
    at_ms = int((now - timedelta(days=400)).timestamp()) * 1000
    closes = tuple(
        PeriodClose(f"{day:%Y-%m}", int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) * 1000)
        for day in (_month(now.date(), ahead) for ahead in range(-_MONTHS_BACK, _MONTHS_AHEAD + 1))
    )
    entity = LegalEntity(
        bk="LE|US01",
        recorded_at_ms=at_ms,
        code="US01",
        name="Harborline Consulting, Inc.",
        country="US",
        functional_ccy="USD",
        tz="America/New_York",
        std_hours_day_e2=800,
        close_calendar=closes,
        billing_calendar=(BillingDate(date(2026, 1, 31), "MONTHLY"),),
        holidays=(date(2026, 1, 1),),
    )
    rate = TaxRate(
        bk="TX|US-CA|SERVICE|2020-01-01",
        recorded_at_ms=at_ms,
        jurisdiction="US-CA",
        tax_class="SERVICE",
        valid_from=date(2020, 1, 1),
        percent_e4=82_500,
    )
    return [
        entity,
        CostCentre(bk="CC|US01|130", recorded_at_ms=at_ms, entity="LE|US01", code="130", name="Data"),
        Practice(bk="PR|DATA", recorded_at_ms=at_ms, code="DATA", name="Data & Analytics"),
        rate,
    ]


def _month(day: date, ahead: int) -> date:
    """The first day of the month so many months on."""
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def _periods(bench: Workbench, values: Values, closed: str) -> list[dict[str, str]]:
    """The entity's periods that are closed ('T') or open ('F'), by name."""
    query = (
        "SELECT id, periodname FROM accountingperiod"
        f" WHERE subsidiary = {values['subsidiary']} AND closed = '{closed}' ORDER BY periodname"
    )
    return rows(bench, query)


def _days(period: str, *, last: bool = False) -> Values:
    """A document's dates in a period."""
    year, month = int(period[:4]), int(period[5:7])
    day = date(year, month, monthrange(year, month)[1] if last else 1)
    return {"day": day.isoformat(), "due": (day + timedelta(days=30)).isoformat()}


def open_period(bench: Workbench, values: Values, *, last: bool = False) -> Values:
    """The first or the last open period: documents of the one are posted at once, of the other they wait."""
    periods = _periods(bench, values, "F")
    if len(periods) < 2:
        raise StateFailed("The subsidiary needs an open accounting period past and one to come; add them.")
    period = periods[-1 if last else 0]
    return {"period": period["id"], **_days(period["periodname"], last=last)}


def closed_period(bench: Workbench, values: Values) -> Values:
    """A closed period; the last open one is closed where none is."""
    periods = _periods(bench, values, "T")
    if not periods:
        chosen = open_period(bench, values, last=True)
        bench.call("PATCH", f"{RECORDS}/accountingPeriod/{chosen['period']}", {"closed": True})
        periods = _periods(bench, values, "T")
    return {"period": periods[-1]["id"], **_days(periods[-1]["periodname"])}


# --- records --------------------------------------------------------------------------------------


def undo(bench: Workbench, record_type: str, key: str) -> None:
    """Take a record away at teardown. What is posted stays: no role can delete it, nor whom it is about."""
    path = f"{RECORDS}/{record_type}/eid:{quote(key, safe='')}"
    bench.later(lambda: bench.call("DELETE", path, expected=(204, 400, 404)))


def put(bench: Workbench, record_type: str, key: str, body: Mapping[str, Any]) -> str:
    """A record under a key; returns its internal id."""
    path = f"{RECORDS}/{record_type}/eid:{quote(key, safe='')}"
    answer = bench.call("PUT", path, body)
    undo(bench, record_type, key)
    return answer.header("location").rpartition("/")[2]


def customer(bench: Workbench, values: Values, key: str) -> str:
    """A customer of the entity; its internal id."""
    body = {
        "companyName": "Calder & Finch",
        "subsidiary": {"id": values["subsidiary"]},
        "currency": {"id": values["currency"]},
    }
    return put(bench, "customer", key, body)


def party(bench: Workbench, values: Values) -> Values:
    """A customer with a project."""
    key = f"{values['key']}|C"
    made = customer(bench, values, key)
    body = {"companyName": "Roadmap", "parent": {"id": made}}
    return {
        "customer": made,
        "customer_key": key,
        "job": put(bench, "job", f"{values['key']}|J", body),
    }


def _document(bench: Workbench, values: Values, key: str, **more: Any) -> tuple[str, dict[str, str]]:
    """An invoice, or with `createdFrom` a credit memo; its id, and its row as queries show it."""
    line = {
        "item": {"externalId": "TM"},
        "quantity": 4,
        "rate": 200,
        "amount": 800,
        "taxCode": _TAX_CODE,
        "custcol_rh_source_id": values["source"],
    }
    body = {
        "entity": {"id": values["customer"]},
        "subsidiary": {"id": values["subsidiary"]},
        "currency": {"id": values["currency"]},
        "tranDate": values["day"],
        "item": {"items": [line]},
        **more,
    }
    made = put(bench, "creditMemo" if "createdFrom" in more else "invoice", key, body)
    (row,) = rows(bench, f"SELECT lastmodifieddate, custbody_rh_status FROM transaction WHERE id = {made}")
    return made, row


def posted(bench: Workbench, values: Values, key: str, **more: Any) -> tuple[str, str]:
    """A document that was posted at once; its id and its instant."""
    made, row = _document(bench, values, key, **more)
    if row["custbody_rh_status"] == "DRAFT":
        raise StateFailed(f"A document of {values['day']} is not posted; open a period that has passed.")
    return made, row["lastmodifieddate"]


def draft(bench: Workbench, values: Values) -> str:
    """A document that waits for approval; its instant."""
    _, row = _document(bench, values, values["key"])
    if row["custbody_rh_status"] != "DRAFT":
        raise StateFailed(f"A document of {values['day']} is posted already; open a period to come.")
    return row["lastmodifieddate"]


def ready(bench: Workbench) -> Values:
    """Everything that a new document names."""
    values = account(bench)
    values |= open_period(bench, values)
    return {**values, **party(bench, values)}
