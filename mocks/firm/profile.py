"""Profiles: how large a firm is, how long it is watched, and how careless its people are."""

from datetime import date

from msgspec import Struct, structs

from mocks.firm.branch import DE01, US01, Branch
from mocks.firm.data.holidays import FIRST_YEAR, LAST_YEAR

MIN_CONSULTANTS = 4
MAX_CONSULTANTS = 90_000
MAX_MONTHS = 60
MONTH_END = "month-end"
LARGE = "large"
MIN_MONTH_END = 8
PRESETS = ("deal", "tiny", "small", "mid", MONTH_END, LARGE)
_SIZES = {
    "deal": (8, 1),
    "tiny": (12, 3),
    "small": (50, 3),
    "mid": (1000, 12),
    MONTH_END: (50, 2),
    LARGE: (10_000, 12),
}
_HEAD_OFFICE_PER_CENT = 60
_SPLIT_WEEKS_PM = 740


class Profile(Struct, frozen=True, kw_only=True):
    """Everything but the seed that decides what a firm looks like; shares are per mille."""

    name: str
    consultants: int
    start: date
    months: int
    deals_won: int
    deals_lost: int
    clients: int
    joiners: int
    leavers: int
    benched: int = 0  # people without any assignment
    opening_pm: int = 400  # deals that close in the first days
    secondary_pm: int = 930  # people-weeks with a second project
    override_pm: int = 120  # assignments with a rate of their own
    reject_pm: int = 30  # timecards
    correct_pm: int = 55  # timecards
    clear_pm: int = 550  # people-weeks that a manager clears at the month end
    promote_pm: int = 100  # people, each year
    correct_after_billing: bool = False  # corrections may follow the billing run that locked them
    pay_after_days: tuple[int, int] = (18, 60)
    late_correct_pm: int = 0  # timecards put right in the first days of the month after
    split_weeks_pm: int = 0  # people-weeks in which every day is split over all of a person's work
    coupled: bool = False  # what goes wrong goes wrong together: see `latent`
    all_methods: bool = False  # fixed fees and retainers, leave and payroll besides time and material
    branches: tuple[Branch, ...] = (US01,)

    @property
    def branch(self) -> Branch:
        """The company of a profile that has only one."""
        return self.branches[0]


def profile_named(
    name: str, consultants: int | None = None, months: int | None = None, start: date = date(2026, 1, 1)
) -> Profile:
    """A preset, resized; raises ValueError with one sentence on what to do."""
    if name not in PRESETS:
        raise ValueError(f"There is no firm profile {name!r}: choose one of {', '.join(PRESETS)}.")
    people = _SIZES[name][0] if consultants is None else consultants
    length = _SIZES[name][1] if months is None else months
    if name in (MONTH_END, LARGE) and people < MIN_MONTH_END:
        raise ValueError(
            f"A firm of {people} consultants is too small for two companies: "
            f"choose at least {MIN_MONTH_END} consultants."
        )
    _check_size(people, length)
    _check_start(start, length)
    moves = min(max(1, people * length // 90), people // 4)
    if name == "deal":
        return Profile(
            name=name,
            consultants=people,
            start=start,
            months=length,
            deals_won=max(1, people // 8),
            deals_lost=max(1, people // 8),
            clients=max(3, people // 16 + 2),
            joiners=moves,
            leavers=moves,
            benched=people // 4 if people >= 8 else 0,
            opening_pm=1000,
            override_pm=250,
            reject_pm=70,
            correct_pm=130,
            clear_pm=800,
            pay_after_days=(4, 4),
        )
    if name == MONTH_END:
        return _month_end(people, start, length)
    if name == LARGE:
        whole = _month_end(people, start, length)
        return structs.replace(
            whole, name=LARGE, split_weeks_pm=_SPLIT_WEEKS_PM, secondary_pm=985, coupled=True
        )
    won = max(2, people * (6 + length) // 36)
    return Profile(
        name=name,
        consultants=people,
        start=start,
        months=length,
        deals_won=won,
        deals_lost=won,
        clients=max(3, won * 3 // 5),
        joiners=moves,
        leavers=moves,
    )


def _month_end(people: int, start: date, months: int) -> Profile:
    """Two companies that sell everything; deals and moves are those of both."""
    won = max(8, people * (6 + months) // 32)
    moves = min(max(1, people * months // 90), people // 6)
    return Profile(
        name=MONTH_END,
        consultants=people,
        start=start,
        months=months,
        deals_won=won,
        deals_lost=max(2, won // 2),
        clients=max(9, won),
        joiners=moves,
        leavers=moves,
        opening_pm=250,
        correct_pm=30,
        late_correct_pm=22,
        correct_after_billing=True,
        pay_after_days=(5, 40),
        promote_pm=200,
        all_methods=True,
        branches=(US01, DE01),
    )


def parts(profile: Profile) -> tuple[Profile, ...]:
    """One profile for each company, together the whole; the first company is the larger one."""
    if len(profile.branches) == 1:
        return (profile,)
    head, other = profile.branches

    def split(total: int, least: int) -> tuple[int, int]:
        first = max(least, (total * _HEAD_OFFICE_PER_CENT + 50) // 100)
        return first, max(least, total - first)

    sizes = {
        "consultants": split(profile.consultants, 3),
        "deals_won": split(profile.deals_won, 3),
        "deals_lost": split(profile.deals_lost, 1),
        "clients": split(profile.clients, 4),
        "joiners": split(profile.joiners, 0),
        "leavers": split(profile.leavers, 0),
    }
    return tuple(
        structs.replace(profile, branches=(branch,), **{name: pair[i] for name, pair in sizes.items()})
        for i, branch in enumerate((head, other))
    )


def check_seed(seed: int) -> None:
    """Raise ValueError unless a seed fits 32 bits."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"Seed {seed} is out of range: choose a whole number from 0 to {2**32 - 1}.")


def check_profile(profile: Profile) -> None:
    """Raise ValueError, with one sentence on what to do, for a profile that cannot make a firm."""
    _check_size(profile.consultants, profile.months)
    _check_start(profile.start, profile.months)
    if profile.deals_won < 1 or profile.clients < 3:
        raise ValueError("A firm needs at least one won deal and three clients: raise deals_won or clients.")
    if profile.joiners + profile.leavers > profile.consultants // 2:
        raise ValueError("Joiners and leavers together are more than half of the firm: lower them.")


def _check_size(consultants: int, months: int) -> None:
    if not MIN_CONSULTANTS <= consultants <= MAX_CONSULTANTS:
        raise ValueError(
            f"A firm of {consultants} consultants cannot be made: "
            f"choose from {MIN_CONSULTANTS} to {MAX_CONSULTANTS} consultants."
        )
    if not 1 <= months <= MAX_MONTHS:
        raise ValueError(f"{months} months cannot be made: choose from 1 to {MAX_MONTHS} months.")


def _check_start(start: date, months: int) -> None:
    if start.day != 1:
        raise ValueError(f"The start {start} is inside a month: choose the first day of a month.")
    last_year = start.year + (start.month + months + 5) // 12
    if start.year <= FIRST_YEAR or last_year > LAST_YEAR:
        raise ValueError(
            f"{months} months from {start} leave the known holidays: "
            f"choose a time between {FIRST_YEAR + 1} and {LAST_YEAR - 1}."
        )
