"""SuiteQL: the subset that callers use, page by page; everything outside it refused."""

import pytest

from mocks.kit.faults import Fault
from tests.unit.mocks.netsuite.estate import (
    APPROVAL_MS,
    HOUR_MS,
    START_MS,
    Estate,
    at,
    invoice,
    line,
    problem,
)

PATH = "/services/rest/query/v1/suiteql"
CHANGED = (
    "SELECT id, externalid, lastmodifieddate FROM customer WHERE lastmodifieddate >="
    " TO_TIMESTAMP('{}', 'YYYY-MM-DD HH24:MI:SS.FF3') ORDER BY lastmodifieddate, id"
)


def billed() -> Estate:
    """An account with one posted invoice of two lines."""
    estate = Estate()
    estate.customer_and_job()
    estate.made("POST", "invoice", invoice("A", line("629.83", job={"externalId": "J1"}), line("100.17")))
    estate.step(APPROVAL_MS)
    return estate


def test_values__are_text_nulls_are_left_out_and_every_row_has_links() -> None:
    estate = Estate()
    estate.customer_and_job()
    answer = estate.query(
        "SELECT id, companyname, parent, isinactive, lastmodifieddate FROM customer ORDER BY id"
    )
    assert answer["items"] == [
        {
            "links": [],
            "id": "1",
            "companyname": "Calder & Finch",
            "isinactive": "F",
            "lastmodifieddate": "2026-01-05 09:00:00.000",
        }
    ]
    assert (answer["count"], answer["hasMore"], answer["offset"], answer["totalResults"]) == (1, False, 0, 1)


def test_the_columns_of_a_posted_invoice__are_there() -> None:
    (row,) = billed().rows("SELECT * FROM transaction WHERE type = 'CustInvc'")
    wanted = {
        "id": "1",
        "externalid": "A",
        "tranid": "US01-INV-2026-000001",
        "trandate": "2026-01-31",
        "entity": "1",
        "currency": "1",
        "subsidiary": "1",
        "custbody_rh_status": "POSTED",
        "custbody_rh_acct_date": "2026-01-31",
        "custbody_rh_source_id": "800CONTRACT",
        "custbody_rh_run": "BR|US01|2026-01-31",
        "netamount": "730",
        "taxtotal": "60.23",
        "foreigntotal": "790.23",
        "foreignamountunpaid": "790.23",
        "postingperiod": "1",
        "lastmodifieddate": "2026-02-01 14:00:00.000",
    }
    assert wanted.items() <= row.items()


def test_pages__follow_one_another_by_offset() -> None:
    estate = Estate()
    estate.customer_and_job()
    for place in range(2, 6):
        estate.made(
            "PUT", f"customer/eid:C{place}", {"companyName": "c", "subsidiary": {"externalId": "US01"}}
        )
    seen: list[str] = []
    offset = 0
    for _ in range(3):
        page = estate.query("SELECT id FROM customer ORDER BY id", limit="2", offset=str(offset))
        seen += [row["id"] for row in page["items"]]
        offset += 2
        follows = [link["href"] for link in page["links"] if link["rel"] == "next"]
        assert bool(follows) == page["hasMore"]
        assert page["totalResults"] == 5
    assert seen == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("id > 9", ["10", "11", "12"]),
        ("id IN (2, '11')", ["2", "11"]),
        ("companyname LIKE 'Client 1%' AND NOT id = 1", ["10", "11", "12"]),
        ("email IS NULL AND id < 3", ["1", "2"]),
        ("email IS NOT NULL", []),
        ("(id = 1 OR id = 12) AND isinactive = 'F'", ["1", "12"]),
        ("isinactive = 'T'", []),
        ("id BETWEEN 4 AND 5", ["4", "5"]),
        ("3 >= id", ["1", "2", "3"]),
        ("id <> 1 AND ROWNUM <= 2", ["2", "3"]),
        ("createddate >= TO_DATE('2026-01-05', 'YYYY-MM-DD') AND id = 1", ["1"]),
        ("createddate > TO_DATE('01/05/2026 09:00:00', 'MM/DD/YYYY HH24:MI:SS')", []),
        ("BUILTIN.DF(subsidiary) = 'Harborline Consulting, Inc.' AND id = 3", ["3"]),
    ],
)
def test_conditions__select_what_they_say_and_ids_sort_as_numbers(condition: str, ids: list[str]) -> None:
    estate = Estate()
    for place in range(1, 13):
        estate.made(
            "POST", "customer", {"companyName": f"Client {place}", "subsidiary": {"externalId": "US01"}}
        )
    rows = estate.rows(f"SELECT id FROM customer WHERE {condition} ORDER BY id")
    assert [row["id"] for row in rows] == ids


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("foreigntotal = 790.23", 1),
        ("foreigntotal > 790.22999", 1),
        ("foreigntotal = 790.230001", 0),
        ("foreigntotal <> 790.230001", 1),
        ("foreigntotal < 790.23", 0),
        ("foreigntotal <= 790.23001", 1),
        ("trandate = '2026-01-31'", 1),
        ("trandate < TO_DATE('2026-01-31', 'YYYY-MM-DD')", 0),
    ],
)
def test_amounts_and_days__compare_exactly(condition: str, count: int) -> None:
    estate = billed()
    assert len(estate.rows(f"SELECT id FROM transaction WHERE type = 'CustInvc' AND {condition}")) == count


def test_joins_and_names__read_lines_with_what_they_refer_to() -> None:
    rows = billed().rows(
        "SELECT t.tranid AS number, BUILTIN.DF(l.item) AS item, l.foreignamount, j.externalid AS job,"
        " BUILTIN.DF(t.entity) AS who FROM transaction t JOIN transactionline l ON l.transaction = t.id"
        " LEFT JOIN job j ON j.id = l.job WHERE l.linetype = 'item' ORDER BY l.linesequencenumber DESC"
    )
    assert rows == [
        {
            "number": "US01-INV-2026-000001",
            "item": "TM",
            "foreignamount": "100.17",
            "who": "Calder & Finch",
        },
        {
            "number": "US01-INV-2026-000001",
            "item": "TM",
            "foreignamount": "629.83",
            "job": "J1",
            "who": "Calder & Finch",
        },
    ]


def test_masters__carry_what_a_reader_of_calendars_needs() -> None:
    rows = Estate().rows(
        "SELECT custrecord_rh_kind, custrecord_rh_period, custrecord_rh_at, custrecord_rh_date,"
        " custrecord_rh_freq FROM customrecord_rh_calendar WHERE custrecord_rh_entity = 'US01' ORDER BY id"
    )
    assert rows[0] == {
        "custrecord_rh_kind": "CLOSE",
        "custrecord_rh_period": "2026-01",
        "custrecord_rh_at": "2026-02-06T21:00:00.000Z",
    }
    assert {"custrecord_rh_kind": "HOLIDAY", "custrecord_rh_date": "2026-01-19"} in rows
    (entity,) = Estate().rows("SELECT externalid, custrecord_rh_tz, custrecord_rh_std_hours FROM subsidiary")
    assert entity == {
        "externalid": "US01",
        "custrecord_rh_tz": "America/New_York",
        "custrecord_rh_std_hours": "8",
    }


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hello",
        "DELETE FROM customer",
        "SELECT id FROM customer; SELECT id FROM customer",
        "SELECT id FROM customer UNION SELECT id FROM job",
        "SELECT id FROM sqlite_master",
        "SELECT id FROM history",
        "SELECT id FROM asyncjob",
        "SELECT id FROM main.customer",
        "SELECT deleted FROM customer",
        "SELECT rowseq FROM customer",
        "SELECT custrecord_rh_revision FROM subsidiary",
        "SELECT nothing FROM customer",
        "SELECT COUNT(*) FROM customer",
        "SELECT id FROM (SELECT id FROM customer)",
        "SELECT id FROM customer WHERE id IN (SELECT id FROM job)",
        "SELECT id FROM customer WHERE EXISTS (SELECT 1 FROM job)",
        "SELECT id FROM customer WHERE 1 = 1",
        "SELECT id FROM customer WHERE isinactive = 'maybe'",
        "SELECT id FROM customer WHERE id > 'x'",
        "SELECT id FROM transaction WHERE foreigntotal > 1e99999999",
        "SELECT id FROM transaction WHERE foreigntotal = '1/3'",
        "SELECT id FROM customer WHERE createddate > 'yesterday'",
        "SELECT id FROM customer WHERE createddate > TO_DATE('31.01.2026', 'YYYY-MM-DD')",
        "SELECT id FROM customer WHERE companyname || 'x' = 'y'",
        "SELECT id FROM customer WHERE LOWER(companyname) = 'y'",
        "SELECT id, parent AS id FROM customer",
        "SELECT id FROM customer, job WHERE id = 1",
        "SELECT c.id FROM customer c RIGHT JOIN job j ON j.parent = c.id",
        "SELECT c.id FROM customer c LEFT JOIN job j",
        "SELECT c.id FROM customer c JOIN job j ON j.companyname = c.lastmodifieddate",
        "SELECT id FROM customer GROUP BY id",
        "SELECT id FROM customer ORDER BY 1",
        "SELECT id FROM customer LIMIT 5",
        "SELECT id FROM customer FETCH FIRST 5 ROWS ONLY",
        "SELECT id FROM customer WHERE ROWNUM <= 'x'",
        "SELECT id FROM customer FOR UPDATE",
        "WITH x AS (SELECT id FROM job) SELECT id FROM customer",
        "SELECT BUILTIN.DF(id, parent) AS x FROM customer",
        "SELECT SYS.DF(parent) AS x FROM customer",
        "SELECT id FROM customer WHERE " + "(" * 500 + "id = 1" + ")" * 500,
        "SELECT id FROM customer WHERE " + " AND ".join(["id = 1"] * 2000),
        "SELECT id FROM customer WHERE id IN (" + ", ".join(["1"] * 1001) + ")",
        "SELECT id FROM customer WHERE companyname = '" + "x" * 100_000 + "'",
        'SELECT id FROM customer AS "a""b" WHERE id = 1 AND "',
    ],
)
def test_anything_outside_the_subset__is_a_bad_request(query: str) -> None:
    status, headers, body = Estate().send("POST", PATH, {"q": query}, headers={"prefer": "transient"})
    assert status == 400
    assert problem(headers, body)[:2] in (("INVALID_PARAMETER", "q"), ("INVALID_CONTENT", "q"))


def test_an_in_list_of_a_thousand_values__is_taken() -> None:
    values = ", ".join(str(place) for place in range(1000))
    assert Estate().rows(f"SELECT id FROM subsidiary WHERE id IN ({values})") == [{"id": "1"}]


def test_a_quoted_alias__cannot_leave_its_place() -> None:
    status, _, _ = Estate().send(
        "POST",
        PATH,
        {"q": "SELECT \"c'--\".id FROM customer \"c'--\" WHERE \"c'--\".companyname = 'x'' OR 1=1 --'"},
        headers={"prefer": "transient"},
    )
    assert status == 200


def test_the_header_prefer_transient__is_required() -> None:
    status, headers, body = Estate().send("POST", PATH, {"q": "SELECT id FROM customer"})
    assert (status, problem(headers, body)[:2]) == (400, ("INVALID_HEADER", "Prefer"))


def test_small_pages__hold_as_many_rows_as_the_habit_says() -> None:
    estate = Estate()
    estate.control("faults", [Fault(id="p", kind="page_size", size=4)])
    page = estate.query("SELECT id FROM account ORDER BY id")
    assert (page["count"], page["hasMore"], page["totalResults"]) == (4, True, 27)
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert following.endswith("?limit=4&offset=4")


def test_reads_that_lag__show_the_version_before_and_no_record_too_new() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.step(START_MS + HOUR_MS)
    estate.made("PATCH", "customer/1", {"companyName": "Renamed"})
    estate.made("POST", "customer", {"companyName": "New", "subsidiary": {"externalId": "US01"}})
    estate.control("faults", [Fault(id="lag", kind="visibility_lag", seconds=60)])
    query = "SELECT id, companyname, isinactive, lastmodifieddate FROM customer ORDER BY id"
    assert estate.rows(query) == [
        {
            "id": "1",
            "companyname": "Calder & Finch",
            "isinactive": "F",
            "lastmodifieddate": "2026-01-05 09:00:00.000",
        }
    ]
    assert estate.record("customer")["totalResults"] == 1
    assert estate.record("customer/2")["companyName"] == "New"
    estate.step(START_MS + HOUR_MS + 60_001)
    assert [row["companyname"] for row in estate.rows(query)] == ["Renamed", "New"]


def test_a_deletion_that_lags__still_shows_the_record() -> None:
    estate = Estate()
    estate.customer_and_job()
    estate.step(START_MS + HOUR_MS)
    assert estate.send("DELETE", "/services/rest/record/v1/job/1")[0] == 204
    estate.control("faults", [Fault(id="lag", kind="visibility_lag", seconds=60)])
    assert estate.rows("SELECT externalid FROM job") == [{"externalid": "J1"}]


def test_polling_by_stamp__finds_each_change_once_its_stamp_is_reached() -> None:
    estate = Estate()
    estate.customer_and_job()
    assert len(estate.rows(CHANGED.format("2026-01-05 09:00:00.000"))) == 1
    assert estate.rows(CHANGED.format("2026-01-05 09:00:00.001")) == []
    estate.step(at("2026-01-06T10:00"))
    estate.made("PATCH", "customer/1", {"isInactive": True})
    (row,) = estate.rows(CHANGED.format("2026-01-05 09:00:00.001"))
    assert row["lastmodifieddate"] == "2026-01-06 10:00:00.000"
