"""The payroll adapter with the mock: what was played arrives, and a change is read again."""

from decimal import Decimal

from integration_core.adapters.gusto.client import GustoPayroll
from integration_core.canonical.payroll import PayrollRun
from integration_core.ports.http import HttpRequest, HttpResponse, NoAnswer
from tests.unit.mocks.asgi import call
from tests.unit.mocks.gusto.estate import DAY_MS, START_MS, Estate, payroll

from .scripted import run


class Wire:
    """A transport into the mock's own application."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Pass one request on."""
        headers = dict(request.headers)
        status, received, body = await call(
            self._estate.system, request.method, request.url, headers, request.body
        )
        if not status:
            raise NoAnswer("dropped")
        return HttpResponse(status=status, headers=tuple(received.items()), body=body)


def adapter(estate: Estate) -> GustoPayroll:
    """The adapter with a world's token."""
    return GustoPayroll(Wire(estate), "http://payroll.example", estate.world.secrets["access_token"])


def test_the_mocks_payrolls__arrive_as_they_were_played() -> None:
    estate = Estate()
    assert run(adapter(estate).read_changes("payrolls", 0, None)).records == ()
    facts = [payroll(), payroll("DE01"), payroll(number=2, kind="CORRECTION")]
    acted = estate.act(facts)
    found = run(adapter(estate).read_changes("payrolls", START_MS, None))
    assert found.unread == ()
    assert found.complete_to_ms == START_MS // 1000 * 1000 - 60_000
    records = {record.native_id: record for record in found.records if isinstance(record, PayrollRun)}
    for fact, played in zip(facts, acted, strict=True):
        record = records[played["native_id"]]
        assert (f"LE|{record.entity_code}", record.period, record.kind) == (
            fact.entity,
            fact.period,
            fact.kind,
        )
        assert (record.ccy, record.check_date, record.posted_at_ms) == (
            fact.ccy,
            fact.check_date,
            fact.posted_at_ms,
        )
        assert record.recorded_at_ms == START_MS
        arrived = [(f"RS|{line.employee_no}", line.gross, line.burden) for line in record.lines]
        assert arrived == [
            (line.employee, Decimal(line.gross_minor) / 100, Decimal(line.burden_minor) / 100)
            for line in fact.lines
        ]


def test_a_changed_payroll_of_the_mock__is_read_again() -> None:
    estate = Estate()
    estate.act([payroll(), payroll("DE01")])
    estate.step(START_MS + DAY_MS)
    estate.act([payroll(ver=2, lines=payroll().lines[:1])])
    estate.control("POST", "faults", [{"id": "small", "kind": "page_size", "size": 1}])
    records = run(adapter(estate).read_changes("payrolls", START_MS + 1, None)).records
    changed = {record.entity_code: record for record in records if isinstance(record, PayrollRun)}
    assert (len(changed["US01"].lines), changed["US01"].recorded_at_ms) == (1, START_MS + DAY_MS)
    assert changed["DE01"].recorded_at_ms < START_MS + DAY_MS
