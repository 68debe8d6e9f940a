"""What a check answers: its status, how much it really compared, and witnesses for every difference."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct

from scenarios.checks.case import Case

LAYERS = ("event", "line", "document", "journal", "balance", "mirror", "master")
STORED_VIOLATIONS = 200
GUARDED_GAP_MINOR = 100  # a larger gap may be somebody's pay


class Violation(Struct, frozen=True, kw_only=True):
    """One difference; witnesses are `system:object:native id` and business keys."""

    witness: tuple[str, ...]
    expected: str
    actual: str
    layer: str
    correlation_id: str = ""


class CheckResult(Struct, frozen=True, kw_only=True):
    """The answer of one check; `violations` holds the first 200, `violation_count` all of them."""

    id: str
    name: str
    reads: str
    status: str  # pass | fail | unknown | not_applicable
    compared: int
    violations: tuple[Violation, ...] = ()
    violation_count: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a rule counted: records looked at, records it had reason to look at, differences."""

    compared: int = 0
    wanted: int = 0
    violation_count: int = 0
    violations: list[Violation] = field(default_factory=list)

    def differ(self, witness: tuple[str, ...], expected: object, actual: object, layer: str) -> None:
        """Note one difference."""
        self.violation_count += 1
        if len(self.violations) < STORED_VIOLATIONS:
            self.violations.append(
                Violation(witness=witness, expected=str(expected), actual=str(actual), layer=layer)
            )

    def equal(self, witness: tuple[str, ...], expected: object, actual: object, layer: str) -> None:
        """Note a difference unless both are the same."""
        if expected != actual:
            self.differ(witness, expected, actual, layer)

    def guarded(self, witness: tuple[str, ...], due_minor: int, found_minor: int, layer: str) -> None:
        """Note a difference of amounts that nobody may read: never one of them, nor a gap as large as one."""
        gap = found_minor - due_minor
        if not gap:
            return
        if not found_minor or not due_minor:
            words = ("nothing", "an amount") if not due_minor else ("an amount", "nothing")
        elif abs(gap) > GUARDED_GAP_MINOR:
            words = ("the exact amount", f"off by more than {GUARDED_GAP_MINOR} minor units")
        else:
            words = ("the exact amount", f"off by {gap} minor units")
        self.differ(witness, *words, layer)


class Check(Struct, frozen=True, kw_only=True):
    """One rule with its names; `relies` is True where it compares against the oracle's expectations."""

    id: str
    name: str
    reads: str  # systems | book
    rule: Callable[[Case], Tally]
    relies: bool = True

    def run(self, case: Case) -> CheckResult:
        """Apply the rule; never `pass` where nothing was compared or the oracle cannot say."""
        if self.reads == "book" and case.evidence.book is None:
            return self._result("not_applicable", Tally())
        tally = self.rule(case)
        unsupported = case.expected.unsupported if self.relies else ()
        if unsupported and (tally.violation_count or tally.compared or tally.wanted):
            return self._result("unknown", tally, unsupported)
        if tally.violation_count:
            return self._result("fail", tally)
        if tally.compared:
            return self._result("pass", tally)
        return self._result("unknown" if tally.wanted else "not_applicable", tally)

    def _result(self, status: str, tally: Tally, reasons: tuple[str, ...] = ()) -> CheckResult:
        return CheckResult(
            id=self.id,
            name=self.name,
            reads=self.reads,
            status=status,
            compared=tally.compared,
            violations=tuple(tally.violations),
            violation_count=tally.violation_count,
            reasons=reasons,
        )
