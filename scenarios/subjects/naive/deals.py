"""Won deals as the naive subject builds them: customers and job in the ERP, project and tasks in the PSA."""

from decimal import ROUND_HALF_UP, Decimal

from scenarios.subjects.naive.calls import Calls
from scenarios.subjects.naive.memory import Memory, Row, customer_key, job_key

CENT = Decimal("0.01")


async def provision(calls: Calls, memory: Memory) -> None:
    """Build every deal that may start and was not built yet; what failed half-way stays half-way."""
    for contract in list(memory.rows["Contract"].values()):
        deal = memory.rows["Opportunity"].get(contract["RH_Opportunity__c"])
        if deal and contract["Id"] not in memory.projects and _may_start(memory, deal, contract):
            memory.projects.add(contract["Id"])
            await _build_in_erp(calls, memory, deal, contract)
            await _build_in_psa(calls, memory, deal, contract)


def _may_start(memory: Memory, deal: Row, contract: Row) -> bool:
    agreed = memory.rows["Quote"].get(deal["SyncedQuoteId"])
    if deal["StageName"] != "Closed Won" or contract["Status"] != "Signed":
        return False
    if agreed is None or agreed["Status"] != "Accepted":
        return False
    lines = memory.rows["QuoteLineItem"].values()
    total = sum(line["TotalPrice"] for line in lines if line["QuoteId"] == agreed["Id"])
    parties = (memory.rows["Account"].get(contract["AccountId"], {}), memory.bill_to(contract))
    known = contract["RH_Contracting_Entity__c"] in memory.entities
    return known and total == deal["Amount"] and all(_is_complete(party) for party in parties)


def _is_complete(account: Row) -> bool:
    needed = ("BillingCountryCode", "RH_Legal_Name__c", "RH_Payment_Terms__c", "CurrencyIsoCode")
    if any(not account.get(name) for name in needed) or account["RH_Tax_Status__c"] in (None, "UNKNOWN"):
        return False
    return account["BillingCountryCode"] != "US" or bool(account["BillingStateCode"])


def _value(memory: Memory, contract: Row) -> Decimal:
    return sum((line["RH_Value__c"] for line in memory.lines(contract)), Decimal(0))


async def _build_in_erp(calls: Calls, memory: Memory, deal: Row, contract: Row) -> None:
    subsidiary = {"id": memory.entities[contract["RH_Contracting_Entity__c"]]["id"]}
    for party in (memory.rows["Account"][contract["AccountId"]], memory.bill_to(contract)):
        for account in reversed(memory.chain(party)):
            body = {
                "companyName": account["Name"],
                "isPerson": False,
                "subsidiary": subsidiary,
                "currency": {"id": memory.currencies[account["CurrencyIsoCode"]]},
                "terms": {"externalId": account["RH_Payment_Terms__c"]},
                "custentity_rh_legal_name": account["RH_Legal_Name__c"],
                "custentity_rh_tax_status": account["RH_Tax_Status__c"],
                "custentity_rh_source_id": account["Id"],
            }
            if account["RH_VAT_Id__c"]:
                body["vatRegNumber"] = account["RH_VAT_Id__c"]
            if account["ParentId"] in memory.rows["Account"]:
                body["parent"] = {"externalId": customer_key(memory.rows["Account"][account["ParentId"]])}
            await calls.put_record("customer", customer_key(account), body)
    job = {
        "companyName": deal["Name"],
        "parent": {"externalId": customer_key(memory.rows["Account"][contract["AccountId"]])},
        "subsidiary": subsidiary,
        "currency": {"id": memory.currencies[contract["CurrencyIsoCode"]]},
        "custentity_rh_source_id": contract["Id"],
        "custentity_rh_contract_value": _value(memory, contract),
    }
    await calls.put_record("job", job_key(contract), job)


async def _build_in_psa(calls: Calls, memory: Memory, deal: Row, contract: Row) -> None:
    project = {
        "Name": deal["Name"],
        "RH_Contract__c": contract["Id"],
        "RH_Account__c": contract["AccountId"],
        "pse__Opportunity__c": deal["Id"],
        "pse__Practice__c": deal["RH_Practice__c"],
        "pse__Region__c": contract["RH_Contracting_Entity__c"],
        "pse__Start_Date__c": contract["StartDate"],
        "pse__End_Date__c": contract["EndDate"],
        "pse__Stage__c": "Active",
        "pse__Project_Type__c": "Client",
        "pse__Billing_Type__c": "Time and Materials",
        "pse__Is_Active__c": True,
        "pse__Is_Billable__c": True,
        "CurrencyIsoCode": contract["CurrencyIsoCode"],
        "RH_Contract_Value__c": _value(memory, contract),
    }
    saved = await calls.upsert("pse__Proj__c", job_key(contract), project)
    for line in memory.lines(contract) if saved else ():
        key = f"{contract['ContractNumber']}|{int(line['RH_Line__c'])}"
        ours = {"pse__Project__c": saved["id"], "RH_Contract_Line__c": line["Id"]}
        for row in _tasks(memory, line):
            made = await calls.upsert("pse__Project_Task__c", f"TK|{key}|{row['RH_WBS__c']}", ours | row)
            if made:
                memory.tasks[made["id"]] = ours | row
        for row in _milestones(memory, line):
            await calls.upsert("pse__Milestone__c", f"MS|CL|{key}|{row['RH_Seq__c']}", ours | row)


def _of_package(memory: Memory, table: str, line: Row) -> list[Row]:
    rows = memory.rows[table].values()
    return [row for row in rows if row["RH_Product__c"] == line["RH_Product__c"]]


def _tasks(memory: Memory, line: Row) -> list[Row]:
    return [
        {
            "Name": row["Name"],
            "pse__Start_Date__c": line["RH_Start__c"],
            "pse__End_Date__c": line["RH_End__c"],
            "pse__Estimated_Hours__c": _cents(line["RH_Quantity__c"] * row["RH_Hours__c"]),
            "RH_WBS__c": f"{int(line['RH_Line__c'])}.{row['RH_WBS__c']}",
            "RH_Bill_Level__c": row["RH_Bill_Level__c"],
            "RH_Billable__c": row["RH_Billable__c"],
            "RH_Progress__c": row["RH_Progress__c"],
        }
        for row in _of_package(memory, "RH_Package_Task__c", line)
    ]


def _milestones(memory: Memory, line: Row) -> list[Row]:
    """Shares of the line's value by the package's plan; the last one takes the remainder."""
    plan = _of_package(memory, "RH_Package_Milestone__c", line)
    rest, made = line["RH_Value__c"], []
    for row in plan:
        amount = rest if row is plan[-1] else _cents(line["RH_Value__c"] * row["RH_Share__c"])
        rest -= amount
        made.append(
            {"Name": row["Name"], "RH_Seq__c": int(row["RH_Seq__c"]), "pse__Milestone_Amount__c": amount}
        )
    return made


def _cents(amount: Decimal | int) -> Decimal:
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)
