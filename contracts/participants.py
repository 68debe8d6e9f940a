"""Who takes part in the contracts, named once: one consumer, its systems, and where their pacts are.

Webhooks are a provider of their own beside their vendor's API: the direction is another one, and so
is the way to verify them. The core is a provider too: notifications come in, and rehearsals read its
operations API.
"""

from pathlib import Path

CONSUMER = "integration-core"
VENDORS = ("salesforce", "certinia", "bamboohr", "netsuite", "gusto")
CORE = "integration-core"
WEBHOOKS = ("salesforce-webhooks", "bamboohr-webhooks", "gusto-webhooks")
# Who calls the core's own API: the systems that notify it, and whoever runs a rehearsal.
CALLERS = ("rehearsal", "salesforce", "bamboohr", "gusto")
API_PROVIDERS = (*VENDORS, CORE)
PROVIDERS = (*VENDORS, *WEBHOOKS, CORE)

# How the version of a sandbox begins that is no vendor's, but stands in for one.
STAND_IN = "stand-in"

FOLDER = Path(__file__).resolve().parent
PACTS = FOLDER / "pacts"
DESCRIPTIONS = FOLDER / "openapi"


class UnknownProvider(ValueError):
    """Nobody here has that name; the text names those who are."""


def checked(provider: str) -> str:
    """The provider's name; raises UnknownProvider."""
    if provider not in PROVIDERS:
        raise UnknownProvider(f"There is no provider {provider}; the known ones are {', '.join(PROVIDERS)}.")
    return provider


def vendor_of(provider: str) -> str:
    """The vendor behind a provider: of webhooks the one that sends them."""
    return checked(provider).removesuffix("-webhooks")


def pact_files(provider: str, root: Path = PACTS) -> tuple[Path, ...]:
    """The committed pacts of a provider, by name of their consumer; raises UnknownProvider."""
    return tuple(sorted((root / checked(provider)).glob("*.json")))
