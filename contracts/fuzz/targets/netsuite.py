"""NetSuite: a subsidiary at work for a month, with a document in every state; each request signed anew."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from contracts.fuzz.mocked import Known, mocked
from contracts.fuzz.target import Answer, Authorise, Link, Oddity, Request, Served, Target
from integration_core.adapters.netsuite.signing import TbaCredentials, authorization
from mocks.erp.netsuite import jobs
from mocks.erp.netsuite.columns import tables
from mocks.erp.netsuite.errors import ERROR_TYPE
from mocks.erp.netsuite.reading import decoded, incoming
from mocks.erp.netsuite.records import save
from mocks.erp.netsuite.samples import CONTRACT, FREE, KEYS, SAMPLES, TAX_CODE
from mocks.erp.netsuite.schema import RECORD_TYPES
from mocks.erp.netsuite.serving import serve_record
from mocks.erp.netsuite.vendor import VENDOR
from mocks.erp.netsuite.wire import RECORD_ROOT
from mocks.firm.facts.source import (
    BillingDate,
    CostCentre,
    LegalEntity,
    PaymentIntent,
    PeriodClose,
    Practice,
    SourceFact,
    TaxRate,
)
from mocks.kit.calls import Call
from mocks.kit.vendor import Vendor
from mocks.kit.world import World

_CONTRACT = "CO|00000101"
_SIGNED_AT_SECONDS = 1_770_022_800  # the world's clock is stepped, so only the nonce has to be new


def serve(vendor: Vendor = VENDOR) -> AbstractContextManager[Served]:
    """A fresh account with masters, a customer's documents, journals and jobs."""
    return mocked(vendor, _prepare, _signed, _signed_by_nobody)


# --- what is in the account -----------------------------------------------------------------------


def _prepare(world: World) -> Known:
    VENDOR.act(world, _masters(), {}, False)
    for name, content in _records():
        kind = RECORD_TYPES[name]
        save(
            world,
            kind,
            None,
            incoming(world, kind, decoded(json.dumps(content).encode()), lenient=False),
            merge=False,
        )
    VENDOR.act(world, [_payment()], {_CONTRACT: CONTRACT}, False)
    _take_in_jobs(world)
    return {
        "path.job_id": ("1", "2", "3"),
        "path.line": ("1", "2"),
        "body.q": tuple(f"SELECT * FROM {table} ORDER BY id" for table in tables()),
        **{
            f"body.{name}.{key}": values
            for name in ("subsidiary", "currency", "entity", "parent", "createdFrom")
            for key, values in _REFERRED[name].items()
        },
        "body.tranDate": ("2026-01-31", "2026-02-15"),
        "body.custbody_rh_acct_date": ("2026-02-01",),
        "body.email": ("ada@firm.example",),
        "body.item.items[*].item.externalId": ("TM", "EXP"),
        "body.item.items[*].taxCode": (TAX_CODE, "DE|S|19"),
        "body.line.items[*].account.externalId": ("4000", "1150"),
    }


def _day_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _masters() -> list[SourceFact]:
    at_ms = _day_ms("2025-12-01")
    closes = (("2026-01", "2026-02-06"), ("2026-02", "2026-03-06"), ("2026-03", "2026-04-07"))
    return [
        LegalEntity(
            bk="LE|US01",
            recorded_at_ms=at_ms,
            code="US01",
            name="Harborline Consulting, Inc.",
            country="US",
            functional_ccy="USD",
            tz="America/New_York",
            std_hours_day_e2=800,
            close_calendar=tuple(PeriodClose(period, _day_ms(day)) for period, day in closes),
            billing_calendar=(BillingDate(date(2026, 1, 31), "MONTHLY"),),
            holidays=(date(2026, 1, 1),),
        ),
        CostCentre(bk="CC|US01|110", recorded_at_ms=at_ms + 1, entity="LE|US01", code="110", name="Advisory"),
        Practice(bk="PR|ADV", recorded_at_ms=at_ms + 2, code="ADV", name="Advisory"),
        TaxRate(
            bk="TX|US-CA|SERVICE|2020-01-01",
            recorded_at_ms=at_ms + 3,
            jurisdiction="US-CA",
            tax_class="SERVICE",
            valid_from=date(2020, 1, 1),
            percent_e4=82_500,
        ),
    ]


def _records() -> list[tuple[str, dict[str, Any]]]:
    """A customer with a job, a consultant, documents posted and credited, a journal; others for deletion."""
    later = {name: {"tranDate": "2026-02-15"} for name in ("invoice", "creditMemo")}
    return [
        *((name, {**SAMPLES[name], "externalId": key}) for name, key in KEYS.items()),
        *((name, {**SAMPLES[name], "externalId": key, **later.get(name, {})}) for name, key in FREE.items()),
    ]


def _payment() -> PaymentIntent:
    return PaymentIntent(
        bk=f"PM|{_CONTRACT}|2026-02-02|WIRE-1",
        recorded_at_ms=_day_ms("2026-02-02"),
        contract=_CONTRACT,
        received_on=date(2026, 2, 2),
        share_e6=500_000,
        bank_ref="WIRE-1",
    )


def _take_in_jobs(world: World) -> None:
    """A job that read, one that failed, and one that waits: the world's clock stands."""
    for record_id in ("1", "999", "1"):
        call = Call("GET", f"{RECORD_ROOT}/customer/{record_id}", "", {"host": "127.0.0.1"}, b"")
        call.world = world
        call.path_parameters = {"record_type": "customer", "record_id": record_id}
        jobs.take_in(call)
    for job_id in ("1", "2"):
        jobs.run(world, job_id, serve_record)


_REFERRED: dict[str, dict[str, tuple[str, ...]]] = {
    "subsidiary": {"id": ("1",), "externalId": ("US01",)},
    "currency": {"externalId": ("USD", "EUR")},
    "entity": {"id": ("1",), "externalId": ("C1",)},
    "parent": {"id": ("1",), "externalId": ("C1",)},
    "createdFrom": {"externalId": ("INV-1", "INV-2")},
}

# --- who asks -------------------------------------------------------------------------------------


def _signed(world: World) -> Authorise:
    names = TbaCredentials.__struct_fields__
    return _signer(TbaCredentials(**{name: world.secrets[name] for name in names}))


def _signed_by_nobody(world: World) -> Authorise:
    return _signer(
        TbaCredentials(
            account=world.secrets["account"],
            consumer_key=world.secrets["consumer_key"],
            consumer_secret="nobody's",
            token_id=world.secrets["token_id"],
            token_secret="nobody's",
        )
    )


def _signer(credentials: TbaCredentials) -> Authorise:
    nonces: Iterator[int] = count(1)

    def authorise(request: Request) -> dict[str, str]:
        nonce = f"fuzz{next(nonces)}"
        signature = authorization(request.method, request.url, credentials, nonce, _SIGNED_AT_SECONDS)
        return {"Authorization": signature}

    return authorise


def _refused(answer: Answer) -> str:
    if answer.status != 401:
        return f"The answer is {answer.status}, not 401."
    if answer.headers.get("content-type") != ERROR_TYPE or b'"INVALID_LOGIN"' not in answer.body:
        return "A refusal says INVALID_LOGIN in the vendor's error shape."
    if not answer.headers.get("www-authenticate", "").startswith("OAuth realm="):
        return "A refusal challenges with OAuth in WWW-Authenticate."
    return ""


_KINDS = tuple(f"{kind[0].upper()}{kind[1:]}" for kind in KEYS)
_CREATE, _UPSERT, _UPDATE = (
    tuple(f"{verb}{kind}" for kind in _KINDS) for verb in ("create", "upsert", "update")
)
_WRITE = (*_CREATE, *_UPSERT, *_UPDATE)
_TRANSACTIONS = tuple(name for name in _WRITE if name.endswith(_KINDS[3:]))
_LISTS = ("suiteql", "listOther", *(f"list{kind}" for kind in _KINDS))


def _refused_because(reason: str, operations: tuple[str, ...], *details: str) -> tuple[Oddity, ...]:
    """What is refused although its shape is right, by the words of the refusal."""
    return tuple(Oddity("positive_data_acceptance", operations, reason, detail) for detail in details)


ODDITIES: tuple[Oddity, ...] = (
    *_refused_because("a reference is to a record that is there", _WRITE, "INVALID_KEY_OR_REF"),
    *_refused_because(
        "two records of a type do not share an external id", _CREATE, "This record already exists"
    ),
    *_refused_because(
        "what has to be given depends on whether the record is there", _UPSERT, "Please enter value"
    ),
    *_refused_because(
        "a customer is not above itself", _WRITE[:1] + _UPSERT[:1] + _UPDATE[:1], "hierarchy circular"
    ),
    *_refused_because(
        "a credit is of a line that was billed, at the rate it was billed",
        tuple(name for name in _WRITE if name.endswith("CreditMemo")),
        "The invoice has no line",
        "The tax code is not that",
        "its invoice's exchange rate",
    ),
    *_refused_because(
        "a journal's type is free text but for those of the system",
        tuple(name for name in _WRITE if name.endswith("JournalEntry")),
        "made by the system alone",
    ),
    *_refused_because(
        "what is posted or credited takes only what it says already", _TRANSACTIONS, "cannot be changed"
    ),
    *_refused_because(
        "a document falls in a period that is there and open",
        _TRANSACTIONS,
        "ccounting period",
        "The accounting date",
    ),
    *_refused_because("a closed period stays closed", ("closePeriod",), "cannot be opened again"),
    *_refused_because("a period closes once its documents are posted", ("closePeriod",), "pending approval"),
    *_refused_because("in the subsidiary's own currency the rate is 1", _TRANSACTIONS, "base currency is 1"),
    *_refused_because("a document is not due before its day", _TRANSACTIONS, "The due date lies before"),
    *_refused_because(
        "how many decimals a number has is not for a description: powers of ten are no floats",
        _WRITE,
        "takes 4 decimals",
        "more decimals than its currency",
        "is out of range",
    ),
    *_refused_because("pages begin at multiples of their size", _LISTS, "divisible by the limit"),
    *_refused_because(
        "filters and queries are languages of their own", _LISTS, "Invalid filter", "Invalid search"
    ),
    *_refused_because(
        "which fields a record has follows from the type in the address",
        ("getOther", "closePeriod"),
        "has no field",
        "Unknown reference",
    ),
    *_refused_because("a job's result is there once it is done", ("getAsyncResult",), "not completed yet"),
    *_refused_because(
        "what others depend on, or is posted, stays",
        tuple(f"delete{kind}" for kind in _KINDS),
        "dependent records",
        "A posted transaction",
    ),
    Oddity(
        "some_request_succeeds",
        ("createOther", "upsertOther", "deleteOther"),
        "the role only reads these types: every write is refused, which the description says",
    ),
    Oddity("some_request_succeeds", ("deleteJournalEntry",), "a journal is posted at once, so it stays"),
)
# Create, upsert and update of a type take one component: the whole coverage of it is asked of the one that
# integrations use, of the others only what is valid, beside the fuzzing of all.
# A credit memo's lines are an invoice's.
_SAME_BODIES = [*_CREATE[:3], "createCreditMemo", *_UPSERT[3:], *_UPDATE]
_ADDRESSED: dict[tuple[str, ...], dict[str, list[str]]] = {
    **{
        (f"get{kind}",): {"record_id": [f"eid:{key}"]}
        for kind, key in zip(_KINDS, KEYS.values(), strict=True)
    },
    # What is posted can only be written as it stands, so others are written as well.
    **{
        (f"upsert{kind}", f"update{kind}"): {"record_id": [f"eid:{FREE.get(name, key)}", f"eid:{key}"]}
        for kind, (name, key) in zip(_KINDS, KEYS.items(), strict=True)
    },
    **{
        (f"delete{kind}",): {"record_id": [f"eid:{key}"]}
        for kind, key in zip(_KINDS, FREE.values(), strict=False)
    },
    ("getOther", "deleteOther"): {"record_id": ["1"]},
    ("closePeriod",): {"record_type": ["accountingPeriod"], "record_id": ["3"]},
    ("getSublist", "getLine"): {"record_id": ["eid:INV-1", "eid:CM-1"]},
}
# Coverage varies one thing at a time about an example; ids it has seen elsewhere would miss.
_COVERAGE = {"extra-data-sources": {"responses": False}}
_SETTINGS = {
    # The coverage phase begins each operation with its example; a phase of examples before it would post the
    # only invoice that may still be changed and deleted.
    "phases": {"coverage": _COVERAGE, "examples": {"enabled": False}},
    "dictionaries": {
        f"{names[0]}-{parameter}": {"values": values}
        for names, addressed in _ADDRESSED.items()
        for parameter, values in addressed.items()
    },
    "operations": [
        {
            "include-operation-id": _SAME_BODIES,
            "phases": {"coverage": {**_COVERAGE, "generation": {"mode": "positive"}}},
        },
        *(
            {
                "include-operation-id": [*names],
                "parameters": {
                    f"path.{parameter}": {"dictionary": f"{names[0]}-{parameter}", "probability": 0.7}
                    for parameter in addressed
                },
            }
            for names, addressed in _ADDRESSED.items()
        ),
    ],
}
_MADE = r"$response.header.Location#regex:/([0-9]+)$"
LINKS = tuple(
    Link(f"create{name}", "204", {"path.record_id": _MADE}, (f"get{name}", f"update{name}", f"delete{name}"))
    for name in ("Customer", "Employee", "Job")  # documents are posted as time goes by, and then stand
)
TARGET = Target(
    provider="netsuite",
    serve=serve,
    refused=_refused,
    oddities=ODDITIES,
    settings=_SETTINGS,
    links=LINKS,
)
