"""Fields that every record of the platform has, rendered from the store's own columns.

`SystemModstamp` is the modification stamp; `LastModifiedDate` shows the same, though the vendor's
own stays where it is on a system write. One user of the org stands for all who create and change.
"""

from msgspec import Struct

from mocks.kit.schema import Kind

USER_PREFIX = "005"


class SystemField(Struct, frozen=True):
    """A field and the store column behind it; `user` is the org's user, `none` is always null."""

    name: str
    api_type: str
    kind: Kind
    column: str
    references: str | None = None


SYSTEM_FIELDS = (
    SystemField("Id", "id", "text", "id"),
    SystemField("OwnerId", "reference", "text", "user", "User"),
    SystemField("IsDeleted", "boolean", "bool", "deleted"),
    SystemField("CreatedDate", "datetime", "instant", "created_ms"),
    SystemField("CreatedById", "reference", "text", "user", "User"),
    SystemField("LastModifiedDate", "datetime", "instant", "modified_ms"),
    SystemField("LastModifiedById", "reference", "text", "user", "User"),
    SystemField("SystemModstamp", "datetime", "instant", "modified_ms"),
    SystemField("LastViewedDate", "datetime", "instant", "none"),
    SystemField("LastReferencedDate", "datetime", "instant", "none"),
)
