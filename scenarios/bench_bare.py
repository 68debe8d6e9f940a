"""The least that one would write by hand instead of a mock: FastAPI, a pydantic model, a dict, no more.

Its record has the very fields of the mock's, so that both send the same answer.
"""

import sys
from itertools import count

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

_NOW = "2026-01-01T00:00:00.000+0000"
_SOMEBODY = "005000000000001AAA"


class NewAccount(BaseModel):
    """What one sends to create an account."""

    Name: str
    AccountNumber: str | None = None
    BillingCity: str | None = None
    BillingCountryCode: str | None = None
    BillingPostalCode: str | None = None
    BillingStateCode: str | None = None
    BillingStreet: str | None = None
    CurrencyIsoCode: str | None = None
    ParentId: str | None = None
    RH_Bill_To__c: str | None = None
    RH_Consolidate_Invoices__c: bool = False
    RH_Legal_Name__c: str | None = None
    RH_Master_Record__c: str | None = None
    RH_PO_Required__c: bool = False
    RH_Payment_Terms__c: str | None = None
    RH_Tax_Status__c: str | None = None
    RH_VAT_Id__c: str | None = None


class Account(NewAccount):
    """What one reads."""

    attributes: dict[str, str]
    Id: str
    CreatedById: str = _SOMEBODY
    CreatedDate: str = _NOW
    IsDeleted: bool = False
    LastModifiedById: str = _SOMEBODY
    LastModifiedDate: str = _NOW
    LastReferencedDate: str | None = None
    LastViewedDate: str | None = None
    OwnerId: str = _SOMEBODY
    SystemModstamp: str = _NOW


class Created(BaseModel):
    """What one is told about a new account."""

    id: str
    success: bool = True
    errors: list[str] = []


def application() -> FastAPI:
    """Accounts that can be created and read, in memory."""
    app, accounts, numbers = FastAPI(), dict[str, Account](), count(1)

    @app.post("/accounts", status_code=201)
    async def create(new: NewAccount) -> Created:
        account_id = f"001{next(numbers):012d}AAA"
        attributes = {"type": "Account", "url": f"/accounts/{account_id}"}
        accounts[account_id] = Account(Id=account_id, attributes=attributes, **new.model_dump())
        return Created(id=account_id)

    @app.get("/accounts/{account_id}")
    async def read(account_id: str) -> Account:
        if account_id not in accounts:
            raise HTTPException(404)
        return accounts[account_id]

    return app


def main() -> None:
    """Serve it on the port that is given, with the same server and loop that the mocks have."""
    port = int(sys.argv[1])
    uvicorn.run(
        application(), host="127.0.0.1", port=port, http="httptools", log_config=None, access_log=False
    )


if __name__ == "__main__":
    main()
