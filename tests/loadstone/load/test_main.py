import subprocess
import sys
from typing import Any

import msgspec
import pytest

from tests.loadstone.load.played import Load


def run(text: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-m", "loadstone.load"], input=text, capture_output=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"locustfile": "/nowhere/scenario.py"}, "there is no locustfile /nowhere/scenario.py."),
        ({"rate": 0.0}, "--rate is 0 arrivals per second for --arrivals 'constant'."),
    ],
)
def test_a_plan_that_cannot_be_played_is_a_sentence_and_exit_code_2(
    load: Load, change: dict[str, Any], sentence: str
) -> None:
    ended = run(msgspec.json.encode(msgspec.structs.replace(load.plan(), **change)))
    assert ended.returncode == 2
    assert ended.stdout == b""
    assert ended.stderr.decode().startswith(sentence)
    assert ended.stderr.count(b"\n") == 1


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]"])
def test_what_is_no_plan_is_refused(text: bytes) -> None:
    ended = run(text)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"this is no load plan")
