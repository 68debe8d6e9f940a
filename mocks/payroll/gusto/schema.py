"""What Gusto keeps, as objects of the store.

A payroll holds its compensations as one value: they change together or not at all, so that every
version of a payroll is whole. Money is in minor units; uuids are the records' ids.
"""

from mocks.kit.schema import Field, ObjectType, Schema

COMPANY, EMPLOYEE, PAYROLL, HOOK = "company", "employee", "payroll", "webhookSubscription"
EMPLOYEE_NUMBER = "employee_number"  # the custom field that HR asks payroll to keep

SCHEMA = Schema(
    (
        ObjectType(
            COMPANY,
            (
                Field("name"),
                Field("entity_code", unique=True),
                Field("currency"),
            ),
        ),
        ObjectType(
            EMPLOYEE,
            (
                Field("company", references=COMPANY),
                Field("first_name"),
                Field("last_name"),
                Field("email"),
                Field("work_email"),
                Field("department"),
                Field(EMPLOYEE_NUMBER, indexed=True),
            ),
        ),
        ObjectType(
            PAYROLL,
            (
                Field("played_as", unique=True),  # the business key; no API shows it
                Field("company", references=COMPANY),
                Field("start_date", "date"),
                Field("end_date", "date"),
                Field("run", "int"),
                Field("off_cycle", "bool"),
                Field("check_date", "date"),
                Field("processed_ms", "instant"),
                Field("compensations", "json"),
            ),
        ),
        ObjectType(
            HOOK,
            (
                Field("url"),
                Field("subscription_types", "json"),
                Field("status"),
                Field("verification_token"),
            ),
        ),
    )
)
