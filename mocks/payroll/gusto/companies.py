"""Calls about who the token is, and about companies (wire 4.5)."""

from mocks.kit.calls import Call, Reply
from mocks.payroll.gusto.reading import company_of, page_reply, paged, seen
from mocks.payroll.gusto.schema import COMPANY, EMPLOYEE_NUMBER
from mocks.payroll.gusto.wire import company_values, custom_field_uuid, derived_uuid, reply

READ_SCOPES = ("companies:read", "employees:read", "payrolls:read", "webhook_subscriptions:read")
WRITE_SCOPES = ("employees:manage", "employees:write", "webhook_subscriptions:write")
READER = "read-only access token"


async def me(call: Call) -> Reply:
    """Who the token acts for, and the companies that it may see."""
    companies = [
        {"uuid": company.id, "name": company.values["name"], "trade_name": company.values["name"]}
        for company in seen(call.world, COMPANY)
    ]
    return reply(
        {
            "uuid": derived_uuid(f"{call.world.seed}|gusto|user"),
            "email": "payroll@firm.example",
            "roles": {"payroll_admin": {"companies": companies}},
        }
    )


async def token_info(call: Call) -> Reply:
    """The scopes of the token; a token of a group names its first company."""
    scopes = READ_SCOPES if call.principal == READER else READ_SCOPES + WRITE_SCOPES
    companies = call.world.store.select(COMPANY)
    resource = {"type": "Company", "uuid": companies[0].id} if companies else None
    owner = {"type": "CompanyAdmin", "uuid": derived_uuid(f"{call.world.seed}|gusto|user")}
    return reply({"scope": " ".join(scopes), "resource": resource, "resource_owner": owner})


async def listed(call: Call) -> Reply:
    """All companies of the token."""
    companies, headers = paged(call, seen(call.world, COMPANY))
    return page_reply([company_values(company) for company in companies], headers)


async def get(call: Call) -> Reply:
    """One company."""
    return reply(company_values(company_of(call)))


async def custom_fields(call: Call) -> Reply:
    """The custom fields of a company's employees."""
    field = {
        "uuid": custom_field_uuid(company_of(call).id),
        "name": EMPLOYEE_NUMBER,
        "type": "text",
        "description": "Number of the employee in the HRIS",
        "selection_options": None,
    }
    return reply({"custom_fields": [field]})
