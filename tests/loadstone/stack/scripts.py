"""Scripts of these tests in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PYTHONPATH = os.pathsep.join([str(FOLDER.parents[2]), sysconfig.get_path("purelib")])


@dataclass
class Script:
    """A running script whose temporary files are below `directory`."""

    process: subprocess.Popen[str]
    directory: Path

    def hear(self) -> Any:
        """Return the next thing that the script says, a line of JSON."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return json.loads(line)

    def hear_until(self, wanted: type) -> Any:
        """Return the next thing of a type, passing over others."""
        while not isinstance(heard := self.hear(), wanted):
            pass
        return heard

    def end(self, signal_number: int | None = None, say: str = "") -> None:
        """Signal the script, or say a line to it, and return when it has ended."""
        if signal_number:
            self.process.send_signal(signal_number)
        self.process.communicate(say)


class Scripts:
    """Starts scripts; `close` cleans up behind a test that failed."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="loadstone-tests-"))
        self._directory.chmod(0o711)  # PostgreSQL's user must pass
        self._started: list[Script] = []

    def start(self, name: str, *, python: str = sys.executable, user: str | None = None) -> Script:
        """Run a script of this folder, as another user where one is given."""
        directory = self._directory / f"run-{len(self._started)}"
        directory.mkdir()
        if user:
            shutil.chown(directory, user)
        directory.chmod(0o711)
        process = subprocess.Popen(
            [python, str(FOLDER / name)],
            env={**os.environ, "PYTHONPATH": PYTHONPATH, "TMPDIR": str(directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            extra_groups=() if user else None,
        )
        self._started.append(Script(process, directory))
        return self._started[-1]

    def close(self) -> None:
        """Kill what still runs, and remove every directory."""
        for script in self._started:
            with script.process:
                if script.process.poll() is None:
                    script.end(signal.SIGKILL)
        shutil.rmtree(self._directory, ignore_errors=True)


def python_for(user: str) -> str | None:
    """Return an interpreter that a user can run, and that finds these scripts; None when there is none."""
    others = shutil.which("python3", path="/usr/local/bin:/usr/bin")
    for python in filter(None, (sys.executable, others)):
        answer = subprocess.run(
            [
                "/bin/sh",
                "-c",
                '"$0" -c "import http.server" && test -r "$1"',
                python,
                str(FOLDER / "harness.py"),
            ],
            user=user,
            extra_groups=(),
            capture_output=True,
        )
        if answer.returncode == 0:
            return python
    return None
