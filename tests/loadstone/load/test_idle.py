from loadstone.load.idle import idle_loop


def test_an_idle_loop_tells_its_library_and_its_lag() -> None:
    idle = idle_loop(0.05)
    assert idle.loop.startswith("gevent.")
    assert 0 < idle.lag_p50_s <= idle.lag_p99_s < 1
