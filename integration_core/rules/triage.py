"""What a failure means to the business: code, owner, severity, and when to try again (finance 7)."""

from msgspec import Struct

TRIES = 6
PROBE_SECONDS = 900.0
_CODES_BY_OWNER = {
    "sales ops": (
        "OPP_NO_QUOTE",
        "OPP_AMOUNT_MISMATCH",
        "PO_MISSING",
        "CAP_BELOW_COMMITTED",
        "MS_SUM_MISMATCH",
    ),
    "finance (MDM)": ("CUST_AMBIGUOUS", "MDM_DUPLICATE"),
    "finance": (
        "CUST_INACTIVE",
        "CREDIT_HOLD",
        "DIM_MISSING",
        "TAX_PROFILE_INCOMPLETE",
        "TAX_VATID_INVALID",
        "TAX_UNSUPPORTED",
        "TP_MISSING",
        "FX_RATE_MISSING",
        "CRD_NO_CHANGE_ORDER",
        "WDN_LOCKED",
        "INV_REJECTED",
        "PERIOD_CLOSED",
        "IC_UNBALANCED",
        "RECON_BREAK",
    ),
    "PMO": (
        "RATE_MISSING",
        "RATE_OVERLAP",
        "RATE_MISMATCH",
        "TIME_TASK_INACTIVE",
        "TIME_UNAPPROVED",
        "TIME_OVER_24H",
        "TIME_DUPLICATE_SUSPECT",
        "CAP_EXCEEDED",
        "EAC_MISSING",
        "EAC_BELOW_ACTUAL",
    ),
    "HR / PMO": ("TIME_NOT_EMPLOYED", "TIME_NOT_ASSIGNED"),
    "HR": ("PAY_MISSING", "PAY_UNKNOWN_EMP", "LAB_NO_HOURS"),
}
_OWNERS = {code: owner for owner, codes in _CODES_BY_OWNER.items() for code in codes}
_WARNINGS = frozenset(
    {
        "MDM_NON_SOR_WRITE",
        "TIME_UNAPPROVED",
        "TIME_DUPLICATE_SUSPECT",
        "CAP_EXCEEDED",
        "WDN_LOCKED",
        "EAC_BELOW_ACTUAL",
        "LAB_NO_HOURS",
        "TECH_TIMEOUT",
        "TECH_5XX",
        "TECH_429",
        "TECH_UNKNOWN_OUTCOME",
    }
)


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
