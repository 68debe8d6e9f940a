"""Days and accounting periods of a subsidiary: cut-offs, dates, what is open (finance 0.4, 0.5)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mocks.erp.netsuite.errors import missing, user_error
from mocks.erp.netsuite.lookups import id_of, next_id
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

APPROVAL_AFTER_CUTOFF_MS = 9 * 3600 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_text(at_ms: int) -> str:
    """An instant as custom fields hold it: ISO with milliseconds and Z."""
    stamp = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond // 1000:03d}Z"


def instant_ms(text: str) -> int:
    """The inverse of `instant_text`."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def cutoff_ms(subsidiary: Record, day: str) -> int:
    """Local midnight after a day in the subsidiary's zone (finance 0.4)."""
    zone = ZoneInfo(str(subsidiary.values["custrecord_rh_tz"]))
    local = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(0), tzinfo=zone)
    return int(local.timestamp()) * 1000


def approval_ms(subsidiary: Record, tran_date: str) -> int:
    """When this ERP approves a document of a day: its cut-off and nine hours (finance 2.10)."""
    return cutoff_ms(subsidiary, tran_date) + APPROVAL_AFTER_CUTOFF_MS


def open_period(world: World, subsidiary: Record, acct_date: str, field: str) -> Record:
    """The period that an accounting date falls in; refuses a closed one, or none."""
    period = period_of(world, subsidiary.id, acct_date[:7])
    code = subsidiary.values["externalid"]
    if period is None:
        raise user_error(f"There is no accounting period {acct_date[:7]} of {code}.", field)
    if period.values["closed"]:
        raise user_error(f"The accounting period {acct_date[:7]} of {code} is closed.", field)
    return period


def period_of(world: World, subsidiary_id: str, name: str) -> Record | None:
    """A subsidiary's period by name."""
    found = world.store.select("accountingperiod", "subsidiary = ? AND periodname = ?", (subsidiary_id, name))
    return found[0] if found else None


def accounting_date(world: World, subsidiary: Record, natural: str, known_ms: int) -> str | None:
    """`acct_date` of finance 0.5 by the close calendar; None where the calendar ends too early."""
    closes = sorted(
        (str(row.values["custrecord_rh_period"]), instant_ms(str(row.values["custrecord_rh_at"])))
        for row in world.store.find(
            "customrecord_rh_calendar", "custrecord_rh_entity", subsidiary.values["externalid"]
        )
        if row.values["custrecord_rh_kind"] == "CLOSE"
    )
    natural_close = next((close_ms for period, close_ms in closes if period == natural[:7]), None)
    if natural_close is None or known_ms < natural_close:
        return natural
    return next(
        (f"{period}-01" for period, close_ms in closes if period > natural[:7] and known_ms < close_ms), None
    )


def add_period(world: World, subsidiary_id: str, name: str, at_ms: int) -> None:
    """Add an open period of a month."""
    year, month = int(name[:4]), int(name[5:7])
    values: dict[str, Value] = {
        "periodname": name,
        "startdate": f"{name}-01",
        "enddate": f"{name}-{monthrange(year, month)[1]:02d}",
        "closed": 0,
        "subsidiary": subsidiary_id,
    }
    world.store.insert("accountingperiod", next_id(world, "accountingperiod"), values, at_ms)


def close(world: World, before: Record, changes: dict[str, Value], at_ms: int) -> dict[str, Value]:
    """Check the closing of a period; refuses reopening, and closing over documents not yet posted."""
    wanted = changes.get("closed", before.values["closed"])
    if wanted == before.values["closed"]:
        return {}
    name = before.values["periodname"]
    if not wanted:
        raise user_error(f"The accounting period {name} is closed and cannot be opened again.", "closed")
    pending = world.store.rows(
        'SELECT tranid, externalid FROM "transaction" WHERE postingperiod = ? AND deleted = 0'
        " AND custbody_rh_status = 'DRAFT' LIMIT 1",
        (before.id,),
    )
    if pending:
        raise user_error(f"The accounting period {name} has transactions pending approval.", "closed")
    return {"closed": 1, "closedondate": at_ms}


def due_date(world: World, terms_id: Value, tran_date: str) -> str:
    """The due date of a document by payment terms: NET n, or EOM n; the same day without terms."""
    if terms_id is None:
        return tran_date
    kind, _, days = str(world.store.require("term", str(terms_id)).values["name"]).partition(" ")
    start = date.fromisoformat(tran_date)
    if kind == "EOM":
        start = start.replace(day=monthrange(start.year, start.month)[1])
    return (start + timedelta(days=int(days))).isoformat()


def subsidiary_by_code(world: World, code: str) -> Record | None:
    """A subsidiary by the code of its entity."""
    found = id_of(world, "subsidiary", "externalid", code)
    return None if found is None else world.store.require("subsidiary", found)


def posting_dates(
    world: World, subsidiary: Record, values: dict[str, Value], given_period: Value
) -> dict[str, Value]:
    """Accounting date and period of a document; a period that is given must be the date's."""
    if values.get("trandate") is None:
        raise missing("tranDate")
    acct_date = str(values.get("custbody_rh_acct_date") or values["trandate"])
    field = "custbody_rh_acct_date" if values.get("custbody_rh_acct_date") else "tranDate"
    if given_period is not None:
        named = world.store.require("accountingperiod", str(given_period))
        if named.values["periodname"] != acct_date[:7]:
            raise user_error(
                f"The accounting date {acct_date} is not in the posting period given.", "postingPeriod"
            )
    period = open_period(world, subsidiary, acct_date, field)
    return {"custbody_rh_acct_date": acct_date, "postingperiod": period.id}
