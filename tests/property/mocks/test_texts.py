"""Texts, numbers and ids that people really have: refused in the vendor's own shape, or read back equal."""

import base64
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from hypothesis import given, settings

from mocks.crm.salesforce.vendor import VENDOR as CRM
from mocks.hris.bamboohr.vendor import VENDOR as HRIS
from mocks.payroll.gusto.vendor import VENDOR as GUSTO
from mocks.psa.certinia.vendor import VENDOR as PSA
from tests.property.mocks.netsuite_client import RECORDS
from tests.property.mocks.netsuite_client import Client as Erp
from tests.property.mocks.salesforce_client import DATA
from tests.property.mocks.salesforce_client import Client as Org
from tests.property.mocks.test_bamboohr import START_MS, PeopleMachine
from tests.property.mocks.test_bamboohr import well_shaped as bamboohr_shaped
from tests.property.mocks.test_gusto import PayrollMachine
from tests.property.mocks.test_gusto import well_shaped as gusto_shaped
from tests.property.mocks.texts import decimals, ids, names, page_texts
from tests.property.mocks.wire import Answer, Wire, segment
from tests.property.profiles import examples

TRIES = examples(80)


@cache
def crm() -> Org:
    """A CRM org of its own."""
    org = Org(CRM)
    org.fresh()
    return org


@cache
def psa() -> Org:
    """A PSA org of its own."""
    org = Org(PSA)
    org.fresh()
    return org


@cache
def erp() -> Erp:
    """An ERP account of its own, with one customer."""
    account = Erp()
    account.fresh()
    return account


@cache
def hris() -> PeopleMachine:
    """An HRIS of its own, with two people."""
    return _OwnPeople()


@cache
def payroll() -> PayrollMachine:
    """A payroll system of its own, with one company."""
    return _OwnPayroll()


class _OwnPeople(PeopleMachine):
    wire = Wire(HRIS, "http://hris.example", bamboohr_shaped, START_MS)


class _OwnPayroll(PayrollMachine):
    wire = Wire(GUSTO, "http://payroll.example", gusto_shaped, START_MS)


def taken(answer: Answer) -> bool:
    """Whether a write is in effect; its shape was looked at on the wire already."""
    return answer.status < 300


@settings(TRIES)
@given(key=ids, name=names, amount=decimals)
def test_the_crm__refuses_or_reads_back(key: str, name: str, amount: Decimal) -> None:
    body = {"Name": name, "StageName": "Open", "CloseDate": "2026-03-31", "Amount": amount}
    path = f"/sobjects/Opportunity/RH_Key__c/{segment(key)}"
    if not taken(crm().send("PATCH", path, body)):
        return
    shown = crm().read(path)
    assert (shown["Name"], shown["Amount"]) == (name, amount.quantize(Decimal("0.001"), ROUND_HALF_UP))
    assert shown["RH_Key__c"].lower() == key.lower()
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    found = crm().send("GET", "/query", query={"q": f"SELECT Id FROM Opportunity WHERE Name = '{escaped}'"})
    assert found.status == 400 or shown["Id"] in [row["Id"] for row in found.json()["records"]]


@settings(TRIES)
@given(size=page_texts, limit=page_texts, offset=page_texts, record_id=ids)
def test_pages_of_the_crm__are_refused_or_whole(size: str, limit: str, offset: str, record_id: str) -> None:
    soql = f"SELECT Id FROM Opportunity LIMIT {limit} OFFSET {offset}"
    headers = {"authorization": f"Bearer {crm().token}"}
    if size.isascii():
        headers["sforce-query-options"] = f"batchSize={size}"
    answer = crm().wire.send("GET", f"{DATA}/query", headers=headers, query={"q": soql})
    assert answer.status in (200, 400)
    for place in (f"/query/{segment(record_id)}", f"/sobjects/Opportunity/{segment(record_id)}"):
        assert crm().send("GET", place).status in (200, 300, 400, 404, 405)


@settings(TRIES)
@given(key=ids, name=names, value=decimals, note=names)
def test_the_psa__refuses_or_reads_back(key: str, name: str, value: Decimal, note: str) -> None:
    path = f"/sobjects/pse__Proj__c/RH_External_Id__c/{segment(key)}"
    body = {"Name": name, "RH_Contract_Value__c": value, "pse__Practice__c": note, "pse__Stage__c": "Active"}
    if taken(psa().send("PATCH", path, body)):
        shown = psa().read(path)
        assert shown["RH_Contract_Value__c"] == value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (shown["Name"], shown["pse__Practice__c"] or "") == (name, note)


@settings(TRIES)
@given(key=ids, name=names, value=decimals)
def test_the_erp__refuses_or_reads_back(key: str, name: str, value: Decimal) -> None:
    body = {"companyName": name, "parent": {"externalId": "C1"}, "custentity_rh_contract_value": value}
    answer = erp().write("PUT", f"job/eid:{segment(key)}", body)
    if taken(answer):
        shown = erp().record("job", key)
        assert (shown["companyName"], shown["custentity_rh_contract_value"]) == (name, value)
        assert shown["externalId"] == key


@settings(TRIES)
@given(limit=page_texts, offset=page_texts, text=names, record_id=ids)
def test_pages_of_the_erp__are_refused_or_whole(limit: str, offset: str, text: str, record_id: str) -> None:
    query = {"limit": limit, "offset": offset}
    assert erp().send("GET", f"{RECORDS}/currency", query=query).status in (200, 400)
    assert erp().send("GET", f"{RECORDS}/customer", query={"q": f'companyName IS "{text}"'}).status in (
        200,
        400,
    )
    escaped = text.replace("'", "''")
    sql = {"q": f"SELECT id FROM customer WHERE companyname = '{escaped}' ORDER BY id"}
    path = "/services/rest/query/v1/suiteql"
    assert erp().send("POST", path, sql, headers={"prefer": "transient"}, query=query).status in (200, 400)
    assert erp().send("GET", f"{RECORDS}/customer/{segment(record_id)}").status in (200, 400, 404, 405)


@settings(TRIES)
@given(number=ids, name=names, path_id=ids)
def test_the_hris__refuses_or_reads_back(number: str, name: str, path_id: str) -> None:
    machine = hris()
    given: dict[str, Any] = {"firstName": name, "lastName": "Muster", "employeeNumber": number}
    answer = machine.send("POST", "/employees", given)
    if taken(answer):
        employee = answer.headers["location"].rpartition("/")[2]
        shown = machine.read(f"/employees/{employee}", fields="firstName,employeeNumber")
        assert (shown["firstName"], shown["employeeNumber"]) == (name, number)
        as_xml = machine.wire.send("GET", f"/api/v1/employees/{employee}", headers=basic(machine))
        assert as_xml.status == 200
    assert machine.send("GET", f"/employees/{segment(path_id)}").status in (200, 400, 404, 405)
    assert machine.send("GET", f"/employees/1/tables/{segment(path_id)}").status in (200, 400, 404, 405)
    assert machine.send("GET", "/employees/changed", since=name).status in (200, 400)


@settings(TRIES)
@given(name=names, department=names, path_id=ids, page=page_texts, per=page_texts)
def test_payroll__refuses_or_reads_back(
    name: str, department: str, path_id: str, page: str, per: str
) -> None:
    machine = payroll()
    body = {"first_name": name, "last_name": "Muster", "department": department}
    path = f"/companies/{machine.company}/employees"
    answer = machine.send("POST", path, body)
    if taken(answer):
        shown = machine.read(f"/employees/{answer.json()['uuid']}")
        assert shown["first_name"] == name
        assert shown["department"] == (department if department.strip() else None)
    assert machine.send("GET", path, page=page, per=per, search_term=name).status in (200, 422)
    assert machine.send("GET", f"/employees/{segment(path_id)}").status in (200, 404, 405)
    assert machine.send("PUT", f"/webhook_subscriptions/{segment(path_id)}/verify", body).status in (404, 405)


def basic(machine: PeopleMachine) -> dict[str, str]:
    """Credentials of a caller who says nothing of JSON, and so is answered in XML."""
    key = machine.wire.system.worlds["one"].secrets["api_key"]
    return {"authorization": "Basic " + base64.b64encode(f"{key}:x".encode()).decode()}
