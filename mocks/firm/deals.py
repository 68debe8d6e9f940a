"""Deals: what is sold to whom, in which steps, and when the contract comes to life.

A deal's steps fall on working days around a base day: account and opportunity, the quote through its
states, then signature and win in an order that varies. The last of acceptance, signature and
win is the contract's activation (finance V1); work begins five working days later.
"""

from datetime import date

from msgspec import Struct

from mocks.firm import mix, reference
from mocks.firm.branch import TIME, US01, Branch
from mocks.firm.clients import Client, ClientPicker
from mocks.firm.data.quantiles import DURATION_DAYS, QUANTITY_E2
from mocks.firm.days import Calendar, day_number, first_of_next_month, to_date
from mocks.firm.facts.source import Retainer
from mocks.firm.hashing import Streams
from mocks.firm.latent import discount_place, discounted_lines_pm
from mocks.firm.profile import Profile

WORKDAYS_TO_FIRST_ENTRY = 5
DISCOUNTS_E6 = (
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    50_000,
    50_000,
    75_000,
    100_000,
    100_000,
    100_000,
    125_000,
    150_000,
    200_000,
)
_HOUR = 3600
# last two steps as (work days after the base, earliest second): signature, win
_ENDINGS = (
    ((2, 14 * _HOUR), (3, 10 * _HOUR)),
    ((3, 10 * _HOUR), (2, 14 * _HOUR)),
    ((2, 14 * _HOUR), (2, 16 * _HOUR)),
    ((3, 15 * _HOUR), (3, 11 * _HOUR)),
)


class DealLine(Struct, frozen=True):
    """One line of quote and contract; amounts as in the facts."""

    line: int
    package: int
    quantity_e2: int
    list_price_e4: int
    discount_e6: int
    multiplier_ot_e2: int
    multiplier_travel_e2: int
    six_minutes: bool  # hours in tenths, otherwise in quarters
    retainer: Retainer | None = None

    @property
    def method(self) -> str:
        """How the line is billed: TM, FF or RET."""
        return reference.package_methods(self.package)[0]

    @property
    def net_minor(self) -> int:
        """Quantity x list price x (1 - discount), half up to the cent (finance V3)."""
        scaled = self.quantity_e2 * self.list_price_e4 * (1_000_000 - self.discount_e6)
        return (2 * scaled + 10**10) // (2 * 10**10)


class DealSteps(Struct, frozen=True):
    """UTC instants of a deal's steps."""

    account_ms: int
    opened_ms: int
    drafted_ms: int
    in_approval_ms: int
    approved_ms: int
    sent_ms: int
    contract_drafted_ms: int
    answered_ms: int  # the quote is accepted or rejected
    signed_ms: int
    closed_ms: int

    @property
    def active_ms(self) -> int:
        """When the V1 gate passes."""
        return max(self.answered_ms, self.signed_ms, self.closed_ms)


class Deal(Struct, frozen=True):
    """One opportunity with its quote and, if won, its contract; days are day numbers."""

    index: int
    won: bool
    client: int
    new_account: bool
    practice: int
    every_run: bool
    po_number: str | None
    lines: tuple[DealLine, ...]
    steps: DealSteps
    closed_day: int
    first_day: int  # of work
    end_day: int  # half-open
    open_ended: bool = False  # the contract names no end; `end_day` lies beyond the calendar
    kind: str = TIME
    branch: Branch = US01

    @property
    def end(self) -> date | None:
        """The end that the contract names."""
        return None if self.open_ended else to_date(self.end_day)

    def line_key(self, line: int) -> str:
        """The business key of a contract line."""
        return f"CL|{self.contract_no}|{line}"

    @property
    def contract_no(self) -> str:
        """The contract number that Salesforce shows."""
        return f"{self.branch.first_deal + self.index:08d}"

    @property
    def contract_bk(self) -> str:
        """The contract's business key."""
        return f"CO|{self.contract_no}"

    @property
    def opportunity_bk(self) -> str:
        """The opportunity's business key."""
        return f"OP|O-{self.branch.first_deal + self.index:06d}"

    @property
    def quote_no(self) -> str:
        """The quote number."""
        return f"Q-{self.branch.first_deal + self.index:08d}"

    @property
    def quote_bk(self) -> str:
        """The quote's business key."""
        return f"QU|{self.quote_no}|1"

    def task_bk(self, line: int, wbs: str) -> str:
        """The business key of a task of a contract line."""
        return f"TK|{self.contract_no}|{line}.{wbs}"


def make_deals(
    profile: Profile, clients: tuple[Client, ...], calendar: Calendar, streams: Streams
) -> tuple[Deal, ...]:
    """All deals, won ones first; at most the first deal of a client brings the account with it."""
    picker = ClientPicker(clients, streams)
    drafts = []
    for index in range(profile.deals_won + profile.deals_lost):
        client = picker.client_of(index)
        if profile.name == "deal" and index == profile.deals_won:
            client = 2
        client = mix.client_of(index, client, profile)
        drafts.append((index, client, _ranks(index, profile, calendar, streams)))
    first_of: dict[int, int] = {}
    for index, client, _ in sorted(drafts, key=lambda d: (d[2][1], d[0])):
        if clients[client].may_be_new:
            first_of.setdefault(client, index)
    return tuple(
        _deal(index, clients[client], first_of.get(client) == index, ranks, profile, calendar, streams)
        for index, client, ranks in drafts
    )


def _ranks(index: int, profile: Profile, calendar: Calendar, streams: Streams) -> tuple[int, int]:
    """Work day ranks of the deal's base day and of the opening of its opportunity."""
    first = int(calendar.rank[day_number(profile.start) - calendar.first])
    end = day_number(first_of_next_month(profile.start, profile.months))
    last = int(calendar.rank[end - calendar.first])
    early = mix.base_rank(index, profile, first, streams)
    if early is not None:
        return early, first
    if index == 0 or streams("deal.opening").hit(index, profile.opening_pm):
        jitter = 0 if profile.name == "deal" else streams("deal.opening_day").below(index, 3)
        return first + jitter, first
    base = first + 6 + streams("deal.base_day").below(index, max(1, last - first - 12))
    return base, max(first, base - streams("deal.pipeline_days").below(index, 26))


def _deal(
    index: int,
    client: Client,
    new_account: bool,
    ranks: tuple[int, int],
    profile: Profile,
    calendar: Calendar,
    streams: Streams,
) -> Deal:
    steps = _steps(index, ranks, calendar, streams)
    signed, closed = _ENDINGS[_ending(index, streams)]
    active_rank = ranks[0] + max(signed[0], closed[0])
    first_day = int(calendar.workdays[active_rank + WORKDAYS_TO_FIRST_ENTRY])
    duration = streams("deal.duration").pick(index, DURATION_DAYS)
    every_run = index > 0 and streams("deal.every_run").hit(index, 200)
    span = mix.span(
        index,
        profile,
        first_day,
        max(duration, 60) if profile.name == "deal" else duration,
        calendar,
        streams,
    )
    with_po = client.po_required or streams("deal.has_po").hit(index, 300)
    return Deal(
        index=index,
        won=index < profile.deals_won,
        client=client.index,
        new_account=new_account,
        practice=streams("deal.practice").below(index, len(reference.PRACTICES)),
        every_run=mix.every_run(index, every_run, profile),
        po_number=f"PO-{41_000 + streams('deal.po').below(index, 58_000)}" if with_po else None,
        lines=_lines(index, client, profile, streams),
        steps=steps,
        closed_day=int(calendar.workdays[ranks[0] + closed[0]]),
        first_day=first_day,
        end_day=span.end_day,
        open_ended=span.open_ended,
        kind=mix.kind_of(index, profile),
        branch=profile.branch,
    )


def _ending(index: int, streams: Streams) -> int:
    return streams("deal.ending").below(index, len(_ENDINGS))


def _steps(index: int, ranks: tuple[int, int], calendar: Calendar, streams: Streams) -> DealSteps:
    base, opened = ranks
    second = streams("deal.second")
    signed, closed = _ENDINGS[_ending(index, streams)]

    def at(step: int, rank: int, earliest: int) -> int:
        return calendar.ms(int(calendar.workdays[rank]), earliest + second.below(index << 4 | step, _HOUR))

    return DealSteps(
        account_ms=at(0, opened, 8 * _HOUR + 600),
        opened_ms=at(1, opened, 10 * _HOUR),
        drafted_ms=at(2, base, 13 * _HOUR),
        in_approval_ms=at(3, base + 1, 9 * _HOUR),
        approved_ms=at(4, base + 1, 11 * _HOUR),
        sent_ms=at(5, base + 1, 14 * _HOUR),
        contract_drafted_ms=at(6, base + 1, 16 * _HOUR),
        answered_ms=at(7, base + 2, 9 * _HOUR),
        signed_ms=at(8, base + signed[0], signed[1]),
        closed_ms=at(9, base + closed[0], closed[1]),
    )


def _lines(index: int, client: Client, profile: Profile, streams: Streams) -> tuple[DealLine, ...]:
    count = 2 if index == 0 else 1 + streams("deal.line_count").below(index, 3)
    first = streams("deal.package").below(index, reference.package_count())
    drawn = streams("deal.discount").below(index, len(DISCOUNTS_E6))
    discount = DISCOUNTS_E6[discount_place(profile, client.weight, drawn, len(DISCOUNTS_E6))]
    quantity, own_discount = streams("deal.quantity"), streams("deal.line_discount")
    overtime, travel, unit = streams("deal.overtime"), streams("deal.travel"), streams("deal.unit")
    six_minutes = unit.hit(index, 300)
    lines = []
    packages = mix.packages(
        index, profile, [(first + k) % reference.package_count() for k in range(count)], streams
    )
    for k, package in enumerate(packages):
        ident = index << 3 | k
        lines.append(
            DealLine(
                line=k + 1,
                package=package,
                quantity_e2=max(100, quantity.pick(ident, QUANTITY_E2) // 25 * 25),
                list_price_e4=reference.package_list_price_e4(package, profile.branch),
                discount_e6=discount if own_discount.hit(ident, discounted_lines_pm(profile)) else 0,
                multiplier_ot_e2=overtime.pick(ident, (100, 125, 150, 150)),
                multiplier_travel_e2=travel.pick(ident, (50, 50, 100)),
                six_minutes=six_minutes,
            )
        )
    return tuple(lines)
