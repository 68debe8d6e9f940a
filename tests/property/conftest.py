"""Every property below runs under the profile that the environment chooses."""

import pytest
from hypothesis import settings

from tests.property.profiles import UnknownProfile, chosen, register

USAGE = 4  # pytest's own exit status for wrong usage


def pytest_configure() -> None:
    """Load the profile before any test module asks for settings."""
    register()
    try:
        settings.load_profile(chosen())
    except UnknownProfile as unknown:
        pytest.exit(str(unknown), returncode=USAGE)
