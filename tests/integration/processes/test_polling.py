"""Polling: what is read is kept once, whoever waits is woken, and trouble is over when reading works."""

import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from integration_core.adapters.gusto.client import GustoPayroll
from integration_core.ports.http import HttpRequest
from integration_core.ports.systems import AuthRefused, ChangePage
from integration_core.processes.polling import FOLLOWERS
from tests.unit.adapters.scripted import Answer, Routed, answer
from tests.unit.rules.firm import ACME

from .house import APPROVED_MS, FRIDAY, D, House, ny, sides

HOUR_MS = 3_600_000


class PayrollOffice(Routed):
    """One company with one processed payroll of one person, whose number may be entered later."""

    def __init__(self) -> None:
        super().__init__(self._route)
        self.number: str | None = None
        self.date = ""

    def _route(self, request: HttpRequest) -> Answer:
        path = urlsplit(request.url).path.removeprefix("/v1/").split("/")
        shown = self._company(path) if path[0] == "companies" else _ADMIN
        return answer(200, json.dumps(shown), date=self.date, x_total_pages="1")

    def _company(self, path: list[str]) -> Any:
        match path[2:]:
            case ["payrolls"]:
                return [_PAYROLL]
            case ["payrolls", _]:
                return _PAYROLL
            case ["employees"]:
                fields = [{"name": "employee_number", "value": self.number}]
                return [{"uuid": "g7", "custom_fields": fields}]
        return {"uuid": "c", "entity_code": "US01", "currency": "USD"}


_ADMIN = {"roles": {"payroll_admin": {"companies": [{"uuid": "c"}]}}}
_PAYROLL = {
    "uuid": "pr1",
    "off_cycle": False,
    "processed_date": "2026-02-27T14:00:00Z",
    "check_date": "2026-02-27",
    "pay_period": {"start_date": "2026-02-01", "end_date": "2026-02-28"},
    "employee_compensations": [{"employee_uuid": "g7", "gross_pay": "100.00", "taxes": []}],
}


def test_news__wake_everybody_who_may_follow_them_once(house: House) -> None:
    page = ChangePage(records=(replace(ACME, display_name="Acme!", recorded_at_ms=ny("2026-02-01 09:00")),))
    house.systems["crm"].answers += [page, page]
    house.at("2026-02-01 09:20")
    house.activate("poll", "crm")
    assert house.asked.requests == [(name, "all") for name in FOLLOWERS]
    assert house.core.references_now().customers["001A"].display_name == "Acme!"
    house.do(lambda c: house.core.wait_until(c, "billing", "US01", ny("2026-03-01 00:00")))
    house.activate("poll", "crm")
    assert house.asked.requests == []  # the same again is no news


def test_polls__meet_at_full_intervals_and_right_after_a_cutoff_that_is_waited_for(house: House) -> None:
    cutoff = ny("2026-03-01 00:00")
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.run_billing("2026-02-28 12:00")
    house.at("2026-02-28 22:20")
    for name in ("crm", "psa"):
        house.activate("poll", name)
        assert house.asked.timers == [("poll", name, cutoff - HOUR_MS)]
    house.at("2026-03-01 00:00")
    house.activate("poll", "psa")
    assert house.asked.timers == [("poll", "psa", cutoff + 1_000)]
    house.known_until(cutoff + 1_000)
    house.activate("poll", "psa")
    assert house.asked.timers == [("poll", "psa", cutoff + HOUR_MS)]
    assert ("rating", "all") in house.asked.requests  # nothing new, but its time has come


def test_trouble_that_is_over__is_resolved_even_where_the_first_commit_is_lost(house: House) -> None:
    house.systems["crm"].answers += [AuthRefused("TECH_AUTH", "The token is not accepted.")]
    house.activate("poll", "crm")
    assert house.open_cases() == [("TECH_AUTH", "crm.all")]

    house.to_be_rolled_back = 1
    house.activate("poll", "crm")
    assert house.open_cases() == []


def test_number_entered_after_its_payroll__is_found_by_a_later_poll() -> None:
    office = PayrollOffice()
    port = GustoPayroll(office, "http://payroll.example", "token", visibility_lag_ms=0)
    with closing(House(payroll=port)) as house:
        house.at("2026-02-27 08:30")  # half an hour before the payroll
        office.date = "Fri, 27 Feb 2026 15:00:00 GMT"
        house.activate("poll", "gusto")
        house.at("2026-02-27 10:00")
        house.activate("payroll", "all")
        assert (house.journals(), house.open_cases()) == ({}, [("PAY_UNKNOWN_EMP", "pr1")])

        office.number = "E007"
        house.at("2026-03-04 10:00")
        office.date = "Wed, 04 Mar 2026 15:00:00 GMT"
        house.activate("poll", "gusto")
        assert ("payroll", "all") in house.asked.requests
        house.activate("payroll", "all")
        assert {key: sides(one) for key, one in house.journals().items()} == {
            "JE|PAY|US01|pr1": {"5000": D("100.00"), "2150": D("-100.00")}
        }
        assert house.open_cases() == []
