"""The documentation runs: every command in a `sh` block, every `python` block.

A `console` block may need other machines, or more time: of its commands those run that can, and the flags of
the others are parsed.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from loadstone.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BRIEFLY = ["--duration", "6s", "--warm-up", "1s"]
BRIEF_ROUND = ["--only", "loadstone", "--rounds", "1", "--seconds", "0.2", "--open-rate", "0"]


def blocks(language: str) -> list[str]:
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [block for page in PAGES for block in pattern.findall(page.read_text())]


def commands() -> list[list[str]]:
    return named([line for block in blocks("sh") for line in block.splitlines()])


def console_commands() -> list[list[str]]:
    """What stands after a prompt."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return named([line.removeprefix("$ ") for line in lines if line.startswith("$ ")])


def named(lines: list[str]) -> list[list[str]]:
    """The words of each command once, its program without a path."""
    split = [shlex.split(line, comments=True) for line in lines]
    return [list(words) for words in sorted({(Path(words[0]).name, *words[1:]) for words in split if words})]


RUNS = [words for words in commands() if words[:2] == ["loadstone", "run"]]
MAKES = [words for words in commands() if words[0] == "make"]
BENCHMARKS = [words for words in console_commands() if words[:3] == ["python", "-m", "benchmarks.generator"]]
OTHERS = [words for words in console_commands() if words not in BENCHMARKS]


def test_every_command_of_the_documentation_is_known_here() -> None:
    assert [words for words in commands() if words not in RUNS + MAKES] == []
    assert len(RUNS) >= 7
    assert ["make", "run"] in MAKES


def test_every_command_after_a_prompt_is_known_here() -> None:
    assert len(BENCHMARKS) == 2
    assert ["loadstone", "doctor"] in OTHERS
    assert len(OTHERS) >= 4


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_a_command_after_a_prompt_has_flags_that_there_are(words: list[str]) -> None:
    program, name, *flags = words
    assert program == "loadstone"
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, flags)


def test_the_doctor_examines_this_machine(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    doctor = [sys.executable, "-m", "loadstone", "doctor"]
    done = subprocess.run(doctor, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arrivals/s a process" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(("Usable; ", "Fit to measure."))


def test_the_benchmark_of_the_generator_makes_a_table(tmp_path: Path) -> None:
    """The command with the most flags, shortened to one round of one subject."""
    _, *arguments = max(BENCHMARKS, key=len)
    brief = [sys.executable, *arguments, *BRIEF_ROUND, "--out", str(tmp_path)]
    done = subprocess.run(brief, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "| Loadstone, loadstone.HttpUser |" in done.stdout


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
