"""ERP rows to canonical records, and customers, jobs, employees and invoices to record bodies: pure.

Raises ValueError, LookupError or ArithmeticError where a row breaks the contract (mapping, ERP).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integration_core.adapters.netsuite.rows import (
    CalendarRow,
    ClassificationRow,
    CurrencyRow,
    DepartmentRow,
    InvoiceRow,
    ItemRow,
    PeriodRow,
    SubsidiaryRow,
    TaxRateRow,
)
from integration_core.adapters.netsuite.suiteql import stamp_ms
from integration_core.canonical.ledger import (
    BillingDate,
    CodeList,
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceLine,
    InvoiceState,
    Journal,
    JournalLine,
    LegalEntity,
    PeriodClose,
    PeriodState,
    TaxRate,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INVOICE_STATUSES = frozenset(
    {"DRAFT", "HELD", "APPROVED", "POSTED", "PARTIALLY_PAID", "PAID", "CREDITED", "APPLIED", "VOID"}
)
_FOUR_PLACES = Decimal("0.0001")


def to_canonical_entity(
    row: SubsidiaryRow, calendar: Iterable[CalendarRow], currencies: dict[str, str]
) -> LegalEntity:
    """A subsidiary with its calendars; it changed when it or any of its calendar rows did."""
    rows = list(calendar)
    return LegalEntity(
        code=row.code,
        native_id=str(row.id),
        name=row.name,
        country=row.country,
        functional_ccy=currencies[str(row.currency)],
        tz=row.tz,
        std_hours_day=row.std_hours,
        close_calendar=tuple(
            sorted((_close(day) for day in rows if day.kind == "CLOSE"), key=lambda close: close.period)
        ),
        billing_calendar=tuple(
            sorted(
                (_billing(day) for day in rows if day.kind == "BILLING"),
                key=lambda billing: (billing.billing_date, billing.freq),
            )
        ),
        holidays=tuple(sorted(_holiday(day) for day in rows if day.kind == "HOLIDAY")),
        recorded_at_ms=max(stamp_ms(row.stamp), *(stamp_ms(day.stamp) for day in rows), 0),
    )


def _close(row: CalendarRow) -> PeriodClose:
    if row.period is None or row.at is None:
        raise ValueError(f"close calendar row {row.id} lacks its period or instant")
    at = datetime.fromisoformat(row.at)
    if at.tzinfo is None:
        raise ValueError(f"close calendar row {row.id}: {row.at!r} has no time zone")
    return PeriodClose(row.period, (at - _EPOCH) // _MILLISECOND)


def _billing(row: CalendarRow) -> BillingDate:
    if row.day is None or row.freq not in ("MONTHLY", "EXTRA"):
        raise ValueError(f"billing calendar row {row.id} lacks its date or frequency")
    return BillingDate(row.day, row.freq)


def _holiday(row: CalendarRow) -> date:
    if row.day is None:
        raise ValueError(f"holiday calendar row {row.id} lacks its date")
    return row.day


def to_canonical_tax_rate(row: TaxRateRow) -> TaxRate:
    """A tax rate of one jurisdiction and class from a day on."""
    return TaxRate(
        jurisdiction=row.jurisdiction,
        tax_class=row.tax_class,
        valid_from=row.valid_from,
        percent=row.percent,
        recorded_at_ms=stamp_ms(row.stamp),
    )


def to_canonical_code(kind: str, row: DepartmentRow | ClassificationRow | CurrencyRow | ItemRow) -> CodeList:
    """One row of a list; items have no name but their code."""
    return CodeList(
        kind=kind,
        code=row.code,
        native_id=str(row.id),
        name=row.code if isinstance(row, ItemRow) else row.name,
        recorded_at_ms=stamp_ms(row.stamp),
    )


def to_canonical_invoice_state(row: InvoiceRow, currencies: dict[str, str]) -> InvoiceState:
    """What the ERP says of a document; the key is empty on one that the core did not make."""
    if row.status not in _INVOICE_STATUSES:
        raise ValueError(f"unknown invoice status {row.status!r}")
    return InvoiceState(
        key=row.key or "",
        native_id=str(row.id),
        number=row.number,
        status=row.status,
        ccy=currencies[str(row.currency)],
        net=row.net,
        tax=row.tax,
        gross=row.gross,
        open_amount=row.open_amount,
        recorded_at_ms=stamp_ms(row.stamp),
    )


def to_canonical_period(row: PeriodRow, subsidiaries: dict[str, str]) -> PeriodState:
    """Whether a month of an entity is closed."""
    return PeriodState(
        entity_code=subsidiaries[str(row.subsidiary)],
        period=row.period,
        native_id=str(row.id),
        closed=row.closed in (True, "T", "true"),
        recorded_at_ms=stamp_ms(row.stamp),
    )


def to_wire_customer(customer: ErpCustomer, currency_id: str) -> dict[str, Any]:
    """The customer's fields, its external id left to the address; what is unknown is left out."""
    fields: dict[str, Any] = {
        "companyName": customer.display_name,
        "isPerson": False,
        "subsidiary": {"id": customer.entity_native_id},
        "currency": {"id": currency_id},
        "terms": {"externalId": customer.payment_terms},
        "custentity_rh_legal_name": customer.legal_name,
        "custentity_rh_tax_status": customer.tax_status,
        "custentity_rh_source_id": customer.source_id,
    }
    if customer.vat_id is not None:
        fields["vatRegNumber"] = customer.vat_id
    if customer.parent_key is not None:
        fields["parent"] = {"externalId": customer.parent_key}
    return fields


def to_wire_project(project: ErpProject, customer_native_id: str, currency_id: str) -> dict[str, Any]:
    """The job's fields, its external id left to the address."""
    return {
        "companyName": project.name,
        "parent": {"id": customer_native_id},
        "subsidiary": {"id": project.entity_native_id},
        "currency": {"id": currency_id},
        "isInactive": project.inactive,
        "custentity_rh_source_id": project.source_id,
        "custentity_rh_contract_value": project.value,
    }


def to_wire_employee(employee: ErpEmployee) -> dict[str, Any]:
    """The employee's fields, its external id left to the address."""
    return {
        "firstName": employee.first_name,
        "lastName": employee.last_name,
        "email": employee.email,
        "subsidiary": {"id": employee.entity_native_id},
        "isInactive": employee.inactive,
        "custentity_rh_employee_no": employee.employee_no,
        "custentity_rh_source_id": employee.source_id,
    }


def to_wire_invoice(
    invoice: Invoice, customer_native_id: str, project_native_ids: dict[str, str], currency_id: str
) -> dict[str, Any]:
    """The document to create; raises KeyError for a line whose project the ERP does not have yet.

    The posting period is left to the ERP, which takes it from the accounting date.
    """
    fields: dict[str, Any] = {
        "externalId": invoice.key,
        "entity": {"id": customer_native_id},
        "subsidiary": {"id": invoice.entity_native_id},
        "currency": {"id": currency_id},
        "exchangeRate": invoice.exchange_rate,
        "tranDate": invoice.invoice_date,
        "dueDate": invoice.due_date,
        "custbody_rh_acct_date": invoice.acct_date,
        "custbody_rh_source_id": invoice.source_id,
        "custbody_rh_run": invoice.run,
        "item": {
            "items": [
                _wire_line(invoice, number, line, project_native_ids[line.project_key])
                for number, line in enumerate(invoice.lines, start=1)
            ]
        },
    }
    if invoice.po_number is not None:
        fields["otherRefNum"] = invoice.po_number
    return fields


def to_wire_credit_memo(
    memo: CreditMemo,
    invoice_native_id: str,
    customer_native_id: str,
    project_native_ids: dict[str, str],
    currency_id: str,
) -> dict[str, Any]:
    """The credit to create; raises KeyError for a line whose project the ERP does not have yet."""
    return {
        "externalId": memo.key,
        "createdFrom": {"id": invoice_native_id},
        "entity": {"id": customer_native_id},
        "subsidiary": {"id": memo.entity_native_id},
        "currency": {"id": currency_id},
        "exchangeRate": memo.exchange_rate,
        "tranDate": memo.memo_date,
        "custbody_rh_acct_date": memo.acct_date,
        "custbody_rh_source_id": memo.source_id,
        "custbody_rh_run": memo.run,
        "item": {
            "items": [
                _wire_line(memo, number, line, project_native_ids[line.project_key])
                for number, line in enumerate(memo.lines, start=1)
            ]
        },
    }


def to_wire_journal(
    journal: Journal, currency_id: str, lines: Iterable[tuple[JournalLine, dict[str, str]]]
) -> dict[str, Any]:
    """The journal to create, each line with its references' internal ids by property.

    The type comes first: who keeps calls can tell pay from the rest before any amount.
    """
    return {
        "externalId": journal.key,
        "custbody_rh_type": journal.journal_type,
        "custbody_rh_source_id": journal.source_id,
        "subsidiary": {"id": journal.entity_native_id},
        "currency": {"id": currency_id},
        "tranDate": journal.acct_date,
        "custbody_rh_acct_date": journal.acct_date,
        "line": {
            "items": [
                _wire_journal_line(number, line, references)
                for number, (line, references) in enumerate(lines, start=1)
            ]
        },
    }


def _wire_journal_line(number: int, line: JournalLine, references: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"line": number, **{name: {"id": ref} for name, ref in references.items()}}
    if line.debit:
        fields["debit"] = line.debit
    if line.credit:
        fields["credit"] = line.credit
    texts = {
        "custcol_rh_contract_line": line.contract_line_source_id,
        "custcol_rh_project": line.bucket,
        "custcol_rh_resource": line.resource,
    }
    return {**fields, **{name: text for name, text in texts.items() if text}}


def _wire_line(
    invoice: Invoice | CreditMemo, number: int, line: InvoiceLine, project_native_id: str
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "line": number,
        "item": {"externalId": line.item},
        "quantity": line.hours,
        # For the reader only, and an hourly share of a day rate has no end: the amount decides.
        "rate": line.rate.quantize(_FOUR_PLACES, ROUND_HALF_UP),
        "amount": line.amount,
        "job": {"id": project_native_id},
        "taxCode": tax_code(invoice),
        "description": line.memo,
        "custcol_rh_source_id": line.source_id,
        "custcol_rh_contract_line": line.contract_line_source_id,
    }
    if line.department:
        fields["department"] = {"externalId": f"CC|{invoice.entity_code}|{line.department}"}
    if line.practice:
        fields["class"] = {"externalId": f"PR|{line.practice}"}
    return fields


def tax_code(invoice: Invoice | CreditMemo) -> str:
    """Jurisdiction, category and percent, at least four places: `US-CA|S|8.2500`."""
    exponent = invoice.tax_percent.as_tuple().exponent
    places = max(4, -exponent if isinstance(exponent, int) else 0)
    percent = invoice.tax_percent.quantize(Decimal(1).scaleb(-places))
    return f"{invoice.tax_jurisdiction}|{invoice.tax_category}|{percent}"
