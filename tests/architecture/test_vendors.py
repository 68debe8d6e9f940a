"""A vendor is a registry line, a folder of mocks and a folder of adapters: the three sets are one."""

from pathlib import Path

from mocks.registry import VENDORS

from .tree import ROOT

NOT_A_ROLE = frozenset({"firm", "kit", "protocols"})
NOT_A_VENDOR = frozenset({"http", "salesforce_protocol"})


def folders(of: Path) -> set[str]:
    """Names of the packages directly in a folder."""
    return {path.name for path in of.iterdir() if path.is_dir() and not path.name.startswith("_")}


def mocked() -> set[tuple[str, str]]:
    """(role, vendor) of every vendor folder of the mocks."""
    roles = folders(ROOT / "mocks") - NOT_A_ROLE
    return {(role, vendor) for role in roles for vendor in folders(ROOT / "mocks" / role)}


def test_registry__lists_the_vendor_folders() -> None:
    assert {(entry.role, entry.name) for entry in VENDORS} == mocked()
    assert {entry.module for entry in VENDORS} == {f"mocks.{role}.{name}.vendor" for role, name in mocked()}


def test_registry__names_every_vendor_once() -> None:
    assert len({entry.name for entry in VENDORS}) == len(VENDORS)


def test_adapters__are_the_registered_vendors() -> None:
    adapters = folders(ROOT / "integration_core" / "adapters") - NOT_A_VENDOR
    assert adapters == {entry.name for entry in VENDORS}


def test_vendor_folders__say_what_they_imitate() -> None:
    silent = [f"{role}/{name}" for role, name in sorted(mocked()) if not _tells(ROOT / "mocks" / role / name)]
    assert silent == []


def _tells(folder: Path) -> bool:
    note = folder / "VENDOR.md"
    return note.is_file() and bool(note.read_text().strip())
