"""The documentation runs: every command in a `sh` block, every `python` block."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BRIEFLY = ["--duration", "6s", "--warm-up", "1s"]


def blocks(language: str) -> list[str]:
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [block for page in PAGES for block in pattern.findall(page.read_text())]


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    split = [shlex.split(line, comments=True) for line in lines]
    named = {(Path(words[0]).name, *words[1:]) for words in split if words}
    return [list(words) for words in sorted(named)]


RUNS = [words for words in commands() if words[:2] == ["loadstone", "run"]]
MAKES = [words for words in commands() if words[0] == "make"]


def test_every_command_of_the_documentation_is_known_here() -> None:
    assert [words for words in commands() if words not in RUNS + MAKES] == []
    assert len(RUNS) >= 7
    assert ["make", "run"] in MAKES


@pytest.mark.parametrize("words", MAKES, ids=" ".join)
def test_make_knows_the_target(words: list[str]) -> None:
    subprocess.run([*words, "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_run_ends_as_the_documentation_says(words: list[str], tmp_path: Path) -> None:
    """Shortened; a guide's strategy is convicted all the same, and a default holds."""
    brief = [sys.executable, "-m", *words, *BRIEFLY, "--out", str(tmp_path / "run")]
    done = subprocess.run(brief, cwd=ROOT, capture_output=True, text=True, timeout=120)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    if any("guide" in word for word in words):
        assert done.returncode == 1, done.stdout + done.stderr
        assert "our reading of the guide" in " ".join(done.stdout.split()).lower()
    else:
        assert done.returncode == (0 if record["valid"] else 2), done.stdout + done.stderr
        assert all(check["violations"] == 0 for check in record["checks"].values())


@pytest.mark.parametrize("block", blocks("python"))
def test_a_python_block_compiles(block: str) -> None:
    compile(block, "docs", "exec")
