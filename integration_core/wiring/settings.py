"""Settings of the core, from the environment (`REHEARSE_…`), checked before anything is opened."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal["crm", "psa", "hris", "erp", "payroll"]


class Unusable(Exception):
    """Settings that cannot be used; the text is one sentence for the person who made them."""


class OrgAccess(BaseModel):
    """A Salesforce-protocol org and a connected app's credentials in it."""

    model_config = ConfigDict(extra="forbid")
    url: str
    client_id: str
    client_secret: str
    organization_id: str = ""


class HrisAccess(BaseModel):
    """A BambooHR company and an API key of it."""

    model_config = ConfigDict(extra="forbid")
    url: str
    company: str
    api_key: str
    webhook_key: str = ""


class ErpAccess(BaseModel):
    """A NetSuite account and a token in it."""

    model_config = ConfigDict(extra="forbid")
    url: str
    account: str
    consumer_key: str
    consumer_secret: str
    token_id: str
    token_secret: str


class PayrollAccess(BaseModel):
    """A Gusto access token; `webhook_token` is the verification token of our subscription there."""

    model_config = ConfigDict(extra="forbid")
    url: str
    access_token: str
    webhook_token: str = ""


class CoreSettings(BaseSettings):
    """Everything a core must be told; nested values as JSON, e.g. `REHEARSE_CRM={"url": …}`."""

    model_config = SettingsConfigDict(env_prefix="REHEARSE_", extra="ignore", hide_input_in_errors=True)

    crm: OrgAccess
    psa: OrgAccess
    hris: HrisAccess
    erp: ErpAccess
    payroll: PayrollAccess
    database_url: str = "sqlite:///rehearse-core.sqlite"
    executor_id: str = "core-1"
    operator_token: str = Field(min_length=8)
    reader_token: str = ""
    webhook_token: str = Field(min_length=8)
    rehearsal: bool = False
    start_ms: int = 0
    clock_speed: int = Field(default=0, ge=0, le=1_000_000)  # of a rehearsal's clock; 0 is stepped
    clock_since_wall_ms: int = Field(default=0, ge=0)  # when it was start_ms, by the machine
    poll_interval_seconds: float = Field(default=3600.0, gt=0)
    visibility_lag_ms: int = Field(default=60_000, ge=0)
    beat_seconds: float = Field(default=1.0, gt=0)  # of this worker, for the others on its database
    dead_after_seconds: float = Field(default=6.0, gt=0)
    rate_limits: dict[Role, Annotated[int, Field(ge=1)]] = {}  # calls a second, of all workers together
    maximum_waiting: int = Field(default=100_000, ge=1)  # more work than this, and notifications are put off
    traces: str = ""  # a file for spans, or a collector's http://…/v1/traces


def read_settings() -> CoreSettings:
    """Read the environment; raises Unusable naming what is missing or wrong, never its value."""
    try:
        return CoreSettings()  # type: ignore[call-arg]  # filled from the environment
    except ValidationError as invalid:
        problems = sorted(
            f"REHEARSE_{'.'.join(str(part) for part in error['loc']).upper()}: {error['msg'].lower()}"
            for error in invalid.errors(include_input=False)
        )
        raise Unusable(f"The settings cannot be used: {'; '.join(problems)}.") from None
    except Exception as broken:
        raise Unusable(f"The settings cannot be read: {type(broken).__name__}; check the JSON.") from None
