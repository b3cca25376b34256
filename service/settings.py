"""Every setting of the service, read from the environment."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_KEY = "only-for-development-never-for-production"
SECRET_KEY_MINIMUM_BYTES = 32  # of a key for HS256, RFC 7518 section 3.2


def _outside_production(values: dict[str, Any]) -> bool:
    return values.get("environment") != "production"


def _default_ttl_s(values: dict[str, Any]) -> float:
    return float(values["cache_ttl_default"])


class Settings(BaseSettings):
    """Settings under the names of the guide, in seconds unless the name says otherwise.

    Raises ValidationError for a value out of its range, and for a production setting that would be unsafe.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Literal["development", "test", "production"] = "development"
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    server_timing_enabled: bool = Field(default_factory=_outside_production)  # it tells what is inside
    secret_key: SecretStr = SecretStr(DEVELOPMENT_KEY)
    access_token_expire_minutes: PositiveFloat = 30

    database_url: str = "postgresql://postgres@127.0.0.1:5432/service"
    database_read_replicas: Annotated[tuple[str, ...], NoDecode] = ()  # comma separated
    redis_url: str = "redis://127.0.0.1:6379/0"
    db_pool_size: PositiveInt = 20  # of each server
    db_max_overflow: int = Field(default=0, ge=0)
    redis_max_connections: PositiveInt = 50

    caching_strategy: str = "lease"
    rate_limiting_strategy: str = "gcra"
    locking_strategy: str = "postgres_lease"
    view_counting_strategy: str = "buffered_swap"
    replica_routing_strategy: str = "lsn_token"

    cache_ttl_default: PositiveFloat = 300
    cache_ttl_user_profile: PositiveFloat = Field(default_factory=_default_ttl_s)
    cache_ttl_video_metadata: PositiveFloat = Field(default_factory=_default_ttl_s)
    cache_load_delay_s: NonNegativeFloat = 0  # a simulated slow load
    cache_lease_s: PositiveFloat = 10
    rate_limit_posts: PositiveInt = 10
    rate_limit_posts_window_s: PositiveFloat = 3600
    rate_limit_fail_open: bool = False
    processing_work_s: NonNegativeFloat = 0.2  # how long one simulated job works
    processing_lease_s: PositiveFloat = 300
    view_flush_interval_s: PositiveFloat = 1
    view_dedupe_s: PositiveFloat = 86400
    replica_wait_s: NonNegativeFloat = 0.05

    # Argon2id as OWASP recommends. A load test that logs many users in may choose a cheaper profile.
    password_hash_memory_kib: int = Field(default=19456, ge=8)
    password_hash_time_cost: PositiveInt = 2

    @field_validator("database_read_replicas", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.environment != "production":
            return self
        secret_key = self.secret_key.get_secret_value()
        if secret_key == DEVELOPMENT_KEY or len(secret_key.encode()) < SECRET_KEY_MINIMUM_BYTES:
            raise ValueError(
                f"SECRET_KEY needs {SECRET_KEY_MINIMUM_BYTES} random bytes or more in production"
            )
        if self.debug:
            raise ValueError("DEBUG shows source code in answers: it must be off in production")
        return self

    @property
    def is_production(self) -> bool:
        """Whether audits, seeding and other things of the test bench must not exist."""
        return self.environment == "production"

    def strategies(self) -> dict[str, str]:
        """Return the chosen strategy of each family."""
        suffix = "_strategy"
        return {
            name.removesuffix(suffix): str(value)
            for name, value in self.model_dump().items()
            if name.endswith(suffix)
        }

    def shown(self) -> dict[str, Any]:
        """Return every setting under its environment name, with the secrets masked."""
        return {name.upper(): _masked(value) for name, value in self.model_dump(mode="json").items()}


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return re.sub(r"://([^/@]*):[^/@]*@", r"://\1:***@", value) if isinstance(value, str) else value
