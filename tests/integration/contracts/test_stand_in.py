"""The way to a real sandbox, gone whole: by address and credentials over TLS, with the committed pacts."""

import http.client
import json
import ssl
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec.structs import replace

from contracts.decision import decide
from contracts.fidelity import fidelity
from contracts.jobs import Job, Task, provider, run_all
from contracts.matrix import Row, current, merged, promised, rows_of
from contracts.participants import CORE, PROVIDERS, VENDORS, pact_files, vendor_of
from contracts.provider.target import Unreachable, of_provider, sandboxes_in
from contracts.provider.verify import verify
from contracts.sandbox.differences import DIFFERENCES
from contracts.sandbox.running import standing_in

pytestmark = pytest.mark.xdist_group("stand-in")
ASKED = tuple(name for name in PROVIDERS if name != CORE)
TODAY = date(2026, 11, 21)


def verified(estate: Path) -> dict[str, Job]:
    """Every provider against the stand-in, each in a process of its own."""
    known = sandboxes_in(estate)
    tasks: list[Task] = [(provider, (name, of_provider(known[vendor_of(name)], name))) for name in ASKED]
    return {job.name.removeprefix("provider "): job for job in run_all(tasks)}


def rows(jobs: dict[str, Job]) -> list[Row]:
    """Their results as rows of a matrix."""
    return rows_of([one for job in jobs.values() for one in job.verifications], TODAY)


@pytest.fixture(scope="module")
def faithful() -> Iterator[dict[str, Job]]:
    """The stand-in as the mocks are."""
    with standing_in(different=False) as estate:
        yield verified(estate)


@pytest.fixture(scope="module")
def different() -> Iterator[dict[str, Job]]:
    """The stand-in with its deliberate differences."""
    with standing_in(different=True) as estate:
        yield verified(estate)


def test_stand_in__verifies_the_same_pact_files(faithful: dict[str, Job]) -> None:
    failed = [(name, line.name, line.text) for name, job in faithful.items() for line in job.failures]
    assert failed == []
    assert faithful.keys() == set(ASKED)
    for name, job in faithful.items():
        assert all(one.target == "sandbox" for one in job.verifications), name
        assert len(job.verifications) == len(pact_files(name))
    # The interactions of the committed files: none got lost on the way, and most could be brought about.
    promises = [one for one in promised() if one.provider in ASKED]
    assert len(rows(faithful)) == len(promises)
    held = sum(row.result == "pass" for row in rows(faithful))
    assert held > len(promises) / 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_stand_in__every_vendor_holds_something(faithful: dict[str, Job], vendor: str) -> None:
    assert faithful[vendor].counted > 0
    assert faithful[vendor].passed


def test_differences__show_up_in_fidelity_by_name(
    different: dict[str, Job], faithful: dict[str, Job]
) -> None:
    assert {one.vendor for one in DIFFERENCES} == {"bamboohr", "gusto"}
    promises = promised()
    # What the mock holds is what the faithful stand-in holds: the same servers, verified by the same pacts.
    mock = [row for row in current(rows(faithful), promises) if row.result == "pass"]
    as_mock = [replace(row, target="mock") for row in mock]
    shares = {one.vendor: one for one in fidelity(merged(as_mock, rows(different)), promises)}
    drifted = {vendor for vendor, share in shares.items() if share.agreed < share.compared}
    assert drifted == {"bamboohr", "gusto"}
    assert all(share.compared > 0 for share in shares.values())
    told = " ".join(shares["bamboohr"].differences)
    assert "$.id: Expected" in told
    assert "X-Total-Pages" in " ".join(shares["gusto"].differences)


def test_differences__forbid_going_live_and_say_why(different: dict[str, Job]) -> None:
    decision = decide("production", rows(different), promised())
    assert not decision.deployable
    assert any("bamboohr (sandbox): read the fields of one employee" in reason for reason in decision.reasons)


def test_stand_in__has_other_ids_no_steering_and_demands_tls() -> None:
    with standing_in(different=False) as estate:
        content = json.loads(estate.read_text())
        assert estate.stat().st_mode & 0o077 == 0
        trusted = ssl.create_default_context(cafile=content["ca_file"])
        url = content["systems"]["hris"]["url"]
        assert url.startswith("https://127.0.0.1:")
        with httpx.Client(verify=trusted, trust_env=False) as client:
            assert client.get(f"{url}/__rehearse__/acceptance/health").status_code == 404
            assert client.get(f"{url}/api/v1/meta/fields").status_code == 401
        # No spelling of its path leads to the control plane; a client that mends addresses would hide that.
        hidden = "__rehearse__/acceptance/health"
        spellings = [one.format(hidden) for one in ("//{}", "/./{}", "/x/../{}", "/%2F{}", "%2F{}", "/;/{}")]
        for spelling in (*spellings, "/%5F%5Frehearse%5F%5F/acceptance/health"):
            assert _status(url, spelling, trusted) == 404, spelling
        with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
            client.get(f"{url}/api/v1/meta/fields")
        unbelieved = replace(sandboxes_in(estate)["bamboohr"], ca_file="")
        with pytest.raises(Unreachable, match="not trusted; PACT_PROVIDER_CA names"):
            verify(unbelieved)


def _status(url: str, rest: str, trusted: ssl.SSLContext) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=trusted)
    try:
        connection.request("GET", parts.path + rest)
        return connection.getresponse().status
    finally:
        connection.close()
