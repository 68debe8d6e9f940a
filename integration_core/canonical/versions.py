"""The version of the canonical model, what it consists of, and how payloads of older versions are read.

What is stored carries the version it was written in and outlives releases: a newer core reads it
through one step after another (`upcasters`). A payload of a newer version than this core's is
refused: guessing at it could lose what only the newer release knows.

Two things a step cannot do. It cannot know what was never read: after a step that added facts, the
sources are to be read again from the beginning. And the checkpoints of a run that is under way hold
payloads without a version: a release with a new version starts on a core that is at rest.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from integration_core.canonical.deals import Contract, Customer, Opportunity, Quote, RateLine, ServicePackage
from integration_core.canonical.ledger import (
    CodeList,
    CreditMemo,
    ErpCustomer,
    ErpEmployee,
    ErpProject,
    Invoice,
    InvoiceState,
    Journal,
    LegalEntity,
    PeriodState,
    TaxRate,
)
from integration_core.canonical.payroll import PayrollRun
from integration_core.canonical.upcasters import STEPS
from integration_core.canonical.work import (
    Absence,
    Assignment,
    BillingMark,
    ContractMirror,
    Employee,
    Estimate,
    Milestone,
    MilestoneMark,
    MilestoneState,
    OpportunityMirror,
    Project,
    ProjectState,
    Resource,
    Task,
    TimeCard,
)

SCHEMA_VERSION = 2

# What sources state; all but the ERP's word on a document is kept as it was read.
RECORDS: tuple[type[Struct], ...] = (
    Absence,
    Assignment,
    CodeList,
    Contract,
    Customer,
    Employee,
    Estimate,
    InvoiceState,
    LegalEntity,
    MilestoneState,
    Opportunity,
    PayrollRun,
    PeriodState,
    ProjectState,
    Quote,
    RateLine,
    ServicePackage,
    TaxRate,
    TimeCard,
)
# What a lane of the outbox holds. `erp.period` holds the name of a period and nothing else.
DOCUMENTS: Mapping[str, type[Struct]] = {
    "crm.contract": ContractMirror,
    "crm.opportunity": OpportunityMirror,
    "erp.credit": CreditMemo,
    "erp.employee": ErpEmployee,
    "erp.invoice": Invoice,
    "erp.journal": Journal,
    "psa.mark": BillingMark,
    "psa.milestone": MilestoneMark,
    "psa.resource": Resource,
}
# What is sent at once, without waiting in the outbox.
MASTERS: tuple[type[Struct], ...] = (ErpCustomer, ErpProject, Milestone, Project, Task)
ENTITIES: Mapping[str, type[Struct]] = {
    kind.__name__: kind
    for kind in sorted((*RECORDS, *DOCUMENTS.values(), *MASTERS), key=lambda kind: kind.__name__)
}


class UnknownVersion(Exception):
    """A payload is of a version that this core cannot read; the text says what to do."""


def upcast(entity: str, version: int, payload: dict[str, Any]) -> dict[str, Any]:
    """A decoded payload as the present version would have written it; raises UnknownVersion."""
    if not 1 <= version <= SCHEMA_VERSION:
        raise UnknownVersion(
            f"A stored {entity} is of version {version} of the canonical model and this release reads"
            f" versions 1 to {SCHEMA_VERSION}: start the release that wrote it, or a newer one."
        )
    for step in range(version, SCHEMA_VERSION):
        upcaster = STEPS.get(step, {}).get(entity)
        if upcaster is not None:
            payload = upcaster(payload)
    return payload
