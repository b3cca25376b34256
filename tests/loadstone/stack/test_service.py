import sys

from loadstone.stack.service import fill_in


def test_the_interpreter_and_the_port_are_filled_in() -> None:
    command = ["{python}", "-m", "service", "--bind=127.0.0.1:{port}", "{other}"]
    assert fill_in(command, port=8080) == [
        sys.executable,
        "-m",
        "service",
        "--bind=127.0.0.1:8080",
        "{other}",
    ]
