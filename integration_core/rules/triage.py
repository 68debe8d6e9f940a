"""What a failure means to the business: code, owner, severity, and when to try again (finance 7)."""

from msgspec import Struct

TRIES = 6
PROBE_SECONDS = 900.0
_OWNERS = {
    "OPP_NO_QUOTE": "sales ops",
    "OPP_AMOUNT_MISMATCH": "sales ops",
    "PO_MISSING": "sales ops",
    "CUST_AMBIGUOUS": "finance (MDM)",
    "MDM_DUPLICATE": "finance (MDM)",
    "CUST_INACTIVE": "finance",
    "CREDIT_HOLD": "finance",
    "DIM_MISSING": "finance",
    "TAX_PROFILE_INCOMPLETE": "finance",
    "TAX_VATID_INVALID": "finance",
    "TAX_UNSUPPORTED": "finance",
    "INV_REJECTED": "finance",
    "PERIOD_CLOSED": "finance",
    "RATE_MISSING": "PMO",
    "RATE_OVERLAP": "PMO",
    "RATE_MISMATCH": "PMO",
    "TIME_TASK_INACTIVE": "PMO",
    "TIME_NOT_ASSIGNED": "PMO",
    "TIME_OVER_24H": "PMO",
    "TIME_UNAPPROVED": "PMO",
    "TIME_NOT_EMPLOYED": "HR / PMO",
}
_WARNINGS = frozenset({"TIME_UNAPPROVED", "MDM_NON_SOR_WRITE", "TECH_TIMEOUT", "TECH_5XX", "TECH_429"})


class Verdict(Struct, frozen=True):
    """Who must look at a case and how hard it blocks: B blocks, W warns."""

    owner: str
    severity: str
    sla_hours: int


def verdict(code: str) -> Verdict:
    """Owner, severity and service level of an exception code; unlisted ones belong to integration."""
    severity = "W" if code in _WARNINGS else "B"
    return Verdict(_OWNERS.get(code, "integration"), severity, 72 if severity == "W" else 24)


def backoff_seconds(attempt: int, retry_after_seconds: float | None) -> float:
    """1, 2, 4 ... seconds by attempt from 0, or what the system asked for."""
    if retry_after_seconds is not None and retry_after_seconds > 0:
        return retry_after_seconds
    return float(2**attempt)
