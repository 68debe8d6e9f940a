"""The CRM as a server: calls of a client, the control plane of a runner, worlds apart, data that stays."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote as escaped
from urllib.parse import urlencode

import pytest

import mocks.crm.salesforce
from mocks.crm.salesforce.vendor import VENDOR
from mocks.firm.facts.source import Fact, SourceFact
from mocks.firm.facts.wire import decode_rows, encode_rows
from mocks.kit.system import MockSystem
from tests.unit.mocks.asgi import run
from tests.unit.mocks.salesforce_crm.sales import HOOK, Listener, at_ms, deal, in_order, opportunity, stripped

FIXTURES = Path(mocks.crm.salesforce.__file__).parent / "fixtures"
DATA = "/services/data/v59.0"
CONTROL = {"authorization": "Bearer control-token"}


class Estate:
    """The server with worlds, and a client for each of them."""

    def __init__(self, data: Path | None = None) -> None:
        self.listener = Listener()
        self.system = MockSystem(VENDOR, "control-token", self.listener, data=data)
        self.tokens: dict[str, str] = {}

    def control(self, method: str, path: str, body: Any = None, *, raw: bytes = b"") -> Any:
        """One call of a runner; its answer."""
        sent = json.dumps(body).encode() if body is not None else raw
        status, headers, answer = run(self.system, method, f"/__rehearse__/{path}", CONTROL, sent)
        assert status < 300, answer
        return answer if "ndjson" in headers["content-type"] else json.loads(answer)

    def make_world(self, name: str = "one", seed: int = 7) -> dict[str, str]:
        """A new world's credentials; its client is logged in."""
        wanted = {"seed": seed, "start_ms": at_ms(1)}
        credentials: dict[str, str] = self.control("PUT", name, wanted)["credentials"]
        self.log_in(name, credentials)
        return credentials

    def log_in(self, name: str, credentials: Mapping[str, str]) -> None:
        """Obtain a token by client credentials."""
        form = {"grant_type": "client_credentials"} | {
            key: credentials[key] for key in ("client_id", "client_secret")
        }
        status, _, body = run(self.system, "POST", "/services/oauth2/token", {}, urlencode(form).encode())
        assert status == 200, body
        self.tokens[name] = json.loads(body)["access_token"]

    def play(self, verb: str, facts: list[SourceFact], name: str = "one") -> list[dict[str, str]]:
        """Seed or act."""
        rows = b",".join(encode_rows(facts).splitlines())
        acted: list[dict[str, str]] = self.control("POST", f"{name}/{verb}", raw=b'{"facts":[' + rows + b"]}")
        return acted

    def call(self, method: str, path: str, body: Any = None, name: str = "one") -> tuple[int, Any]:
        """One call of a client: status and JSON."""
        headers = {"authorization": f"Bearer {self.tokens[name]}"}
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        status, _, answer = run(self.system, method, DATA + path, headers, sent)
        return status, json.loads(answer) if answer else None

    def query(self, soql: str, name: str = "one") -> list[dict[str, Any]]:
        """All records of a query."""
        status, page = self.call("GET", f"/query?q={escaped(soql)}", name=name)
        assert status == 200, page
        assert page["done"]
        records: list[dict[str, Any]] = page["records"]
        return records

    def facts(self, name: str = "one") -> list[SourceFact]:
        """What observation says people did, without native ids."""
        rows = list(decode_rows(self.control("GET", f"{name}/observe")))
        return [stripped(row) for row in rows if isinstance(row, Fact)]


@pytest.fixture
def estate() -> Estate:
    """A server with one seeded world."""
    made = Estate()
    made.make_world()
    acted = made.play("seed", deal())
    assert {item["state"] for item in acted} == {"applied"}
    return made


def fixture(name: str, **values: str) -> str:
    """A captured payload with ids put in."""
    text = (FIXTURES / name).read_text()
    for key, value in values.items():
        text = text.replace("${" + key + "}", value)
    return text


def only(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The single record."""
    assert len(records) == 1, records
    return records[0]


def test_a_seeded_deal__is_polled_as_a_client_polls(estate: Estate) -> None:
    found = only(estate.query(fixture("opportunities_changed.soql")))
    quote_id = only(estate.query("SELECT Id FROM Quote"))["Id"]
    assert found["attributes"]["type"] == "Opportunity"
    assert found["Account"]["Name"] == "Tidewater Logistics"
    shown = {
        key: value for key, value in found.items() if key not in ("attributes", "Id", "Account", "AccountId")
    }
    assert shown == {
        "RH_Key__c": "O-000101",
        "StageName": "Closed Won",
        "IsWon": True,
        "Amount": 21645.33,
        "CloseDate": "2026-01-31",
        "SyncedQuoteId": quote_id,
        "RH_Closed_Won_At__c": "2026-01-10T09:00:00.000+0000",
        "SystemModstamp": "2026-01-10T09:00:00.000+0000",
    }


def test_contract_lines__are_joined_with_their_contract_and_product(estate: Estate) -> None:
    contract_id = only(estate.query("SELECT Id FROM Contract"))["Id"]
    line = only(estate.query(fixture("contract_lines.soql", contract=contract_id)))
    assert line["RH_Contract__r"]["ContractNumber"] == "00000101"
    assert line["RH_Product__r"]["ProductCode"] == "CLD-BUILD"
    assert (line["RH_Line__c"], line["RH_Value__c"], line["RH_Discount__c"], line["RH_Mult_OT__c"]) == (
        1,
        21645.33,
        0.075,
        1.5,
    )


def test_a_quote_lines_discount__is_a_percentage(estate: Estate) -> None:
    lines = estate.query("SELECT LineNumber, ListPrice, Discount FROM QuoteLineItem ORDER BY LineNumber")
    assert [(line["LineNumber"], line["ListPrice"], line["Discount"]) for line in lines] == [
        (1, 7200.1425, 7.5),
        (2, 7200.1425, 0.0),
    ]


def test_an_account_made_by_a_call__is_observed_as_a_fact(estate: Estate) -> None:
    status, made = estate.call("POST", "/sobjects/Account", fixture("account_created.json").encode())
    assert (status, made["success"]) == (201, True)
    found = next(fact for fact in estate.facts() if fact.bk == "CU|000201")
    assert found.bill_to == "CU|000201"  # type: ignore[union-attr]


def test_marks__are_written_and_read_exactly(estate: Estate) -> None:
    before = estate.facts()
    contract_id = only(estate.query("SELECT Id FROM Contract"))["Id"]
    body = fixture("contract_mirrors.json", contract=contract_id).encode()
    status, results = estate.call("PATCH", "/composite/sobjects", body)
    assert (status, [item["success"] for item in results]) == (200, [True])
    shown = estate.call("GET", f"/sobjects/Contract/{contract_id}")[1]
    assert (shown["RH_Billed_To_Date__c"], shown["RH_Open_AR__c"]) == (12345.67, 11000.07)
    assert shown["RH_Recognised_To_Date__c"] is None
    assert estate.facts() == before


def test_an_unlawful_stage__is_refused_in_the_platforms_words(estate: Estate) -> None:
    body = {"StageName": "Open"}
    status, errors = estate.call("PATCH", "/sobjects/Opportunity/RH_Key__c/O-000101", body)
    assert status == 400
    assert errors[0]["message"].endswith("An opportunity cannot go from Closed Won to Open.")
    assert errors == [
        {
            "message": errors[0]["message"],
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["StageName"],
        }
    ]


@pytest.mark.parametrize(
    ("object_name", "values", "code"),
    [
        ("Opportunity", {"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Opportunity", {"RH_Closed_Won_At__c": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Opportunity", {"StageName": "Nearly"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Opportunity", {"AccountId": "001CRM100000zzz"}, "INVALID_CROSS_REFERENCE_KEY"),
        ("Contract", {"ContractNumber": "7"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Contract", {"Nothing__c": 1}, "INVALID_FIELD"),
        ("Contract", {"AccountId": None}, "REQUIRED_FIELD_MISSING"),
        ("QuoteLineItem", {"Quantity": "many"}, "JSON_PARSER_ERROR"),
    ],
)
def test_what_a_call_may_not_write__is_refused_and_changes_nothing(
    estate: Estate, object_name: str, values: dict[str, Any], code: str
) -> None:
    record_id = estate.query(f"SELECT Id FROM {object_name}")[0]["Id"]
    before = estate.call("GET", f"/sobjects/{object_name}/{record_id}")
    status, errors = estate.call("PATCH", f"/sobjects/{object_name}/{record_id}", values)
    assert (status, errors[0]["errorCode"]) == (400, code)
    assert estate.call("GET", f"/sobjects/{object_name}/{record_id}") == before


def test_an_opportunity__is_upserted_by_its_key_once(estate: Estate) -> None:
    body = {"Name": "Second", "StageName": "Open", "CloseDate": "2026-03-31", "Account": {"Id": ""}}
    body["Account"] = {
        "Id": only(estate.query("SELECT Id FROM Account WHERE AccountNumber = '000101'"))["Id"]
    }
    first = estate.call("PATCH", "/sobjects/Opportunity/RH_Key__c/O-9", body)
    second = estate.call("PATCH", "/sobjects/Opportunity/RH_Key__c/o-9", body)
    assert (first[0], second[0], first[1]["id"]) == (201, 200, second[1]["id"])
    assert [fact.ver for fact in estate.facts() if fact.bk == "OP|O-9"] == [1]


def test_worlds__are_apart_by_their_credentials(estate: Estate) -> None:
    estate.make_world("two", seed=8)
    assert estate.query("SELECT Id FROM Account", "two") == []
    assert len(estate.query("SELECT Id FROM Account")) == 2
    estate.tokens["one"] = "00D000000000001!nothing"
    assert estate.call("GET", "/query?q=SELECT+Id+FROM+Account")[0] == 401


def test_a_live_win__reaches_the_subscriber_with_the_worlds_organisation() -> None:
    estate = Estate()
    credentials = estate.make_world()
    estate.control("POST", "one/subscribe", {"url": HOOK})
    estate.play("seed", deal()[:-1])
    estate.control("POST", "one/clock", {"to_ms": at_ms(10)})
    estate.play("act", [opportunity("CLOSED_WON", 10, 3, accepted_quote="QU|Q-00000101|1")])
    assert estate.control("POST", "one/webhooks")["sent"] == 1
    assert estate.control("GET", "one/webhooks")["counts"] == {"delivered": 1}
    ((url, _, body),) = estate.listener.posts
    assert url == HOOK
    assert f"<OrganizationId>{credentials['organization_id']}</OrganizationId>".encode() in body


def test_after_a_reset__messages_still_need_a_true_acknowledgement() -> None:
    estate = Estate()
    estate.make_world()
    estate.control("POST", "one/reset")
    estate.control("POST", "one/subscribe", {"url": HOOK})
    estate.listener.answer = (200, b"")
    estate.control("POST", "one/clock", {"to_ms": at_ms(20)})
    estate.play("act", deal())
    estate.control("POST", "one/webhooks")
    assert estate.control("GET", "one/webhooks")["counts"] == {"pending": 2}


def test_played_facts__are_observed_through_the_control_plane(estate: Estate) -> None:
    assert in_order(estate.facts()) == in_order(deal())


def test_native_records__are_those_of_the_api(estate: Estate) -> None:
    rows = [json.loads(line) for line in estate.control("GET", "one/native").splitlines()]
    assert {"Account", "Opportunity", "QuoteLineItem", "RH_Contract_Line__c", "RH_Rate_Card_Line__c"} <= {
        row["object"] for row in rows
    }
    for row in rows:
        record_id = row["record"]["Id"]
        assert estate.call("GET", f"/sobjects/{row['object']}/{record_id}") == (200, row["record"])


def test_a_snapshot__brings_back_records_facts_and_subscription(estate: Estate) -> None:
    estate.control("POST", "one/subscribe", {"url": HOOK})
    kept, facts = estate.control("POST", "one/snapshot"), estate.facts()
    estate.control("POST", "one/reset")
    assert estate.facts() == []
    estate.control("POST", "one/restore", kept)
    assert estate.facts() == facts
    estate.control("POST", "one/clock", {"to_ms": at_ms(40)})
    again = [
        opportunity(bk="OP|O-2"),
        opportunity("COMMIT", bk="OP|O-2"),
        opportunity("CLOSED_WON", bk="OP|O-2"),
    ]
    estate.play("act", list(again))
    assert estate.control("POST", "one/webhooks")["sent"] == 1


def test_a_world_with_a_data_folder__is_there_after_a_restart(tmp_path: Path) -> None:
    first = Estate(tmp_path)
    credentials = first.make_world()
    first.play("seed", deal())
    facts = first.facts()
    second = Estate(tmp_path)
    assert second.make_world() == credentials
    assert second.facts() == facts


def test_expired_tokens__need_a_new_log_in(estate: Estate) -> None:
    world = estate.system.worlds["one"]
    VENDOR.expire_tokens(world)
    assert estate.call("GET", "/limits")[0] == 401
    estate.log_in("one", world.secrets)
    assert estate.call("GET", "/limits")[0] == 200
