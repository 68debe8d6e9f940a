"""Contract lines as sold: terms, package and first estimate, fixed when the contract became active."""

from msgspec import Struct

from mocks.firm.facts.source import ContractLine, ServicePackage
from scenarios.oracle.amounts import half_up
from scenarios.oracle.expected import Deal
from scenarios.oracle.versions import Sources, line_key

COVERING = ("FF", "RET")  # time on such lines has no amount of its own (finance 2.1)
_REVENUE_ACCOUNTS = {"TM": "4000", "FF": "4010", "RET": "4020"}
_METHODS = (
    ("TM", "RTI"),
    ("FF", "POC_HOURS"),
    ("FF", "MILESTONE"),
    ("RET", "STRAIGHT_LINE"),
)


class Line(Struct, frozen=True, kw_only=True):
    """One line of an active contract."""

    key: str
    native_id: str
    deal: Deal
    terms: ContractLine
    package: ServicePackage | None
    billing_freq: str

    @property
    def revenue_account(self) -> str:
        """Where the line's revenue goes."""
        return _REVENUE_ACCOUNTS.get(self.terms.billing_method, "")

    @property
    def planned_progress_e2(self) -> int:
        """V7: quantity x template hours of the progress tasks, each rounded to 0.01 h."""
        rows = self.package.tasks if self.package else ()
        return sum(half_up(self.terms.quantity_e2 * row.hours_e2, 100) for row in rows if row.progress)


def contract_lines(sources: Sources, deals: dict[str, Deal]) -> dict[str, Line]:
    """Every line of every active contract, by line key, in order of the keys."""
    native_ids = {key: native_id for native_id, key in sources.line_keys.items()}
    lines: dict[str, Line] = {}
    for deal in deals.values():
        history = sources.contracts[deal.contract]
        contract = history.as_of(deal.activation_ms)
        first = {terms.line: terms for terms in contract.lines} if contract else {}
        for terms in ({row.line: row for row in history.facts[-1].lines} | first).values():
            key = line_key(deal.number, terms.line)
            packages = sources.packages.get(terms.package)
            lines[key] = Line(
                key=key,
                native_id=native_ids.get(key, ""),
                deal=deal,
                terms=terms,
                package=packages.as_of(deal.activation_ms) if packages else None,
                billing_freq=contract.billing_freq if contract else "",
            )
    return dict(sorted(lines.items()))


def unsupported_terms(sources: Sources, deals: dict[str, Deal]) -> list[str]:
    """Contract terms whose rules are out of reach, by contract line."""
    reasons: list[str] = []
    for deal in deals.values():
        entity = sources.entity(deal.entity)
        if entity is not None and entity.functional_ccy != deal.ccy:
            reasons.append(f"{deal.contract} is in {deal.ccy}, its entity in {entity.functional_ccy}")
        at_start = sources.contracts[deal.contract].as_of(deal.activation_ms)
        latest = sources.contracts[deal.contract].facts[-1]
        if at_start is not None and [_terms(line) for line in at_start.lines] != [
            _terms(line) for line in latest.lines
        ]:
            reasons.append(f"{deal.contract} changed its lines after activation")
        for line in latest.lines:
            key, methods = line_key(deal.number, line.line), (line.billing_method, line.revenue_method)
            if methods not in _METHODS:
                reasons.append(f"{key} is billed {'/'.join(methods)}")
            elif line.billing_method == "RET" and line.retainer is None:
                reasons.append(f"{key} is a retainer without terms")
    return reasons


def _terms(line: ContractLine) -> tuple[object, ...]:
    """What decides amounts; of a retainer its dates too."""
    scheduled = (line.start, line.end, line.retainer) if line.billing_method == "RET" else ()
    return (
        line.line,
        line.package,
        line.billing_method,
        line.revenue_method,
        line.value_minor,
        line.discount_e6,
        line.multiplier_reg_e2,
        line.multiplier_ot_e2,
        line.multiplier_travel_e2,
        *scheduled,
    )
