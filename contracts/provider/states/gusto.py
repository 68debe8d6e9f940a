"""States of Gusto, made through its API; companies are the sandbox's own, and payrolls are the mock's."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.provider.states.port import State, refused_credentials, striking
from contracts.provider.workbench import StateFailed, Workbench
from mocks.firm.facts.people import PayrollLine, PayrollRun
from mocks.kit.faults import Fault

_NOBODY = "00000000-0000-4000-8000-000000000000"  # a version 4 uuid that no server draws
_PEOPLE = (
    PayrollLine("RS|1001", "zoe.quill@firm.example", 833_334, 63_750),
    PayrollLine("RS|1002", "max.reed@firm.example", 500_001, 38_251),
)


class _Company(Struct, frozen=True):
    uuid: str


class _Admin(Struct, frozen=True):
    companies: list[_Company] = []


class _Roles(Struct, frozen=True):
    payroll_admin: _Admin = _Admin()


class _Me(Struct, frozen=True):
    roles: _Roles


class _Hook(Struct, frozen=True):
    uuid: str


class _Challenge(Struct, frozen=True):
    verification_token: str


def _companies(bench: Workbench) -> list[_Company]:
    me = msgspec.json.decode(bench.call("GET", "/v1/me").body, type=_Me)
    return me.roles.payroll_admin.companies


def _today() -> date:
    return datetime.now(UTC).date()


def _window() -> dict[str, str]:
    """The days that the core asks for: eleven months back, one ahead."""
    bounds = {"start": _today() - timedelta(days=329), "end": _today() + timedelta(days=31)}
    return {name: bound.isoformat() for name, bound in bounds.items()}


def _run(run: int = 1, *, kind: str = "REGULAR") -> PayrollRun:
    """Last month's payroll of two people; none of the API's calls makes one."""
    last_month = _today().replace(day=1) - timedelta(days=1)
    period = f"{last_month:%Y-%m}"
    return PayrollRun(
        bk=f"PY|US01|{period}|{run}",
        recorded_at_ms=0,
        entity="LE|US01",
        period=period,
        run=run,
        kind=kind,
        ccy="USD",
        check_date=last_month,
        posted_at_ms=int(datetime.now(UTC).timestamp() * 1000),
        lines=_PEOPLE,
    )


def _played(bench: Workbench, *runs: PayrollRun) -> Iterator[str]:
    for run, played in zip(runs, bench.act(*runs), strict=True):
        if played["state"] != "applied":
            raise StateFailed(f"The clerk could not enter {run.bk}: {played.get('missing')}")
        yield str(played["native_id"])


def _company(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    """The sandbox's company, its people numbered. A mock has one as soon as somebody was paid."""
    if bench.target.steering is not None:
        list(_played(bench, _run()))
    companies = _companies(bench)
    if not companies:
        raise StateFailed("The token sees no company; a sandbox of Gusto has one, with people in it.")
    return {"company": companies[0].uuid, **_window()}


def _nothing(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    return {}


def _payroll(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    (payroll,) = _played(bench, _run())
    return {"company": _companies(bench)[0].uuid, "payroll": payroll, **_window()}


def _correction(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    payrolls = list(_played(bench, _run(), _run(2, kind="CORRECTION")))
    return {"company": _companies(bench)[0].uuid, "payroll": payrolls[1], **_window()}


def _small_pages(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    values = _correction(bench, parameters)
    bench.fault(Fault(id="small", kind="page_size", size=1))
    return values


def _unpaid_days(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    return {**_company(bench, parameters), "start": "2001-01-01", "end": "2001-12-01"}


def _far_days(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    far = _today() + timedelta(days=200)
    return {**_company(bench, parameters), "start": _today().isoformat(), "end": far.isoformat()}


def _no_company(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    return {"company": _NOBODY, **_window()}


def _no_payroll(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    return {**_company(bench, parameters), "payroll": _NOBODY}


# --- webhooks


def _announce(bench: Workbench, *kinds: str) -> str:
    """A subscription whose address was told its token; its id."""
    wanted = {"url": bench.receiver_url, "subscription_types": kinds}
    made = bench.call("POST", "/v1/webhook_subscriptions", wanted)
    hook = msgspec.json.decode(made.body, type=_Hook).uuid
    bench.later(lambda: bench.call("DELETE", f"/v1/webhook_subscriptions/{hook}"))
    told = bench.wait_told()[-1]
    bench.secret = msgspec.json.decode(told.body, type=_Challenge).verification_token
    return hook


def _subscribe(bench: Workbench, *kinds: str) -> None:
    """A subscription that its address has confirmed with the token it was sent."""
    hook = _announce(bench, *kinds)
    proof = {"verification_token": bench.secret}
    bench.call("PUT", f"/v1/webhook_subscriptions/{hook}/verify", proof)
    bench.told.clear()


def _subscribed(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    _announce(bench, "Payroll")
    return {}


def _employee(bench: Workbench, company: str) -> dict[str, Any]:
    """A new employee. The API deletes nobody, so each has a mail address of their own."""
    person = {
        "first_name": "Zora",
        "last_name": "Quill",
        "work_email": f"zora.{bench.fresh()}@firm.example",
    }
    made: dict[str, Any] = msgspec.json.decode(
        bench.call("POST", f"/v1/companies/{company}/employees", person).body
    )
    return made


def _told_of_hire(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    company = _company(bench, parameters)["company"]
    _subscribe(bench, "Employee")
    _employee(bench, company)
    return {}


def _told_of_change(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    person = _employee(bench, _company(bench, parameters)["company"])
    _subscribe(bench, "Employee")
    change = {"version": person["version"], "department": "Data"}
    bench.call("PUT", f"/v1/employees/{person['uuid']}", change)
    return {}


def _told_of_payroll(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    _subscribe(bench, "Payroll")
    list(_played(bench, _run()))
    return {}


def _told_of_correction(bench: Workbench, parameters: dict[str, Any]) -> dict[str, str]:
    list(_played(bench, _run()))
    _subscribe(bench, "Payroll")
    list(_played(bench, replace(_run(), ver=2, lines=_PEOPLE[:1])))
    return {}


STATES = {
    "a company with people": State(_company),
    "no company": State(_nothing, mock_only=True),
    "a company nobody has": State(_no_company),
    "a processed payroll": State(_payroll, mock_only=True),
    "a processed correction": State(_correction, mock_only=True),
    "two processed payrolls, one on a page": State(_small_pages, mock_only=True),
    "days in which nobody was paid": State(_unpaid_days),
    "days too far ahead": State(_far_days),
    "a payroll nobody has": State(_no_payroll),
    "a subscription is made": State(_subscribed),
    "an employee is added while we are subscribed": State(_told_of_hire),
    "an employee is changed while we are subscribed": State(_told_of_change),
    "a payroll is processed while we are subscribed": State(_told_of_payroll, mock_only=True),
    "a payroll is changed while we are subscribed": State(_told_of_correction, mock_only=True),
    "the credentials are refused": State(refused_credentials),
    "the token may not read this": striking(Fault(id="forbidden", kind="reject", status=403)),
    "too many calls were made": striking(Fault(id="limit", kind="limit", status=429, seconds=60)),
    "the system is out of order": striking(Fault(id="broken", kind="reject", status=500)),
    "the system is away": striking(Fault(id="away", kind="reject", status=503, seconds=60)),
}
