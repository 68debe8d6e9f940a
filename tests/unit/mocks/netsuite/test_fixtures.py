"""The payloads kept beside the vendor's code are what the mock takes and answers."""

from pathlib import Path
from typing import Any

import mocks.erp.netsuite
from tests.unit.mocks.netsuite.estate import APPROVAL_MS, EXACT, RECORDS, Estate

FIXTURES = Path(str(mocks.erp.netsuite.__file__)).parent / "fixtures"
QUERY = (
    "SELECT id, externalid, tranid, custbody_rh_status, foreigntotal, lastmodifieddate"
    " FROM transaction WHERE type = 'CustInvc' ORDER BY lastmodifieddate, id"
)


def fixture(name: str) -> Any:
    """A payload, numbers exact."""
    return EXACT.decode((FIXTURES / name).read_bytes())


def test_the_example_invoice__is_taken_posted_and_read_as_the_examples_show() -> None:
    estate = Estate()
    estate.customer_and_job()
    body = (FIXTURES / "invoice_create.json").read_bytes()
    assert estate.send("POST", f"{RECORDS}/invoice", body)[0] == 204
    estate.step(APPROVAL_MS)
    assert estate.record("invoice/1", expandSubResources="true") == fixture("invoice_read.json")
    assert estate.record("customer/1") == fixture("customer_read.json")
    assert estate.query(QUERY) == fixture("suiteql_answer.json")
    status, _, answer = estate.send("POST", f"{RECORDS}/invoice", body)
    assert (status, EXACT.decode(answer)) == (400, fixture("duplicate_error.json"))
