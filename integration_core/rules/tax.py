"""Which tax a document carries (finance 2.11): the first rule of the table that fits."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from integration_core.canonical.billing import Hold
from integration_core.canonical.deals import Customer
from integration_core.canonical.ledger import LegalEntity
from integration_core.rules.references import References

_EU_CODES = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"
EU = frozenset(_EU_CODES[at : at + 2] for at in range(0, len(_EU_CODES), 2))
SERVICE, STANDARD = "SERVICE", "STANDARD"  # classes of rates: of US states, of countries


class Tax(Struct, frozen=True):
    """A decision: jurisdiction, UNCL5305 category and percent."""

    jurisdiction: str
    category: str
    percent: Decimal


def determine_tax(entity: LegalEntity, bill_to: Customer, day: date, references: References) -> Tax | Hold:
    """Decide tax for one document of one seller and recipient on its invoice date."""
    country = bill_to.country
    if not country or bill_to.tax_status == "UNKNOWN" or (country == "US" and not bill_to.state):
        return _hold("TAX_PROFILE_INCOMPLETE", bill_to, "has no complete tax profile")
    seller = entity.country
    both_eu = seller in EU and country in EU
    business = bill_to.tax_status == "BUSINESS"
    if seller == "US" and country == "US":
        return _us(bill_to.state or "", day, references)
    if seller == country:
        return Tax(country, "S", _percent(country, STANDARD, day, references))
    if both_eu and business:
        if bill_to.vat_id:
            return Tax(country, "AE", Decimal(0))
        return _hold("TAX_VATID_INVALID", bill_to, "is an EU business without a valid VAT id")
    if both_eu:
        return Tax(seller, "S", _percent(seller, STANDARD, day, references))
    if (seller in EU or seller == "GB") and not business:
        return _hold("TAX_UNSUPPORTED", bill_to, "is a consumer in a country that no rule covers")
    return Tax(country, "O", Decimal(0))


def _us(state: str, day: date, references: References) -> Tax:
    jurisdiction = f"US-{state}"
    percent = _percent(jurisdiction, SERVICE, day, references)
    return Tax(jurisdiction, "S" if percent > 0 else "O", percent)


def _percent(jurisdiction: str, tax_class: str, day: date, references: References) -> Decimal:
    """The rate in force on a day: the latest one valid from then or earlier; none counts as zero."""
    rates = [
        rate
        for rate in references.tax_rates.values()
        if rate.jurisdiction == jurisdiction and rate.tax_class == tax_class and rate.valid_from <= day
    ]
    latest = max(rates, key=lambda rate: rate.valid_from, default=None)
    return latest.percent if latest else Decimal(0)


def _hold(code: str, customer: Customer, why: str) -> Hold:
    return Hold(code, f"{customer.display_name} {why}; complete the profile, then replay.")
