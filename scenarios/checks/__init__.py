"""The checks: one rule a function over what the systems hold and what the oracle expects.

`CHECKS` lists them in order; `judge(evidence, required)` runs them to one verdict.
"""

from scenarios.checks.catalogue import CHECKS
from scenarios.checks.result import Check, CheckResult, Violation
from scenarios.checks.verdict import Judgement, judge

__all__ = ["CHECKS", "Check", "CheckResult", "Judgement", "Violation", "judge"]
