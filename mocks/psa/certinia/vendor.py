"""Certinia as a mock: the platform's protocol over the PSA's objects and rules (wire 4.2)."""

from collections.abc import Iterator
from typing import Any

from mocks.kit.store import quoted
from mocks.kit.vendor import Vendor
from mocks.kit.world import World
from mocks.protocols.salesforce.description import SECURITY
from mocks.protocols.salesforce.discovery import DAILY, DAILY_LIMIT
from mocks.protocols.salesforce.operations import (
    described_records,
    expire_tokens,
    failure,
    finish,
    identify,
    secrets,
)
from mocks.psa.certinia.act import act
from mocks.psa.certinia.observe import observe
from mocks.psa.certinia.routes import OPERATIONS
from mocks.psa.certinia.schema import SCHEMA
from mocks.psa.certinia.state import ORG

VERSION_PATH = "/services/data/v59.0"
CHUNK = 2_000


def native(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record that is not deleted, as the API shows it, in order of creation."""
    for kind in SCHEMA.objects:
        shape = ORG.shapes[kind.name.lower()]
        columns = ", ".join(column.expression("t0") for column in shape.columns)
        sql = (
            f"SELECT {columns}, t0.rowseq FROM {quoted(kind.name)} t0"
            f" WHERE t0.deleted = 0 AND t0.rowseq > ? ORDER BY t0.rowseq LIMIT {CHUNK}"
        )
        last = 0
        while rows := world.store.rows(sql, (last,)):
            last = rows[-1][-1]
            for row in rows:
                yield kind.name, shape.render(row[:-1], VERSION_PATH)


VENDOR = Vendor(
    name="certinia",
    role="psa",
    schema=SCHEMA,
    operations=OPERATIONS,
    identify=identify,
    failure=failure,
    secrets=lambda world, seed: secrets(world, seed, "psa"),
    act=act,
    observe=observe,
    native=native,
    finish=finish,
    expire_tokens=expire_tokens,
    limits={DAILY: DAILY_LIMIT},
    version="59.0",
    components=described_records(ORG),
    security=SECURITY,
)
