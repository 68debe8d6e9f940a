"""Billing as the naive subject does it: take what was approved by the cut-off, group it, post it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from scenarios.subjects.naive.calls import RECORD, Calls
from scenarios.subjects.naive.memory import Memory, Row, customer_key, cutoff_ms, job_key, job_on, local_day

CENT, ONE = Decimal("0.01"), Decimal(1)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
POSTED = ("POSTED", "PARTIALLY_PAID", "PAID", "CREDITED")
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"


async def bill(calls: Calls, memory: Memory, now_ms: int) -> None:
    """Make the runs that are due; documents whose purchase order is missing wait for the next pass."""
    for name, at_ms in memory.runs_due().items():
        if at_ms <= now_ms:
            memory.runs.add(name)
            _, code, day, freq = name.split("|")
            memory.drafts += _drafts(memory, code, date.fromisoformat(day), freq)
    for draft in list(memory.drafts):
        contract = memory.rows["Contract"][draft["contract"]]
        if memory.bill_to(contract)["RH_PO_Required__c"] and not contract["RH_PO_Number__c"]:
            continue
        memory.drafts.remove(draft)
        document = draft["document"] | {"otherRefNum": contract["RH_PO_Number__c"]}
        if not contract["RH_PO_Number__c"]:
            del document["otherRefNum"]
        native_id = await calls.call("erp", "POST", f"{RECORD}/invoice", document)
        if native_id:
            memory.invoices[native_id] = draft


def _drafts(memory: Memory, code: str, day: date, freq: str) -> list[Row]:
    entity = memory.entities[code]
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for item in (*_time(memory, cutoff_ms(entity, day)), *_milestones(memory, cutoff_ms(entity, day))):
        contract = item["contract"]
        ours = contract["RH_Contracting_Entity__c"] == code and contract["Status"] in ("Signed", "Completed")
        in_turn = freq == "MONTHLY" or contract["RH_Billing_Freq__c"] == "EVERY_RUN"
        if ours and in_turn and item["date"] <= day.isoformat() and item["key"] not in memory.billed:
            memory.billed.add(item["key"])
            bill_to = memory.bill_to(contract)
            groups[bill_to["Id"] if bill_to["RH_Consolidate_Invoices__c"] else contract["Id"]].append(item)
    return [_draft(memory, code, day, source_id, groups[source_id]) for source_id in sorted(groups)]


def _draft(memory: Memory, code: str, day: date, source_id: str, items: list[Row]) -> Row:
    items.sort(
        key=lambda item: (item["contract"]["ContractNumber"], item["line"]["RH_Line__c"], item["date"])
    )
    contract, entity = items[0]["contract"], memory.entities[code]
    bill_to = memory.bill_to(contract)
    tax = _tax_code(memory, entity, bill_to, day)
    nets: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        nets[item["contract"]["Id"]] += item["amount"]
    document = {
        "entity": {"externalId": customer_key(bill_to)},
        "subsidiary": {"id": entity["id"]},
        "currency": {"id": memory.currencies[contract["CurrencyIsoCode"]]},
        "exchangeRate": 1,
        "tranDate": day,
        "dueDate": _due(day, bill_to["RH_Payment_Terms__c"]),
        "custbody_rh_source_id": source_id,
        "custbody_rh_run": f"BR|{code}|{day}",
        "item": {"items": [_line(memory, item, tax) for item in items]},
    }
    sources = [item["source"] for item in items]
    return {"document": document, "contract": contract["Id"], "nets": dict(nets), "sources": sources}


def _line(memory: Memory, item: Row, tax: str) -> Row:
    contract = item["contract"]
    practice = memory.rows["Opportunity"][contract["RH_Opportunity__c"]]["RH_Practice__c"]
    line = {
        "item": {"externalId": item["item"]},
        "quantity": item["quantity"],
        "rate": item["rate"].quantize(Decimal("0.0001"), ROUND_HALF_UP),
        "amount": item["amount"],
        "class": {"externalId": f"PR|{practice}"},
        "job": {"externalId": job_key(contract)},
        "taxCode": tax,
        "custcol_rh_source_id": item["source"],
        "custcol_rh_contract_line": item["line"]["Id"],
    }
    if item["department"]:
        entity = contract["RH_Contracting_Entity__c"]
        line["department"] = {"externalId": f"CC|{entity}|{item['department']}"}
    return line


def _due(day: date, terms: str) -> date:
    kind, _, days = terms.partition(" ")
    if kind == "EOM":
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return day + timedelta(days=int(days))


def _tax_code(memory: Memory, entity: Row, bill_to: Row, day: date) -> str:
    seller, country = entity["country"], bill_to["BillingCountryCode"]

    def percent(place: str, kind: str) -> Decimal:
        found = Decimal(0)
        for row in memory.tax_rates:
            same = row["custrecord_rh_jurisdiction"] == place and row["custrecord_rh_class"] == kind
            if same and row["custrecord_rh_valid_from"] <= day.isoformat():
                found = Decimal(row["custrecord_rh_percent"])
        return found

    if seller == country == "US":
        place = f"US-{bill_to['BillingStateCode']}"
        rate = percent(place, "SERVICE")
        return f"{place}|{'S' if rate else 'O'}|{rate:.4f}"
    if seller == country:
        return f"{country}|S|{percent(country, 'STANDARD'):.4f}"
    if seller in EU and country in EU and bill_to["RH_Tax_Status__c"] == "BUSINESS":
        return f"{country}|AE|0.0000"
    if seller in EU and country in EU:
        return f"{seller}|S|{percent(seller, 'STANDARD'):.4f}"
    return f"{country}|O|0.0000"


# --- what there is to bill --------------------------------------------------------------------


def _milestones(memory: Memory, cutoff: int) -> Iterator[Row]:
    for row in memory.rows["pse__Milestone__c"].values():
        line = memory.rows["RH_Contract_Line__c"].get(row["RH_Contract_Line__c"])
        if line is None or row["pse__Status__c"] != "Accepted" or _ms(row["RH_Accepted_At__c"]) >= cutoff:
            continue
        contract = memory.rows["Contract"][line["RH_Contract__c"]]
        entity = memory.entities[contract["RH_Contracting_Entity__c"]]
        amount = Decimal(row["pse__Milestone_Amount__c"])
        yield {
            "key": row["Id"],
            "source": row["Id"],
            "item": "FF",
            "contract": contract,
            "line": line,
            "date": local_day(entity, _ms(row["RH_Accepted_At__c"])),
            "quantity": 1,
            "rate": amount,
            "amount": amount,
            "department": "",
        }


def _time(memory: Memory, cutoff: int) -> Iterator[Row]:
    """Cells of the cards that stood approved at the cut-off, with what they are worth."""
    headers = memory.rows["pse__Timecard_Header__c"]
    cards = {
        key: card
        for key, card in headers.items()
        if card["pse__Status__c"] == "Approved" and _ms(card["RH_Approved_At__c"]) < cutoff
    }
    replaced = {card["RH_Replaces__c"] for card in cards.values()}
    for key, card in cards.items():
        task = memory.tasks.get(card["RH_Task__c"])
        if key in replaced or task is None or not (card["pse__Billable__c"] and task["RH_Billable__c"]):
            continue
        line = memory.rows["RH_Contract_Line__c"][task["RH_Contract_Line__c"]]
        if line["RH_Billing_Method__c"] != "TM":
            continue
        first = card
        while first["RH_Replaces__c"] in headers:
            first = headers[first["RH_Replaces__c"]]
        for weekday, day, hours in _cells(card):
            priced = _price(memory, card, line, day, hours, cutoff)
            if priced is not None:
                yield priced | {"key": f"{first['Id']}#{weekday}", "source": f"{key}#{weekday}"}


def _cells(card: Row) -> Iterator[tuple[str, str, Decimal]]:
    monday = date.fromisoformat(card["pse__Start_Date__c"])
    for offset, weekday in enumerate(DAYS):
        hours = Decimal(card[f"pse__{weekday}_Hours__c"] or 0)
        if hours:
            yield weekday[:3], (monday + timedelta(days=offset)).isoformat(), hours


def _price(memory: Memory, card: Row, line: Row, day: str, hours: Decimal, cutoff: int) -> Row | None:
    contract = memory.rows["Contract"][line["RH_Contract__c"]]
    assignment = memory.rows["pse__Assignment__c"].get(card["pse__Assignment__c"])
    person = memory.people.get(memory.contacts.get(card["pse__Resource__c"], ""))
    if assignment is None or person is None:
        return None
    job = job_on(person, day)
    level = str(assignment["RH_Bill_Level__c"] or job.get("level"))
    rates = list(_rates(memory, contract, assignment, level, day))
    # The price is the one known at the approval; where there was none, the first that came later.
    approved = _ms(card["RH_Approved_At__c"])
    known = [rate for rate in rates if _ms(rate["CreatedDate"]) <= approved]
    late = sorted(
        (rate for rate in rates if _ms(rate["CreatedDate"]) < cutoff), key=lambda rate: rate["CreatedDate"]
    )
    rate = next(iter(known or late), None)
    if rate is None:
        return None
    hourly = Decimal(rate["RH_Rate__c"])
    if rate.get("RH_Unit__c") == "DAY":
        entity = memory.entities[contract["RH_Contracting_Entity__c"]]
        hourly = hourly / Decimal(entity["custrecord_rh_std_hours"])
    multiplier = Decimal(line[f"RH_Mult_{card['RH_Time_Type__c'] or 'REG'}__c"])
    amount = hours * hourly * multiplier * (ONE - Decimal(line["RH_Discount__c"] or 0))
    return {
        "item": "TM",
        "contract": contract,
        "line": line,
        "date": day,
        "quantity": hours,
        "rate": hourly,
        "amount": amount.quantize(CENT, ROUND_HALF_UP),
        "department": job.get("costCentre"),
    }


def _rates(memory: Memory, contract: Row, assignment: Row, level: str, day: str) -> Iterator[Row]:
    """Rates that fit, best first: override, contract card, client cards, default card."""
    rows, ccy = memory.rows, contract["CurrencyIsoCode"]
    overrides = rows["RH_Rate_Override__c"].values()
    ours = [row for row in overrides if row["RH_Assignment__c"] == assignment["Id"]]
    yield from (row for row in ours if row["CurrencyIsoCode"] == ccy and _covers(row, day))
    owners = [("RH_Contract__c", contract["Id"])]
    owners += [("RH_Account__c", client["Id"]) for client in memory.chain(memory.bill_to(contract))]
    cards = [
        {
            card["Id"]
            for card in rows["RH_Rate_Card__c"].values()
            if (card[name], card["CurrencyIsoCode"]) == own
        }
        for name, own in ((name, (owner, ccy)) for name, owner in owners)
    ]
    lines = [row for row in rows["RH_Rate_Card_Line__c"].values() if row["RH_Level__c"] == level]
    practices = (rows["Opportunity"][contract["RH_Opportunity__c"]]["RH_Practice__c"], "*")
    for card in cards:
        for practice in practices:
            fits = [row for row in lines if row["RH_Rate_Card__c"] in card]
            yield from (row for row in fits if row["RH_Practice__c"] == practice and _covers(row, day))
    defaults = [row for row in rows["pse__Rate_Card__c"].values() if row["RH_Level__c"] == level]
    for practice in practices:
        fits = [row for row in defaults if row["pse__Practice__c"] == practice]
        yield from (row for row in fits if row["CurrencyIsoCode"] == ccy and _covers(row, day))


def _covers(row: Row, day: str) -> bool:
    default = "pse__Start_Date__c" in row
    names = ("pse__Start_Date__c", "pse__End_Date__c") if default else ("RH_Valid_From__c", "RH_Valid_To__c")
    first, last = (row[name] for name in names)
    return first <= day and (not last or day < last)


def _ms(stamp: str) -> int:
    return int((datetime.fromisoformat(stamp) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


# --- what CRM and PSA should show -------------------------------------------------------------


async def mirror(calls: Calls, memory: Memory) -> None:
    """State what was billed on contracts, opportunities and timecard splits."""
    posted = [row for row in memory.invoices.values() if row.get("custbody_rh_status") in POSTED]
    contracts, deals = {}, {}
    for key in sorted(memory.projects):
        mine = [row for row in posted if key in row["nets"]]
        last = max(mine, key=lambda row: str(row["tranid"]), default={})
        contracts[key] = {
            "RH_Billed_To_Date__c": sum((row["nets"][key] for row in mine), Decimal(0)),
            "RH_Collected_To_Date__c": sum(
                (_share(row, key) - _share(row, key, True) for row in mine), Decimal(0)
            ),
            "RH_Open_AR__c": sum((_share(row, key, True) for row in mine), Decimal(0)),
        }
        deals[memory.rows["Contract"][key]["RH_Opportunity__c"]] = {
            "RH_Project_Status__c": "Active",
            "RH_Last_Invoice_No__c": last.get("tranid", ""),
            "RH_Last_Invoice_Status__c": last.get("custbody_rh_status", ""),
        }
    await calls.update_many("crm", "Contract", contracts)
    await calls.update_many("crm", "Opportunity", deals)
    await calls.update_many("psa", "pse__Timecard__c", _marks(memory, posted))


def _share(invoice: Row, contract: str, unpaid: bool = False) -> Decimal:
    """A contract's part of what a document charges or has open."""
    nets: dict[str, Decimal] = invoice["nets"]
    amount = Decimal(invoice["foreignamountunpaid" if unpaid else "foreigntotal"])
    return (amount * nets[contract] / sum(nets.values(), Decimal(0))).quantize(CENT, ROUND_HALF_UP)


def _marks(memory: Memory, posted: list[Row]) -> dict[str, Row]:
    invoice_of = {source: row for row in posted for source in row["sources"]}
    marks = {}
    for key, split in memory.rows["pse__Timecard__c"].items():
        header = split["pse__Timecard_Header__c"]
        card = memory.rows["pse__Timecard_Header__c"].get(header)
        first, last = split["pse__Start_Date__c"], split["pse__End_Date__c"]
        cells = [weekday for weekday, day, _ in _cells(card) if first <= day <= last] if card else []
        found = [invoice_of.get(f"{header}#{weekday}") for weekday in cells]
        documents = [row for row in found if row is not None]
        if documents and len(documents) == len(found):
            latest = max(documents, key=lambda row: str(row["tranid"]))
            marks[key] = {
                "pse__Billed__c": True,
                "RH_Invoice_No__c": latest["tranid"],
                "RH_Invoice_Status__c": latest["custbody_rh_status"],
            }
    return marks
