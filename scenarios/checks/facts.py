"""Observed facts that month-ends are computed from, by what they are of; checks recompute from these."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mocks.firm.facts.source import (
    Absence,
    Estimate,
    Milestone,
    PayrollRun,
    ProjectCompletion,
    SourceFact,
)


@dataclass(frozen=True, slots=True)
class ObservedFacts:
    """Milestones, estimates, completions, absences and payrolls, deleted ones left out."""

    milestones: dict[str, list[Milestone]]  # by MS bk
    estimates: dict[str, list[Estimate]]  # by contract line key
    completions: dict[str, list[ProjectCompletion]]  # by contract bk
    absences: dict[str, dict[str, list[Absence]]]  # by RS bk, then AB bk
    payrolls: dict[str, PayrollRun]  # by PY bk, the last version
    payroll_bks: dict[str, str]  # native id -> PY bk

    @classmethod
    def of(cls, facts: Iterable[SourceFact]) -> "ObservedFacts":
        """Index the facts; linear in their number."""
        milestones: defaultdict[str, list[Milestone]] = defaultdict(list)
        estimates: defaultdict[str, list[Estimate]] = defaultdict(list)
        completions: defaultdict[str, list[ProjectCompletion]] = defaultdict(list)
        absences: defaultdict[str, defaultdict[str, list[Absence]]] = defaultdict(lambda: defaultdict(list))
        payrolls: dict[str, PayrollRun] = {}
        for fact in sorted(
            (fact for fact in facts if isinstance(fact, _KINDS) and not fact.deleted),
            key=lambda fact: (fact.recorded_at_ms, fact.ver),
        ):
            if isinstance(fact, Milestone):
                milestones[fact.bk].append(fact)
            elif isinstance(fact, Estimate):
                estimates[f"CL|{fact.contract.removeprefix('CO|')}|{fact.line}"].append(fact)
            elif isinstance(fact, ProjectCompletion):
                completions[fact.contract].append(fact)
            elif isinstance(fact, Absence):
                absences[fact.resource][fact.bk].append(fact)
            else:
                payrolls[fact.bk] = fact
        return cls(
            milestones=dict(milestones),
            estimates=dict(estimates),
            completions=dict(completions),
            absences={bk: dict(rows) for bk, rows in absences.items()},
            payrolls=payrolls,
            payroll_bks={run.source_id: bk for bk, run in payrolls.items() if run.source_id},
        )


_KINDS = (Milestone, Estimate, ProjectCompletion, Absence, PayrollRun)
