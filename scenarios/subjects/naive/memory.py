"""What the naive subject knows: rows as the vendors sent them, in plain dicts. A restart forgets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
BILLING_LAG_MS = 4 * 3_600_000  # the job of the night after the cut-off
NO_DATE = (None, "", "0000-00-00")


@dataclass
class Memory:
    """Rows by table and id, and what was made of them."""

    rows: Mapping[str, dict[str, Row]]
    entities: dict[str, Row] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    tax_rates: list[Row] = field(default_factory=list)
    people: dict[str, Row] = field(default_factory=dict)  # by HRIS id
    contacts: dict[str, str] = field(default_factory=dict)  # PSA contact -> HRIS id
    projects: set[str] = field(default_factory=set)  # CRM contracts that are done
    tasks: dict[str, Row] = field(default_factory=dict)
    billed: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    drafts: list[Row] = field(default_factory=list)
    invoices: dict[str, Row] = field(default_factory=dict)
    billing_lag_ms: int = BILLING_LAG_MS

    def bill_to(self, contract: Row) -> Row:
        """Who pays a contract."""
        return self.rows["Account"].get(contract["RH_Bill_To__c"] or contract["AccountId"], {})

    def lines(self, contract: Row) -> list[Row]:
        """The lines of a contract."""
        lines = self.rows["RH_Contract_Line__c"].values()
        return [line for line in lines if line["RH_Contract__c"] == contract["Id"]]

    def chain(self, account: Row) -> list[Row]:
        """An account, its parent, and so on up."""
        chain = [account]
        while (parent := self.rows["Account"].get(chain[-1].get("ParentId") or "")) and parent not in chain:
            chain.append(parent)
        return chain

    def runs_due(self) -> dict[str, int]:
        """Billing runs that were not made yet, with the instants of their jobs."""
        return {
            f"BR|{code}|{day}|{freq}": cutoff_ms(entity, day) + self.billing_lag_ms
            for code, entity in self.entities.items()
            for day, freq in entity["billing"]
            if f"BR|{code}|{day}|{freq}" not in self.runs
        }


def cutoff_ms(entity: Row, day: date) -> int:
    """Local midnight after a day."""
    zone = ZoneInfo(entity["custrecord_rh_tz"])
    return int(datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone).timestamp()) * 1000


def local_day(entity: Row, at_ms: int) -> str:
    """The date where an entity is."""
    return datetime.fromtimestamp(at_ms // 1000, ZoneInfo(entity["custrecord_rh_tz"])).date().isoformat()


def job_on(person: Row, day: str) -> Row:
    """A person's job on a day: the last row of the list that began by then."""
    found: Row = {}
    for job in person["jobs"]:
        if job["date"] <= day:
            found = job
    return found


def customer_key(account: Row) -> str:
    """The ERP's external id of a customer."""
    return f"CU|{account['AccountNumber'] or account['Id']}"


def job_key(contract: Row) -> str:
    """The external id of a contract's project in ERP and PSA."""
    return f"PJ|CO|{contract['ContractNumber']}"
