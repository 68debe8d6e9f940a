"""Which tax category and rate a document takes: the first row of finance 2.11 that matches."""

from datetime import date

from mocks.firm.facts.source import Account, LegalEntity, TaxRate
from scenarios.oracle.amounts import half_up
from scenarios.oracle.expected import TaxCode

_EU_SIX = frozenset(("BE", "DE", "FR", "IT", "LU", "NL"))
_EU_TO_2000 = frozenset(("AT", "DK", "ES", "FI", "GR", "IE", "PT", "SE"))
_EU_LATER = frozenset(("BG", "CY", "CZ", "EE", "HR", "HU", "LT", "LV", "MT", "PL", "RO", "SI", "SK"))
EU = _EU_SIX | _EU_TO_2000 | _EU_LATER
SERVICE = "SERVICE"  # what states of the US tax services by
STANDARD = "STANDARD"  # what other countries tax them by


def rate_percent_e4(rates: tuple[TaxRate, ...], jurisdiction: str, tax_class: str, day: date) -> int:
    """The percent in force on a day, 0 where the table has no row."""
    found: TaxRate | None = None
    for row in rates:
        if row.jurisdiction != jurisdiction or row.tax_class != tax_class or row.valid_from > day:
            continue
        if found is None or row.valid_from > found.valid_from:
            found = row
    return found.percent_e4 if found else 0


def _united_states(rates: tuple[TaxRate, ...], state: str, day: date) -> TaxCode:
    jurisdiction = f"US-{state.removeprefix('US-')}"
    percent_e4 = rate_percent_e4(rates, jurisdiction, SERVICE, day)
    return TaxCode(jurisdiction, "S" if percent_e4 else "O", percent_e4)


def _standard(rates: tuple[TaxRate, ...], country: str, day: date) -> TaxCode:
    return TaxCode(country, "S", rate_percent_e4(rates, country, STANDARD, day))


def determine_tax(
    rates: tuple[TaxRate, ...], seller: LegalEntity, buyer: Account, day: date
) -> TaxCode | str:
    """T0-T8: the code for every line of a document, or the case code that holds the document."""
    country, business = buyer.country, buyer.tax_status == "BUSINESS"
    if not country or buyer.tax_status == "UNKNOWN" or (country == "US" and not buyer.state):
        return "TAX_PROFILE_INCOMPLETE"  # T0
    if country == seller.country and country != "US":
        return _standard(rates, country, day)  # T1
    if country in EU and seller.country in EU:
        if not business:
            return _standard(rates, seller.country, day)  # T4
        return TaxCode(country, "AE", 0) if buyer.vat_id else "TAX_VATID_INVALID"  # T2, T3
    if seller.country in EU or seller.country == "GB":
        return TaxCode(country, "O", 0) if business else "TAX_UNSUPPORTED"  # T5, T6
    if seller.country == "US" and country == "US":
        return _united_states(rates, buyer.state or "", day)  # T7
    return TaxCode(country, "O", 0)  # T8: same country is T1 or T7 already


def tax_minor(base_minor: int, percent_e4: int) -> int:
    """R5: one rounding per category and rate."""
    return half_up(base_minor * percent_e4, 1_000_000)
