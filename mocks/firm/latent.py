"""What cannot be seen and shows everywhere: how ill a project is, how idle a person, how large a client.

Independent draws make firms in which nothing interacts: an overrun says nothing about a late milestone or a
late payment. Where a profile is `coupled`, such things lean on one hidden number each; elsewhere every
function here leaves what was drawn as it is. Nothing of this is ever a fact.
"""

from bisect import bisect_left

import numpy as np

from mocks.firm.data.quantiles import CLIENT_SIZE
from mocks.firm.hashing import I64, Streams
from mocks.firm.profile import Profile

_DAYS_LATER_AT_WORST = 24
_WORKDAYS_SLOWER_AT_WORST = 6


def illness_pm(streams: Streams, deal: int) -> int:
    """How badly a project goes, from 0 to 999."""
    return streams("latent.illness").below(deal, 1000)


def days_later(profile: Profile, streams: Streams, deal: int) -> int:
    """How many days later the invoices of an ill project are paid."""
    return illness_pm(streams, deal) * _DAYS_LATER_AT_WORST // 1000 if profile.coupled else 0


def workdays_slower(profile: Profile, streams: Streams, deal: int) -> int:
    """Work days by which each milestone of an ill project follows later."""
    return illness_pm(streams, deal) * _WORKDAYS_SLOWER_AT_WORST // 1000 if profile.coupled else 0


def overrun_pm(profile: Profile, streams: Streams, deal: int, drawn_pm: int) -> int:
    """How far over its plan a fixed-fee line runs, from 0 to 999: mostly as ill as its project."""
    return (3 * illness_pm(streams, deal) + drawn_pm) // 4 if profile.coupled else drawn_pm


def discount_place(profile: Profile, weight: int, drawn: int, places: int) -> int:
    """Which of some discounts in rising order a client gets: by its size or by chance, whatever is more."""
    if not profile.coupled:
        return drawn
    return max(drawn, bisect_left(CLIENT_SIZE, weight) * places // (len(CLIENT_SIZE) + 1))


def discounted_lines_pm(profile: Profile) -> int:
    """How many of a deal's lines take part in its discount."""
    return 850 if profile.coupled else 700


def idle_pm(streams: Streams, person: int) -> int:
    """How seldom projects want a person, from 0 to 999; squared, because most people are wanted."""
    drawn = streams("latent.idle").below(person, 1000)
    return drawn * drawn // 1000


def gap_pm(profile: Profile, streams: Streams, who: I64, usual_pm: int) -> int | I64:
    """How likely a person waits between two projects; on average as likely as usual."""
    if not profile.coupled:
        return usual_pm
    return usual_pm // 2 + _idle_many_pm(streams, who) * usual_pm * 3 // 2_000


def internal_quarters(profile: Profile, streams: Streams, who: I64, quarters: I64) -> I64:
    """Quarters of internal work of a day: idle people do more of it, wanted ones less."""
    if not profile.coupled:
        return quarters
    per_cent = 37 + _idle_many_pm(streams, who) * 198 // 1000
    return (quarters * per_cent + 50) // 100


def _idle_many_pm(streams: Streams, who: I64) -> I64:
    drawn = streams("latent.idle").belows(who, 1000)
    return np.asarray(drawn * drawn // 1000, dtype=np.int64)


def leaving_order(profile: Profile, streams: Streams, person: int) -> int:
    """Who leaves first: by chance, and idle people sooner."""
    drawn = streams("people.leaves").draw(person)
    return drawn // 1000 * (1700 - idle_pm(streams, person)) if profile.coupled else drawn
