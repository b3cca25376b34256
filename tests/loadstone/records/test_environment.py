import json
import subprocess
from pathlib import Path

from loadstone.records.environment import machine_facts, package_versions, revision_facts


def test_the_facts_of_any_machine_say_what_its_numbers_depend_on() -> None:
    facts = machine_facts()
    assert {"cpu_model", "cores", "affinity", "memory_bytes", "kernel", "python", "loadstone"} <= set(facts)
    assert facts["cores"] == len(facts["affinity"])


def test_what_cannot_be_seen_is_absent_and_the_rest_goes_into_json() -> None:
    facts = machine_facts()
    assert None not in facts.values()
    assert json.loads(json.dumps(facts)).keys() == facts.keys()


def test_the_versions_are_those_of_what_a_request_passes_through() -> None:
    assert {"locust", "gevent"} <= set(package_versions())


def test_a_directory_outside_of_git_has_no_revision(tmp_path: Path) -> None:
    assert revision_facts(tmp_path) == {}


def test_a_changed_file_makes_the_revision_dirty(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    clean = revision_facts(tmp_path)
    assert clean["git_dirty"] is False
    (tmp_path / "new").write_text("new")
    assert revision_facts(tmp_path) == {**clean, "git_dirty": True}
