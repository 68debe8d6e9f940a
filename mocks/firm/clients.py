"""Who buys: accounts of very unequal size, some with a parent that pays or lends its rate card.

Account 1 always belongs to account 0, and the first won deal is account 1's, so that every firm
has a client with a parent. No parent is new inside the calendar: it stands before its children.
"""

from bisect import bisect_right
from itertools import accumulate

from msgspec import Struct

from mocks.firm import europe
from mocks.firm.branch import US01, Branch
from mocks.firm.data.names import FIRM_FORMS, FIRM_TRADES, FIRM_WORDS, STREETS
from mocks.firm.data.places import CITIES
from mocks.firm.data.quantiles import CLIENT_SIZE
from mocks.firm.facts.source import Account
from mocks.firm.hashing import Streams
from mocks.firm.profile import Profile

TERMS = ("NET 30", "NET 30", "NET 30", "NET 45", "NET 15", "NET 60", "EOM 15")
_PARENT_PM = 120
_PARENT_PAYS_PM = 400
_CONSOLIDATED_PM = 60
_PO_REQUIRED_PM = 250
_NAME_STRIDE = 1_753  # prime, so that walking the pool by it meets every name once


class Client(Struct, frozen=True):
    """One account; other accounts by index."""

    index: int
    parent: int | None
    bill_to: int
    consolidate: bool
    po_required: bool
    weight: int
    may_be_new: bool
    branch: Branch = US01

    @property
    def number(self) -> str:
        """The account number."""
        return f"{self.branch.first_client + self.index:06d}"

    @property
    def bk(self) -> str:
        """The business key."""
        return f"CU|{self.number}"


def make_clients(profile: Profile, streams: Streams) -> tuple[Client, ...]:
    """All accounts of the firm."""
    has_parent, parent_pays = streams("client.has_parent"), streams("client.parent_pays")
    parent_of, size = streams("client.parent"), streams("client.size")
    consolidated, po, new = streams("client.consolidate"), streams("client.po"), streams("client.new")
    clients = []
    for i in range(profile.clients):
        parent = 0 if i == 1 else None
        if i >= 3 and has_parent.hit(i, _PARENT_PM):
            parent = parent_of.below(i, 3)
            if parent == 1:
                parent = 0  # account 1 may come inside the calendar, after this one
        plain = i < 3
        clients.append(
            Client(
                index=i,
                parent=parent,
                bill_to=parent
                if parent is not None and not plain and parent_pays.hit(i, _PARENT_PAYS_PM)
                else i,
                consolidate=not plain and consolidated.hit(i, _CONSOLIDATED_PM),
                po_required=po.hit(i, _PO_REQUIRED_PM),
                weight=size.pick(i, CLIENT_SIZE),
                may_be_new=(i == 1 or i >= 3) and new.hit(i, 350),
                branch=profile.branch,
            )
        )
    return tuple(clients)


class ClientPicker:
    """Draws clients by size."""

    def __init__(self, clients: tuple[Client, ...], streams: Streams) -> None:
        self._bounds = list(accumulate(client.weight for client in clients))
        self._stream = streams("deal.client")

    def client_of(self, deal: int) -> int:
        """The client of a deal; the first won deal is account 1's."""
        if deal == 0:
            return 1
        return bisect_right(self._bounds, self._stream.below(deal, self._bounds[-1]))


def client_name(index: int, streams: Streams, branch: Branch = US01) -> tuple[str, str]:
    """Legal and display name; no two clients share one until the pool is used up."""
    if branch.country != "US":
        return europe.client_name(index, streams)
    words, trades = len(FIRM_WORDS), len(FIRM_TRADES)
    place = streams("client.name").below(0, words * trades) + index * _NAME_STRIDE
    lap, spot = divmod(index, words * trades)
    number = "" if lap == 0 else f" {lap + 1}"
    place %= words * trades
    display = f"{FIRM_WORDS[place % words]} {FIRM_TRADES[place // words]}{number}"
    return f"{display} {streams('client.form').pick(spot, FIRM_FORMS)}", display


def account_fact(client: Client, clients: tuple[Client, ...], streams: Streams, at_ms: int) -> Account:
    """The account as the CRM proposes it, with a complete profile."""
    legal, display = client_name(client.index, streams, client.branch)
    if client.branch.country != "US":
        place = europe.place_of(client.index, streams)
    else:
        city, state, postcode = streams("client.city").pick(client.index, CITIES)
        place = europe.Place(
            "US", city, state, postcode, streams("client.street").pick(client.index, STREETS), None
        )
    house = 1 + streams("client.house").below(client.index, 1_899)
    return Account(
        bk=client.bk,
        recorded_at_ms=at_ms,
        legal_name=legal,
        display_name=display,
        parent=None if client.parent is None else clients[client.parent].bk,
        bill_to=clients[client.bill_to].bk,
        street=f"{house} {place.street}" if place.country == "US" else f"{place.street} {house % 190 + 1}",
        city=place.city,
        postcode=place.postcode,
        state=place.state,
        country=place.country,
        tax_status="BUSINESS",
        vat_id=place.vat_id,
        payment_terms=streams("client.terms").pick(client.index, TERMS),
        currency=client.branch.currency,
        consolidate_invoices=client.consolidate,
        po_required=client.po_required,
    )
