"""Panels are asked side by side: one that fails, breaks or hangs is UNKNOWN, and hides no other."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any

from gridctl.cli.config import Settings, load_settings
from gridctl.cli.top.gather import Gathering
from gridctl.cli.top.model import Ask, Block, Panel
from gridctl.errors import Unavailable
from tests.support.wait import wait_until

DEADLINE_S = 0.4


def panel(
    name: str, ask: Callable[[], Mapping[str, Any]], opened: list[str] | None = None, every_s: float = 0.02
) -> Panel:
    @contextmanager
    def connect(_settings: Settings) -> Iterator[Ask]:
        if opened is not None:
            opened.append(name)
        yield ask

    return Panel(name, name.upper(), connect, lambda data, _: Block(str(data)), rows=1, every_s=every_s)


def fails() -> Mapping[str, Any]:
    raise Unavailable("the broker is away", next_step="wait")


def breaks() -> Mapping[str, Any]:
    return {"share": 1 / 0}


def test_each_panel_has_an_answer_of_its_own_within_the_deadline() -> None:
    released, settings = Event(), load_settings()
    hangs = panel("hangs", lambda: {"late": released.wait(20)})
    panels = [panel("works", lambda: {"lag": 0}), panel("fails", fails), panel("breaks", breaks), hangs]
    began_s = time.monotonic()
    with Gathering(panels, settings, DEADLINE_S) as gathering:
        gathering.wait()
        answers = gathering.answers()
        assert DEADLINE_S <= time.monotonic() - began_s < 3 * DEADLINE_S
        released.set()
        wait_until(lambda: gathering.answers()["hangs"].data == {"late": True})
    assert [(name, answer.data) for name, answer in answers.items()] == [
        ("works", {"lag": 0}),
        ("fails", None),
        ("breaks", None),
        ("hangs", None),
    ]
    assert answers["fails"].unknown == "the broker is away"
    assert answers["breaks"].unknown == "unexpected ZeroDivisionError: division by zero"
    assert answers["hangs"].unknown.startswith("no answer for ")


def test_what_failed_is_opened_again_and_what_works_is_not() -> None:
    opened: list[str] = []
    states = iter([fails, lambda: {"n": 1}, lambda: {"n": 2}])

    def ask() -> Mapping[str, Any]:
        return next(states, lambda: {"n": 3})()

    with Gathering([panel("flaky", ask, opened)], load_settings(), DEADLINE_S) as gathering:
        wait_until(lambda: gathering.answers()["flaky"].data == {"n": 3})
    assert opened == ["flaky", "flaky"]


def test_an_answer_that_is_overdue_is_unknown_and_not_shown_as_present() -> None:
    released = Event()
    answers = iter([{"n": 1}])

    def ask() -> Mapping[str, Any]:
        return next(answers, None) or {"late": released.wait(20)}

    with Gathering([panel("once", ask)], load_settings(), DEADLINE_S) as gathering:
        gathering.wait()
        assert gathering.answers()["once"].data == {"n": 1}
        wait_until(lambda: gathering.answers()["once"].data is None)
        assert gathering.answers()["once"].unknown.startswith("no answer for ")
        released.set()
