"""A signed session with one ERP account: records by external id, and queries (wire 4.3)."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from integration_core.adapters.http.correlation import current_correlation
from integration_core.adapters.http.json_body import encode_json
from integration_core.adapters.http.session import HttpSession, unanswered
from integration_core.adapters.netsuite.failures import error_detail, failure
from integration_core.adapters.netsuite.signing import TbaCredentials, authorization
from integration_core.ports.http import HttpResponse, HttpTransport
from integration_core.ports.systems import Written

RECORD_PATH = "/services/rest/record/v1"


class SuiteSession:
    """Signs and sends requests; answers are returned whatever their status, failures raised."""

    def __init__(
        self,
        system: str,
        transport: HttpTransport,
        base_url: str,
        credentials: TbaCredentials,
        *,
        nonce: Callable[[], str],
        wall_seconds: Callable[[], int],
        timeout_seconds: float = 30.0,
        correlation: Callable[[], str] = current_correlation,
    ) -> None:
        self.system = system
        self._http = HttpSession(system, transport, timeout_seconds=timeout_seconds, correlation=correlation)
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._nonce = nonce
        self._wall_seconds = wall_seconds

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        write: bool,
        prefer: str | None = None,
    ) -> HttpResponse:
        """One signed request; raises VendorError only for what the network did."""
        url = self._base_url + path
        signature = authorization(method, url, self._credentials, self._nonce(), self._wall_seconds())
        headers: tuple[tuple[str, str], ...] = (("authorization", signature), ("accept", "application/json"))
        if body is not None:
            headers = (*headers, ("content-type", "application/json"))
        if write:
            # A property the ERP does not know is an error, not something to drop in silence.
            headers = (*headers, ("x-netsuite-propertynamevalidation", "error"))
        if prefer is not None:
            headers = (*headers, ("prefer", prefer))
        payload = b"" if body is None else encode_json(body)
        return await self._http.exchange(method, url, headers=headers, body=payload, write=write)

    async def upsert(self, record_type: str, key: str, fields: Mapping[str, Any]) -> Written:
        """Create or update the record under an external id; raises VendorError."""
        response = await self.send("PUT", record_path(record_type, key), fields, write=True)
        if not 200 <= response.status < 300:
            raise failure(self.system, response, True, error_detail(response))
        return Written(key=key, native_id=self.located_id(response))

    def located_id(self, response: HttpResponse) -> str:
        """The internal id at the end of `Location`; OutcomeUnknown where there is none."""
        native_id = (response.header("location") or "").rstrip("/").rpartition("/")[2]
        if not native_id.isdecimal():
            raise unanswered(self.system, True, "the answer does not say which record was written")
        return native_id


def record_path(record_type: str, key: str) -> str:
    """The address of a record by its external id."""
    return f"{RECORD_PATH}/{record_type}/eid:{quote(key, safe='')}"
