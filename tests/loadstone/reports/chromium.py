"""A headless Chromium on a pipe, spoken to in its DevTools protocol with the standard library alone."""

import fcntl
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Self

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
]
_ANSWER_WITHIN_S = 30


class Chromium:
    """One browser with one page. `events` holds what the page reported, in order, as (method, parameters)."""

    def __init__(self, profile: Path) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._sent = 0
        self._unread = b""
        commands_in, self._commands = os.pipe()
        self._replies, replies_out = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands_in, replies_out)]
        self._process = subprocess.Popen(
            [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(3, 4),
            preexec_fn=lambda: _place(ends),
        )
        # Chromium reads its commands from descriptor 3 and answers on 4.
        for end in (commands_in, replies_out, *ends):
            os.close(end)
        target = self._call("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True}, session=None)
        self._session: str | None = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._commands)
        self._process.kill()
        self._process.wait()
        os.close(self._replies)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer to one command of the protocol, sent to the page."""
        return self._call(method, parameters, self._session)

    def open(self, page: Path, until: str) -> None:
        """Open a file and wait until a JavaScript expression is true in it."""
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        deadline_s = time.monotonic() + _ANSWER_WITHIN_S
        while not self.evaluate(until):
            assert time.monotonic() < deadline_s, (
                f"{until} is still false; the page reported {self.complaints()}"
            )
            time.sleep(0.05)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def complaints(self) -> list[str]:
        """Return every console message, log entry and uncaught error so far."""
        methods = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(parameters) for method, parameters in self.events if method in methods]

    def requested_urls(self) -> list[str]:
        """Return the addresses the page asked for, its own included."""
        return [p["request"]["url"] for method, p in self.events if method == "Network.requestWillBeSent"]

    def _call(self, method: str, parameters: dict[str, Any], session: str | None) -> dict[str, Any]:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._read()
            if reply.get("id") == self._sent:
                assert "error" not in reply, f"{method}: {reply['error']}"
                result: dict[str, Any] = reply["result"]
                return result
            self.events.append((reply["method"], reply.get("params", {})))

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            readable, _, _ = select.select([self._replies], [], [], _ANSWER_WITHIN_S)
            piece = os.read(self._replies, 1 << 20) if readable else b""
            assert piece, "Chromium ended or does not answer"
            self._unread += piece
        message, _, self._unread = self._unread.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


def _place(ends: list[int]) -> None:
    for number, end in zip((3, 4), ends, strict=True):
        os.dup2(end, number)
