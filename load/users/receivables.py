"""The receivables clerk, who looks at open invoices all day.

The vendor's API would take customer payments too; the role of the integration here may not create
them, so what customers pay is played through the control plane, and the clerk only reads.
"""

from load.users.desk import Desk, decoded

_OPEN = (
    "SELECT id, tranid, trandate, entity, foreigntotal, foreignamountunpaid FROM transaction"
    " WHERE type = 'CustInvc' AND foreignamountunpaid > 0 ORDER BY trandate"
)
_PAGE = 100


def look_around(desk: Desk) -> int:
    """Read the first page of open invoices, oldest first; returns how many there are."""
    path = f"{desk.accesses['erp'].base}/query/v1/suiteql?limit={_PAGE}&offset=0"
    answer = decoded(desk.call("erp", "list open invoices", "POST", path, {"q": _OPEN}))
    return int(answer["totalResults"])
