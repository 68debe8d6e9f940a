"""A body that is taken as it stands, for every record type that the role writes: examples of the description.

They suppose a subsidiary US01, a customer C1 with a job J1, and an invoice INV-1 of it.
"""

from typing import Any

Body = dict[str, Any]

TAX_CODE = "US-CA|S|8.2500"
CONTRACT = "800CONTRACT"
_US = {"externalId": "US01"}
_DOCUMENT: Body = {
    "entity": {"externalId": "C1"},
    "custbody_rh_source_id": CONTRACT,
    "tranDate": "2026-01-31",
}


def item_lines(*amounts: int) -> Body:
    """Time lines of two hours each; their source ids tell which a credit is of."""
    return {
        "items": [
            {
                "item": {"externalId": "TM"},
                "quantity": 2,
                "rate": amount / 2,
                "amount": amount,
                "taxCode": TAX_CODE,
                "job": {"externalId": "J1"},
                "custcol_rh_source_id": f"a0T{place}",
            }
            for place, amount in enumerate(amounts)
        ]
    }


def _booked(amount: int) -> Body:
    source = {"custcol_rh_source_id": "a0T0"}
    return {
        "items": [
            {"account": {"externalId": "1150"}, "debit": amount, **source},
            {"account": {"externalId": "4000"}, "credit": amount, **source},
        ]
    }


SAMPLES: dict[str, Body] = {
    "customer": {
        "companyName": "Calder & Finch",
        "isPerson": False,
        "subsidiary": _US,
        "currency": {"externalId": "USD"},
        "terms": {"externalId": "NET 30"},
        "email": "payables@calder-finch.example",
        "creditHoldOverride": {"id": "AUTO"},
        "custentity_rh_legal_name": "Calder & Finch LLP",
    },
    "job": {
        "companyName": "Roadmap",
        "parent": {"externalId": "C1"},
        "subsidiary": _US,
        "isInactive": False,
        "custentity_rh_source_id": CONTRACT,
        "custentity_rh_contract_value": 12500.5,
    },
    "employee": {
        "firstName": "Ada",
        "lastName": "Muster",
        "email": "ada.muster@firm.example",
        "subsidiary": _US,
        "isInactive": False,
        "custentity_rh_employee_no": "1001",
    },
    "invoice": {
        **_DOCUMENT,
        "memo": "January",
        "custbody_rh_run": "BR|US01|2026-01-31",
        "item": item_lines(600, 200),
    },
    "creditMemo": {**_DOCUMENT, "createdFrom": {"externalId": "INV-1"}, "item": item_lines(1)},
    "journalEntry": {
        "tranDate": "2026-01-31",
        "subsidiary": _US,
        "custbody_rh_type": "ACCRUAL",
        "line": _booked(40),
    },
}
CLOSING: Body = {"closed": True}
# The external ids that the samples know one another by.
KEYS = {
    "customer": "C1",
    "job": "J1",
    "employee": "E1",
    "invoice": "INV-1",
    "creditMemo": "CM-1",
    "journalEntry": "JE-1",
}
# A record of each table that something can refer to.
REFERENCES: dict[str, Body] = {
    "subsidiary": _US,
    "department": {"externalId": "CC|US01|110"},
    "classification": {"externalId": "PR|ADV"},
    "currency": {"externalId": "USD"},
    "account": {"externalId": "4000"},
    "item": {"externalId": "TM"},
    "term": {"externalId": "NET 30"},
    "accountingperiod": {"refName": "2026-01"},
    "customer": {"externalId": KEYS["customer"]},
    "job": {"externalId": KEYS["job"]},
    "transaction": {"externalId": KEYS["invoice"]},
}
DAYS = {"tranDate": "2026-01-31", "dueDate": "2026-02-28"}
# Records that nothing depends on and that are not posted, so they may be deleted.
FREE = {"customer": "C2", "job": "J2", "employee": "E2", "invoice": "INV-2", "creditMemo": "CM-2"}
