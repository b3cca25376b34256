import pytest
from pydantic import ValidationError

from service.errors import ConfigurationError
from service.settings import DEVELOPMENT_KEY, Settings
from service.strategies import require_known

LONG_KEY = "k" * 32


def test_settings_come_from_the_environment_under_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "7")
    monkeypatch.setenv("DATABASE_READ_REPLICAS", "postgresql://a/x, postgresql://b/x,")
    monkeypatch.setenv("CACHE_TTL_USER_PROFILE", "0.5")
    settings = Settings()
    assert settings.db_pool_size == 7
    assert settings.database_read_replicas == ("postgresql://a/x", "postgresql://b/x")
    assert settings.cache_ttl_user_profile == 0.5


def test_ttls_that_are_not_given_are_the_default_one() -> None:
    settings = Settings(cache_ttl_default=60, cache_ttl_video_metadata=5)
    assert (settings.cache_ttl_user_profile, settings.cache_ttl_video_metadata) == (60, 5)


@pytest.mark.parametrize("key", [DEVELOPMENT_KEY, "k" * 31])
def test_production_refuses_a_key_that_others_know_or_guess(key: str) -> None:
    with pytest.raises(ValidationError, match="SECRET_KEY needs 32 random bytes"):
        Settings.model_validate({"environment": "production", "secret_key": key})


def test_production_refuses_debug() -> None:
    with pytest.raises(ValidationError, match="DEBUG"):
        Settings.model_validate({"environment": "production", "secret_key": LONG_KEY, "debug": True})


def test_production_starts_with_a_key_of_its_own() -> None:
    settings = Settings.model_validate({"environment": "production", "secret_key": LONG_KEY})
    assert settings.is_production


@pytest.mark.parametrize("name", ["db_pool_size", "cache_ttl_default", "view_flush_interval_s"])
def test_what_must_be_positive_is(name: str) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Settings.model_validate({name: 0})


def test_an_unknown_strategy_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="LOCKING_STRATEGY is 'hope', but must be one of: unlocked"):
        require_known(Settings(locking_strategy="hope"))


def test_shown_settings_have_no_secret_in_them() -> None:
    settings = Settings.model_validate(
        {
            "secret_key": LONG_KEY,
            "database_url": "postgresql://me:tell-nobody@db/x",
            "database_read_replicas": "postgresql://me:tell-nobody@replica/x",
            "redis_url": "redis://:tell-nobody@cache/0",
        }
    )
    shown = settings.shown()
    assert shown["DATABASE_URL"] == "postgresql://me:***@db/x"
    assert "tell-nobody" not in str(shown)
    assert LONG_KEY not in str(shown)
    assert shown["CACHE_TTL_DEFAULT"] == 300


def test_strategies_are_told_by_family() -> None:
    assert Settings(caching_strategy="guide").strategies() == {
        "caching": "guide",
        "rate_limiting": "gcra",
        "locking": "postgres_lease",
        "view_counting": "buffered_swap",
        "replica_routing": "lsn_token",
    }
