"""Gusto: two companies with a processed payroll each, one subscription; a bearer token."""

import json
from contextlib import AbstractContextManager
from datetime import date
from functools import partial

from contracts.fuzz.mocked import START_MS, Known, mocked
from contracts.fuzz.target import Answer, Authorise, Link, Oddity, Request, Served, Target
from mocks.firm.facts.source import PayrollLine, PayrollRun
from mocks.kit.limits import Limit
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from mocks.payroll.gusto.notify import hook_values
from mocks.payroll.gusto.schema import COMPANY, EMPLOYEE, HOOK, PAYROLL
from mocks.payroll.gusto.vendor import VENDOR
from mocks.payroll.gusto.wire import version_of

_DAY_MS = 86_400_000
_TOKEN = "proof of the address"  # of a subscription in a world of a minute


def serve(vendor: Vendor = VENDOR) -> AbstractContextManager[Served]:
    """A fresh Gusto with two companies."""
    return mocked(vendor, _prepare, _token_of, lambda world: partial(_bearer, "nobody's token"))


def _prepare(world: World) -> Known:
    VENDOR.act(world, [_payroll("US01", "USD"), _payroll("DE01", "EUR")], {}, False)
    VENDOR.subscribe(world, "https://hooks.example/gusto", _TOKEN)
    world.limits.set("requests", Limit(1_000_000, 60_000))  # the run itself must not be refused
    store = world.store
    company = store.select(COMPANY)[0]
    payrolls = store.find(PAYROLL, "company", company.id)
    hooks = [str(hook_values(hook)["uuid"]) for hook in store.select(HOOK)]
    return {
        "path.company": (company.id,),
        "path.employee": (store.select(EMPLOYEE)[0].id,),
        "path.payroll": tuple(payroll.id for payroll in payrolls),
        "path.subscription": tuple(hooks),
        "body.version": (version_of(store.select(EMPLOYEE)[0]),),
        "body.verification_token": (_TOKEN,),
    }


def _payroll(entity: str, currency: str) -> PayrollRun:
    return PayrollRun(
        bk=f"PY|{entity}|2026-01|1",
        recorded_at_ms=START_MS - _DAY_MS,
        entity=f"LE|{entity}",
        period="2026-01",
        run=1,
        kind="REGULAR",
        ccy=currency,
        check_date=date(2026, 1, 28),
        posted_at_ms=START_MS - _DAY_MS,
        lines=(
            PayrollLine("RS|1001", f"zoe.oneil@{entity.lower()}.example", 833_334, 63_750),
            PayrollLine("RS|1002", f"max.muster@{entity.lower()}.example", 500_001, 38_251),
        ),
    )


def _token_of(world: World) -> Authorise:
    return partial(_bearer, world.secrets["access_token"])


def _bearer(token: str, request: Request) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _refused(answer: Answer) -> str:
    if answer.status != 401:
        return f"The answer is {answer.status}, not 401."
    try:
        errors = json.loads(answer.body)["errors"]
        if {frozenset(one) for one in errors} == {frozenset(("error_key", "category", "message"))}:
            return ""
    except (ValueError, KeyError, TypeError):
        pass
    return "A refusal is a list of errors, each with error_key, category and message."


ODDITIES = (
    Oddity(
        "positive_data_acceptance",
        ("payrolls",),
        "the days of a window depend on each other and on today, which a description cannot say",
        "end_date",
    ),
    Oddity(
        "positive_data_acceptance",
        ("verify_hook",),
        "only the token that the address was sent verifies it",
        "The verification token is not valid",
    ),
    Oddity(
        "repeated_write_answers_alike",
        ("update_employee",),
        "an update names the version it saw, and makes another one: a repetition is refused with 409",
        "answers 409 after 200",
    ),
)
_OWN = "$response.body#/uuid"
LINKS = (
    Link("add_employee", "201", {"path.employee": _OWN}, ("employee", "update_employee")),
    Link(
        "add_hook",
        "201",
        {"path.subscription": _OWN},
        ("hook", "change_hook", "verify_hook", "request_token", "delete_hook"),
    ),
)
TARGET = Target(provider="gusto", serve=serve, refused=_refused, oddities=ODDITIES, links=LINKS)
