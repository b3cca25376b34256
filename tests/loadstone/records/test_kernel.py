from pathlib import Path

import pytest

from loadstone.records import kernel

STAT = """cpu  569774 10210 192279 1490750 17313 0 13360 2879 0 0
cpu0 259459 4616 96446 770580 8104 0 6512 1409 0 0
intr 5 0 3
ctxt 20739529
btime 1764000000"""
SNMP = """Ip: Forwarding DefaultTTL
Ip: 2 64
Tcp: RtoAlgorithm MaxConn RetransSegs InErrs
Tcp: 1 -1 5203 0"""
PRESSURE = """some avg10=0.57 avg60=0.94 avg300=0.68 total=1286775606
full avg10=0.00 avg60=0.00 avg300=0.00 total=12"""
SOCKSTAT = """sockets: used 16
TCP: inuse 1 orphan 0 tw 42 alloc 1 mem 0
UDP: inuse 0 mem 0"""
CPU_STAT_V1 = """nr_periods 10
nr_throttled 3
throttled_time 2500000000"""
CPU_STAT_V2 = """usage_usec 1000
nr_periods 10
nr_throttled 4
throttled_usec 1500000"""


def test_steal_is_in_seconds_of_all_cores() -> None:
    assert kernel.steal_s(STAT) == 2879 / kernel.TICKS_PER_S


def test_a_kernel_without_steal_has_none() -> None:
    assert kernel.steal_s("cpu  1 2 3 4") is None


def test_fields_are_the_lines_of_a_name_and_a_number() -> None:
    assert kernel.fields(STAT) == {"ctxt": 20739529, "btime": 1764000000}


def test_protocol_counters_go_by_the_line_of_names() -> None:
    assert kernel.protocol_counters(SNMP, "Tcp")["RetransSegs"] == 5203
    assert kernel.protocol_counters(SNMP, "Udp") == {}


def test_stalls_are_the_total_of_some_tasks_in_seconds() -> None:
    assert kernel.stalled_s(PRESSURE) == 1286.775606


def test_sockets_in_time_wait_are_tcp_s() -> None:
    assert kernel.time_wait_sockets(SOCKSTAT) == 42


def test_throttling_of_nested_groups_adds_up_in_both_versions() -> None:
    stats = [kernel.fields(text) for text in (CPU_STAT_V1, CPU_STAT_V2, "usage_usec 5")]
    assert kernel.throttled(stats) == (7, 4.0)


def test_groups_that_do_not_count_throttling_say_nothing_of_it() -> None:
    assert kernel.throttled([{"usage_usec": 5}]) is None


def test_groups_of_version_2_are_one_s_own_and_those_around_it() -> None:
    assert kernel.cgroup_directories("0::/user.slice/job\n", Path("/c")) == [
        Path("/c/user.slice/job"),
        Path("/c/user.slice"),
        Path("/c"),
    ]


def test_groups_of_version_1_are_those_of_the_cpu_controller() -> None:
    text = "4:memory:/m\n1:cpu,cpuacct:/box\n0::/"
    assert kernel.cgroup_directories(text, Path("/c")) == [Path("/c/cpu/box"), Path("/c/cpu"), Path("/c")]


def test_a_quota_is_in_cores() -> None:
    assert kernel.quota_cores("150000 100000") == 1.5
    assert kernel.quota_cores("max 100000") is None


def test_ports_for_outgoing_connections_are_a_range() -> None:
    assert kernel.port_range("32768\t60999") == (32768, 60999)


@pytest.mark.parametrize(
    "parse",
    [
        kernel.steal_s,
        kernel.stalled_s,
        kernel.time_wait_sockets,
        kernel.port_range,
        kernel.quota_cores,
    ],
)
def test_a_file_that_cannot_be_read_gives_no_number(parse: object) -> None:
    assert callable(parse)
    assert parse(None) is None
    assert parse("") is None


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    assert kernel.read(tmp_path / "none") is None


def test_the_tightest_quota_around_us_counts_in_either_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, outer = tmp_path / "outer" / "inner", tmp_path / "outer"
    inner.mkdir(parents=True)
    monkeypatch.setattr(kernel, "cgroup_directories", lambda own: [inner, outer, tmp_path])
    assert kernel.quota_of_cgroups() is None
    (inner / "cpu.max").write_text("300000 100000\n")
    (outer / "cpu.cfs_quota_us").write_text("150000")
    (outer / "cpu.cfs_period_us").write_text("100000")
    (tmp_path / "cpu.cfs_quota_us").write_text("-1")
    (tmp_path / "cpu.cfs_period_us").write_text("100000")
    assert kernel.quota_of_cgroups() == 1.5
