"""What the core keeps in NetSuite: customers, projects, employees, closed periods; their refusals."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

import pytest

from contracts.consumer.netsuite import (
    KEY,
    PROVIDER,
    adapter,
    is_refused,
    is_written,
    promise_currencies,
    writes,
)
from contracts.consumer.promises import Promises, text
from integration_core.adapters.netsuite.client import NetSuiteErp
from integration_core.canonical.ledger import (
    ErpCustomer,
    ErpEmployee,
    ErpProject,
)
from integration_core.ports.systems import (
    RateLimited,
    Refused,
    Transient,
    Written,
)

Make = Callable[[str], Promises]
Call = Callable[[NetSuiteErp], Coroutine[Any, Any, Written]]

WRITTEN = Written(key=KEY, native_id="501")
_REFERENCES = {"subsidiary": {"id": "${subsidiary}"}, "currency": {"id": "${currency}"}}
_CUSTOMER_BODY = {
    "companyName": "Calder & Finch",
    "isPerson": False,
    **_REFERENCES,
    "terms": {"externalId": "NET 30"},
    "custentity_rh_legal_name": "Calder & Finch LLP",
    "custentity_rh_tax_status": "BUSINESS",
    "custentity_rh_source_id": "001A",
}


def _customer(vat_id: str | None = None, parent_key: str | None = None) -> ErpCustomer:
    return ErpCustomer(
        key=KEY,
        source_id="001A",
        display_name="Calder & Finch",
        legal_name="Calder & Finch LLP",
        entity_native_id="2",
        ccy="USD",
        payment_terms="NET 30",
        vat_id=vat_id,
        tax_status="BUSINESS",
        parent_key=parent_key,
    )


def _run(pact: Promises, url: str, call: Call) -> Written:
    return pact.network.run(call(adapter(pact, url)))


@pytest.mark.parametrize(
    ("description", "state"),
    [
        ("create the customer", "a customer that is not there yet"),
        ("update the customer", "a customer"),
    ],
)
def test_customer__is_written_under_its_key(promises: Make, description: str, state: str) -> None:
    pact = promises(PROVIDER)
    promise_currencies(pact)
    is_written(writes(pact, description, state, "PUT", "customer/eid:${eid}", _CUSTOMER_BODY), "customer")
    with pact.kept() as url:
        assert _run(pact, url, lambda erp: erp.upsert_customer(_customer())) == WRITTEN


def test_customer__has_its_parent_and_its_tax_number(promises: Make) -> None:
    pact = promises(PROVIDER)
    promise_currencies(pact)
    body = {**_CUSTOMER_BODY, "vatRegNumber": "XX1234567", "parent": {"externalId": "${customer_key}"}}
    state = "a customer that is not there yet, below another"
    is_written(
        writes(pact, "create the customer below another", state, "PUT", "customer/eid:${eid}", body),
        "customer",
    )
    below = _customer("XX1234567", "CU|000017")
    with pact.kept() as url:
        assert _run(pact, url, lambda erp: erp.upsert_customer(below)) == WRITTEN


def test_customer__a_parent_that_is_not_there_is_refused(promises: Make) -> None:
    pact = promises(PROVIDER)
    promise_currencies(pact)
    body = {**_CUSTOMER_BODY, "parent": {"externalId": "CU|nobody"}}
    asked = writes(
        pact,
        "create the customer below nobody",
        "a customer that is not there yet",
        "PUT",
        "customer/eid:${eid}",
        body,
    )
    is_refused(asked, 400, "INVALID_KEY_OR_REF")
    with pact.kept() as url, pytest.raises(Refused) as refused:
        _run(pact, url, lambda erp: erp.upsert_customer(_customer(None, "CU|nobody")))
    assert refused.value.code == "INVALID_KEY_OR_REF"


def test_project__is_written_under_its_key(promises: Make) -> None:
    pact = promises(PROVIDER)
    promise_currencies(pact)
    body = {
        "companyName": "Roadmap",
        "parent": {"id": "${customer}"},
        **_REFERENCES,
        "isInactive": False,
        "custentity_rh_source_id": "800A",
        "custentity_rh_contract_value": 12500.5,
    }
    state = "a project that is not there yet"
    is_written(writes(pact, "create the job", state, "PUT", "job/eid:${eid}", body), "job")
    project = ErpProject(
        key=KEY,
        source_id="800A",
        name="Roadmap",
        customer_key="CU|000017",
        entity_native_id="2",
        ccy="USD",
        value=Decimal("12500.50"),
    )
    with pact.kept() as url:
        assert _run(pact, url, lambda erp: erp.upsert_project(project, "17")) == WRITTEN


def _employee(entity_native_id: str = "2") -> ErpEmployee:
    return ErpEmployee(
        key=KEY,
        source_id="107",
        employee_no="1001",
        first_name="Zoe",
        last_name="Quill",
        email="zoe.quill@firm.example",
        entity_native_id=entity_native_id,
        inactive=False,
    )


_EMPLOYEE_BODY = {
    "firstName": "Zoe",
    "lastName": "Quill",
    "email": "zoe.quill@firm.example",
    "subsidiary": {"id": "${subsidiary}"},
    "isInactive": False,
    "custentity_rh_employee_no": "1001",
    "custentity_rh_source_id": "107",
}


def test_employee__is_written_under_its_key(promises: Make) -> None:
    pact = promises(PROVIDER)
    state = "an employee that is not there yet"
    asked = writes(pact, "create the employee", state, "PUT", "employee/eid:${eid}", _EMPLOYEE_BODY)
    is_written(asked, "employee")
    with pact.kept() as url:
        assert _run(pact, url, lambda erp: erp.upsert_employee(_employee())) == WRITTEN


def test_employee__of_an_entity_that_is_not_there_is_refused(promises: Make) -> None:
    pact = promises(PROVIDER)
    asked = writes(
        pact,
        "create the employee of no entity",
        "an employee that is not there yet",
        "PUT",
        "employee/eid:${eid}",
        {**_EMPLOYEE_BODY, "subsidiary": {"id": "999999999"}},
    )
    is_refused(asked, 400, "INVALID_KEY_OR_REF")
    with pact.kept() as url, pytest.raises(Refused) as refused:
        _run(pact, url, lambda erp: erp.upsert_employee(_employee("999999999")))
    assert refused.value.code == "INVALID_KEY_OR_REF"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("too many calls at once", 429),
        ("too many calls at once, told the other way", 400),
    ],
)
def test_employee__the_limit_of_calls_is_no_refusal(promises: Make, state: str, status: int) -> None:
    pact = promises(PROVIDER)
    asked = writes(
        pact,
        f"create the employee, limited with {status}",
        state,
        "PUT",
        "employee/eid:${eid}",
        _EMPLOYEE_BODY,
    )
    limited = text("CONCURRENCY_LIMIT_EXCEEDED", "CONCURRENCY_LIMIT_EXCEEDED|SSS_REQUEST_LIMIT_EXCEEDED")
    is_refused(asked, status, limited)
    with pact.kept() as url, pytest.raises(RateLimited):
        _run(pact, url, lambda erp: erp.upsert_employee(_employee()))


@pytest.mark.parametrize("state", ["an open period", "a closed period"])
def test_period__is_closed_and_stays_so(promises: Make, state: str) -> None:
    pact = promises(PROVIDER)
    path = "accountingPeriod/${period}"
    is_written(writes(pact, "close the period", state, "PATCH", path, {"closed": True}), "accountingPeriod")
    with pact.kept() as url:
        assert _run(pact, url, lambda erp: erp.close_period("8")) == Written(key="8", native_id="8")


def test_period__that_waits_for_approvals_is_closed_later(promises: Make) -> None:
    pact = promises(PROVIDER)
    asked = writes(
        pact,
        "close the period too early",
        "a period with an invoice that waits for approval",
        "PATCH",
        "accountingPeriod/${period}",
        {"closed": True},
    )
    pending = text("The accounting period 2026-01 has transactions pending approval.", ".*pending approval.*")
    is_refused(asked, 400, "USER_ERROR", pending)
    with pact.kept() as url, pytest.raises(Transient):
        _run(pact, url, lambda erp: erp.close_period("8"))
