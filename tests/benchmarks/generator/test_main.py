import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "benchmarks.generator"]
SHORT = ["--rounds", "1", "--seconds", "0.2", "--connections", "4"]


def test_a_short_round_prints_and_writes_the_table(tmp_path: Path) -> None:
    arguments = ["--only", "loadstone,locust-fast", "--open-rate", "50", "--out", str(tmp_path)]
    done = subprocess.run([*COMMAND, *SHORT, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (tmp_path / "generator.md").read_text().strip()
    content = json.loads((tmp_path / "generator.json").read_text())
    assert content["closed"].keys() == {"loadstone", "locust-fast"}
    assert content["open"].keys() == {"loadstone.HttpUser", "FastHttpUser"}
    assert all(result["rate"] > 0 for results in content["closed"].values() for result in results)


@pytest.mark.parametrize("names", ["gun", "locust-fast,gun"])
def test_an_unknown_subject_is_a_mistake_and_says_so(names: str, tmp_path: Path) -> None:
    arguments = ["--only", names, "--out", str(tmp_path / "none")]
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("benchmarks.generator: there is no subject gun.")
    assert not (tmp_path / "none").exists()
