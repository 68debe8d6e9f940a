"""The way in: a firm from a profile and a seed."""

from mocks.firm.firm import DEFAULT_CHUNK, Firm
from mocks.firm.profile import Profile, check_profile, check_seed


def generate(profile: Profile, seed: int, chunk_size: int = DEFAULT_CHUNK) -> Firm:
    """The firm of a profile and a seed; pure, and the same for every chunk size.

    Raises ValueError, with one sentence on what to do, for a seed or a profile that cannot be used.
    """
    check_seed(seed)
    check_profile(profile)
    return Firm(profile, seed, chunk_size)
