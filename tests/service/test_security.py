import asyncio
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import security
from service.errors import InvalidTokenError, UnauthorizedError, UnavailableError
from service.security import AccessTokens, Passwords, Seals

KEY = "k" * 40


async def test_a_password_matches_its_hash_and_no_other() -> None:
    passwords = Passwords(memory_kib=8, time_cost=1)
    password_hash = await passwords.hash("correct horse")
    assert "correct horse" not in password_hash
    assert await passwords.matches(password_hash, "correct horse")
    assert not await passwords.matches(password_hash, "correct horsf")
    assert not await passwords.matches("no hash at all", "correct horse")


async def test_nobody_has_no_password_and_takes_as_long_to_refuse() -> None:
    passwords = Passwords(memory_kib=4096, time_cost=4)
    password_hash = await passwords.hash("x")

    async def seconds(of: str | None) -> float:
        start_s = time.perf_counter()
        assert not await passwords.matches(of, "wrong")
        return time.perf_counter() - start_s

    somebody_s = min([await seconds(password_hash) for _ in range(5)])
    nobody_s = min([await seconds(None) for _ in range(5)])
    assert nobody_s > somebody_s / 3


async def test_who_would_wait_too_long_for_a_password_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(security, "HASHES_WAITING", 1)
    passwords = Passwords(memory_kib=8, time_cost=1)
    asked = [passwords.hash("x") for _ in range(security.HASHES_AT_ONCE + 2)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(answer, UnavailableError) for answer in answers] == [False, False, False, True]
    assert await passwords.hash("x")


def test_a_token_tells_whose_it_is() -> None:
    tokens = AccessTokens(KEY, lifetime_s=60)
    assert tokens.user_id(tokens.issue(7)) == 7


@pytest.mark.parametrize("other", [AccessTokens("o" * 40, 60), AccessTokens(KEY, -1)])
def test_a_token_of_another_key_or_past_its_time_is_refused(other: AccessTokens) -> None:
    with pytest.raises(UnauthorizedError):
        AccessTokens(KEY, 60).user_id(other.issue(7))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "7", "typ": "access"},
        {"sub": "7", "exp": 2**33},
        {"exp": 2**33, "typ": "access"},
        {"sub": "7", "exp": 2**33, "typ": "refresh"},
        {"sub": "anna", "exp": 2**33, "typ": "access"},
    ],
)
def test_a_token_must_say_all_of_whose_until_when_and_what_for(claims: dict[str, object]) -> None:
    tokens = AccessTokens(KEY, 60)
    signed = jwt.encode(claims, tokens._key, algorithm="HS256")
    with pytest.raises(UnauthorizedError):
        tokens.user_id(signed)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_cannot_choose_its_own_algorithm(algorithm: str) -> None:
    tokens = AccessTokens(KEY, 60)
    claims = {"sub": "7", "exp": 2**33, "typ": "access"}
    key = None if algorithm == "none" else tokens._key * 2
    with pytest.raises(UnauthorizedError):
        tokens.user_id(jwt.encode(claims, key, algorithm=algorithm))


@given(value=st.text(), purpose=st.text(min_size=1), other=st.text(min_size=1))
def test_a_seal_opens_for_its_purpose_only(value: str, purpose: str, other: str) -> None:
    seals = Seals(KEY)
    sealed = seals.seal(purpose, value)
    assert seals.open(purpose, sealed) == value
    if other != purpose:
        with pytest.raises(InvalidTokenError):
            seals.open(other, sealed)


@given(position=st.integers(min_value=0), replacement=st.characters(codec="ascii"))
def test_a_changed_seal_does_not_open(position: int, replacement: str) -> None:
    seals = Seals(KEY)
    sealed = seals.seal("purpose", "123-456")
    position %= len("123-456")
    changed = sealed[:position] + replacement + sealed[position + 1 :]
    if changed != sealed:
        with pytest.raises(InvalidTokenError):
            seals.open("purpose", changed)
