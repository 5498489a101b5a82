"""What is away is waited for, shown and said once; what does not pass by itself, and patience that is over, end it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gridctl.errors import Unavailable, Unrecoverable, UsageProblem
from gridctl.runtime import outage, service
from gridctl.runtime.log import Log
from gridctl.runtime.outage import Needs
from gridctl.runtime.service import Service, Terms
from gridctl.runtime.telemetry.absent import NoExports
from tests.support.wait import wait_until

AWAY = Unavailable("Kafka at b:9092: no answer", next_step="run `gridctl status`")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASK_EVERY_S", "ASK_AGAIN_S"):
        monkeypatch.setattr(outage, name, 0.01)
    monkeypatch.setattr(service, "AGAIN_AFTER_S", 0.01)


class Bench:
    """A service with its lines, and a neighbour that is there or not."""

    def __init__(self, patience_s: float = 60.0, start_patience_s: float = 0.0, grace_s: float = 25.0) -> None:
        self.lines: list[str] = []
        log = Log(self.lines.append, as_json=False, command="t")
        terms = Terms(None, grace_s, patience_s, start_patience_s)
        self.service = Service(terms, log, NoExports(""))
        self.error: Exception | None = None
        self.entered = 0

    def ask(self) -> None:
        if self.error is not None:
            raise self.error

    def work(self) -> str:
        self.ask()
        return "done"

    @contextmanager
    def opened(self) -> Iterator[str]:
        self.ask()
        self.entered += 1
        yield "it"

    def is_ready(self) -> bool:
        return self.service.health.readyz().status == 200


def for_ever(running: Service, work: Callable[[], object]) -> None:
    while True:
        running.attempt(work)


def test_work_that_meets_an_outage_goes_on_afterwards_and_says_so_once_each() -> None:
    bench = Bench()
    with bench.service as running, running.opened(bench.opened), running.working():
        assert (running.attempt(bench.work), bench.is_ready()) == ("done", True)
        bench.error = AWAY
        assert [running.attempt(bench.work) for _ in range(3)] == [None] * 3
        assert running.health.readyz().body == b"not ready\nKafka at b:9092: no answer\n"
        assert running.health.livez().status == 200
        bench.error = None
        assert (running.attempt(bench.work), bench.is_ready()) == ("done", True)
    assert bench.lines == [
        "Kafka at b:9092: no answer; waiting for it, at most 60 s",
        "work: works again, after 0 s",
    ]


@pytest.mark.parametrize("error", [Unrecoverable("no rights"), UsageProblem("wrong"), ValueError("fault")])
def test_what_does_not_pass_by_itself_is_raised_at_once(error: Exception) -> None:
    bench = Bench()
    with bench.service as running, running.opened(bench.opened), running.working():
        bench.error = error
        with pytest.raises(type(error)):
            running.attempt(bench.work)


def test_patience_ends_with_the_reason_and_the_next_step() -> None:
    bench = Bench(patience_s=0.05)
    with bench.service as running, running.opened(bench.opened), running.working():
        bench.error = AWAY
        with pytest.raises(Unavailable, match="no answer; waited 0 s for it") as caught:
            for_ever(running, bench.work)
    assert caught.value.next_step == AWAY.next_step


def test_neighbours_are_watched_while_the_work_has_nothing_to_do() -> None:
    bench = Bench(patience_s=60)
    with bench.service as running, running.opened(bench.opened), running.working(Needs({"broker": bench.ask})):
        assert bench.is_ready()
        bench.error = AWAY
        wait_until(lambda: not bench.is_ready())
        assert running.attempt(lambda: "nothing to do") == "nothing to do"
        assert not bench.is_ready()
        bench.error = None
        wait_until(bench.is_ready)
    assert [line.split(":")[0] for line in bench.lines] == ["Kafka at b", "broker"]


def test_a_neighbour_that_stays_away_ends_the_command_though_the_work_fails_nowhere() -> None:
    bench = Bench(patience_s=0.05)
    bench.error = AWAY
    with (
        bench.service as running,
        running.working(Needs({"broker": bench.ask})),
        pytest.raises(Unavailable, match="waited 0 s"),
    ):
        for_ever(running, lambda: time.sleep(0.01))


def test_the_same_outage_is_said_once_though_work_and_watch_both_meet_it() -> None:
    bench = Bench()
    with bench.service as running, running.opened(bench.opened), running.working():
        bench.error = AWAY
        running.attempt(bench.work)
        running.outages.begin("broker", AWAY)
    assert len(bench.lines) == 1


def test_a_start_waits_with_patience_and_makes_everything_anew() -> None:
    bench = Bench(start_patience_s=60)
    bench.error = AWAY
    with bench.service as running:
        waited: list[bool] = []

        @contextmanager
        def opened() -> Iterator[str]:
            if len(waited) == 3:
                bench.error = None
            waited.append(bench.is_ready())
            with bench.opened() as it:
                yield it

        with running.opened(opened) as it, running.working():
            assert (it, bench.is_ready(), bench.entered) == ("it", True, 1)
        assert waited == [False] * 4


def test_a_start_that_waited_is_not_ready_before_its_work_begins() -> None:
    bench = Bench(start_patience_s=60)
    bench.error = AWAY

    @contextmanager
    def opened() -> Iterator[None]:
        error, bench.error = bench.error, None
        if error:
            raise error
        yield

    with bench.service as running, running.opened(opened):
        assert running.health.readyz().body == b"not ready\nstarting\n"
        with running.working():
            assert bench.is_ready()


def test_without_patience_a_start_fails_at_once() -> None:
    bench = Bench()
    bench.error = AWAY
    with pytest.raises(Unavailable, match="no answer"), bench.service as running, running.opened(bench.opened):
        pass
    assert bench.lines == []


def test_a_start_that_waits_can_be_ended() -> None:
    bench = Bench(start_patience_s=60)
    bench.error = AWAY

    @contextmanager
    def opened() -> Iterator[None]:
        signal.raise_signal(signal.SIGTERM)
        bench.ask()
        yield

    with pytest.raises(Unavailable, match="no answer"), bench.service as running, running.opened(opened):
        pass


def test_an_error_of_the_work_is_not_taken_for_one_of_the_start() -> None:
    bench = Bench(start_patience_s=60)
    with pytest.raises(Unavailable, match="later"), bench.service as running, running.opened(bench.opened):
        raise Unavailable("later")
    assert bench.entered == 1


def test_waiting_for_a_goal_ends_with_it_with_patience_or_with_the_time_to_end_in() -> None:
    bench = Bench(patience_s=0.05)
    assert bench.service.outlast(lambda: True, lambda: None)
    assert not bench.service.outlast(lambda: False, lambda: time.sleep(0.01))
    bench = Bench(patience_s=60, grace_s=0.2)
    with bench.service as running:
        signal.raise_signal(signal.SIGTERM)
        assert not running.outlast(lambda: False, lambda: time.sleep(0.01))
