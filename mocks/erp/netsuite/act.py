"""People at work in the ERP: its administrator keeps the masters, its clerk books what customers pay.

Every fact is one transaction. `custrecord_rh_revision` counts the versions of a master, so that
its history reads back exactly, even where two versions have one stamp.
"""

from collections.abc import Mapping, Sequence

from mocks.erp.netsuite.due import run_due
from mocks.erp.netsuite.lookups import id_of, next_id
from mocks.erp.netsuite.payments import receive
from mocks.erp.netsuite.periods import add_period, instant_text, period_of, subsidiary_by_code
from mocks.firm.facts.source import (
    CostCentre,
    LegalEntity,
    PaymentIntent,
    Practice,
    SourceFact,
    TaxRate,
)
from mocks.kit.schema import Value
from mocks.kit.vendor import Acted
from mocks.kit.world import World

REVISION = "custrecord_rh_revision"
CALENDAR = "customrecord_rh_calendar"
TAX_RATE = "customrecord_rh_tax_rate"
Values = dict[str, Value]


def act(
    world: World, facts: Sequence[SourceFact], references: Mapping[str, str], notify: bool
) -> list[Acted]:
    """Play facts in order; stamped now when live, with their own instants when history is seeded."""
    run_due(world)
    acted = []
    for fact in facts:
        with world.store.transaction():
            at_ms = world.commit_ms() if notify else fact.recorded_at_ms
            acted.append(_play(world, fact, references, at_ms))
    return acted


def _play(world: World, fact: SourceFact, references: Mapping[str, str], at_ms: int) -> Acted:
    match fact:
        case LegalEntity():
            return _legal_entity(world, fact, at_ms)
        case CostCentre():
            return _cost_centre(world, fact, at_ms)
        case Practice():
            values: Values = {"name": fact.name, "custrecord_rh_code": fact.code}
            return _master(world, fact, "classification", values, at_ms)
        case TaxRate():
            return _master(
                world,
                fact,
                TAX_RATE,
                {
                    "custrecord_rh_jurisdiction": fact.jurisdiction,
                    "custrecord_rh_class": fact.tax_class,
                    "custrecord_rh_valid_from": fact.valid_from.isoformat(),
                    "custrecord_rh_percent": fact.percent_e4,
                },
                at_ms,
            )
        case PaymentIntent():
            return receive(world, fact, references.get(fact.contract), at_ms)
    return Acted(bk=fact.bk, state="refused", missing=f"{type(fact).__name__} is not kept in the ERP")


def _master(
    world: World,
    fact: SourceFact,
    table: str,
    values: Values,
    at_ms: int,
    *,
    external_id: str | None = None,
) -> Acted:
    """Create or change the one record of a master fact."""
    record_id = world.store.alias(fact.bk)
    kept: Values = {**values, "externalid": external_id or fact.bk, REVISION: fact.ver}
    if record_id is None:
        record_id = next_id(world, table)
        world.store.insert(table, record_id, kept, at_ms)
        world.store.set_alias(fact.bk, table, record_id)
    elif world.store.get(table, record_id) is not None:
        world.store.update(table, record_id, kept, at_ms)
    else:
        return Acted(bk=fact.bk, state="refused", missing="the record was deleted")
    if fact.deleted:
        world.store.delete(table, record_id, at_ms)
    return Acted(bk=fact.bk, state="applied", native_id=record_id)


def _cost_centre(world: World, fact: CostCentre, at_ms: int) -> Acted:
    subsidiary = subsidiary_by_code(world, fact.entity.removeprefix("LE|"))
    if subsidiary is None:
        return Acted(bk=fact.bk, state="waiting", missing=f"the subsidiary {fact.entity}")
    values: Values = {"name": fact.name, "custrecord_rh_code": fact.code, "subsidiary": subsidiary.id}
    return _master(world, fact, "department", values, at_ms)


def _legal_entity(world: World, fact: LegalEntity, at_ms: int) -> Acted:
    currency = id_of(world, "currency", "symbol", fact.functional_ccy)
    if currency is None:
        return Acted(bk=fact.bk, state="refused", missing=f"the currency {fact.functional_ccy} is not set up")
    values: Values = {
        "name": fact.name,
        "country": fact.country,
        "currency": currency,
        "custrecord_rh_tz": fact.tz,
        "custrecord_rh_std_hours": fact.std_hours_day_e2,
    }
    acted = _master(world, fact, "subsidiary", values, at_ms, external_id=fact.code)
    if acted.state == "applied":
        _keep_calendar(world, fact, at_ms)
        for close in fact.close_calendar:
            if period_of(world, acted.native_id, close.period) is None:
                add_period(world, acted.native_id, close.period, at_ms)
    return acted


def _keep_calendar(world: World, fact: LegalEntity, at_ms: int) -> None:
    """Bring the entity's calendar rows to what the fact says: add, change, delete."""
    standing = {
        str(row.values["externalid"]): row
        for row in world.store.find(CALENDAR, "custrecord_rh_entity", fact.code)
    }
    for key, values in _calendar_rows(fact).items():
        row = standing.pop(key, None)
        kept: Values = {**values, "externalid": key, "custrecord_rh_entity": fact.code, REVISION: fact.ver}
        if row is None:
            world.store.insert(CALENDAR, next_id(world, CALENDAR), kept, at_ms)
        elif any(row.values[name] != value for name, value in values.items()):
            world.store.update(CALENDAR, row.id, kept, at_ms)
    for row in standing.values():
        world.store.update(CALENDAR, row.id, {REVISION: fact.ver}, at_ms)
        world.store.delete(CALENDAR, row.id, at_ms)


def _calendar_rows(fact: LegalEntity) -> dict[str, Values]:
    """A fact's calendars as rows under keys of their own."""
    rows: dict[str, Values] = {}
    for close in fact.close_calendar:
        rows[f"{fact.bk}|CLOSE|{close.period}"] = {
            "custrecord_rh_kind": "CLOSE",
            "custrecord_rh_period": close.period,
            "custrecord_rh_at": instant_text(close.close_at_ms),
        }
    for billing in fact.billing_calendar:
        rows[f"{fact.bk}|BILLING|{billing.billing_date}|{billing.freq}"] = {
            "custrecord_rh_kind": "BILLING",
            "custrecord_rh_date": billing.billing_date.isoformat(),
            "custrecord_rh_freq": billing.freq,
        }
    for holiday in fact.holidays:
        rows[f"{fact.bk}|HOLIDAY|{holiday}"] = {
            "custrecord_rh_kind": "HOLIDAY",
            "custrecord_rh_date": holiday.isoformat(),
        }
    return rows
