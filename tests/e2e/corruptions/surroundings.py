"""Corruptions around the books: marks and mirrors, master data, and the records of what people did."""

import json

from mocks.kit.store import Record
from tests.e2e.corruptions.hands import CENT_CRM, CENT_PSA, TWIN, Hands, Names, corrupts, first, whole

# --- mirrors in the CRM ---------------------------------------------------------------------------


def _contract(hands: Hands) -> tuple[Record, Names]:
    contract = first(r for r in hands.crm.select("Contract") if r.values["RH_Billed_To_Date__c"])
    return contract, (f"crm:contract:{contract.id}", f"CO|{contract.values['ContractNumber']}")


@corrupts("crm", "contract", "billed to date a cent more", "I28")
def billed_mirror_a_cent_off(hands: Hands) -> Names:
    contract, names = _contract(hands)
    hands.add(contract, {"RH_Billed_To_Date__c": CENT_CRM})
    return names


@corrupts("crm", "contract", "collected to date emptied", "I28")
def collected_mirror_gone(hands: Hands) -> Names:
    contract = first(r for r in hands.crm.select("Contract") if r.values["RH_Collected_To_Date__c"])
    hands.change(contract, {"RH_Collected_To_Date__c": None})
    return (f"crm:contract:{contract.id}",)


@corrupts("crm", "contract", "open amount a cent less", "I28")
def open_mirror_a_cent_off(hands: Hands) -> Names:
    contract, names = _contract(hands)
    hands.add(contract, {"RH_Open_AR__c": -CENT_CRM})
    return names


def _billed_opportunity(hands: Hands) -> tuple[Record, Names]:
    record = first(r for r in hands.crm.select("Opportunity") if r.values["RH_Last_Invoice_No__c"])
    return record, (f"crm:opportunity:{record.id}",)


@corrupts("crm", "opportunity", "last invoice number of another invoice", "I29")
def another_last_invoice(hands: Hands) -> Names:
    opportunity, names = _billed_opportunity(hands)
    hands.change(opportunity, {"RH_Last_Invoice_No__c": "US01-INV-2026-000099"})
    return names


@corrupts("crm", "opportunity", "last invoice shown as void", "I29")
def wrong_last_invoice_status(hands: Hands) -> Names:
    opportunity, names = _billed_opportunity(hands)
    hands.change(opportunity, {"RH_Last_Invoice_Status__c": "VOID"})
    return names


@corrupts("crm", "opportunity", "project shown as on hold", "I29")
def wrong_project_status(hands: Hands) -> Names:
    opportunity, names = _billed_opportunity(hands)
    hands.change(opportunity, {"RH_Project_Status__c": "On Hold"})
    return names


# --- marks in the PSA -----------------------------------------------------------------------------


def _billed_split(hands: Hands) -> tuple[Record, Names]:
    """A billed split of a card that stands in no chain of replacements."""
    cards = hands.psa.select("pse__Timecard_Header__c")
    chained = {str(card.values["RH_Replaces__c"]) for card in cards if card.values["RH_Replaces__c"]}
    chained |= {card.id for card in cards if card.values["RH_Replaces__c"]}
    split = first(
        record
        for record in hands.psa.find("pse__Timecard__c", "pse__Billed__c", 1)
        if record.values["pse__Timecard_Header__c"] not in chained
    )
    return split, (f"psa:split:{split.id}",)


@corrupts("psa", "timecard split", "its mark of billing gone", "I29")
def split_not_marked(hands: Hands) -> Names:
    split, names = _billed_split(hands)
    hands.change(split, {"pse__Billed__c": 0})
    return names


@corrupts("psa", "timecard split", "the number of another invoice", "I29")
def split_of_another_invoice(hands: Hands) -> Names:
    split, names = _billed_split(hands)
    hands.change(split, {"RH_Invoice_No__c": "US01-INV-2026-000099"})
    return names


def _billed_milestone(hands: Hands) -> tuple[Record, Names]:
    milestone = first(hands.psa.find("pse__Milestone__c", "pse__Billed__c", 1))
    key = hands.line_key(milestone.values["RH_Contract_Line__c"])
    return milestone, (f"psa:milestone:{milestone.id}", f"MS|{key}|{milestone.values['RH_Seq__c']}", key)


@corrupts("psa", "milestone", "its mark of billing gone", "I29")
def milestone_not_marked(hands: Hands) -> Names:
    milestone, names = _billed_milestone(hands)
    hands.change(milestone, {"pse__Billed__c": 0})
    return names


@corrupts("psa", "milestone", "planned a cent more", "I09", "X06")
def milestone_a_cent_more(hands: Hands) -> Names:
    milestone, names = _billed_milestone(hands)
    hands.add(milestone, {"pse__Milestone_Amount__c": CENT_PSA})
    return names


@corrupts("psa", "milestone", "deleted", "I09", "X06")
def missing_milestone(hands: Hands) -> Names:
    milestone, names = _billed_milestone(hands)
    hands.delete(milestone)
    return names


@corrupts("psa", "timecard split", "half an hour more than its card", "I29")
def split_with_more_hours(hands: Hands) -> Names:
    split, names = _billed_split(hands)
    hands.add(split, {"pse__Total_Hours__c": 50})
    return names


# --- projects and people in the PSA ---------------------------------------------------------------


def _project(hands: Hands) -> tuple[Record, Names]:
    project = hands.psa.select("pse__Proj__c")[0]
    contract = hands.crm.require("Contract", str(project.values["RH_Contract__c"]))
    names = (f"psa:project:{project.id}", f"CO|{contract.values['ContractNumber']}")
    return project, (*names, str(project.values["RH_Contract__c"]))


@corrupts("psa", "project", "deleted", "I01")
def missing_project(hands: Hands) -> Names:
    project, names = _project(hands)
    hands.delete(project)
    return names


@corrupts("psa", "project", "there twice", "I01", "I35")
def doubled_project(hands: Hands) -> Names:
    project, names = _project(hands)
    twin = "a1A" + TWIN.rjust(15, "0")
    hands.psa.insert("pse__Proj__c", twin, {**project.values, "RH_External_Id__c": None}, project.modified_ms)
    return (*names, f"psa:project:{twin}")


@corrupts("psa", "project", "contract value a cent more", "I30")
def project_value_a_cent_off(hands: Hands) -> Names:
    project, names = _project(hands)
    hands.add(project, {"RH_Contract_Value__c": CENT_PSA})
    return names


@corrupts("psa", "project task", "an hour more planned", "X06")
def task_with_an_hour_more(hands: Hands) -> Names:
    task = hands.psa.select("pse__Project_Task__c")[0]
    hands.add(task, {"pse__Estimated_Hours__c": 100})
    return (f"psa:task:{task.id}",)


@corrupts("psa", "project", "in another stage than the CRM shows", "I29")
def project_in_another_stage(hands: Hands) -> Names:
    project, names = _project(hands)
    hands.change(project, {"pse__Stage__c": "On Hold"})
    opportunity = str(project.values["pse__Opportunity__c"])
    return (*names, f"crm:opportunity:{opportunity}")


@corrupts("psa", "contact", "in another practice", "X06")
def person_in_another_practice(hands: Hands) -> Names:
    person = first(hands.psa.find("Contact", "pse__Is_Resource__c", 1))
    hands.change(person, {"pse__Practice__c": "NOWHERE"})
    return (f"psa:contact:{person.id}",)


# --- master data in the ERP -----------------------------------------------------------------------


def _customer(hands: Hands) -> tuple[Record, Names]:
    customer = first(r for r in hands.erp.select("customer") if r.values["vatregnumber"])
    return customer, (f"erp:customer:{customer.id}", str(customer.values["externalid"]))


@corrupts("erp", "customer", "payment terms emptied", "X06")
def customer_without_terms(hands: Hands) -> Names:
    customer, names = _customer(hands)
    hands.change(customer, {"terms": None})
    return names


@corrupts("erp", "customer", "of the other entity", "X06")
def customer_of_the_other_entity(hands: Hands) -> Names:
    customer, names = _customer(hands)
    other = first(r for r in hands.erp.select("subsidiary") if r.id != customer.values["subsidiary"])
    hands.change(customer, {"subsidiary": other.id})
    return names


@corrupts("erp", "customer", "the VAT id of another customer", "I36", "X06")
def shared_vat_id(hands: Hands) -> Names:
    customer, names = _customer(hands)
    hands.change(hands.other(customer), {"vatregnumber": customer.values["vatregnumber"]})
    return (*names, f"erp:customer:{hands.other(customer).id}")


@corrupts("erp", "customer", "deleted", "I36", "X06")
def missing_customer(hands: Hands) -> Names:
    invoice = hands.invoice(status="POSTED")
    customer = hands.erp.require("customer", str(invoice.values["entity"]))
    jobs = [f"erp:job:{row.id}" for row in hands.erp.find("job", "parent", customer.id)]
    hands.delete(customer)
    return (f"erp:customer:{customer.id}", str(customer.values["externalid"]), *jobs)


@corrupts("erp", "customer", "there twice", "I35", "I36")
def doubled_customer(hands: Hands) -> Names:
    customer, names = _customer(hands)
    values = {**customer.values, "externalid": None}
    hands.erp.insert("customer", TWIN, values, customer.modified_ms)
    return (*names, f"erp:customer:{TWIN}", str(customer.values["custentity_rh_source_id"]))


@corrupts("erp", "job", "of another customer", "X06")
def job_of_another_customer(hands: Hands) -> Names:
    job = hands.erp.select("job")[0]
    own = hands.erp.require("customer", str(job.values["parent"]))
    hands.change(job, {"parent": hands.other(own).id})
    return (f"erp:job:{job.id}",)


@corrupts("erp", "job", "contract value a cent more", "I30")
def job_value_a_cent_off(hands: Hands) -> Names:
    job = hands.erp.select("job")[0]
    hands.add(job, {"custentity_rh_contract_value": 100})
    return (f"erp:job:{job.id}",)


@corrupts("erp", "employee", "of the other entity", "X06")
def employee_of_the_other_entity(hands: Hands) -> Names:
    employee = hands.erp.select("employee")[0]
    other = first(r for r in hands.erp.select("subsidiary") if r.id != employee.values["subsidiary"])
    hands.change(employee, {"subsidiary": other.id})
    return (f"erp:employee:{employee.id}",)


@corrupts("erp", "employee", "there twice", "I35")
def doubled_employee(hands: Hands) -> Names:
    employee = hands.erp.select("employee")[0]
    hands.erp.insert("employee", TWIN, {**employee.values, "externalid": None}, employee.modified_ms)
    return (str(employee.values["custentity_rh_source_id"]),)


# --- what people recorded -------------------------------------------------------------------------


@corrupts("psa", "timecard", "half an hour more on a billed day, without a new card", "X01")
def hours_changed_behind_the_back(hands: Hands) -> Names:
    _, line = hands.invoice_with("TM")
    card_id, _, day = str(line.values["custcol_rh_source_id"]).partition("#")
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    name = next(f"pse__{word}_Hours__c" for word in days if word.startswith(day))
    card = hands.psa.require("pse__Timecard_Header__c", card_id)
    hands.add(card, {name: 50})
    return (f"TE|{card.values['Name']}",)


@corrupts("psa", "timecard", "rejected after it was billed", "X01")
def card_rejected_after_billing(hands: Hands) -> Names:
    _, line = hands.invoice_with("TM")
    card_id = str(line.values["custcol_rh_source_id"]).partition("#")[0]
    card = hands.psa.require("pse__Timecard_Header__c", card_id)
    hands.change(card, {"pse__Status__c": "Rejected"})
    return (f"TE|{card.values['Name']}",)


@corrupts("crm", "contract line", "half the price, without a new contract", "X01", "X02", "I37")
def discount_behind_the_back(hands: Hands) -> Names:
    invoice, line = hands.invoice_with("TM")
    of_line = hands.crm.require("RH_Contract_Line__c", str(line.values["custcol_rh_contract_line"]))
    contract = hands.crm.require("Contract", str(of_line.values["RH_Contract__c"]))
    hands.change(of_line, {"RH_Discount__c": 500_000})
    return (f"CO|{contract.values['ContractNumber']}", f"erp:invoice:{invoice.id}")


@corrupts("erp", "calendar", "the close of a period moved a month ahead", "I34", "X01")
def close_moved_ahead(hands: Hands) -> Names:
    row = first(
        r
        for r in hands.erp.find("customrecord_rh_calendar", "custrecord_rh_kind", "CLOSE")
        if r.values["custrecord_rh_period"] == "2026-02"
    )
    hands.change(row, {"custrecord_rh_at": "2026-04-05T12:00:00Z"})
    entity = f"LE|{row.values['custrecord_rh_entity']}"
    return (entity,)


@corrupts("crm", "opportunity", "amount a cent more than its contract", "I30", "X01")
def opportunity_a_cent_off(hands: Hands) -> Names:
    opportunity, _ = _billed_opportunity(hands)
    hands.add(opportunity, {"Amount": CENT_CRM})
    return (f"crm:opportunity:{opportunity.id}", hands.played(hands.crm, opportunity))


@corrupts("erp", "tax rate", "a point more", "X01")
def tax_rate_a_point_more(hands: Hands) -> Names:
    rate = first(
        r for r in hands.erp.select("customrecord_rh_tax_rate") if whole(r.values["custrecord_rh_percent"])
    )
    hands.add(rate, {"custrecord_rh_percent": 10_000})
    return (str(rate.values["custrecord_rh_jurisdiction"]),)


@corrupts("payroll", "payroll run", "one person a cent more than was paid", "X01")
def payroll_a_cent_more(hands: Hands) -> Names:
    payroll = hands.stores["payroll"].select("payroll")[0]
    lines = json.loads(str(payroll.values["compensations"]))
    lines[0][3] += 1  # gross, after who it is of
    hands.change(payroll, {"compensations": json.dumps(lines)})
    return (str(payroll.values["played_as"]),)


@corrupts("hris", "time off", "a day of leave taken out", "I22", "X01")
def leave_a_day_shorter(hands: Hands) -> Names:
    store = hands.stores["hris"]
    absence = first(r for r in store.select("timeOffRequest") if r.values["approvedAt"])
    days = json.loads(str(absence.values["dates"]))
    day = min(days)
    hands.change(absence, {"dates": json.dumps({**days, day: "0"})})
    employee = store.require("employee", str(absence.values["employeeId"]))
    return (hands.played(store, absence), f"RS|{employee.values['employeeNumber']}")
