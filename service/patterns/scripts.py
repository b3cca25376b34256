"""Lua scripts: small atomic steps that run beside the data."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, cast

from redis.asyncio import Redis
from redis.commands.core import AsyncScript


class Script:
    """One `lua/<name>.lua` of a package, called by its hash; Redis gets the text when it does not know it."""

    def __init__(self, redis: Redis, package: str, name: str) -> None:
        text = (files(package) / "lua" / f"{name}.lua").read_text("utf-8")
        self._script: AsyncScript = redis.register_script(text)

    async def __call__(self, keys: Sequence[str], *arguments: str | bytes | int) -> Any:
        """Run the script in one round trip and return what it returns; raises redis.RedisError."""
        return await cast(Any, self._script)(keys=keys, args=arguments)


def milliseconds(seconds: float) -> int:
    """Return whole milliseconds, at least one: Redis refuses to let a key expire in none."""
    return max(1, round(seconds * 1000))
