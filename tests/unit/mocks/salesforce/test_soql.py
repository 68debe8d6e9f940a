"""SOQL: what a query finds, in which order, and what it refuses."""

from urllib.parse import quote

import pytest

from .estate import HOUR_MS, START_MS, Estate

DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def estate() -> Estate:
    """Four accounts and three deals, made a day apart before the present."""
    made = Estate()
    first = made.put(
        "Account", START_MS - 40 * DAY_MS, Name="Alpha", BillingCity="Boston", RH_PO_Required__c=1
    )
    made.put("Account", START_MS - DAY_MS, Name="beta 50%", BillingCity="O'Fallon", ParentId=first)
    second = made.put("Account", START_MS, Name="Gamma_x", BillingCity=None, ParentId=first)
    made.put("Account", START_MS, Name="delta", BillingCity="boston")
    for place, (stage, amount, owner) in enumerate(
        (("Open", 10_050, first), ("Commit", 99_999, second), ("Closed Lost", None, None))
    ):
        made.put(
            "Opportunity",
            START_MS + place,
            Name=f"Deal {place}",
            StageName=stage,
            Amount=amount,
            AccountId=owner,
            CloseDate=f"2026-0{place + 1}-15",
            RH_Key__c=f"Key-{place}",
        )
    return made


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Name = 'ALPHA'", ["Alpha"]),
        ("Name != 'alpha'", ["beta 50%", "Gamma_x", "delta"]),
        ("Name LIKE '%A'", ["Alpha", "delta"]),
        (r"Name LIKE '%50\%'", ["beta 50%"]),
        (r"Name LIKE 'gamma\_x'", ["Gamma_x"]),
        (r"Name LIKE 'alpha\_'", []),
        ("Name LIKE '_elta'", ["delta"]),
        (r"BillingCity = 'O\'Fallon'", ["beta 50%"]),
        ("BillingCity = null", ["Gamma_x"]),
        ("BillingCity = ''", ["Gamma_x"]),
        ("BillingCity >= '' AND Name > ''", ["Alpha", "beta 50%", "delta"]),
        ("BillingCity != null AND RH_PO_Required__c = false", ["beta 50%", "delta"]),
        ("BillingCity != 'Boston'", ["beta 50%", "Gamma_x"]),
        ("BillingCity IN ('BOSTON', 'nowhere')", ["Alpha", "delta"]),
        ("BillingCity NOT IN ('Boston')", ["beta 50%", "Gamma_x"]),
        ("NOT BillingCity = 'Boston'", ["beta 50%", "Gamma_x"]),
        ("(NOT (BillingCity = 'Boston' OR Name LIKE 'b%'))", ["Gamma_x"]),
        ("(Name = 'Alpha' OR Name = 'delta') AND RH_PO_Required__c = TRUE", ["Alpha"]),
        ("RH_PO_Required__c != true", ["beta 50%", "Gamma_x", "delta"]),
        ("Name > 'beta' AND Name <= 'DELTA'", ["beta 50%", "delta"]),
        ("Parent.Name = 'alpha'", ["beta 50%", "Gamma_x"]),
        ("Parent.Parent.Name = null", ["Alpha", "beta 50%", "Gamma_x", "delta"]),
        ("CreatedDate = TODAY", ["Gamma_x", "delta"]),
        ("CreatedDate = YESTERDAY", ["beta 50%"]),
        ("CreatedDate < LAST_N_DAYS:7", ["Alpha"]),
        ("CreatedDate = LAST_N_DAYS:7", ["beta 50%", "Gamma_x", "delta"]),
        ("CreatedDate >= THIS_WEEK", ["beta 50%", "Gamma_x", "delta"]),
        ("CreatedDate > THIS_MONTH", []),
        ("CreatedDate != THIS_MONTH", ["Alpha", "beta 50%"]),
        ("SystemModstamp >= 2026-01-01T10:00:00+01:00", ["Gamma_x", "delta"]),
        ("SystemModstamp > 2026-01-01T09:00:00.000Z", []),
        ("isdeleted = False  and\n\tname like 'A%'", ["Alpha"]),
        ("ORDER BY Name", ["Alpha", "beta 50%", "delta", "Gamma_x"]),
        ("ORDER BY BillingCity, Name DESC", ["Gamma_x", "delta", "Alpha", "beta 50%"]),
        ("ORDER BY BillingCity DESC NULLS LAST, Name", ["beta 50%", "Alpha", "delta", "Gamma_x"]),
        ("ORDER BY SystemModstamp DESC", ["Gamma_x", "delta", "beta 50%", "Alpha"]),
        ("ORDER BY Parent.Name, Name LIMIT 2 OFFSET 1", ["delta", "beta 50%"]),
    ],
)
def test_a_condition__finds(estate: Estate, condition: str, found: list[str]) -> None:
    assert estate.names(condition) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Amount = 10.05", [0]),
        ("Amount = 10.0500001", []),
        ("Amount != 10.0500001", [0, 1, 2]),
        ("Amount > 10.0499", [0, 1]),
        ("Amount < 99.9990001", [0, 1]),
        ("Amount >= 99.9990001", []),
        ("Amount IN (99.999, null)", [1, 2]),
        ("Amount NOT IN (99.999, null)", [0]),
        ("Amount < 123456789012345678901234567890", [0, 1]),
        ("CloseDate = 2026-02-15", [1]),
        ("CloseDate > TODAY AND CloseDate <= NEXT_MONTH", [0, 1]),
        ("Account.RH_PO_Required__c = true", [0]),
        ("Account.Name IN ('Gamma_x')", [1]),
        ("StageName = 'closed lost'", [2]),
        ("IsClosed = true", [2]),
    ],
)
def test_numbers_dates_and_relations__compare_exactly(
    estate: Estate, condition: str, found: list[int]
) -> None:
    page = estate.query(f"select o.Name from Opportunity as o where {condition} order by o.RH_Key__c")
    assert [int(record["Name"][-1]) for record in page["records"]] == found


def test_a_record__has_the_fields_asked_for_and_its_parents_within(estate: Estate) -> None:
    page = estate.query(
        "SELECT amount, Account.Name, ACCOUNT.parent.Name, Owner.Username, StageName"
        " FROM Opportunity ORDER BY Name"
    )
    assert (page["totalSize"], page["done"]) == (3, True)
    assert "nextRecordsUrl" not in page
    first, second, third = page["records"]
    assert list(first) == ["attributes", "Amount", "Account", "Owner", "StageName"]
    assert (first["Amount"], third["Amount"], third["Account"]) == (10.05, None, None)
    assert first["Account"]["Parent"] is None
    assert second["Account"]["Parent"]["Name"] == "Alpha"
    assert second["Account"]["attributes"]["url"].startswith("/services/data/v59.0/sobjects/Account/001")
    assert first["Owner"]["Username"] == "integration@crm.example"


def test_ids_of_both_lengths__are_equal_and_of_any_case_are_not(estate: Estate) -> None:
    record_id = estate.query("SELECT Id FROM Account WHERE Name = 'Alpha'")["records"][0]["Id"]
    assert len(record_id) == 18
    for given in (record_id, record_id[:15]):
        assert estate.names(f"Id = '{given}'") == ["Alpha"]
        assert estate.names(f"ParentId IN ('{given}')") == ["beta 50%", "Gamma_x"]
    assert estate.refused_query(f"SELECT Id FROM Account WHERE Id = '{record_id[:14]}'") == (
        "INVALID_QUERY_FILTER_OPERATOR"
    )


def test_count__has_a_size_and_no_records(estate: Estate) -> None:
    page = estate.query("SELECT COUNT() FROM Account WHERE BillingCity = 'boston'")
    assert page == {"totalSize": 2, "done": True, "records": []}


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nothing = 1", "INVALID_FIELD"),
        ("SELECT Id, Nobody.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Name.Id FROM Account", "INVALID_FIELD"),
        ("SELECT " + "Parent." * 6 + "Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id, id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE RH_PO_Required__c = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CreatedDate > SOME_DAY", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '5'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Opportunity WHERE IsWon > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name > null", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = ", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE (Name = 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account; DROP TABLE Account", "MALFORMED_QUERY"),
        ('SELECT Id FROM Account WHERE Name = "a"', "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT many", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account GROUP BY Id", "MALFORMED_QUERY"),
        ("UPDATE Account SET Name = 'x'", "MALFORMED_QUERY"),
        ("   ", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE " + "(" * 60 + "Name = 'a'" + ")" * 60, "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE " + "NOT " * 3000 + "Name = 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE " + " OR ".join(["Name = 'a'"] * 600), "QUERY_TOO_COMPLICATED"),
        ("SELECT Id FROM Account WHERE Name = '" + "a" * 100_001 + "'", "MALFORMED_QUERY"),
    ],
)
def test_a_bad_query__is_refused_with_its_code(estate: Estate, soql: str, code: str) -> None:
    assert estate.refused_query(soql) == code


def test_an_error__points_at_its_place(estate: Estate) -> None:
    _, errors = estate.call("GET", f"/query?q={quote('SELECT Id,' + chr(10) + 'Nothing FROM Account')}")
    lines = errors[0]["message"].split("\n")
    assert lines[1:4] == ["Nothing FROM Account", "^", "ERROR at Row:2:Column:1"]
    assert lines[4].startswith("No such column 'Nothing' on entity 'Account'.")


def test_a_long_list__is_searched(estate: Estate) -> None:
    wanted = ",".join(f"'name {number}'" for number in range(5_000)) + ",'delta'"
    assert estate.names(f"Name IN ({wanted})") == ["delta"]
