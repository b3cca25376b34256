import urllib.request

import pytest

from benchmarks.generator.servers import count_of_stub_status, start_server
from loadstone.stack.guardian import Guardian

STUB_STATUS = """Active connections: 1
server accepts handled requests
 16 16 4821
Reading: 0 Writing: 1 Waiting: 0
"""


def test_the_requests_are_the_third_number_of_nginx_s_page() -> None:
    assert count_of_stub_status(STUB_STATUS) == 4821


@pytest.mark.parametrize("path", ["", None])
def test_a_server_counts_the_requests_of_others_and_no_readings(
    path: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is installed here, and with nothing installed."""
    if path is not None:
        monkeypatch.setenv("PATH", path)
    with Guardian() as guardian:
        server = start_server(guardian)
        before = server.served()
        assert server.answers()
        for _ in range(3):
            with urllib.request.urlopen(server.url + "/") as answer:
                assert answer.read() == b"ok"
        assert server.served() == before + 3
