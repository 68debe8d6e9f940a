"""The vendors of the estate, each imported only when it is asked for, so that no mock waits for another."""

from importlib import import_module

from msgspec import Struct

from mocks.kit.vendor import Vendor


class Entry(Struct, frozen=True):
    """A vendor's name, its role, and the module that has its VENDOR."""

    name: str
    role: str
    module: str


VENDORS = (
    Entry("salesforce", "crm", "mocks.crm.salesforce.vendor"),
    Entry("certinia", "psa", "mocks.psa.certinia.vendor"),
    Entry("bamboohr", "hris", "mocks.hris.bamboohr.vendor"),
    Entry("netsuite", "erp", "mocks.erp.netsuite.vendor"),
    Entry("gusto", "payroll", "mocks.payroll.gusto.vendor"),
)


class UnknownVendor(ValueError):
    """Nobody here has that name or role; the text names those who are."""


def names() -> tuple[str, ...]:
    """The names of all vendors, in the order of the registry."""
    return tuple(entry.name for entry in VENDORS)


def vendor(name: str) -> Vendor:
    """The vendor of a name; raises UnknownVendor."""
    for entry in VENDORS:
        if entry.name == name:
            return _load(entry)
    raise UnknownVendor(f"There is no vendor {name}; the known ones are {', '.join(names())}.")


def vendor_for_role(role: str) -> Vendor:
    """The vendor that plays a role by default; raises UnknownVendor."""
    for entry in VENDORS:
        if entry.role == role:
            return _load(entry)
    roles = ", ".join(entry.role for entry in VENDORS)
    raise UnknownVendor(f"No vendor plays the role {role}; the known ones are {roles}.")


def _load(entry: Entry) -> Vendor:
    found: Vendor = import_module(entry.module).VENDOR
    return found
