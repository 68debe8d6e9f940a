"""A small firm's CRM for tests: clients, a package, a deal from opening to signature and win, prices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from mocks.crm.salesforce.vendor import VENDOR
from mocks.firm.facts.source import (
    Account,
    Contract,
    ContractLine,
    Fact,
    Opportunity,
    PackageMilestone,
    PackageTask,
    Quote,
    QuoteLine,
    RateLine,
    Retainer,
    ServicePackage,
    SourceFact,
)
from mocks.firm.facts.wire import Row
from mocks.kit.vendor import Acted
from mocks.kit.world import World

ORGANIZATION = "00D000000000001EAA"
HOOK = "http://127.0.0.1:9/hooks/salesforce/s3cr3t"
TRUE_ACK = (
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse>"
)


def at_ms(day: int, hour: int = 9) -> int:
    """An instant of January 2026 (days may run over)."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return int((start + timedelta(days=day - 1, hours=hour)).timestamp() * 1000)


class Listener:
    """Outgoing that keeps what is sent and gives a set answer."""

    def __init__(self, answer: tuple[int, bytes] | None = (200, TRUE_ACK)) -> None:
        self.answer = answer
        self.posts: list[tuple[str, dict[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Keep the post, give the answer."""
        self.posts.append((url, dict(headers), body))
        return self.answer


def empty_world(listener: Listener | None = None) -> World:
    """A world of the CRM with nothing in it; a listener is subscribed."""
    secrets = {**VENDOR.secrets("test", 7), "organization_id": ORGANIZATION}
    world = World("test", 7, VENDOR.schema, secrets, {}, listener or Listener(), start_ms=at_ms(1))
    VENDOR.prepare(world)
    if listener is not None:
        VENDOR.subscribe(world, HOOK, "")
    return world


# --- facts --------------------------------------------------------------------------------------


def account(number: str = "000101", day: int = 2, **changes: Any) -> Account:
    """A business in Boston that pays itself."""
    fact = Account(
        bk=f"CU|{number}",
        recorded_at_ms=at_ms(day),
        legal_name="Tidewater Logistics, Inc.",
        display_name="Tidewater Logistics",
        parent=None,
        bill_to=f"CU|{number}",
        street="12 Quay Road",
        city="Boston",
        postcode="02110",
        state="MA",
        country="US",
        tax_status="BUSINESS",
        vat_id=None,
        payment_terms="NET 30",
        currency="USD",
        consolidate_invoices=False,
        po_required=True,
    )
    return replace(fact, **changes)


def package(day: int = 1, **changes: Any) -> ServicePackage:
    """Time and materials with a task template."""
    fact = ServicePackage(
        bk="SK|CLD-BUILD|2",
        recorded_at_ms=at_ms(day),
        sku="CLD-BUILD",
        version=2,
        name="Platform build",
        billing_method="TM",
        revenue_method="RTI",
        tax_class="SERVICE",
        tasks=(
            PackageTask("10", "Solution design", "SENIOR", 16_00, True, True),
            PackageTask("20", "Build and unit test", None, 56_33, True, True),
            PackageTask("90", "Internal coordination", None, 4_33, False, False),
        ),
    )
    return replace(fact, **changes)


def fixed_package(**changes: Any) -> ServicePackage:
    """A fixed fee in three milestones."""
    fact = package(
        bk="SK|CLD-FIXED|1",
        sku="CLD-FIXED",
        version=1,
        billing_method="FF",
        revenue_method="POC_HOURS",
        milestones=(
            PackageMilestone(1, "Kick-off", 333_333),
            PackageMilestone(2, "Go-live", 333_333),
            PackageMilestone(3, "Acceptance", 333_334),
        ),
    )
    return replace(fact, **changes)


def retainer(**changes: Any) -> Retainer:
    """Forty hours a month, unused ones roll over up to twenty."""
    terms = Retainer(
        monthly_fee_minor=6_150_55,
        included_hours_e2=40_00,
        rollover=True,
        rollover_cap_e2=20_00,
        overage_rate_e4=181_2550,
        advance_months=3,
    )
    return replace(terms, **changes)


def opportunity(stage: str = "OPEN", day: int = 3, ver: int = 1, **changes: Any) -> Opportunity:
    """The deal at a stage."""
    fact = Opportunity(
        bk="OP|O-000101",
        recorded_at_ms=at_ms(day),
        ver=ver,
        account="CU|000101",
        name="Harbour rollout",
        stage=stage,
        amount_minor=21_645_33,
        ccy="USD",
        entity="LE|US01",
        practice="PR|CLOUD",
        close_date=date(2026, 1, 31),
        closed_won_at_ms=at_ms(day) if stage == "CLOSED_WON" else None,
    )
    return replace(fact, **changes)


def quote(status: str = "DRAFT", day: int = 4, ver: int = 1, **changes: Any) -> Quote:
    """The deal's quote with two lines."""
    first = QuoteLine(
        line=1,
        package="SK|CLD-BUILD|2",
        quantity_e2=3_25,
        list_price_e4=7_200_1425,
        discount_e6=75_000,
        net_minor=21_645_33,
        start=date(2026, 2, 2),
        end=date(2026, 4, 30),
    )
    fact = Quote(
        bk="QU|Q-00000101|1",
        recorded_at_ms=at_ms(day),
        ver=ver,
        opportunity="OP|O-000101",
        number="Q-00000101",
        revision=1,
        status=status,
        ccy="USD",
        valid_until=date(2026, 2, 28),
        lines=(first, replace(first, line=2, end=None, discount_e6=0)),
    )
    return replace(fact, **changes)


def contract(status: str = "DRAFT", day: int = 6, ver: int = 1, **changes: Any) -> Contract:
    """The deal's contract with one line."""
    line = ContractLine(
        line=1,
        package="SK|CLD-BUILD|2",
        billing_method="TM",
        revenue_method="RTI",
        tax_class="SERVICE",
        value_minor=21_645_33,
        discount_e6=75_000,
        multiplier_reg_e2=1_00,
        multiplier_ot_e2=1_50,
        multiplier_travel_e2=50,
        quantity_e2=3_25,
        start=date(2026, 2, 2),
        end=date(2026, 4, 30),
    )
    fact = Contract(
        bk="CO|00000101",
        recorded_at_ms=at_ms(day),
        ver=ver,
        number="00000101",
        account="CU|000101",
        bill_to="CU|000101",
        opportunity="OP|O-000101",
        entity="LE|US01",
        ccy="USD",
        start=date(2026, 2, 2),
        end=date(2026, 5, 1),
        status=status,
        billing_freq="MONTHLY",
        signed_at_ms=None if status == "DRAFT" else at_ms(day),
        lines=(line,),
    )
    return replace(fact, **changes)


def rate(level: str = "SENIOR", day: int = 7, **changes: Any) -> RateLine:
    """A price of the contract's card."""
    fact = RateLine(
        bk=f"RC|CT-00000101|{level}|*|2026-01-01",
        recorded_at_ms=at_ms(day),
        card="CT-00000101",
        scope="CONTRACT",
        owner="CO|00000101",
        ccy="USD",
        level=level,
        practice="*",
        unit="HOUR",
        rate_e4=187_4375,
        valid_from=date(2026, 1, 1),
        valid_to=None,
    )
    return replace(fact, **changes)


def client_rate(**changes: Any) -> RateLine:
    """A price of the client's card."""
    wanted = {"bk": "RC|CL-000101|SENIOR|DATA|2026-01-01", "card": "CL-000101", "scope": "CLIENT"}
    return replace(rate(), **{**wanted, "owner": "CU|000101", "practice": "DATA", **changes})


def deal() -> list[SourceFact]:
    """A deal from opening to win: the quote through all states, the contract signed before the win."""
    return [
        package(),
        account("000100", legal_name="Tidewater Holding, Inc."),
        account(parent="CU|000100", bill_to="CU|000100"),
        opportunity(),
        quote(),
        quote("IN_APPROVAL", 5, 2),
        replace(quote("APPROVED", 5, 3), recorded_at_ms=at_ms(5, 11)),
        replace(quote("SENT", 5, 4), recorded_at_ms=at_ms(5, 14)),
        contract(bill_to="CU|000100"),
        opportunity("COMMIT", 7, 2),
        quote("ACCEPTED", 8, 5),
        rate(day=8),
        client_rate(recorded_at_ms=at_ms(8)),
        contract("SIGNED", 9, 2, bill_to="CU|000100", po_number="PO-41007"),
        opportunity("CLOSED_WON", 10, 3, accepted_quote="QU|Q-00000101|1"),
    ]


# --- playing ------------------------------------------------------------------------------------


def play(world: World, facts: Sequence[SourceFact], *, live: bool = True) -> list[Acted]:
    """Play facts in turn, stepping the clock to each fact's instant; history in one go."""
    if not live:
        return VENDOR.act(world, facts, {}, False)
    acted: list[Acted] = []
    for fact in facts:
        world.clock.step_to(max(world.now_ms(), fact.recorded_at_ms))
        acted += VENDOR.act(world, [fact], {}, True)
    return acted


def observed_facts(world: World) -> list[SourceFact]:
    """What observation says people did, as a runner would play it: without native ids."""
    return [stripped(row) for row in VENDOR.observe(world) if isinstance(row, Fact)]


def stripped(fact: SourceFact) -> SourceFact:
    """A fact without native ids."""
    if isinstance(fact, Contract):
        lines = tuple(replace(line, source_id="") for line in fact.lines)
        return replace(fact, source_id="", lines=tuple(sorted(lines, key=lambda line: line.line)))
    if isinstance(fact, Quote):
        return replace(fact, source_id="", lines=tuple(sorted(fact.lines, key=lambda line: line.line)))
    return replace(fact, source_id="")


def observed_of(world: World, kind: type[Row]) -> list[Any]:
    """Rows of one kind that observation finds."""
    return [row for row in VENDOR.observe(world) if isinstance(row, kind)]


def money(object_name: str, field: str, amount_minor: int) -> int:
    """An amount in dollars as the store keeps it in a field."""
    kind = VENDOR.schema.object(object_name)
    found = kind.field(field) if kind else None
    assert found is not None
    scaled: int = amount_minor * 10 ** (found.scale - 2)
    return scaled


def in_order(facts: Sequence[SourceFact]) -> list[SourceFact]:
    """Facts by type, key and version."""
    return sorted(facts, key=lambda fact: (type(fact).__name__, fact.bk, fact.ver))
