"""A fresh world of the CRM: its credentials, its one integration user, where its notices go."""

from mocks.crm.salesforce.schema import USER
from mocks.crm.salesforce.state import ORG
from mocks.kit.schema import Value
from mocks.kit.world import World
from mocks.protocols.salesforce import operations, outbound
from mocks.protocols.salesforce.identifiers import numbered_id
from mocks.protocols.salesforce.system_fields import USER_PREFIX

# People's records begin long before any rehearsal.
_USER_SINCE_MS = 0


def secrets(world: str, seed: int) -> dict[str, str]:
    """A world's credentials."""
    return operations.secrets(world, seed, "crm")


def prepare(world: World) -> None:
    """Put in place what every org has; a world that was kept has it already."""
    outbound.prepare(world)
    user_id = numbered_id(USER_PREFIX, ORG.instance, 1)
    if world.store.get(USER, user_id) is None:
        values: dict[str, Value] = {
            "Username": world.secrets.get("username", ""),
            "Name": "Integration User",
            "Email": world.secrets.get("username", ""),
            "IsActive": 1,
        }
        world.store.insert(USER, user_id, values, _USER_SINCE_MS)
        world.store.next_number(f"id:{USER}")  # the first user's number is taken
