"""The registry knows each vendor by name and by role, and loads none before it is asked for."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from mocks import registry


def test_a_vendor__is_found_by_name_and_by_role() -> None:
    assert registry.vendor("bamboohr") is registry.vendor_for_role("hris")
    assert registry.vendor("bamboohr").name == "bamboohr"


def test_entries__are_unique_and_name_modules_in_the_folder_of_their_role() -> None:
    assert len({entry.name for entry in registry.VENDORS}) == len(registry.VENDORS)
    assert len({entry.role for entry in registry.VENDORS}) == len(registry.VENDORS)
    for entry in registry.VENDORS:
        assert entry.module == f"mocks.{entry.role}.{entry.name}.vendor"


@pytest.mark.parametrize("name", registry.names())
def test_every_registered_vendor__is_there_with_the_registered_name_and_role(name: str) -> None:
    entry = next(entry for entry in registry.VENDORS if entry.name == name)
    assert find_spec(entry.module) is not None
    assert (registry.vendor(name).name, registry.vendor(name).role) == (entry.name, entry.role)


@pytest.mark.parametrize("unknown", ["", "finch", "Bamboohr", "os"])
def test_an_unknown_vendor_or_role__is_refused_with_the_known_ones(unknown: str) -> None:
    with pytest.raises(registry.UnknownVendor, match="salesforce, certinia, bamboohr, netsuite, gusto"):
        registry.vendor(unknown)
    with pytest.raises(registry.UnknownVendor, match="crm, psa, hris, erp, payroll"):
        registry.vendor_for_role(unknown)


def test_one_vendor__loads_no_other() -> None:
    program = (
        "import sys; from mocks import registry; registry.vendor('bamboohr');"
        "sys.exit(any(e.module in sys.modules for e in registry.VENDORS if e.name != 'bamboohr'))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
