from random import Random

import gevent
import pytest

from loadstone.load.arrival import Arrival
from loadstone.load.line import Line, choose_line


def arrival(number: int = 0) -> Arrival:
    return Arrival(number, 0.0, seed=1)


def test_an_arrival_that_finds_nobody_idle_is_refused() -> None:
    line = Line("Visitor", 1)
    assert not line.offer(arrival(), 0.0)
    assert not line.in_flight


def test_the_longest_idle_user_gets_the_next_arrival() -> None:
    line = Line("Visitor", 1)
    users = [gevent.spawn(line.take) for _ in range(3)]
    gevent.sleep(0)
    first, second = arrival(1), arrival(2)
    assert line.offer(first, 0.0)
    assert line.offer(second, 0.0)
    gevent.sleep(0.01)
    assert [user.value for user in users] == [first, second, None]
    assert line.idle == 1
    users[2].kill()


def test_an_arrival_is_in_flight_from_the_offer_to_its_end() -> None:
    line = Line("Visitor", 1)
    user = gevent.spawn(line.take)
    gevent.sleep(0)
    line.offer(arrival(), 0.0)
    assert len(line.in_flight) == 1
    line.finish(user.get())
    assert not line.in_flight


def test_a_user_that_is_killed_while_idle_is_no_longer_offered_arrivals() -> None:
    line = Line("Visitor", 1)
    user = gevent.spawn(line.take)
    gevent.sleep(0)
    user.kill()
    assert not line.offer(arrival(), 0.0)


def test_classes_are_chosen_by_their_weights() -> None:
    lines = [Line("often", 3), Line("seldom", 1)]
    random = Random(1)
    chosen = [choose_line(lines, random.random()).name for _ in range(4000)]
    assert chosen.count("often") == pytest.approx(3000, abs=4 * (4000 * 0.75 * 0.25) ** 0.5)


@pytest.mark.parametrize("draw", [0.0, 0.9999999999999999])
def test_every_draw_falls_on_a_class(draw: float) -> None:
    lines = [Line(str(n), 0.1) for n in range(10)]
    assert choose_line(lines, draw) is lines[round(draw * 9)]
