import os

from loadstone.load.identity import boot_id, process_name


def test_a_boot_keeps_its_name() -> None:
    assert len(boot_id()) == 36
    assert boot_id() == boot_id()


def test_a_process_is_named_by_its_id() -> None:
    assert process_name().endswith(f":{os.getpid()}")
