"""Who works at the firm: a tree of people by seniority, with joiners, leavers and promotions.

A person's index is the place in the order of seniority; a manager always has a smaller index
than the people below, so the tree has no loop and nobody approves their own time.
"""

import heapq
import unicodedata
from datetime import date

from msgspec import Struct

from mocks.firm import reference
from mocks.firm.branch import US01, Branch
from mocks.firm.data.names import FIRST_NAMES, LAST_NAMES, SKILLS
from mocks.firm.days import Calendar, day_number, monday_of, to_date
from mocks.firm.facts.source import JobRow, Resource, Skill, StatusRow
from mocks.firm.hashing import Streams
from mocks.firm.latent import leaving_order
from mocks.firm.profile import Profile

FAR_DAY = 1_000_000
SPAN_OF_CONTROL = 9
FULL_WEEK_E2 = (800, 800, 800, 800, 800, 0, 0)
SHORT_WEEK_E2 = (800, 800, 800, 800, 0, 0, 0)
ONBOARDING_WORKDAYS = 3
NOTICE_WORKDAYS = 5


class Person(Struct, frozen=True):
    """One person; days are day numbers, half-open where they bound something."""

    index: int
    first_name: str
    last_name: str
    work_email: str
    level: int
    practice: int
    manager: int | None
    hired_day: int
    joins: bool  # hired inside the calendar
    terminated_day: int | None
    promoted_day: int | None
    short_week: bool
    skills: tuple[Skill, ...]
    branch: Branch = US01

    @property
    def employee_no(self) -> str:
        """The number shown in every system."""
        return f"{self.branch.first_employee + self.index}"

    @property
    def bk(self) -> str:
        """The business key."""
        return f"RS|{self.employee_no}"

    @property
    def until_day(self) -> int:
        """The first day without employment."""
        return FAR_DAY if self.terminated_day is None else self.terminated_day

    def level_on(self, day: int) -> int:
        """The HR level of a day."""
        return self.level + (self.promoted_day is not None and day >= self.promoted_day)

    def works_days(self) -> int:
        """Work days of a week."""
        return 4 if self.short_week else 5


def level_of(index: int, consultants: int) -> int:
    """The level of a place in the order of seniority, by the shares of the pyramid."""
    if index == 0:
        return len(reference.LEVELS) - 1
    place_pm = (2 * index + 1) * 500 // consultants
    for level in range(len(reference.LEVELS) - 1, 0, -1):
        place_pm -= reference.LEVEL_SHARE_PM[level]
        if place_pm < 0:
            return level
    return 0


def _managers(profile: Profile) -> tuple[int, ...]:
    """People with reports, spread over the senior third."""
    count = max(1, (profile.consultants + 3) // SPAN_OF_CONTROL)
    senior = sum(
        level_of(i, profile.consultants) >= reference.MANAGER_LEVEL for i in range(profile.consultants)
    )
    count = min(count, max(1, senior))
    return tuple(i * senior // count for i in range(count))


def _manager_of(profile: Profile, managers: tuple[int, ...], streams: Streams) -> list[int | None]:
    """Each person's manager: the least loaded of the more senior managers."""
    order = streams("people.manager")
    chosen: list[int | None] = []
    free: list[tuple[int, int, int]] = []
    is_manager = set(managers)
    for index in range(profile.consultants):
        if free:
            load, tie, manager = heapq.heappop(free)
            heapq.heappush(free, (load + 1, tie, manager))
            chosen.append(manager)
        else:
            chosen.append(None)
        if index in is_manager:
            heapq.heappush(free, (0, order.draw(index), index))
    return chosen


def _lowest(streams: Streams, name: str, pool: list[int], count: int) -> list[int]:
    stream = streams(name)
    return sorted(pool, key=lambda index: (stream.draw(index), index))[:count]


def _mail_part(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "-"))


def _day_within(streams: Streams, name: str, index: int, profile: Profile, per_cent: tuple[int, int]) -> int:
    """A day in a part of the calendar, by per cent of its length."""
    first = day_number(profile.start)
    length = profile.months * 30
    low, high = length * per_cent[0] // 100, length * per_cent[1] // 100
    return first + low + streams(name).below(index, max(1, high - low))


class _Moves(Struct):
    """Who joins, leaves and is promoted, by index."""

    joins: dict[int, int]
    leaves: dict[int, int]
    promoted: dict[int, int]


def _moves(profile: Profile, calendar: Calendar, managers: tuple[int, ...], streams: Streams) -> _Moves:
    fixed = set(managers)
    pool = [i for i in range(1, profile.consultants) if i not in fixed]
    joiners = _lowest(streams, "people.joins", pool, profile.joiners)
    rest = sorted(set(pool) - set(joiners))
    leavers = sorted(rest, key=lambda i: (leaving_order(profile, streams, i), i))[: profile.leavers]
    one_month = profile.months == 1
    joins, leaves = {}, {}
    for i in joiners:
        day = _day_within(streams, "people.join_day", i, profile, (25, 45) if one_month else (8, 85))
        if profile.all_methods:
            # In the first days of a month, so that the month's payroll knows everybody who works in it.
            first = day_number(to_date(day).replace(day=1))
            day = first + 1 + streams("people.join_in_month").below(i, 7)
            joins[i] = calendar.workday(day)
        else:
            joins[i] = calendar.workday(monday_of(day + 6))
    for i in leavers:
        day = _day_within(streams, "people.leave_day", i, profile, (72, 95) if one_month else (20, 95))
        leaves[i] = calendar.workday(day)
    return _Moves(
        joins, leaves, _promotions(profile, managers, [i for i in rest if i not in leaves], streams)
    )


def _promotions(
    profile: Profile, managers: tuple[int, ...], stayers: list[int], streams: Streams
) -> dict[int, int]:
    """People who rise one level inside the calendar; never above the manager's level."""
    if profile.months == 1:
        return {}
    stream = streams("people.promoted")
    manager_of = _manager_of(profile, managers, streams)
    promoted = {}
    for i in stayers:
        manager = manager_of[i]
        room = manager is not None and level_of(i, profile.consultants) < level_of(
            manager, profile.consultants
        )
        if room and stream.hit(i, profile.promote_pm * profile.months // 12):
            promoted[i] = _day_within(streams, "people.promote_day", i, profile, (15, 90))
    return promoted


def _skills(streams: Streams, index: int, hired: date) -> tuple[Skill, ...]:
    first = streams("people.skill").below(index, len(SKILLS))
    step = 1 + streams("people.skill_step").below(index, len(SKILLS) - 1)
    certified = streams("people.certified").hit(index, 400)
    return (
        Skill(SKILLS[first], certified, hired),
        Skill(SKILLS[(first + step) % len(SKILLS)], False, hired),
    )


def make_people(profile: Profile, calendar: Calendar, streams: Streams) -> tuple[Person, ...]:
    """Everybody who works at the firm at any time of the profile, most senior first."""
    managers = _managers(profile)
    manager_of = _manager_of(profile, managers, streams)
    moves = _moves(profile, calendar, managers, streams)
    first_name, last_name = streams("people.first_name"), streams("people.last_name")
    short_week, practice = streams("people.short_week"), streams("people.practice")
    start = day_number(profile.start)
    used: dict[str, int] = {}
    people = []
    for i in range(profile.consultants):
        first, last = first_name.pick(i, FIRST_NAMES), last_name.pick(i, LAST_NAMES)
        local = f"{_mail_part(first)}.{_mail_part(last)}"
        used[local] = used.get(local, 0) + 1
        suffix = "" if used[local] == 1 else str(used[local])
        hired = moves.joins.get(i, start - 90 - streams("people.tenure").below(i, 3_600))
        people.append(
            Person(
                index=i,
                first_name=first,
                last_name=last,
                work_email=f"{local}{suffix}@{profile.branch.mail_domain}",
                level=level_of(i, profile.consultants),
                practice=practice.below(i, len(reference.PRACTICES)),
                manager=manager_of[i],
                hired_day=hired,
                joins=i in moves.joins,
                terminated_day=moves.leaves.get(i),
                promoted_day=moves.promoted.get(i),
                short_week=i not in moves.leaves and short_week.hit(i, 30),
                skills=_skills(streams, i, to_date(hired)),
                branch=profile.branch,
            )
        )
    return tuple(people)


def may_work_from(person: Person, calendar: Calendar) -> int:
    """The first day on which a person can be staffed."""
    return calendar.workday(person.hired_day, ONBOARDING_WORKDAYS) if person.joins else person.hired_day


def last_workday(person: Person, calendar: Calendar) -> int:
    """The last day of work of a leaver."""
    return calendar.workday(person.until_day, -1)


def _job(person: Person, level: int, since: int, people: tuple[Person, ...]) -> JobRow:
    return JobRow(
        valid_from=to_date(since),
        level=reference.LEVELS[level],
        title=reference.TITLES[level],
        cost_centre=reference.cost_centre_bk(person.practice, person.branch),
        manager=None if person.manager is None else people[person.manager].bk,
    )


def versions_of(
    person: Person, people: tuple[Person, ...], calendar: Calendar, recorded_at_ms: int
) -> tuple[Resource, ...]:
    """Every version of a person in the HRIS: the first at the given instant, later ones when entered."""
    working = StatusRow(
        to_date(person.hired_day),
        "Part-Time" if person.short_week else "Full-Time",
        80 if person.short_week else 100,
    )
    first = Resource(
        bk=person.bk,
        recorded_at_ms=recorded_at_ms,
        employee_no=person.employee_no,
        first_name=person.first_name,
        last_name=person.last_name,
        work_email=person.work_email,
        entity=person.branch.bk,
        practice=reference.practice_bk(person.practice),
        hired=to_date(person.hired_day),
        terminated=None,
        weekly_pattern_e2=SHORT_WEEK_E2 if person.short_week else FULL_WEEK_E2,
        jobs=(_job(person, person.level, person.hired_day, people),),
        statuses=(working,),
        skills=person.skills,
    )
    return (first, *_later_versions(person, people, calendar, first))


def _later_versions(
    person: Person, people: tuple[Person, ...], calendar: Calendar, first: Resource
) -> tuple[Resource, ...]:
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    if person.promoted_day is not None:
        entered = calendar.workday(person.promoted_day, -NOTICE_WORKDAYS)
        fields["jobs"] = (*first.jobs, _job(person, person.level + 1, person.promoted_day, people))
        fields |= {"ver": 2, "recorded_at_ms": calendar.ms(entered, 10 * 3600 + 15 * 60)}
        return (Resource(**fields),)
    if person.terminated_day is not None:
        gone = to_date(person.terminated_day)
        fields["statuses"] = (*first.statuses, StatusRow(gone, "Terminated", 0))
        fields["terminated"] = gone
        fields |= {"ver": 2, "recorded_at_ms": calendar.ms(person.terminated_day, 9 * 3600)}
        return (Resource(**fields),)
    return ()


def hired_at_ms(person: Person, calendar: Calendar) -> int:
    """When a joiner is entered in the HRIS: the morning of the first day."""
    return calendar.ms(person.hired_day, 8 * 3600 + 30 * 60)
