"""The tax table of finance 2.11, row by row."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from integration_core.canonical.billing import Hold
from integration_core.rules.references import RecordOf
from integration_core.rules.tax import EU, Tax, determine_tax

from .firm import ACME, US01, D, known, state_tax

DAY = date(2026, 3, 31)
RATES: tuple[RecordOf, ...] = (
    state_tax("DE", "19", tax_class="STANDARD"),
    state_tax("DE", "7", tax_class="SERVICE"),
    state_tax("FR", "20", tax_class="STANDARD"),
    state_tax("GB", "20", tax_class="STANDARD"),
    state_tax("US-NY", "0"),
    state_tax("US-WA", "8.875"),
    state_tax("JP", "10", tax_class="STANDARD"),
)


def decide(seller: str, **customer: Any) -> tuple[Any, ...]:
    """(jurisdiction, category, percent), or (code,) where the document is held."""
    entity = replace(US01, country=seller)
    found = determine_tax(entity, replace(ACME, **customer), DAY, known(*RATES))
    if isinstance(found, Hold):
        assert "Acme" in found.text
        return (found.code,)
    return (found.jurisdiction, found.category, str(found.percent))


BUSINESS = {"tax_status": "BUSINESS", "state": None}
CONSUMER = {"tax_status": "CONSUMER", "state": None}
VAT = {"vat_id": "XX123456789"}


@pytest.mark.parametrize(
    ("row", "seller", "customer", "expected"),
    [
        ("T0", "DE", {"country": None}, ("TAX_PROFILE_INCOMPLETE",)),
        ("T0", "DE", {"country": "DE", "tax_status": "UNKNOWN"}, ("TAX_PROFILE_INCOMPLETE",)),
        ("T0", "US", {"country": "US", "state": None}, ("TAX_PROFILE_INCOMPLETE",)),
        ("T0", "DE", {"country": "US", "state": ""}, ("TAX_PROFILE_INCOMPLETE",)),
        ("T1", "DE", {"country": "DE", **BUSINESS}, ("DE", "S", "19")),
        ("T1", "DE", {"country": "DE", **CONSUMER}, ("DE", "S", "19")),
        ("T1", "GB", {"country": "GB", **BUSINESS}, ("GB", "S", "20")),
        ("T2", "DE", {"country": "FR", **BUSINESS, **VAT}, ("FR", "AE", "0")),
        ("T3", "DE", {"country": "FR", **BUSINESS}, ("TAX_VATID_INVALID",)),
        ("T3", "DE", {"country": "FR", **BUSINESS, "vat_id": ""}, ("TAX_VATID_INVALID",)),
        ("T4", "DE", {"country": "FR", **CONSUMER}, ("DE", "S", "19")),
        ("T4", "FR", {"country": "DE", **CONSUMER, **VAT}, ("FR", "S", "20")),
        ("T5", "DE", {"country": "US", "state": "NY"}, ("US", "O", "0")),
        ("T5", "GB", {"country": "DE", **BUSINESS}, ("DE", "O", "0")),
        ("T5", "DE", {"country": "GB", **BUSINESS}, ("GB", "O", "0")),
        ("T6", "DE", {"country": "JP", **CONSUMER}, ("TAX_UNSUPPORTED",)),
        ("T6", "GB", {"country": "FR", **CONSUMER}, ("TAX_UNSUPPORTED",)),
        ("T7", "US", {"country": "US", "state": "WA"}, ("US-WA", "S", "8.875")),
        ("T7", "US", {"country": "US", "state": "NY"}, ("US-NY", "O", "0")),
        ("T7", "US", {"country": "US", "state": "OR"}, ("US-OR", "O", "0")),
        ("T8", "US", {"country": "DE", **BUSINESS}, ("DE", "O", "0")),
        ("T8", "US", {"country": "JP", **CONSUMER}, ("JP", "O", "0")),
        ("T8", "JP", {"country": "JP", **CONSUMER}, ("JP", "S", "10")),
    ],
)
def test_table__first_row_that_fits_decides(
    row: str, seller: str, customer: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert decide(seller, **customer) == expected, row


def test_rate__is_the_one_in_force_on_the_invoice_date() -> None:
    rates = (
        state_tax("US-WA", "6.5"),
        state_tax("US-WA", "8.875", valid_from=date(2026, 3, 31)),
        state_tax("US-WA", "9", valid_from=date(2026, 4, 1)),
        state_tax("US-WA", "99", tax_class="GOODS"),
    )
    customer = replace(ACME, state="WA")
    for day, percent in ((date(2026, 3, 30), "6.5"), (DAY, "8.875"), (date(2026, 4, 2), "9")):
        found = determine_tax(US01, customer, day, known(*rates))
        assert found == Tax("US-WA", "S", D(percent))


def test_union__has_twenty_seven_members() -> None:
    assert len(EU) == 27
    assert {"DE", "FR", "IE", "HR"} < EU
    assert not {"GB", "CH", "NO", "US"} & EU
