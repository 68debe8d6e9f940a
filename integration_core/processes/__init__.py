"""The business processes, one a module, written against the ports alone.

Each looks at what is known, finds what is missing, and does it; so a process may be activated
at any time, any number of times, in any order, and the end is the same.
"""

from collections.abc import Mapping

from integration_core.ports.engine import Process
from integration_core.processes import (
    billing,
    closing,
    deals,
    mirrors,
    payroll,
    people,
    polling,
    provisioning,
    rating,
    sending,
)
from integration_core.processes.core import Core


def processes(core: Core) -> Mapping[str, Process]:
    """Every process by its name."""
    return {
        "poll": polling.process(core),
        "deals": deals.process(core),
        "provision": provisioning.process(core),
        "people": people.process(core),
        "rating": rating.process(core),
        "billing": billing.process(core),
        "payroll": payroll.process(core),
        "close": closing.process(core),
        "mirrors": mirrors.process(core),
        "send": sending.process(core),
    }
