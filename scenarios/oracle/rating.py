"""The price of an hour: four priorities, looked up with what was known at one instant (finance 2.1)."""

from collections import defaultdict
from datetime import date

from mocks.firm.facts.source import Assignment, JobRow, RateLine, RateOverride, Resource
from scenarios.oracle.amounts import half_up, minor_digits
from scenarios.oracle.expected import Deal, Price
from scenarios.oracle.versions import History, Sources

RATE_MISSING = "RATE_MISSING"
RATE_OVERLAP = "RATE_OVERLAP"

_CardKey = tuple[str, str | None, str, str]  # scope, owner, level, practice
_Step = tuple[int, list[History[RateLine]]]  # priority, lines of one key in one owner's cards


def time_amount_minor(price: Price, hours_e2: int, multiplier_e2: int, discount_e6: int, ccy: str) -> int:
    """R1: hours x hourly value x multiplier x (1 - discount), one rounding."""
    numerator = hours_e2 * price.numerator * multiplier_e2 * (1_000_000 - discount_e6)
    return half_up(numerator * 10 ** minor_digits(ccy), price.denominator * 100 * 100 * 1_000_000)


def job_on(resource: Resource, day: date) -> JobRow | None:
    """The job row in force on a day: the latest valid-from, the last of equals."""
    found: JobRow | None = None
    for row in resource.jobs:
        if row.valid_from <= day and (found is None or row.valid_from >= found.valid_from):
            found = row
    return found


def bill_level(assignment: Assignment, resource: Resource, day: date) -> str | None:
    """The assignment's level, else the person's level in the HR system on the day."""
    if assignment.bill_level:
        return assignment.bill_level
    job = job_on(resource, day)
    return job.level if job else None


def covers(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Half-open validity."""
    return valid_from <= day and (valid_to is None or day < valid_to)


def _overrides(history: History[Assignment]) -> tuple[RateOverride, ...]:
    """Every override row the assignment ever had; the last word on a row wins."""
    rows: dict[tuple[int, date, str], RateOverride] = {}
    for fact in history.facts:
        for row in fact.overrides:
            rows[(row.recorded_at_ms, row.valid_from, row.ccy)] = row
    return tuple(rows.values())


class RateBook:
    """All prices of one estate, indexed for look-up by contract, level and practice."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._cards: defaultdict[_CardKey, list[History[RateLine]]] = defaultdict(list)
        for bk in sorted(sources.rates):
            history = sources.rates[bk]
            line = history.facts[-1]
            self._cards[(line.scope, line.owner, line.level, line.practice)].append(history)
        self._overrides = {bk: _overrides(history) for bk, history in sources.assignments.items()}
        self._steps: dict[tuple[str, str, str, tuple[str, ...]], list[_Step]] = {}
        self._prices: dict[Price, Price] = {}  # many entries have the same one
        self._stamps: dict[str | None, set[int]] = {}

    def price(self, deal: Deal, assignment_bk: str, level: str | None, day: date, at_ms: int) -> Price | str:
        """The price known at `at_ms` for work on `day`, or RATE_MISSING / RATE_OVERLAP."""
        override = self._override(assignment_bk, deal.ccy, day, at_ms)
        if override is not None:
            return override
        if level is None:
            return RATE_MISSING
        for priority, histories in self._ladder(deal, level, at_ms):
            hits = [line for history in histories if (line := self._hit(history, deal.ccy, day, at_ms))]
            if len(hits) > 1:
                return RATE_OVERLAP
            if hits:
                return self._card_price(deal, priority, hits[0])
        return RATE_MISSING

    def instants(self, deal: Deal, assignment_bk: str, level: str | None, after_ms: int) -> list[int]:
        """Later instants at which a failed rating may begin to succeed."""
        stamps = {row.recorded_at_ms for row in self._overrides.get(assignment_bk, ())}
        for bk in (assignment_bk,):
            history = self._sources.assignments.get(bk)
            stamps.update(history.stamps if history else ())
        stamps |= self._stamps_of(level)
        return sorted(stamp for stamp in stamps if stamp > after_ms)

    def _stamps_of(self, level: str | None) -> set[int]:
        """Whenever a card that may price a level changed, or an account that may own one."""
        if level not in self._stamps:
            stamps: set[int] = set()
            for (_, owner, card_level, _), histories in self._cards.items():
                if owner is None or card_level == level or level is None:
                    for line in histories:
                        stamps.update(line.stamps)
            for accounts in self._sources.accounts.values():
                stamps.update(accounts.stamps)
            self._stamps[level] = stamps
        return self._stamps[level]

    def late_retro_lines(self, deal: Deal, level: str | None, day: date, after_ms: int) -> bool:
        """Whether a retroactive line recorded after `after_ms` could change this price (finance 2.8)."""
        if level is None:
            return False
        for _, histories in self._ladder(deal, level, 1 << 62):
            for history in histories:
                for line in history.facts:
                    late = line.apply_retro and line.recorded_at_ms > after_ms
                    if late and covers(line.valid_from, line.valid_to, day):
                        return True
        return False

    def has_retro_lines(self) -> bool:
        """Whether any line anywhere asks for retroactive rating."""
        return any(
            fact.apply_retro for lines in self._cards.values() for line in lines for fact in line.facts
        )

    def _override(self, assignment_bk: str, ccy: str, day: date, at_ms: int) -> Price | str | None:
        hits = [
            row
            for row in self._overrides.get(assignment_bk, ())
            if row.recorded_at_ms <= at_ms and row.ccy == ccy and covers(row.valid_from, row.valid_to, day)
        ]
        if not hits:
            return None
        if len(hits) > 1:
            return RATE_OVERLAP
        return Price(priority=1, source=assignment_bk, numerator=hits[0].rate_e4, denominator=10_000)

    def _hit(self, history: History[RateLine], ccy: str, day: date, at_ms: int) -> RateLine | None:
        line = history.as_of(at_ms)
        if line is None or line.ccy != ccy or not covers(line.valid_from, line.valid_to, day):
            return None
        return line

    def _card_price(self, deal: Deal, priority: int, line: RateLine) -> Price | str:
        numerator, denominator = line.rate_e4, 10_000
        if line.unit == "DAY":
            entity = self._sources.entity(deal.entity)
            if entity is None or not entity.std_hours_day_e2:
                return RATE_MISSING
            numerator, denominator = line.rate_e4 * 100, 10_000 * entity.std_hours_day_e2
        price = Price(priority=priority, source=line.bk, numerator=numerator, denominator=denominator)
        return self._prices.setdefault(price, price)

    def _ladder(self, deal: Deal, level: str, at_ms: int) -> list[_Step]:
        """The non-empty card keys to look at, in order of priority."""
        clients = self._client_chain(deal.bill_to, at_ms)
        key = (deal.contract, level, deal.practice, clients)
        steps = self._steps.get(key)
        if steps is None:
            owners: list[tuple[int, str, str | None]] = [(2, "CONTRACT", deal.contract)]
            owners += [(3, "CLIENT", client) for client in clients]
            owners.append((4, "DEFAULT", None))
            steps = [
                (priority, self._cards[card])
                for priority, scope, owner in owners
                for practice in (deal.practice, "*")
                if (card := (scope, owner, level, practice)) in self._cards
            ]
            self._steps[key] = steps
        return steps

    def _client_chain(self, bill_to: str, at_ms: int) -> tuple[str, ...]:
        """Bill-to customer, its parent, its ultimate parent."""
        chain = [bill_to]
        while len(chain) < 32:
            history = self._sources.accounts.get(chain[-1])
            account = history.as_of(at_ms) if history else None
            if account is None or account.parent is None or account.parent in chain:
                break
            chain.append(account.parent)
        return tuple(chain) if len(chain) < 4 else (chain[0], chain[1], chain[-1])
