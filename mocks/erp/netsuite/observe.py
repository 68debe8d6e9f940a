"""The account read back: masters as facts, and what was written into it as documents."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from mocks.erp.netsuite import money
from mocks.erp.netsuite.history import master_facts
from mocks.erp.netsuite.schema import RECORD_TYPES
from mocks.erp.netsuite.wire import shown_record
from mocks.firm.facts.documents import (
    Application,
    CreditLine,
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceLine,
    Journal,
    JournalLine,
    Payment,
    Period,
    TargetDocument,
    TaxTotal,
)
from mocks.firm.facts.wire import Row
from mocks.kit.schema import Value
from mocks.kit.store import Record
from mocks.kit.world import World

Codes = dict[str, str]
Lines = dict[str, list[Record]]


def observe(world: World) -> Iterator[Row]:
    """Facts of every version of the masters, and every document in its current version."""
    yield from master_facts(world)
    yield from _Reader(world).documents()


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record as the REST API shows it, sublists expanded."""
    base_url = f"https://{world.secrets['account'].lower().replace('_', '-')}.suitetalk.api.netsuite.com"
    for kind in RECORD_TYPES.values():
        condition, arguments = ("type = ?", (kind.transaction_type,)) if kind.transaction_type else ("1", ())
        for record in world.store.select(kind.table, condition, arguments):
            yield kind.name, shown_record(world, kind, record, base_url, expand=True)


class _Reader:
    """Documents of one world, with the small tables they refer to read once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entities = self._codes("subsidiary", "externalid")
        self._symbols = self._codes("currency", "symbol")
        self._digits = {
            record.id: int(record.values["currencyprecision"] or 0)
            for record in world.store.select("currency", deleted=True)
        }
        self._own_digits = {
            record.id: self._digits[str(record.values["currency"])]
            for record in world.store.select("subsidiary", deleted=True)
        }
        self._terms = self._codes("term", "name")
        self._accounts = self._codes("account", "acctnumber")
        self._items = self._codes("item", "itemid")
        self._departments = self._codes("department", "custrecord_rh_code")
        self._classes = self._codes("classification", "custrecord_rh_code")
        self._periods = self._codes("accountingperiod", "periodname")

    def _codes(self, table: str, column: str) -> Codes:
        return {r.id: str(r.values[column]) for r in self._world.store.select(table, deleted=True)}

    def documents(self) -> Iterator[TargetDocument]:
        """Everything that was written into the account."""
        select = self._world.store.select
        yield from (self._customer(record) for record in select("customer", deleted=True))
        yield from (self._project(record) for record in select("job", deleted=True))
        yield from (self._employee(record) for record in select("employee", deleted=True))
        yield from (self._period(record) for record in select("accountingperiod"))
        lines: Lines = defaultdict(list)
        for line in select("transactionline", order="linesequencenumber"):
            lines[str(line.values["transaction"])].append(line)
        for record in select("transaction", deleted=True):
            own = lines.get(record.id, [])
            match record.values["type"]:
                case "CustInvc":
                    yield self._invoice(record, own)
                case "CustCred":
                    yield self._memo(record, own)
                case "CustPymt":
                    yield self._payment(record, own)
                case _:
                    yield self._journal(record, own)

    def _customer(self, record: Record) -> ErpCustomer:
        values = record.values
        return ErpCustomer(
            **_envelope(record),
            source_id=_text(values["custentity_rh_source_id"]),
            name=_text(values["companyname"]),
            legal_name=_text(values["custentity_rh_legal_name"]),
            entity=self._entities.get(_text(values["subsidiary"]), ""),
            ccy=self._symbols.get(_text(values["currency"]), ""),
            terms=self._terms.get(_text(values["terms"]), ""),
            vat_id=_optional(values["vatregnumber"]),
            tax_status=_text(values["custentity_rh_tax_status"]),
            inactive=bool(values["isinactive"]),
            parent=_optional(values["parent"]),
        )

    def _project(self, record: Record) -> ErpProject:
        values = record.values
        return ErpProject(
            **_envelope(record),
            source_id=_text(values["custentity_rh_source_id"]),
            name=_text(values["companyname"]),
            customer=_text(values["parent"]),
            value_minor=self._minor(values["custentity_rh_contract_value"], values["currency"]),
            inactive=bool(values["isinactive"]),
            entity=self._entities.get(_text(values["subsidiary"]), ""),
            ccy=self._symbols.get(_text(values["currency"]), ""),
        )

    def _employee(self, record: Record) -> ErpEmployee:
        values = record.values
        return ErpEmployee(
            **_envelope(record),
            source_id=_text(values["custentity_rh_source_id"]),
            employee_no=_text(values["custentity_rh_employee_no"]),
            name=_text(values["entityid"]),
            email=_text(values["email"]),
            entity=self._entities.get(_text(values["subsidiary"]), ""),
            inactive=bool(values["isinactive"]),
        )

    def _period(self, record: Record) -> Period:
        closed_at = record.values["closedondate"]
        return Period(
            **_envelope(record),
            entity=self._entities[_text(record.values["subsidiary"])],
            period=_text(record.values["periodname"]),
            state="CLOSED" if record.values["closed"] else "OPEN",
            closed_at_ms=None if closed_at is None else int(closed_at),
        )

    def _invoice(self, record: Record, lines: list[Record]) -> Invoice:
        values = record.values
        return Invoice(
            **self._paper(record),
            invoice_date=_day(values["trandate"]),
            due_date=_day(values["duedate"]),
            po_number=_optional(values["otherrefnum"]),
            lines=tuple(InvoiceLine(**self._item_line(record, line)) for line in lines),
            taxes=self._taxes(record, lines),
        )

    def _memo(self, record: Record, lines: list[Record]) -> CreditMemo:
        values = record.values
        currency, subsidiary = values["currency"], _text(values["subsidiary"])
        by_type: Lines = defaultdict(list)
        for line in lines:
            by_type[_text(line.values["linetype"])].append(line)
        applied = sum(int(line.values["foreignamount"] or 0) for line in by_type["apply"])
        return CreditMemo(
            **self._paper(record),
            invoice=_text(values["createdfrom"]),
            memo_date=_day(values["trandate"]),
            applied_tc_minor=self._minor(applied, currency),
            lines=tuple(CreditLine(**self._item_line(record, line)) for line in by_type["item"]),
            taxes=self._memo_taxes(by_type, currency, subsidiary),
        )

    def _paper(self, record: Record) -> dict[str, Any]:
        """What invoices and credit memos have in common."""
        values = record.values
        currency, subsidiary = values["currency"], _text(values["subsidiary"])
        approved_at = values["custbody_rh_approved_at"]
        return {
            **_envelope(record),
            "number": _optional(values["tranid"]),
            "status": _text(values["custbody_rh_status"]),
            "entity": self._entities[subsidiary],
            "customer": _text(values["entity"]),
            "source_id": _text(values["custbody_rh_source_id"]),
            "run": _text(values["custbody_rh_run"]),
            "ccy": self._symbols[_text(currency)],
            "fx_rate": _text(values["exchangerate"]),
            "acct_date": _day(values["custbody_rh_acct_date"]),
            "period": self._periods[_text(values["postingperiod"])],
            "approved_at_ms": None if approved_at is None else int(approved_at),
            "net_tc_minor": self._minor(values["netamount"], currency),
            "tax_tc_minor": self._minor(values["taxtotal"], currency),
            "gross_tc_minor": self._minor(values["foreigntotal"], currency),
            "open_tc_minor": self._minor(values["foreignamountunpaid"], currency),
            "open_fc_minor": self._own_minor(values["custbody_rh_open_fc"], subsidiary),
        }

    def _item_line(self, record: Record, line: Record) -> dict[str, Any]:
        """What a line bills or credits, in the money of its record."""
        values = line.values
        return {
            "line": int(values["linesequencenumber"] or 0),
            "source_id": _text(values["custcol_rh_source_id"]),
            "contract_line_source_id": _text(values["custcol_rh_contract_line"]),
            "item": self._items[_text(values["item"])],
            "account": self._accounts[_text(values["account"])],
            "quantity_e4": int(values["quantity"] or 0),
            "rate_e4": int(values["rate"] or 0),
            "amount_tc_minor": self._minor(values["foreignamount"], record.values["currency"]),
            "amount_fc_minor": self._own_minor(values["netamount"], _text(record.values["subsidiary"])),
            "tax_code": _text(values["taxcode"]),
            "project": _text(values["job"]),
            "department": self._departments.get(_text(values["department"]), ""),
            "practice": self._classes.get(_text(values["class"]), ""),
        }

    def _memo_taxes(self, lines: Lines, currency: Value, subsidiary: str) -> tuple[TaxTotal, ...]:
        """The taxes that were settled when the memo was made, with what its lines credit of each code."""
        bases: dict[str, int] = defaultdict(int)
        for line in lines["item"]:
            bases[_text(line.values["taxcode"])] += int(line.values["foreignamount"] or 0)
        return tuple(
            TaxTotal(
                tax_code=_text(line.values["taxcode"]),
                base_tc_minor=self._minor(bases[_text(line.values["taxcode"])], currency),
                tax_tc_minor=self._minor(line.values["foreignamount"], currency),
                tax_fc_minor=self._own_minor(line.values["netamount"], subsidiary),
            )
            for line in lines["tax"]
        )

    def _taxes(self, record: Record, lines: list[Record]) -> tuple[TaxTotal, ...]:
        currency, subsidiary = record.values["currency"], _text(record.values["subsidiary"])
        rate, own_digits = _text(record.values["exchangerate"]), self._own_digits[subsidiary]
        nets = ((_text(line.values["taxcode"]), int(line.values["foreignamount"] or 0)) for line in lines)
        return tuple(
            TaxTotal(
                tax_code=tax.tax_code,
                base_tc_minor=self._minor(tax.base_e4, currency),
                tax_tc_minor=self._minor(tax.tax_e4, currency),
                tax_fc_minor=self._own_minor(money.functional_e4(tax.tax_e4, rate, own_digits), subsidiary),
            )
            for tax in money.taxes(nets, self._digits[_text(currency)])
        )

    def _payment(self, record: Record, lines: list[Record]) -> Payment:
        values = record.values
        currency, subsidiary = values["currency"], _text(values["subsidiary"])
        return Payment(
            **_envelope(record),
            number=_text(values["tranid"]),
            entity=self._entities[subsidiary],
            customer=_text(values["entity"]),
            ccy=self._symbols[_text(currency)],
            received_on=_day(values["trandate"]),
            acct_date=_day(values["custbody_rh_acct_date"]),
            period=self._periods[_text(values["postingperiod"])],
            amount_tc_minor=self._minor(values["foreigntotal"], currency),
            amount_fc_minor=self._own_minor(values["custbody_rh_total_fc"], subsidiary),
            open_tc_minor=self._minor(values["foreignamountunpaid"], currency),
            applications=tuple(
                Application(
                    invoice=_text(line.values["doc"]),
                    amount_tc_minor=self._minor(line.values["foreignamount"], currency),
                )
                for line in lines
            ),
        )

    def _journal(self, record: Record, lines: list[Record]) -> Journal:
        values = record.values
        return Journal(
            **_envelope(record),
            number=_text(values["tranid"]),
            journal_type=_text(values["custbody_rh_type"]),
            entity=self._entities[_text(values["subsidiary"])],
            ccy=self._symbols[_text(values["currency"])],
            acct_date=_day(values["custbody_rh_acct_date"]),
            period=self._periods[_text(values["postingperiod"])],
            document=_text(values["createdfrom"]),
            source_id=_text(values["custbody_rh_source_id"]),
            posted_at_ms=record.created_ms,
            lines=tuple(
                self._journal_line(line, values["currency"], _text(values["subsidiary"])) for line in lines
            ),
        )

    def _journal_line(self, line: Record, currency: Value, subsidiary: str) -> JournalLine:
        values = line.values
        return JournalLine(
            account=self._accounts[_text(values["account"])],
            dr_tc_minor=self._minor(values["debit"], currency),
            cr_tc_minor=self._minor(values["credit"], currency),
            dr_fc_minor=self._own_minor(values["custcol_rh_fc_debit"], subsidiary),
            cr_fc_minor=self._own_minor(values["custcol_rh_fc_credit"], subsidiary),
            customer=_text(values["entity"]),
            contract_line=_text(values["custcol_rh_contract_line"]),
            project=_text(values["job"]),
            bucket="" if values["job"] else _text(values["custcol_rh_project"]),
            resource=_text(values["custcol_rh_resource"]),
            cost_centre=self._departments.get(_text(values["department"]), ""),
            practice=self._classes.get(_text(values["class"]), ""),
            tax_code=_text(values["taxcode"]),
            source_line=_text(values["custcol_rh_source_id"]),
        )

    def _minor(self, amount_e4: Value, currency: Value) -> int:
        """An amount in minor units of a currency, two digits where a record has none."""
        digits = self._digits.get(_text(currency), 2)
        return money.half_up(int(amount_e4 or 0), money.minor_unit_e4(digits))

    def _own_minor(self, amount_e4: Value, subsidiary: str) -> int:
        return money.half_up(int(amount_e4 or 0), money.minor_unit_e4(self._own_digits[subsidiary]))


def _envelope(record: Record) -> dict[str, Any]:
    return {
        "native_id": record.id,
        "external_id": _text(record.values["externalid"]),
        "created_at_ms": record.created_ms,
        "modified_at_ms": record.modified_ms,
        "versions": record.ver,
        "deleted": record.deleted,
    }


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _optional(value: Value) -> str | None:
    return None if value is None else str(value)


def _day(value: Value) -> date:
    return date.fromisoformat(str(value))
