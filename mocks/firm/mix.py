"""What a firm of all methods sells, deal by deal: by the hour, for a fixed fee, as a retainer.

Kinds repeat along a company's deals, and the first deals are given their shape, so that every seed has
each method early enough for two month-ends. A firm that sells by the hour only is left as it is drawn.
"""

from datetime import date

from msgspec import Struct

from mocks.firm import reference
from mocks.firm.branch import BY_MILESTONE, COMPLETED_POC, MIXED, POC, RETAINER, TIME
from mocks.firm.days import Calendar, day_number, first_of_next_month
from mocks.firm.hashing import Streams
from mocks.firm.profile import Profile

OPENING_DEALS = 3  # of each company, signed in the first days
_EARLY_WORKDAYS = 8
_COMPLETED_AFTER_WORKDAYS = 24
_OPEN_ENDED_PM = 250
_SHORT_PM = 300
_LONG_DAYS = 150


class Span(Struct, frozen=True):
    """Until when a deal runs."""

    end_day: int
    open_ended: bool


def kind_of(index: int, profile: Profile) -> str:
    """What a deal is sold as."""
    kinds = profile.branch.deal_kinds
    return kinds[index % len(kinds)] if profile.all_methods else TIME


def client_of(index: int, drawn: int, profile: Profile) -> int:
    """The client of a deal; the third and fourth are given, because tax differs by client."""
    return index if profile.all_methods and index in (2, 3) else drawn


def base_rank(index: int, profile: Profile, first: int, streams: Streams) -> int | None:
    """The work day rank of the base day where it is given: soon enough for milestones in both months."""
    if not profile.all_methods or index >= profile.deals_won:
        return None
    if index < OPENING_DEALS:
        return first + streams("deal.opening_day").below(index, 3)
    if index < len(profile.branch.deal_kinds) and kind_of(index, profile) in (POC, BY_MILESTONE, MIXED):
        return first + 3 + streams("deal.base_day").below(index, _EARLY_WORKDAYS)
    return None


def every_run(index: int, drawn: bool, profile: Profile) -> bool:
    """Whether a contract is billed on every run; of the first retainers one is and one is not."""
    if profile.all_methods and index < OPENING_DEALS and kind_of(index, profile) == RETAINER:
        return profile.branch.country != "US"
    return drawn


def span(
    index: int, profile: Profile, first_day: int, duration: int, calendar: Calendar, streams: Streams
) -> Span:
    """When a deal ends: some inside the second month, some beyond the calendar without saying so."""
    kind = kind_of(index, profile)
    if not profile.all_methods:
        return Span(first_day + duration, False)
    if kind == COMPLETED_POC:
        return Span(calendar.workday(first_day, _COMPLETED_AFTER_WORKDAYS), False)
    if kind in (POC, BY_MILESTONE, MIXED):
        return Span(first_day + max(duration, _LONG_DAYS // 2), False)
    if kind == RETAINER and index < OPENING_DEALS:
        if profile.branch.country != "US":
            return Span(first_day + max(duration, _LONG_DAYS), False)
        second: date = first_of_next_month(profile.start)
        return Span(day_number(second) + 9 + streams("deal.short_days").below(index, 12), False)
    if streams("deal.open_ended").hit(index, _OPEN_ENDED_PM):
        beyond = first_of_next_month(profile.start, profile.months + 2)
        return Span(max(day_number(beyond), first_day + duration), True)
    if kind == TIME and index > 0 and streams("deal.short").hit(index, _SHORT_PM):
        return Span(first_day + 22 + streams("deal.short_days").below(index, 20), False)
    return Span(first_day + duration, False)


def packages(index: int, profile: Profile, drawn: list[int], streams: Streams) -> list[int]:
    """The packages of a deal's lines, given those that are drawn for a deal by the hour."""
    fixed = streams("deal.fixed_package").pick(index, (reference.DEPLOY, reference.REDESIGN))
    match kind_of(index, profile):
        case "P" if index < OPENING_DEALS:
            return [reference.DEPLOY]
        case "P":
            return [fixed, reference.REDESIGN][: 1 + streams("deal.line_count").below(index, 2)]
        case "C":
            return [reference.REDESIGN]
        case "M":
            return [reference.REVIEW]
        case "R":
            return [reference.CARE]
        case "X":
            return [drawn[0], fixed]
    return drawn[:2] if profile.all_methods else drawn
