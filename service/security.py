"""Passwords, access tokens and seals: what the service later trusts because it made it itself."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from secrets import token_hex
from typing import TypeVar

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, Signer

from service.errors import InvalidTokenError, UnauthorizedError, UnavailableError

ALGORITHM = "HS256"
TOKEN_TYPE = "access"
HASHES_AT_ONCE = 2  # each takes a core and PASSWORD_HASH_MEMORY_KIB
HASHES_WAITING = 500  # about 7 s of work at the default cost: who would wait longer has given up by then

T = TypeVar("T")


class Passwords:
    """Argon2id hashes, computed in threads and few at a time, so that logins cannot starve the event loop."""

    def __init__(self, memory_kib: int, time_cost: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._slots = asyncio.Semaphore(HASHES_AT_ONCE)
        self._asked = 0
        self._nobodys = self._hasher.hash(token_hex())

    async def hash(self, password: str) -> str:
        """Return a hash to store; raises UnavailableError when too many wait."""
        return await self._in_turn(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether it is the password. None, nobody's, takes as long: time tells no names.

        Raises UnavailableError when too many wait.
        """
        matched = await self._in_turn(self._matches, password_hash or self._nobodys, password)
        return matched and password_hash is not None

    async def _in_turn(self, compute: Callable[..., T], *texts: str) -> T:
        if self._asked >= HASHES_AT_ONCE + HASHES_WAITING:
            raise UnavailableError("too many passwords wait to be checked", retry_after_s=1)
        self._asked += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(compute, *texts)
        finally:
            self._asked -= 1

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


class AccessTokens:
    """JSON Web Tokens that say who asks, until they expire."""

    def __init__(self, secret_key: str, lifetime_s: float) -> None:
        self._key = hmac.digest(secret_key.encode(), b"access token", "sha256")  # this purpose's own key
        self.lifetime_s = lifetime_s

    def issue(self, user_id: int) -> str:
        """Return a token of this user."""
        claims = {"sub": str(user_id), "exp": time.time() + self.lifetime_s, "typ": TOKEN_TYPE}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def user_id(self, token: str) -> int:
        """Return whose token it is; raises UnauthorizedError when it is not valid (any more)."""
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"require": ["exp", "sub", "typ"]}
            )
            if claims["typ"] != TOKEN_TYPE:
                raise UnauthorizedError("this is no access token")
            return int(claims["sub"])
        except (jwt.InvalidTokenError, ValueError) as error:
            raise UnauthorizedError("the access token is not valid or has expired") from error


class Seals:
    """Signed values that clients carry for us. A seal of one purpose opens for no other."""

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def seal(self, purpose: str, value: str) -> str:
        """Return the value with a signature."""
        return self._signer(purpose).sign(value).decode()

    def open(self, purpose: str, token: str) -> str:
        """Return the value; raises InvalidTokenError when this service did not seal it for this purpose."""
        try:
            return self._signer(purpose).unsign(token).decode()
        except (BadSignature, UnicodeError) as error:
            raise InvalidTokenError(f"the {purpose} was not made by this service") from error

    def _signer(self, purpose: str) -> Signer:
        return Signer(self._secret_key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)
