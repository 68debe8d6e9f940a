"""The account's record types, and the store's tables made from them (wire 4.3, mapping: ERP)."""

from mocks.erp.netsuite.properties import (
    FULL,
    Property,
    PropertyKind,
    RecordType,
    Sublist,
    computed,
    prop,
    ref,
)
from mocks.kit.schema import Field, Kind, ObjectType, Schema

_STORED: dict[PropertyKind, Kind] = {
    "text": "text",
    "boolean": "bool",
    "integer": "int",
    "decimal": "decimal",
    "fraction": "text",
    "date": "date",
    "instant": "instant",
    "reference": "text",
    "choice": "text",
}


_REVISION = computed("custrecord_rh_revision", "integer")
_INACTIVE = prop("isInactive", "boolean")
_CREDIT_HOLD = (("AUTO", "Auto"), ("ON", "On"), ("OFF", "Off"))
_APPROVAL = (("1", "Pending Approval"), ("2", "Approved"))
STATUS_NAMES = {
    "A": "Open",
    "B": "Paid In Full",
    "C": "Deposited",
    "D": "Pending Approval",
    "P": "Approved for Posting",
}

MASTERS = (
    RecordType(
        name="subsidiary",
        table="subsidiary",
        display="name",
        properties=(
            prop("name"),
            prop("country"),
            ref("currency", "currency"),
            prop("custrecord_rh_tz"),
            prop("custrecord_rh_std_hours", "decimal", scale=2),
            _REVISION,
        ),
    ),
    RecordType(
        name="department",
        table="department",
        display="name",
        properties=(prop("name"), ref("subsidiary", "subsidiary"), prop("custrecord_rh_code"), _REVISION),
    ),
    RecordType(
        name="classification",
        table="classification",
        display="name",
        properties=(prop("name"), prop("custrecord_rh_code"), _REVISION),
    ),
    RecordType(
        name="currency",
        table="currency",
        display="symbol",
        properties=(prop("name"), prop("symbol", indexed=True), prop("currencyPrecision", "integer")),
    ),
    RecordType(
        name="account",
        table="account",
        display="acctname",
        properties=(prop("acctNumber", indexed=True), prop("acctName"), prop("acctType")),
    ),
    RecordType(
        name="item",
        table="item",
        display="itemid",
        properties=(prop("itemId"), prop("displayName"), ref("incomeAccount", "account")),
    ),
    RecordType(name="term", table="term", display="name", properties=(prop("name"),)),
    RecordType(
        name="customrecord_rh_calendar",
        table="customrecord_rh_calendar",
        display="externalid",
        properties=(
            prop("custrecord_rh_entity", indexed=True),
            prop("custrecord_rh_kind"),
            prop("custrecord_rh_period"),
            prop("custrecord_rh_at"),
            prop("custrecord_rh_date", "date"),
            prop("custrecord_rh_freq"),
            _REVISION,
        ),
    ),
    RecordType(
        name="customrecord_rh_tax_rate",
        table="customrecord_rh_tax_rate",
        display="externalid",
        properties=(
            prop("custrecord_rh_jurisdiction"),
            prop("custrecord_rh_class"),
            prop("custrecord_rh_valid_from", "date"),
            prop("custrecord_rh_percent", "decimal"),
            _REVISION,
        ),
    ),
    RecordType(
        name="accountingPeriod",
        table="accountingperiod",
        display="periodname",
        access=frozenset({"update"}),
        properties=(
            computed("periodName", "text"),
            computed("startDate", "date"),
            computed("endDate", "date"),
            prop("closed", "boolean"),
            computed("closedOnDate", "instant"),
            prop("subsidiary", "reference", record="subsidiary", read_only=True, indexed=True),
        ),
    ),
)

ENTITIES = (
    RecordType(
        name="customer",
        table="customer",
        display="companyname",
        access=FULL,
        properties=(
            prop("companyName", required=True),
            prop("isPerson", "boolean"),
            ref("parent", "customer"),
            ref("subsidiary", "subsidiary", required=True),
            ref("currency", "currency"),
            ref("terms", "term"),
            prop("vatRegNumber", length=20),
            prop("email"),
            _INACTIVE,
            prop("creditHoldOverride", "choice", choices=_CREDIT_HOLD),
            prop("custentity_rh_legal_name"),
            prop("custentity_rh_tax_status"),
            prop("custentity_rh_source_id", indexed=True),
        ),
    ),
    RecordType(
        name="job",
        table="job",
        display="companyname",
        access=FULL,
        properties=(
            prop("companyName", required=True),
            ref("parent", "customer", required=True),
            ref("subsidiary", "subsidiary"),
            ref("currency", "currency"),
            _INACTIVE,
            prop("custentity_rh_source_id", indexed=True),
            prop("custentity_rh_contract_value", "decimal"),
        ),
    ),
    RecordType(
        name="employee",
        table="employee",
        display="entityid",
        access=FULL,
        properties=(
            computed("entityId", "text"),
            prop("firstName", required=True, length=32),
            prop("lastName", required=True, length=32),
            prop("email"),
            ref("subsidiary", "subsidiary", required=True),
            _INACTIVE,
            prop("custentity_rh_employee_no", indexed=True),
            prop("custentity_rh_source_id", indexed=True),
        ),
    ),
)

_SOURCE_COLUMNS = (
    prop("custcol_rh_source_id", indexed=True),
    prop("custcol_rh_contract_line"),
)
_DIMENSIONS = (
    ref("department", "department"),
    ref("class", "classification"),
    ref("job", "job", indexed=True),
)
_LINE = prop("line", "integer", column="linesequencenumber")
_DESCRIPTION = prop("description", column="memo", length=4000)
ITEM_LINES = Sublist(
    name="item",
    line_type="item",
    properties=(
        _LINE,
        ref("item", "item", required=True),
        prop("quantity", "decimal"),
        prop("rate", "decimal"),
        prop("amount", "decimal", column="foreignamount", required=True),
        *_DIMENSIONS,
        prop("taxCode", required=True),
        _DESCRIPTION,
        *_SOURCE_COLUMNS,
    ),
)
APPLY_LINES = Sublist(
    name="apply",
    line_type="apply",
    properties=(
        _LINE,
        ref("doc", "transaction", indexed=True),
        prop("amount", "decimal", column="foreignamount"),
    ),
)
JOURNAL_LINES = Sublist(
    name="line",
    line_type="line",
    properties=(
        _LINE,
        ref("account", "account", required=True),
        prop("debit", "decimal"),
        prop("credit", "decimal"),
        prop("custcol_rh_fc_debit", "decimal"),
        prop("custcol_rh_fc_credit", "decimal"),
        ref("entity", "customer"),
        *_DIMENSIONS,
        prop("taxCode"),
        prop("memo", length=4000),
        *_SOURCE_COLUMNS,
        prop("custcol_rh_project"),
        prop("custcol_rh_resource"),
    ),
)

TAX_LINES = Sublist(
    name="taxDetails",
    line_type="tax",
    properties=(_LINE, prop("taxCode"), prop("taxAmount", "decimal", column="foreignamount")),
)
_MEMO_STATUS = (("A", "Open"), ("B", "Fully Applied"), ("D", "Pending Approval"))

_HEADER = (
    computed("tranId", "text"),
    prop("tranDate", "date", required=True),
    ref("postingPeriod", "accountingperiod", indexed=True),
    ref("subsidiary", "subsidiary"),
    ref("currency", "currency"),
    prop("exchangeRate", "fraction"),
    prop("memo", length=999),
    prop("custbody_rh_acct_date", "date"),
    prop("custbody_rh_source_id", indexed=True),
)
_STATUS = prop("status", "choice", choices=tuple(STATUS_NAMES.items()), read_only=True)
# What invoices and credit memos have in common: approval, totals, what is open.
_DOCUMENT = (
    ref("entity", "customer", required=True, indexed=True),
    prop("approvalStatus", "choice", choices=_APPROVAL),
    prop("custbody_rh_run"),
    computed("custbody_rh_status", "text"),
    computed("custbody_rh_approved_at", "instant"),
    computed("subtotal", column="netamount"),
    computed("taxTotal"),
    computed("total", column="foreigntotal"),
    computed("amountRemaining", column="foreignamountunpaid"),
    computed("custbody_rh_total_fc"),
    computed("custbody_rh_open_fc"),
)
TRANSACTIONS = (
    RecordType(
        name="invoice",
        table="transaction",
        transaction_type="CustInvc",
        display="tranid",
        access=FULL,
        sublist=ITEM_LINES,
        properties=(
            *_HEADER,
            _STATUS,
            *_DOCUMENT,
            prop("dueDate", "date"),
            prop("otherRefNum", length=45),
        ),
    ),
    RecordType(
        name="creditMemo",
        table="transaction",
        transaction_type="CustCred",
        display="tranid",
        access=FULL,
        sublist=ITEM_LINES,
        kept=(TAX_LINES, APPLY_LINES),
        properties=(
            *_HEADER,
            prop("status", "choice", choices=_MEMO_STATUS, read_only=True),
            *_DOCUMENT,
            ref("createdFrom", "transaction", required=True, indexed=True),
        ),
    ),
    RecordType(
        name="customerPayment",
        table="transaction",
        transaction_type="CustPymt",
        display="tranid",
        sublist=APPLY_LINES,
        properties=(
            *_HEADER,
            _STATUS,
            prop("customer", "reference", column="entity", record="customer"),
            computed("payment", column="foreigntotal"),
            computed("unapplied", column="foreignamountunpaid"),
            computed("custbody_rh_total_fc"),
            computed("custbody_rh_status", "text"),
        ),
    ),
    RecordType(
        name="journalEntry",
        table="transaction",
        transaction_type="Journal",
        display="tranid",
        access=FULL,
        sublist=JOURNAL_LINES,
        properties=(
            *_HEADER,
            _STATUS,
            prop("custbody_rh_type"),
            prop("custbody_rh_run"),
            prop("createdFrom", "reference", record="transaction", read_only=True, indexed=True),
        ),
    ),
)
RECORD_TYPES = {kind.name: kind for kind in (*MASTERS, *ENTITIES, *TRANSACTIONS)}
DISPLAY = {kind.table: kind.display for kind in RECORD_TYPES.values()}


def _fields(columns: list[tuple[str, Property]]) -> tuple[Field, ...]:
    by_column: dict[str, Field] = {}
    for column, declared in columns:
        known = by_column.get(column)
        by_column[column] = Field(
            name=column,
            kind=_STORED[declared.kind],
            scale=declared.scale if declared.kind == "decimal" else 0,
            indexed=declared.indexed or bool(known and known.indexed),
        )
    return tuple(by_column.values())


def _objects() -> tuple[ObjectType, ...]:
    tables: dict[str, list[tuple[str, Property]]] = {}
    for kind in RECORD_TYPES.values():
        columns = tables.setdefault(kind.table, [("externalid", prop("externalId", indexed=True))])
        columns += [(item.column, item) for item in kind.properties]
    tables["transaction"].append(("type", prop("type")))
    lines = [("transaction", prop("transaction", indexed=True)), ("linetype", prop("lineType"))]
    for sublist in (ITEM_LINES, TAX_LINES, APPLY_LINES, JOURNAL_LINES):
        lines += [(item.column, item) for item in sublist.properties]
    lines.append(("netamount", prop("netAmount", "decimal")))
    tables["transactionline"] = lines
    return (
        *(ObjectType(name, _fields(columns)) for name, columns in tables.items()),
        ObjectType("asyncjob", _JOB_FIELDS),
    )


_JOB_FIELDS = (
    Field("idempotencykey", indexed=True),
    Field("progress"),
    Field("request", "json"),
    Field("status", "int"),
    Field("location"),
    Field("content_type"),
    Field("body"),
    Field("ended_ms", "instant"),
)
SCHEMA = Schema(_objects())
