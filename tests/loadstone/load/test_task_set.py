"""What an arrival does in TaskSets of every kind, seen in the words that their tasks write down."""

# Written as locustfiles are:
# ruff: noqa: RUF012
# mypy: disable-error-code="no-untyped-call,attr-defined,assignment"

import pytest
from locust import MarkovTaskSet, SequentialTaskSet, TaskSet, User, constant, task, transition
from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopUser

from loadstone.load.task_set import SCHEDULED_LIMIT
from tests.loadstone.load.arriving import open_user


class Diary(TaskSet):
    """Writes its own comings and goings into the user's diary."""

    def on_start(self) -> None:
        self.write("enter")

    def on_stop(self) -> None:
        self.write("leave")

    def write(self, word: str) -> None:
        self.user.diary.append(f"{type(self).__name__}.{word}")


class Writer(User):
    abstract = True

    def __init__(self, environment: object) -> None:
        super().__init__(environment)
        self.diary: list[str] = []


def play(user_class: type[User], arrivals: int = 1) -> list[str]:
    """Return what the user's diary says after so many arrivals, each of which has completed."""
    with open_user(user_class) as one:
        one.arrive(arrivals)
        assert one.completed() == arrivals
        words: list[str] = one.user.diary
        return list(words)


def beside(task_set: type[TaskSet], arrivals: int = 1, wait_s: float = 0) -> list[str]:
    """Return the diary of a user that has the TaskSet below another one, so that it is no root."""

    class Outer(TaskSet):
        tasks = [task_set]

    class Visitor(Writer):
        wait_time = constant(wait_s)
        tasks = [Outer]

    return play(Visitor, arrivals)


def test_a_nested_task_set_is_one_of_its_tasks() -> None:
    class Nested(Diary):
        @task
        def page(self) -> None:
            self.write("page")

    assert beside(Nested, 2) == ["Nested.enter", "Nested.page", "Nested.leave"] * 2


def test_a_task_set_in_a_task_set_in_a_task_set_is_one_task_of_the_innermost() -> None:
    class Top(Diary):
        @task
        class Middle(Diary):
            @task
            class Bottom(Diary):
                @task
                def page(self) -> None:
                    assert type(self.parent) is Top.Middle
                    assert type(self.parent.parent) is Top
                    self.write("page")

    assert beside(Top) == [
        "Top.enter",
        "Middle.enter",
        "Bottom.enter",
        "Bottom.page",
        "Bottom.leave",
        "Middle.leave",
        "Top.leave",
    ]


def test_a_sequence_is_one_pass_in_order() -> None:
    class Checkout(SequentialTaskSet, Diary):
        @task
        def first(self) -> None:
            self.write("first")

        @task
        class Details(Diary):
            @task
            def detail(self) -> None:
                self.write("detail")

        @task(2)
        def last(self) -> None:
            self.write("last")

    inner = ["Details.enter", "Details.detail", "Details.leave"]
    words = ["Checkout.enter", "Checkout.first", *inner, "Checkout.last", "Checkout.last", "Checkout.leave"]
    assert beside(Checkout) == words


def test_only_between_the_tasks_of_a_sequence_it_waits() -> None:
    class Checkout(SequentialTaskSet, Diary):
        def wait_time(self) -> float:
            self.write("wait")
            return 0

        @task
        def first(self) -> None:
            self.write("first")

        @task
        def last(self) -> None:
            self.write("last")

    words = ["enter", "first", "wait", "last", "leave"]
    assert beside(Checkout) == [f"Checkout.{word}" for word in words]


def test_a_task_set_of_one_task_does_not_wait() -> None:
    class Nested(Diary):
        @task
        def page(self) -> None:
            self.write("page")

    assert beside(Nested, wait_s=600) == ["Nested.enter", "Nested.page", "Nested.leave"]


@pytest.mark.parametrize("reschedule", [True, False])
def test_a_task_set_that_interrupts_itself_is_left_early(reschedule: bool) -> None:
    class Checkout(SequentialTaskSet, Diary):
        @task
        def first(self) -> None:
            self.write("first")
            self.interrupt(reschedule=reschedule)

        @task
        def never(self) -> None:
            self.write("never")

    assert beside(Checkout) == ["Checkout.enter", "Checkout.first", "Checkout.leave"]


def test_a_task_set_that_interrupts_itself_in_on_start_does_nothing() -> None:
    class Shy(Diary):
        def on_start(self) -> None:
            super().on_start()
            self.interrupt()

        @task
        def never(self) -> None:
            self.write("never")

    assert beside(Shy) == ["Shy.enter"]


@pytest.mark.parametrize("end", [RescheduleTask, RescheduleTaskImmediately])
def test_rescheduling_ends_a_task_and_not_the_sequence(end: type[Exception]) -> None:
    class Checkout(SequentialTaskSet, Diary):
        @task
        def first(self) -> None:
            self.write("first")
            raise end()

        @task
        def last(self) -> None:
            self.write("last")

    assert beside(Checkout) == ["Checkout.enter", "Checkout.first", "Checkout.last", "Checkout.leave"]


def test_an_exception_is_reported_and_the_sequence_goes_on() -> None:
    class Checkout(SequentialTaskSet, Diary):
        @task
        def first(self) -> None:
            raise ValueError("no first page")

        @task
        def last(self) -> None:
            self.write("last")

    class Visitor(Writer):
        tasks = [Checkout]

    with open_user(Visitor) as one:
        one.arrive()
        assert one.user.diary == ["Checkout.enter", "Checkout.last"]
        assert one.errors == ["no first page"]
        assert one.completed() == 1


def test_stopping_the_user_ends_the_arrival_only() -> None:
    class Nested(Diary):
        @task
        def page(self) -> None:
            self.write("page")
            raise StopUser()

    assert beside(Nested, 2) == ["Nested.enter", "Nested.page", "Nested.leave"] * 2


def test_scheduled_tasks_belong_to_the_arrival() -> None:
    class Nested(Diary):
        @task
        def page(self) -> None:
            self.write("page")
            self.schedule_task(self.method)
            self.schedule_task(Nested.function, first=True)

        def function(self) -> None:
            self.write("function")

        def method(self) -> None:
            self.write("method")

    words = ["enter", "page", "function", "method", "leave"]
    assert beside(Nested) == [f"Nested.{word}" for word in words]


def test_a_task_that_always_schedules_another_lets_the_arrival_end() -> None:
    class Nested(Diary):
        @task
        def page(self) -> None:
            self.write("page")
            self.schedule_task(self.page)

    assert beside(Nested).count("Nested.page") == SCHEDULED_LIMIT + 1


class TestRoot:
    """A TaskSet that is all a user does."""

    def test_is_entered_before_the_first_arrival_and_left_at_the_end(self) -> None:
        class Browsing(Diary):
            @task
            def page(self) -> None:
                self.write("page")

        class Visitor(Writer):
            tasks = {Browsing: 3}

        with open_user(Visitor) as one:
            assert one.user.diary == ["Browsing.enter"]
            one.arrive(2)
            one.stop()
            assert one.user.diary == [f"Browsing.{word}" for word in ("enter", "page", "page", "leave")]

    def test_is_entered_anew_after_it_interrupted_itself(self) -> None:
        class Browsing(Diary):
            @task
            def page(self) -> None:
                self.write("page")
                self.interrupt()

        class Visitor(Writer):
            tasks = [Browsing]

        assert play(Visitor, 2) == [f"Browsing.{word}" for word in ("enter", "page", "leave") * 2]

    def test_is_tried_again_by_the_first_arrival_when_its_on_start_failed(self) -> None:
        class Browsing(Diary):
            failures = ["no login"]

            def on_start(self) -> None:
                if self.failures:
                    raise ValueError(self.failures.pop())
                super().on_start()

            @task
            def page(self) -> None:
                self.write("page")

        class Visitor(Writer):
            tasks = [Browsing]

        with open_user(Visitor) as one:
            one.arrive()
            assert one.user.diary == ["Browsing.enter", "Browsing.page"]
            assert one.errors == ["no login"]

    def test_that_is_a_chain_goes_on_from_arrival_to_arrival(self) -> None:
        class Chain(MarkovTaskSet):
            @transition("second")
            def first(self) -> None:
                self.user.diary.append("first")

            @transition("first")
            def second(self) -> None:
                self.user.diary.append("second")

        class Visitor(Writer):
            tasks = [Chain]

        assert play(Visitor, 3) == ["first", "second", "first"]
