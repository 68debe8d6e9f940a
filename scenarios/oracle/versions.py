"""Observed facts in order: every entity's versions, what was known when, and whose native id is whose."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mocks.firm.facts.source import (
    Absence,
    Account,
    Assignment,
    Contract,
    CostCentre,
    Estimate,
    Fact,
    LegalEntity,
    Milestone,
    Opportunity,
    PayrollRun,
    Practice,
    ProjectCompletion,
    Quote,
    RateLine,
    Resource,
    ServicePackage,
    SourceFact,
    TaxRate,
    TimeEntry,
)
from scenarios.oracle.facts_log import FactLog, TimeHistories

F = TypeVar("F", bound=Fact)


class History(Generic[F]):
    """The versions of one entity in the order their system committed them."""

    __slots__ = ("facts", "stamps")

    def __init__(self, facts: list[F]) -> None:
        if len(facts) > 1:
            facts.sort(key=lambda fact: (fact.recorded_at_ms, fact.ver))
        self.facts = facts
        self.stamps = [fact.recorded_at_ms for fact in facts]

    def as_of(self, at_ms: int) -> F | None:
        """The version known at an instant; None before the first and after a deletion."""
        index = bisect_right(self.stamps, at_ms)
        if not index:
            return None
        fact = self.facts[index - 1]
        return None if fact.deleted else fact

    def latest(self) -> F | None:
        """The last version; None after a deletion."""
        fact = self.facts[-1]
        return None if fact.deleted else fact


@dataclass(frozen=True, slots=True)
class Sources:
    """All observed facts by kind and business key, and the way from native ids to business keys."""

    entities: dict[str, History[LegalEntity]]
    cost_centres: dict[str, History[CostCentre]]
    practices: dict[str, History[Practice]]
    tax_rates: dict[str, History[TaxRate]]
    accounts: dict[str, History[Account]]
    packages: dict[str, History[ServicePackage]]
    opportunities: dict[str, History[Opportunity]]
    quotes: dict[str, History[Quote]]
    contracts: dict[str, History[Contract]]
    rates: dict[str, History[RateLine]]
    resources: dict[str, History[Resource]]
    assignments: dict[str, History[Assignment]]
    entries: Mapping[str, list[TimeEntry]]  # made when asked for: ask once
    time: TimeHistories
    absences: dict[str, History[Absence]]
    milestones: dict[str, History[Milestone]]
    estimates: dict[str, History[Estimate]]
    completions: dict[str, History[ProjectCompletion]]
    payrolls: dict[str, History[PayrollRun]]
    account_bks: dict[str, str]
    opportunity_bks: dict[str, str]
    contract_bks: dict[str, str]
    resource_bks: dict[str, str]
    line_keys: dict[str, str]

    def entity(self, bk: str) -> LegalEntity | None:
        """The legal entity as it stands now."""
        history = self.entities.get(bk)
        return history.latest() if history else None


def _native_ids(histories: dict[str, History[F]]) -> dict[str, str]:
    return {
        fact.source_id: bk for bk, history in histories.items() for fact in history.facts if fact.source_id
    }


def line_key(contract_number: str, line: int) -> str:
    """`CL|contract no|line`."""
    return f"CL|{contract_number}|{line}"


def index_sources(facts: Iterable[SourceFact]) -> Sources:
    """Sort observed facts into histories; linear in their number."""
    buckets: defaultdict[type[Any], defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    log = facts if isinstance(facts, FactLog) else FactLog(facts)
    for fact in log.others:
        buckets[type(fact)][fact.bk].append(fact)
    time = TimeHistories(log)

    def histories(kind: type[F]) -> dict[str, History[F]]:
        return {bk: History(versions) for bk, versions in buckets[kind].items()}

    accounts, contracts = histories(Account), histories(Contract)
    opportunities, resources = histories(Opportunity), histories(Resource)
    line_keys = {
        line.source_id: line_key(fact.number, line.line)
        for history in contracts.values()
        for fact in history.facts
        for line in fact.lines
        if line.source_id
    }
    return Sources(
        entities=histories(LegalEntity),
        cost_centres=histories(CostCentre),
        practices=histories(Practice),
        tax_rates=histories(TaxRate),
        accounts=accounts,
        packages=histories(ServicePackage),
        opportunities=opportunities,
        quotes=histories(Quote),
        contracts=contracts,
        rates=histories(RateLine),
        resources=resources,
        assignments=histories(Assignment),
        entries=time,
        time=time,
        absences=histories(Absence),
        milestones=histories(Milestone),
        estimates=histories(Estimate),
        completions=histories(ProjectCompletion),
        payrolls=histories(PayrollRun),
        account_bks=_native_ids(accounts),
        opportunity_bks=_native_ids(opportunities),
        contract_bks=_native_ids(contracts),
        resource_bks=_native_ids(resources),
        line_keys=line_keys,
    )
