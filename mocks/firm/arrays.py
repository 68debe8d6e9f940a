"""The whole firm as columns of numbers: what a study or a load of ten thousand people works on.

Every entity is one table for each company; keys are the places that business keys are made of (person,
deal, line, card number), so that no text is made for millions of rows. Facts and files are views of the
same rows.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from mocks.firm import reference
from mocks.firm.days import day_number, month_ends
from mocks.firm.facts.source import Estimate, PaymentIntent, RateLine
from mocks.firm.firm import Firm
from mocks.firm.fixed_fee import completion_plays, estimate_plays, milestone_plays
from mocks.firm.office import Office
from mocks.firm.payments import payment_plays
from mocks.firm.payroll import pay_lines, run_instants_ms
from mocks.firm.rates import client_card, contract_card, default_card
from mocks.firm.staffing import METHODS

Columns = dict[str, npt.NDArray[Any]]
_SCOPES = ("DEFAULT", "CLIENT", "CONTRACT")


def arrays(firm: Firm) -> dict[str, Columns]:
    """Every table of a firm, named `<company>.<entity>`; time sheets are made in one pass."""
    found: dict[str, Columns] = {}
    for office in firm.offices:
        office.scan()
        for name, columns in _tables(office).items():
            found[f"{office.profile.branch.code}.{name}"] = columns
    return found


def _tables(office: Office) -> dict[str, Columns]:
    sheets = office.sheets
    tables = {
        "account": _accounts(office),
        "opportunity": _opportunities(office),
        "contract": _contracts(office),
        "contract_line": _contract_lines(office),
        "rate_line": _rate_lines(office),
        "resource": _people(office),
        "assignment": _assignments(office),
        "payment_intent": _payments(office),
        "timecard": _columns_of(sheets.cards),
        "time_entry": _columns_of(sheets.entries),
    }
    if office.profile.all_methods:
        tables |= _method_tables(office)
    return tables


def _method_tables(office: Office) -> dict[str, Columns]:
    leave = office.leave
    requests = ("person", "number", "first_day", "sick", "at_ms", "cells")
    return {
        "retainer": _retainers(office),
        "milestone": _milestones(office),
        "estimate": _estimates(office),
        "project_completion": _completions(office),
        "absence": {name: getattr(leave, name) for name in requests},
        "absence_day": {
            "absence": np.repeat(np.arange(len(leave.cells)), leave.cells),
            "day": leave.day,
            "hours_e2": leave.hours_e2,
        },
        "payroll_line": _payroll(office),
    }


def _columns_of(table: Any) -> Columns:
    return dict(vars(table))


def _table(names: str, rows: Iterable[tuple[int, ...]]) -> Columns:
    """Rows of whole numbers as columns."""
    columns = names.split()
    table = np.array(list(rows), dtype=np.int64).reshape(-1, len(columns))
    return {name: np.ascontiguousarray(table[:, place]) for place, name in enumerate(columns)}


def _accounts(office: Office) -> Columns:
    names = "client parent bill_to weight consolidate po_required"
    return _table(
        names,
        (
            (c.index, -1 if c.parent is None else c.parent, c.bill_to, c.weight, c.consolidate, c.po_required)
            for c in office.world.clients
        ),
    )


def _opportunities(office: Office) -> Columns:
    names = "deal client practice won opened_ms sent_ms answered_ms closed_ms amount_minor"
    return _table(
        names,
        (
            (
                d.index,
                d.client,
                d.practice,
                d.won,
                d.steps.opened_ms,
                d.steps.sent_ms,
                d.steps.answered_ms,
                d.steps.closed_ms,
                sum(line.net_minor for line in d.lines),
            )
            for d in office.world.deals
        ),
    )


def _contracts(office: Office) -> Columns:
    names = "deal drafted_ms signed_ms active_ms first_day end_day open_ended every_run"
    return _table(
        names,
        (
            (
                d.index,
                d.steps.contract_drafted_ms,
                d.steps.signed_ms,
                d.steps.active_ms,
                d.first_day,
                d.end_day,
                d.open_ended,
                d.every_run,
            )
            for d in office.world.deals
            if d.won
        ),
    )


def _contract_lines(office: Office) -> Columns:
    names = "deal line package method quantity_e2 list_price_e4 discount_e6 ot_e2 travel_e2 value_minor"
    return _table(
        names,
        (
            (
                d.index,
                line.line,
                line.package,
                METHODS.index(line.method),
                line.quantity_e2,
                line.list_price_e4,
                line.discount_e6,
                line.multiplier_ot_e2,
                line.multiplier_travel_e2,
                line.net_minor,
            )
            for d in office.world.deals
            if d.won
            for line in d.lines
        ),
    )


def _retainers(office: Office) -> Columns:
    names = "deal line fee_minor included_e2 rollover rollover_cap_e2 overage_rate_e4 advance_months"
    rows = []
    for deal in office.world.deals:
        for line in deal.lines if deal.won else ():
            terms = line.retainer
            if terms is not None:
                fee, pool = terms.monthly_fee_minor, (terms.included_hours_e2, terms.rollover)
                price = (terms.rollover_cap_e2, terms.overage_rate_e4, terms.advance_months)
                rows.append((deal.index, line.line, fee, *pool, *price))
    return _table(names, rows)


def _rate_lines(office: Office) -> Columns:
    world, branch = office.world, office.profile.branch
    start = world.profile.start
    cards: list[tuple[int, tuple[RateLine, ...]]] = [(-1, default_card(start, 0, world.streams, branch))]
    cards.extend((c.index, client_card(c, start, 0, world.streams, branch)) for c in world.clients)
    cards.extend((d.index, contract_card(d, 0, world.streams)) for d in world.deals if d.won)
    return _table("scope owner level rate_e4 by_day since", _rate_rows(cards))


def _rate_rows(cards: list[tuple[int, tuple[RateLine, ...]]]) -> Iterable[tuple[int, ...]]:
    for owner, card in cards:
        for row in card:
            level, scope = reference.LEVELS.index(row.level), _SCOPES.index(row.scope)
            yield scope, owner, level, row.rate_e4, int(row.unit == "DAY"), day_number(row.valid_from)


def _people(office: Office) -> Columns:
    world = office.world
    practice = np.array([person.practice for person in world.people], dtype=np.int64)
    return {
        "level": world.level,
        "practice": practice,
        "manager": world.manager,
        "hired_day": world.hired,
        "until_day": world.until,
        "promoted_day": world.promoted,
        "short_week": world.short_week,
    }


def _assignments(office: Office) -> Columns:
    blocks = _columns_of(office.world.blocks)
    blocks.pop("offsets")
    return blocks | _columns_of(office.assignments.staffing)


def _milestones(office: Office) -> Columns:
    rows = []
    for play in milestone_plays(office.world):
        fact: Any = play.facts[0]
        rows.append((_deal_of(office, fact.contract), fact.line, fact.seq, fact.ver, play.at_ms))
    return _table("deal line seq ver at_ms", rows)


def _estimates(office: Office) -> Columns:
    rows = []
    for play in estimate_plays(office.world, office.tallies.booked_e2, office.low_place):
        fact = play.facts[0]
        assert isinstance(fact, Estimate)
        deal = _deal_of(office, fact.contract)
        rows.append((deal, fact.line, fact.seq, fact.total_hours_e2, play.at_ms))
    return _table("deal line seq total_hours_e2 at_ms", rows)


def _completions(office: Office) -> Columns:
    plays = completion_plays(office.world)
    rows: list[tuple[int, ...]] = []
    for play in plays:
        fact: Any = play.facts[0]
        rows.append((_deal_of(office, fact.contract), play.at_ms))
    return _table("deal at_ms", rows)


def _payroll(office: Office) -> Columns:
    world, lasts = office.world, month_ends(office.profile.start, office.profile.months)
    runs = [pay_lines(world, last) for last in lasts]
    sizes = [len(run.person) for run in runs]
    return {
        "month": np.repeat(np.arange(len(runs)), sizes),
        "posted_ms": np.repeat(np.array(run_instants_ms(world), dtype=np.int64), sizes),
        "person": np.concatenate([run.person for run in runs]),
        "gross_minor": np.concatenate([run.gross_minor for run in runs]),
        "burden_minor": np.concatenate([run.burden_minor for run in runs]),
    }


def _payments(office: Office) -> Columns:
    rows = []
    for play in payment_plays(office.world, office.tallies):
        fact = play.facts[0]
        assert isinstance(fact, PaymentIntent)
        rows.append((_deal_of(office, fact.contract), play.at_ms, fact.share_e6))
    return _table("deal at_ms share_e6", rows)


def _deal_of(office: Office, contract_bk: str) -> int:
    return int(contract_bk[3:]) - office.profile.branch.first_deal
