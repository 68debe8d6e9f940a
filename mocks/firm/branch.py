"""The companies of the group: what differs between them and keeps their keys apart.

Number bases start every company's people, customers, deals, assignments and timecards in a range of its
own, and the prefix gives it streams of its own: two companies never share a key or a draw.
"""

from msgspec import Struct

from mocks.firm.data.germany import GERMAN_HOLIDAYS
from mocks.firm.data.holidays import US_HOLIDAYS

# what a deal is sold as: time and material, fixed fee by percentage of completion, the same and completed
# inside the calendar, fixed fee by milestone, retainer, and time and material beside a fixed fee
TIME, POC, COMPLETED_POC, BY_MILESTONE, RETAINER, MIXED = "TPCMRX"


class Branch(Struct, frozen=True, kw_only=True):
    """One company of the group; `deal_kinds` repeat along the deals of a firm that sells everything."""

    code: str
    name: str
    country: str
    currency: str
    time_zone: str
    mail_domain: str
    holidays: tuple[int, ...]  # YYYYMMDD
    list_pm: int  # price level against the American list
    first_employee: int
    first_client: int
    first_deal: int
    assignment_base: int
    card_base: int
    stream_prefix: str
    deal_kinds: str

    @property
    def bk(self) -> str:
        """The business key of the company."""
        return f"LE|{self.code}"


US01 = Branch(
    code="US01",
    name="Harborline Consulting, Inc.",
    country="US",
    currency="USD",
    time_zone="America/New_York",
    mail_domain="harborline.example",
    holidays=US_HOLIDAYS,
    list_pm=1000,
    first_employee=100_001,
    first_client=101,
    first_deal=101,
    assignment_base=0,
    card_base=0,
    stream_prefix="",
    deal_kinds="TPRXTMRTTPTT",
)
DE01 = Branch(
    code="DE01",
    name="Harborline Beratung GmbH",
    country="DE",
    currency="EUR",
    time_zone="Europe/Berlin",
    mail_domain="harborline-berlin.example",
    holidays=GERMAN_HOLIDAYS,
    list_pm=900,
    first_employee=300_001,
    first_client=500_101,
    first_deal=50_000_101,
    assignment_base=100_000_000,
    card_base=10_000_000_000,
    stream_prefix="DE01.",
    deal_kinds="TCRTMXTTRPTT",
)
