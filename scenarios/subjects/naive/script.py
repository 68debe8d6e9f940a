"""The naive subject: a plain script that polls every source, loops and posts, and is right on a sunny day.

It shows what a rehearsal is for. It keeps plain dicts in memory, asks for what changed since the
last time by its own clock, trusts the order of lists, posts invoices without an external id, and
takes a call that failed three times for done. It bills time and accepted milestones; it knows no
retainers, credits, payroll or close.
"""

from datetime import date
from functools import partial
from urllib.parse import urlencode

from scenarios.subjects.naive.billing import bill, mirror
from scenarios.subjects.naive.calls import DATA, Calls
from scenarios.subjects.naive.deals import provision
from scenarios.subjects.naive.memory import BILLING_LAG_MS, NO_DATE, Memory, Row, job_on, local_day

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CRM_TABLES = {
    "Account": "Name AccountNumber ParentId BillingStateCode BillingCountryCode CurrencyIsoCode"
    " RH_Legal_Name__c RH_Tax_Status__c RH_VAT_Id__c RH_Payment_Terms__c RH_Bill_To__c"
    " RH_Consolidate_Invoices__c RH_PO_Required__c",
    "Opportunity": "Name AccountId StageName Amount SyncedQuoteId RH_Practice__c",
    "Quote": "Status",
    "QuoteLineItem": "QuoteId TotalPrice",
    "RH_Package_Task__c": "RH_Product__c RH_WBS__c Name RH_Bill_Level__c RH_Hours__c RH_Billable__c"
    " RH_Progress__c",
    "Contract": "ContractNumber AccountId RH_Bill_To__c RH_Opportunity__c RH_Contracting_Entity__c"
    " CurrencyIsoCode StartDate EndDate Status RH_Billing_Freq__c RH_PO_Number__c",
    "RH_Contract_Line__c": "RH_Contract__c RH_Line__c RH_Product__c RH_Billing_Method__c RH_Value__c"
    " RH_Discount__c RH_Mult_REG__c RH_Mult_OT__c RH_Mult_TRAVEL__c RH_Quantity__c RH_Start__c RH_End__c",
    "RH_Rate_Card__c": "RH_Contract__c RH_Account__c CurrencyIsoCode",
    "RH_Rate_Card_Line__c": "RH_Rate_Card__c RH_Level__c RH_Practice__c RH_Unit__c RH_Rate__c"
    " RH_Valid_From__c RH_Valid_To__c CreatedDate",
}
PSA_TABLES = {
    "pse__Assignment__c": "RH_Bill_Level__c",
    "RH_Rate_Override__c": "RH_Assignment__c RH_Rate__c CurrencyIsoCode RH_Valid_From__c RH_Valid_To__c"
    " CreatedDate",
    "pse__Rate_Card__c": "RH_Level__c pse__Practice__c RH_Unit__c RH_Rate__c CurrencyIsoCode"
    " pse__Start_Date__c pse__End_Date__c CreatedDate",
    "pse__Timecard_Header__c": "pse__Start_Date__c pse__Resource__c pse__Assignment__c RH_Task__c"
    " RH_Time_Type__c pse__Billable__c pse__Status__c RH_Approved_At__c RH_Replaces__c "
    + " ".join(f"pse__{day}_Hours__c" for day in DAYS),
    "pse__Timecard__c": "pse__Timecard_Header__c pse__Start_Date__c pse__End_Date__c",
}
PACKAGE_PLAN = "RH_Product__c RH_Seq__c Name RH_Share__c"
MILESTONES = "RH_Contract_Line__c RH_Seq__c pse__Milestone_Amount__c pse__Status__c RH_Accepted_At__c"
PERSON = "employeeNumber,firstName,lastName,workEmail,hireDate,terminationDate,entity,practice"


class Script:
    """The script between two passes: what it knows, and how it calls."""

    def __init__(self, calls: Calls, billing_lag_ms: int = BILLING_LAG_MS) -> None:
        self._calls = calls
        self._memory = Memory(calls.rows, billing_lag_ms=billing_lag_ms)

    async def run(self, now_ms: int) -> None:
        """One pass: read everything that changed, then write whatever follows."""
        calls, memory = self._calls, self._memory
        for step in (
            self._read_masters,
            self._read_invoices,
            self._read_people,
            self._read_orgs,
            partial(self._write_people, now_ms),
            partial(provision, calls, memory),
            partial(bill, calls, memory, now_ms),
            partial(mirror, calls, memory),
        ):
            try:
                await step()
            except (LookupError, TypeError, ValueError, ArithmeticError):
                continue  # some row looks odd or is missing; the other steps go on

    def next_billing_ms(self) -> int | None:
        """When the next billing run is due."""
        return min(self._memory.runs_due().values(), default=None)

    async def _read_orgs(self) -> None:
        for table, fields in CRM_TABLES.items():
            await self._calls.poll("crm", table, fields)
        lines = self._calls.rows["RH_Contract_Line__c"].values()
        if any(line["RH_Billing_Method__c"] == "FF" for line in lines):
            await self._calls.poll("crm", "RH_Package_Milestone__c", PACKAGE_PLAN)
            await self._calls.poll("psa", "pse__Milestone__c", MILESTONES)
        for table, fields in PSA_TABLES.items():
            await self._calls.poll("psa", table, fields)

    async def _read_masters(self) -> None:
        query, memory = self._calls.suiteql, self._memory
        for row in await query("SELECT id, symbol FROM currency"):
            memory.currencies[row["symbol"]] = row["id"]
        fields = "id, externalid, country, custrecord_rh_tz, custrecord_rh_std_hours"
        for row in await query(f"SELECT {fields} FROM subsidiary"):
            memory.entities.setdefault(row["externalid"], row | {"billing": []})
        fields = "custrecord_rh_entity, custrecord_rh_date, custrecord_rh_freq"
        where = "custrecord_rh_kind = 'BILLING'"
        for row in await query(f"SELECT {fields} FROM customrecord_rh_calendar WHERE {where}"):
            run = (date.fromisoformat(row["custrecord_rh_date"]), row["custrecord_rh_freq"])
            entity = memory.entities.get(row["custrecord_rh_entity"])
            if entity is not None and run not in entity["billing"]:
                entity["billing"].append(run)
        fields = (
            "custrecord_rh_jurisdiction, custrecord_rh_class, custrecord_rh_valid_from, custrecord_rh_percent"
        )
        memory.tax_rates = await query(f"SELECT {fields} FROM customrecord_rh_tax_rate") or memory.tax_rates

    async def _read_invoices(self) -> None:
        stamp = self._calls.since("invoices").strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        changed = f"lastmodifieddate > TO_TIMESTAMP('{stamp}', 'YYYY-MM-DD HH24:MI:SS.FF3')"
        fields = "id, tranid, custbody_rh_status, foreigntotal, foreignamountunpaid"
        query = f"SELECT {fields} FROM transaction WHERE type = 'CustInvc' AND {changed}"
        for row in await self._calls.suiteql(query):
            self._memory.invoices.get(row["id"], {}).update(row)

    async def _read_people(self) -> None:
        since = self._calls.since("employees").strftime("%Y-%m-%dT%H:%M:%SZ")
        changes = await self._calls.hris("/employees/changed?" + urlencode({"since": since}))
        for who, change in dict(changes["employees"] if changes else {}).items():
            if change["action"] == "Deleted":
                self._memory.people.get(who, {})["terminationDate"] = "0001-01-01"
                continue
            person = await self._calls.hris(f"/employees/{who}?fields={PERSON}")
            if person is not None:
                person["jobs"] = await self._calls.hris(f"/employees/{who}/tables/jobInfo") or []
                person["skills"] = await self._calls.hris(f"/employees/{who}/tables/skills") or []
                self._memory.people[who] = person

    async def _write_people(self, now_ms: int) -> None:
        for who, person in self._memory.people.items():
            entity = self._memory.entities.get(person["entity"])
            if entity is None:
                continue
            today, left = local_day(entity, now_ms), person["terminationDate"]
            active = left in NO_DATE or today < left
            path = f"{DATA}/sobjects/Contact/RH_Employee_No__c/{person['employeeNumber']}"
            saved = await self._calls.put("psa", "PATCH", path, _contact(person, today, active))
            if saved:
                self._memory.contacts[saved["id"]] = who
            employee = {
                "firstName": person["firstName"],
                "lastName": person["lastName"],
                "email": person["workEmail"],
                "subsidiary": {"id": entity["id"]},
                "isInactive": not active,
                "custentity_rh_employee_no": person["employeeNumber"],
                "custentity_rh_source_id": who,
            }
            await self._calls.put_record("employee", f"RS|{person['employeeNumber']}", employee)


def _contact(person: Row, today: str, active: bool) -> Row:
    job = job_on(person, max(today, person["hireDate"]))
    left = person["terminationDate"]
    return {
        "FirstName": person["firstName"],
        "LastName": person["lastName"],
        "Email": person["workEmail"],
        "pse__Is_Resource__c": True,
        "pse__Is_Resource_Active__c": active,
        "pse__Resource_Role__c": job.get("level"),
        "pse__Practice__c": person["practice"],
        "pse__Region__c": person["entity"],
        "RH_Entity__c": person["entity"],
        "RH_Cost_Centre__c": job.get("costCentre"),
        "RH_Level__c": job.get("level"),
        "RH_Manager__c": job.get("reportsTo") or None,
        "RH_Skills__c": "; ".join(sorted(skill["skill"] for skill in person["skills"])),
        "RH_Employed_From__c": person["hireDate"],
        "RH_Employed_To__c": None if left in NO_DATE else left,
    }
