import gevent

from loadstone.load.gate import Gate


def test_who_waits_is_counted_until_the_gate_opens() -> None:
    gate = Gate()
    users = [gevent.spawn(gate.wait) for _ in range(3)]
    gevent.sleep(0)
    assert gate.waiting == 3
    gate.open()
    gevent.joinall(users, timeout=1, raise_error=True)
    assert gate.waiting == 0


def test_an_open_gate_stays_open() -> None:
    gate = Gate()
    gate.open()
    late = gevent.spawn(gate.wait)
    late.join(timeout=1)
    assert late.ready()


def test_who_is_killed_at_the_gate_waits_no_longer() -> None:
    gate = Gate()
    user = gevent.spawn(gate.wait)
    gevent.sleep(0)
    user.kill()
    assert gate.waiting == 0
