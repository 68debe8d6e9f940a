"""What a worker remembers, and what it asks for, when others change things or it is cut off itself."""

import pytest
from msgspec.structs import replace

from integration_core.ports.systems import ChangePage
from integration_core.processes import polling
from tests.unit.rules.firm import ACME, US01

from .house import APPROVED_MS, FRIDAY, House, card, ny


class CutOff(Exception):
    """The worker dies between two transactions."""


def test_company_that_moved_in_the_erp__is_told_of_everybody_who_works_for_it(house: House) -> None:
    house.activate("people", "all")
    house.take(replace(US01, native_id="77", recorded_at_ms=ny("2026-02-01 09:00")))
    house.activate("people", "all")
    told = house.do(lambda c: house.store.outbox.payloads(c, "erp.employee", ["E007"]))
    assert told["E007"]["entity_native_id"] == "77"
    assert ("send", "erp.employee") in house.asked.requests


def test_correction_that_a_billing_run_takes_up__is_shown_by_the_mirrors(house: House) -> None:
    house.approve("a1T1", APPROVED_MS, FRIDAY)
    house.take(card("a1T2", APPROVED_MS + 1, FRIDAY, replaces_native_id="a1T1"))
    house.run_billing("2026-03-02 09:00")
    assert ("mirrors", "all") in house.asked.requests


def test_poll_cut_off_after_a_part__has_its_news_followed_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "RECORDS_PER_TRANSACTION", 1)

    def die_at_the_end(name: str) -> None:
        if name.startswith("end:"):
            raise CutOff

    news = replace(ACME, display_name="Acme!", recorded_at_ms=ny("2026-02-01 09:00"))
    house.systems["crm"].answers.append(ChangePage(records=(news,)))
    house.before_transaction = die_at_the_end
    with pytest.raises(CutOff):
        house.activate("poll", "crm")
    followed = {process for process, _, _ in house.asked.timers}
    assert followed >= set(polling.FOLLOWERS)
