"""The account's records as JSON Schema, made from their declarations: as they are shown, and as taken.

One property list makes the tables, the answers and this, so a renamed or retyped property changes the
description with it. What is always there, and what computed texts may say, stands here alone.
"""

from typing import Any

from mocks.erp.netsuite.properties import MAIL_ADDRESS, Property, RecordType, Sublist, sublists
from mocks.erp.netsuite.samples import DAYS, REFERENCES
from mocks.erp.netsuite.schema import ENTITIES, MASTERS, RECORD_TYPES, TRANSACTIONS

Fragment = dict[str, Any]

TEXT: Fragment = {"type": "string", "minLength": 1}
WHOLE: Fragment = {"type": "integer", "minimum": 0}
INTERNAL_ID: Fragment = {"type": "string", "pattern": "^[1-9][0-9]{0,29}$"}
DAY: Fragment = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
INSTANT: Fragment = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
}
MAXIMUM_NUMBER = 9_999_999_999_999
ROOT = "^https?://[^/]+/services/rest"
EXTERNAL_ID: Fragment = {"type": "string", "maxLength": 255}
_TAX_CODE = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\|[A-Z]{1,3}\|[0-9]{1,3}(\.[0-9]{1,4})?$"
_MAIL = f"^({MAIL_ADDRESS})?$"  # without signs it empties the field
# What texts that the system computes, or people alone write, may say.
_SAID: dict[tuple[str, str], Fragment] = {
    ("invoice", "custbody_rh_status"): {
        "enum": ["DRAFT", "POSTED", "PARTIALLY_PAID", "PAID", "CREDITED"],
    },
    ("creditMemo", "custbody_rh_status"): {"enum": ["DRAFT", "POSTED", "APPLIED"]},
    ("customerPayment", "custbody_rh_status"): {"enum": ["APPLIED"]},
    ("accountingPeriod", "periodName"): {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    ("customrecord_rh_calendar", "custrecord_rh_kind"): {"enum": ["CLOSE", "BILLING", "HOLIDAY"]},
    ("customrecord_rh_calendar", "custrecord_rh_period"): {
        "type": "string",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$",
    },
    ("customrecord_rh_calendar", "custrecord_rh_at"): INSTANT,
    ("customrecord_rh_calendar", "custrecord_rh_freq"): {"enum": ["MONTHLY", "EXTRA"]},
    **{
        (kind.name, "tranId"): {"type": "string", "pattern": r"^[A-Za-z0-9]+-[A-Z]+-[0-9]{4}-[0-9]{6,}$"}
        for kind in TRANSACTIONS
    },
}
_DATED = frozenset(
    {"tranDate", "postingPeriod", "subsidiary", "currency", "exchangeRate", "custbody_rh_acct_date", "status"}
)
_TOTALLED = frozenset(
    {
        "entity",
        "approvalStatus",
        "custbody_rh_status",
        "subtotal",
        "taxTotal",
        "total",
        "amountRemaining",
        "custbody_rh_total_fc",
        "custbody_rh_open_fc",
    }
)
# Beside booleans, which are always there, and what a caller must give.
_ALWAYS: dict[str, frozenset[str]] = {
    "subsidiary": frozenset({"externalId", "name", "country", "currency", "custrecord_rh_tz"}),
    "department": frozenset({"externalId", "name", "subsidiary", "custrecord_rh_code"}),
    "classification": frozenset({"externalId", "name", "custrecord_rh_code"}),
    "currency": frozenset({"externalId", "name", "symbol", "currencyPrecision"}),
    "account": frozenset({"externalId", "acctNumber", "acctName", "acctType"}),
    "item": frozenset({"externalId", "itemId", "displayName", "incomeAccount"}),
    "term": frozenset({"externalId", "name"}),
    "customrecord_rh_calendar": frozenset({"externalId", "custrecord_rh_entity", "custrecord_rh_kind"}),
    "customrecord_rh_tax_rate": frozenset(
        {
            "externalId",
            "custrecord_rh_jurisdiction",
            "custrecord_rh_class",
            "custrecord_rh_valid_from",
            "custrecord_rh_percent",
        }
    ),
    "accountingPeriod": frozenset({"periodName", "startDate", "endDate", "subsidiary"}),
    "job": frozenset({"subsidiary"}),
    "employee": frozenset({"entityId"}),
    "invoice": _DATED | _TOTALLED | {"dueDate"},
    "creditMemo": _DATED | _TOTALLED | {"createdFrom"},
    "customerPayment": _DATED | {"externalId", "tranId", "customer", "payment", "unapplied"},
    "journalEntry": _DATED | {"tranId"},
}
_ALWAYS_OF_LINE = {
    "item": ("item", "amount", "taxCode"),
    "apply": ("doc", "amount"),
    "line": ("account",),
    "taxDetails": ("taxCode", "taxAmount"),
}
_PATHS = {kind.table: kind.name for kind in (*MASTERS, *ENTITIES)}


def named(name: str) -> Fragment:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(properties: Fragment, required: tuple[str, ...] | None = None) -> Fragment:
    """An object of exactly these properties; all of them always there unless said otherwise."""
    return {
        "type": "object",
        "required": sorted(properties if required is None else required),
        "properties": properties,
        "additionalProperties": False,
    }


def own_link(path: str) -> Fragment:
    """The links of a resource that has only its own; `path` is a pattern below the REST root."""
    href = {"type": "string", "pattern": f"{ROOT}{path}$"}
    link = closed({"rel": {"const": "self"}, "href": href})
    return {"type": "array", "minItems": 1, "maxItems": 1, "items": link}


def record_components() -> Fragment:
    """All record types and their lines: shown, by chosen fields, to create, to change, to refer to."""
    found: Fragment = {}
    for kind in RECORD_TYPES.values():
        found[kind.name] = _shown_record(kind)
        found[f"{kind.name}-fields"] = _chosen_fields(kind)
        found.setdefault(f"{kind.table}-reference", _shown_reference(kind.table))
        if kind.access:
            found[f"{kind.name}-update"] = _taken_record(kind, lines="changed")
        if "create" in kind.access:
            # Its external id stands in the address; what has to be given depends on whether it is there.
            found[f"{kind.name}-upsert"] = _taken_record(kind)
            found[f"{kind.name}-create"] = {
                **_taken_record(kind, externalId=EXTERNAL_ID),
                "required": sorted(_demanded(kind)),
            }
        for sublist in sublists(kind):
            found.setdefault(f"{sublist.name}-line", _shown_line(sublist))
            found.setdefault(f"{sublist.name}-lines", _shown_lines(sublist))
            if kind.access and sublist is kind.sublist:
                demanded = _ALWAYS_OF_LINE[sublist.name]
                found.setdefault(f"{sublist.name}-line-taken", _taken_line(sublist, demanded))
                # A line that is merged by its number needs to say only what changes.
                found.setdefault(f"{sublist.name}-line-changed", _taken_line(sublist, ()))
    return found


def field_names(kind: RecordType) -> list[str]:
    """What may be asked for by `fields`."""
    names = [item.name for item in kind.properties] + [sublist.name for sublist in sublists(kind)]
    return ["id", "externalId", "links", *names]


# --- shown ----------------------------------------------------------------------------------------


def _shown_record(kind: RecordType) -> Fragment:
    properties = {**_shown_properties(kind), "createdDate": INSTANT, "lastModifiedDate": INSTANT}
    always = {"links", "id", "createdDate", "lastModifiedDate", *_ALWAYS.get(kind.name, ())}
    always |= {item.name for item in kind.properties if item.kind == "boolean" or item.required}
    always |= {sublist.name for sublist in sublists(kind)}
    return closed(properties, tuple(always))


def _chosen_fields(kind: RecordType) -> Fragment:
    """A record read with `fields`: without the instants, and with nothing for certain but its id."""
    return closed(_shown_properties(kind), ("links", "id"))


def _shown_properties(kind: RecordType) -> Fragment:
    path = f"/record/v1/{kind.name}/[0-9]+"
    return {
        "links": own_link(path),
        "id": INTERNAL_ID,
        "externalId": {"type": "string", "minLength": 1, "maxLength": 255},
        **{item.name: _shown(item, kind.name) for item in kind.properties},
        **{
            sublist.name: {
                "anyOf": [
                    closed({"links": own_link(f"{path}/{sublist.name}")}),
                    named(f"{sublist.name}-lines"),
                ]
            }
            for sublist in sublists(kind)
        },
    }


def _shown(item: Property, owner: str) -> Fragment:
    match item.kind:
        case "boolean":
            return {"type": "boolean"}
        case "integer":
            return {"type": "integer"}
        case "decimal" | "fraction":
            return {"type": "number"}
        case "date":
            return DAY
        case "instant":
            return INSTANT
        case "reference":
            return named(f"{item.record}-reference")
        case "choice":
            names = dict(item.choices)
            return closed({"id": {"enum": [*names]}, "refName": {"enum": [*names.values()]}})
    return _SAID.get((owner, item.name), {**TEXT, "maxLength": item.length})


def _shown_reference(table: str) -> Fragment:
    kinds = [kind.name for kind in TRANSACTIONS] if table == "transaction" else [_PATHS[table]]
    path = f"/record/v1/({'|'.join(kinds)})/[0-9]+"
    return closed({"links": own_link(path), "id": INTERNAL_ID, "refName": TEXT}, ("links", "id"))


def _sublist_path(sublist: Sublist) -> str:
    owners = [kind.name for kind in TRANSACTIONS if sublist in sublists(kind)]
    return f"/record/v1/({'|'.join(owners)})/[0-9]+/{sublist.name}"


def _shown_lines(sublist: Sublist) -> Fragment:
    return closed(
        {
            "links": own_link(_sublist_path(sublist)),
            "items": {"type": "array", "items": named(f"{sublist.name}-line")},
            "totalResults": WHOLE,
        }
    )


def _shown_line(sublist: Sublist) -> Fragment:
    properties = {
        "links": own_link(f"{_sublist_path(sublist)}/[0-9]+"),
        **{item.name: _shown(item, sublist.name) for item in sublist.properties},
    }
    return closed(properties, ("links", "line", *_ALWAYS_OF_LINE[sublist.name]))


# --- taken ----------------------------------------------------------------------------------------
#
# What the system shows with every record (links, names, instants) may be sent back with it, and is left
# aside; a caller has no need to know.


def _demanded(kind: RecordType) -> tuple[str, ...]:
    names = [item.name for item in kind.properties if item.required]
    if kind.name == "journalEntry":
        names.append("subsidiary")
    return (*names, kind.sublist.name) if kind.sublist else tuple(names)


def _taken_record(kind: RecordType, lines: str = "taken", **more: Fragment) -> Fragment:
    demanded = _demanded(kind)
    properties: Fragment = dict(more)
    for item in kind.properties:
        if not item.read_only:
            properties[item.name] = _taken(item, nullable=item.name not in demanded)
    if kind.sublist is not None:
        items: Fragment = {"type": "array", "items": named(f"{kind.sublist.name}-line-{lines}")}
        if lines == "taken":
            items["minItems"] = 2 if kind.name == "journalEntry" else 1
        sublist = {"type": "object", "required": ["items"], "properties": {"items": items}}
        properties[kind.sublist.name] = sublist
    return closed(properties, ())


def _taken_line(sublist: Sublist, demanded: tuple[str, ...]) -> Fragment:
    properties: Fragment = {}
    for item in sublist.properties:
        taken = _taken(item, nullable=not item.required)
        if item.name == "line":
            taken = {"type": ["integer", "null"], "minimum": 1, "maximum": 99_999}
        elif item.kind == "decimal":
            taken = {**taken, "minimum": 0}
        elif item.name == "taxCode" and item.required:
            taken = {"type": "string", "pattern": _TAX_CODE}
        properties[item.name] = taken
    return closed(properties, demanded)


def _taken(item: Property, *, nullable: bool) -> Fragment:
    """One property of a request body; null empties it where it may be empty."""
    if item.kind == "choice":
        choice = _taken_choice(item)
        return {"anyOf": [*choice["anyOf"], {"type": "null"}]} if nullable else choice
    shape = _taken_reference(item) if item.kind == "reference" else _taken_value(item, nullable=nullable)
    return {**shape, "type": [shape["type"], "null"]} if nullable else shape


def _taken_value(item: Property, *, nullable: bool) -> Fragment:
    match item.kind:
        case "boolean":
            return {"type": "boolean"}
        case "integer":
            return {"type": "integer", "minimum": -MAXIMUM_NUMBER, "maximum": MAXIMUM_NUMBER}
        case "decimal":
            return {"type": "number", "minimum": -MAXIMUM_NUMBER, "maximum": MAXIMUM_NUMBER}
        case "fraction":
            return {"type": "number", "minimum": 1e-9, "maximum": MAXIMUM_NUMBER, "examples": [1]}
        case "date":
            return {**DAY, "examples": [DAYS.get(item.name, DAYS["tranDate"])]}
    if item.name == "email":
        return {"type": "string", "maxLength": item.length, "pattern": _MAIL}
    shape: Fragment = {"type": "string", "maxLength": item.length}
    return shape if nullable else {**shape, "minLength": 1}


def _taken_reference(item: Property) -> Fragment:
    keys = ("id", "externalId", "refName")
    return {
        "type": "object",
        "properties": {key: {"type": "string"} for key in keys},
        "anyOf": [{"required": [key]} for key in keys],
        "additionalProperties": False,
        "examples": [REFERENCES[item.record]],
    }


def _taken_choice(item: Property) -> Fragment:
    # Documents come in pending: the system alone approves them.
    given = item.choices[:1] if item.name == "approvalStatus" else item.choices
    choice = {"enum": [key for key, _ in given]}
    shown = {"type": "object", "required": ["id"], "properties": {"id": choice}}
    return {"anyOf": [shown, choice]}
