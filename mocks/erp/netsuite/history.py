"""Masters read back as facts: every version, from the records and their histories alone."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from mocks.erp.netsuite.act import CALENDAR, REVISION, TAX_RATE
from mocks.erp.netsuite.periods import instant_ms
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PeriodClose,
    Practice,
    SourceFact,
    TaxRate,
)
from mocks.kit.store import Record
from mocks.kit.world import World


def master_facts(world: World) -> Iterator[SourceFact]:
    """Every version of subsidiaries, departments, classifications and tax rates."""
    yield from _legal_entities(world)
    entities = {r.id: str(r.values["externalid"]) for r in world.store.select("subsidiary", deleted=True)}

    def cost_centre(record: Record) -> CostCentre:
        return CostCentre(
            bk=str(record.values["externalid"]),
            recorded_at_ms=record.modified_ms,
            ver=_revision(record),
            source_id=record.id,
            deleted=record.deleted,
            entity=f"LE|{entities[str(record.values['subsidiary'])]}",
            code=str(record.values["custrecord_rh_code"]),
            name=str(record.values["name"]),
        )

    yield from _versions(world, "department", cost_centre)
    yield from _versions(world, "classification", _practice)
    yield from _versions(world, TAX_RATE, _tax_rate)


def _revision(record: Record) -> int:
    return int(record.values[REVISION] or 1)


def _versions(world: World, table: str, convert: Callable[[Record], SourceFact]) -> Iterator[SourceFact]:
    changed = world.store.with_history(table)
    for record in world.store.select(table, deleted=True):
        if record.id not in changed:
            yield convert(record)
            continue
        for version in _by_revision(world.store.versions(table, record.id)):
            yield convert(version)


def _by_revision(versions: Sequence[Record]) -> list[Record]:
    """The last version of each revision: a deletion is one with what it deletes."""
    return list({_revision(version): version for version in versions}.values())


def _practice(record: Record) -> Practice:
    return Practice(
        bk=str(record.values["externalid"]),
        recorded_at_ms=record.modified_ms,
        ver=_revision(record),
        source_id=record.id,
        deleted=record.deleted,
        code=str(record.values["custrecord_rh_code"]),
        name=str(record.values["name"]),
    )


def _tax_rate(record: Record) -> TaxRate:
    values = record.values
    return TaxRate(
        bk=str(values["externalid"]),
        recorded_at_ms=record.modified_ms,
        ver=_revision(record),
        source_id=record.id,
        deleted=record.deleted,
        jurisdiction=str(values["custrecord_rh_jurisdiction"]),
        tax_class=str(values["custrecord_rh_class"]),
        valid_from=date.fromisoformat(str(values["custrecord_rh_valid_from"])),
        percent_e4=int(values["custrecord_rh_percent"] or 0),
    )


def _legal_entities(world: World) -> Iterator[LegalEntity]:
    symbols = {r.id: str(r.values["symbol"]) for r in world.store.select("currency")}
    for current in world.store.select("subsidiary", deleted=True):
        code = str(current.values["externalid"])
        rows = [
            world.store.versions(CALENDAR, row.id)
            for row in world.store.select(CALENDAR, "custrecord_rh_entity = ?", (code,), deleted=True)
        ]
        for version in _by_revision(world.store.versions("subsidiary", current.id)):
            calendar = _standing(rows, _revision(version))
            yield LegalEntity(
                bk=f"LE|{code}",
                recorded_at_ms=version.modified_ms,
                ver=_revision(version),
                source_id=version.id,
                deleted=version.deleted,
                code=code,
                name=str(version.values["name"]),
                country=str(version.values["country"]),
                functional_ccy=symbols[str(version.values["currency"])],
                tz=str(version.values["custrecord_rh_tz"]),
                std_hours_day_e2=int(version.values["custrecord_rh_std_hours"] or 0),
                close_calendar=tuple(sorted(_closes(calendar), key=lambda close: close.period)),
                billing_calendar=tuple(sorted(_billings(calendar), key=lambda b: (b.billing_date, b.freq))),
                holidays=tuple(sorted(_days(calendar, "HOLIDAY"))),
            )


def _standing(rows: Sequence[Sequence[Record]], revision: int) -> list[Record]:
    """The calendar rows of one revision of their entity."""
    found = []
    for versions in rows:
        upto = [version for version in versions if _revision(version) <= revision]
        if upto and not upto[-1].deleted:
            found.append(upto[-1])
    return found


def _closes(calendar: Sequence[Record]) -> Iterator[PeriodClose]:
    for row in calendar:
        if row.values["custrecord_rh_kind"] == "CLOSE":
            at_ms = instant_ms(str(row.values["custrecord_rh_at"]))
            yield PeriodClose(str(row.values["custrecord_rh_period"]), at_ms)


def _billings(calendar: Sequence[Record]) -> Iterator[BillingDate]:
    for row in calendar:
        if row.values["custrecord_rh_kind"] == "BILLING":
            day = date.fromisoformat(str(row.values["custrecord_rh_date"]))
            yield BillingDate(day, str(row.values["custrecord_rh_freq"]))


def _days(calendar: Sequence[Record], kind: str) -> Iterator[date]:
    for row in calendar:
        if row.values["custrecord_rh_kind"] == kind:
            yield date.fromisoformat(str(row.values["custrecord_rh_date"]))
