"""BambooHR: a few people with rows of every kind, an absence and a webhook; an API key as the user name."""

import base64
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from functools import partial

from contracts.fuzz.mocked import Known, mocked
from contracts.fuzz.target import Answer, Authorise, Link, Oddity, Request, Served, Target
from mocks.firm.facts.source import JobRow, Resource, Skill, StatusRow
from mocks.hris.bamboohr.errors import ERROR_HEADER
from mocks.hris.bamboohr.vendor import VENDOR
from mocks.kit.vendor import Vendor
from mocks.kit.world import World


def serve(vendor: Vendor = VENDOR) -> AbstractContextManager[Served]:
    """A fresh BambooHR with three people."""
    return mocked(vendor, _prepare, _key_of, lambda world: partial(_basic, "nobody's key"))


def _prepare(world: World) -> Known:
    VENDOR.act(
        world, [_person("1001", None), _person("1002", "RS|1001"), _person("1003", "RS|1001")], {}, False
    )
    VENDOR.subscribe(world, "https://hooks.example/bamboohr", "")
    return {
        "path.co": (world.secrets["company"],),
        "path.id": ("1", "2", "3"),
        "path.row": ("1", "2", "3"),
        "path.webhook": ("1",),
        "body.reportsTo": ("1001",),
    }


def _person(number: str, manager: str | None) -> Resource:
    hired = date(2025, 3, 1)
    return Resource(
        bk=f"RS|{number}",
        recorded_at_ms=int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000),
        ver=1,
        employee_no=number,
        first_name="Ada",
        last_name=f"Muster{number}",
        work_email=f"ada.{number}@firm.example",
        entity="LE|US01",
        practice="PR|DATA",
        hired=hired,
        terminated=None,
        weekly_pattern_e2=(800, 800, 800, 800, 800, 0, 0),
        jobs=(
            JobRow(
                valid_from=hired, level="L2", title="Consultant", cost_centre="CC|US01|100", manager=manager
            ),
        ),
        statuses=(StatusRow(valid_from=hired, status="Full-Time", fte_e2=100),),
        skills=(Skill(name="SQL", certified=True, since=hired),),
    )


def _key_of(world: World) -> Authorise:
    return partial(_basic, world.secrets["api_key"])


def _basic(key: str, request: Request) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:x".encode()).decode()}


def _refused(answer: Answer) -> str:
    if answer.status != 401:
        return f"The answer is {answer.status}, not 401."
    if answer.body or not answer.headers.get(ERROR_HEADER):
        return f"A refusal has no body and its reason in {ERROR_HEADER}."
    return ""


def _both(*names: str) -> tuple[str, ...]:
    """Operations at both prefixes, the direct and the gateway's."""
    return tuple(mark + name for name in names for mark in ("", "gateway_"))


ODDITIES = (
    Oddity(
        "positive_data_acceptance",
        _both("add_row", "change_row"),
        "which columns a row has follows from the table in the path, which a description cannot say",
        "Unknown field",
    ),
    Oddity(
        "positive_data_acceptance",
        _both("add_employee", "update_employee", "add_row", "change_row"),
        "a manager must be the number of somebody who is there",
        "there is no employee",
    ),
    Oddity(
        "positive_data_acceptance",
        _both("add_time_off"),
        "the end is not before the start, which a description cannot say",
        "end is before the start",
    ),
    Oddity(
        "repeated_write_creates_nothing",
        _both("add_time_off"),
        "the vendor's PUT of time off is a creation: each call makes a request of its own",
    ),
    Oddity(
        "unsupported_method",
        _both("monitor_fields"),
        "its path is also that of a webhook, whose methods answer 404 for an unknown id",
        "returned 404",
    ),
)
# The same handlers answer at both prefixes: drawing examples once is enough, coverage goes through both.
# Rows are hit by drawn ids alone.
_SETTINGS = {
    "operations": [
        {"include-path-regex": r"^/api/v1/(?!.*\{row\})", "phases": {"fuzzing": {"enabled": False}}}
    ]
}
_HOOK = {"path.webhook": "$response.body#/id"}
LINKS = (
    Link("add_webhook", "201", _HOOK, ("get_webhook", "change_webhook", "webhook_log", "delete_webhook")),
    Link(
        "gateway_add_webhook",
        "201",
        {**_HOOK, "path.co": "$request.path.co"},
        ("gateway_get_webhook", "gateway_change_webhook", "gateway_delete_webhook"),
    ),
)
TARGET = Target(
    provider="bamboohr",
    links=LINKS,
    serve=serve,
    refused=_refused,
    headers={"Accept": "application/json"},
    oddities=ODDITIES,
    settings=_SETTINGS,
)
