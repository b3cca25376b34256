from loadstone.flags.generator import workers_of
from loadstone.flags.groups import GeneratorFlags
from loadstone.generator import MASTER_PORT, Workers


def test_without_a_flag_one_process_plays_the_plan_alone() -> None:
    assert workers_of(GeneratorFlags()).total == 0


def test_local_processes_meet_on_loopback_at_any_free_port() -> None:
    assert workers_of(GeneratorFlags(processes=2)) == Workers(2, 0, "127.0.0.1", 0)


def test_workers_from_elsewhere_can_reach_the_master_at_a_port_they_know() -> None:
    assert workers_of(GeneratorFlags(expect_workers=3)) == Workers(0, 3, "0.0.0.0", MASTER_PORT)


def test_where_the_master_listens_can_be_said() -> None:
    flags = GeneratorFlags(expect_workers=1, master_bind_host="10.0.0.5", master_bind_port=6000)
    assert workers_of(flags) == Workers(0, 1, "10.0.0.5", 6000)


def test_beside_a_web_ui_a_process_of_its_own_plays() -> None:
    assert workers_of(GeneratorFlags(web_ui=True)).local == 1
    assert workers_of(GeneratorFlags(web_ui=True, expect_workers=1)).local == 0
