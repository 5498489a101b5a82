"""All panels are asked at the same time, each on a thread of its own: one that hangs or fails hides no other."""

import time
from collections.abc import Mapping, Sequence
from threading import Condition, Event, Thread
from typing import Self

from gridctl.cli.config import Settings
from gridctl.cli.top.model import Answer, Panel
from gridctl.errors import GridctlError

ENDING_S = 1.0


class Gathering:
    """A context manager: within it every panel is asked again and again, and its newest answer kept."""

    def __init__(self, panels: Sequence[Panel], settings: Settings, deadline_s: float) -> None:
        self._panels = panels
        self._settings = settings
        self._deadline_s = deadline_s
        self._answers: dict[str, Answer] = {}
        self._answered = Condition()
        self._stopping = Event()
        # Daemons: a broker that never answers must not hold the end of the command.
        self._threads = [Thread(target=self._run, args=(panel,), name=panel.name, daemon=True) for panel in panels]

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        end_s = time.monotonic() + ENDING_S
        for thread in self._threads:
            thread.join(max(0.0, end_s - time.monotonic()))

    def wait(self) -> None:
        """Wait until every panel has answered, or the deadline is over."""
        with self._answered:
            self._answered.wait_for(lambda: len(self._answers) == len(self._panels), self._deadline_s)

    def answers(self) -> Mapping[str, Answer]:
        """Return the newest answer of each panel, by its name; one that is overdue is UNKNOWN."""
        now_s = time.monotonic()
        with self._answered:
            newest = dict(self._answers)
        answers = {}
        for panel in self._panels:
            answer = newest.get(panel.name, Answer(None, "", self._began_s))
            overdue = panel.name not in newest or now_s - answer.at_s > panel.every_s + self._deadline_s
            silent = answer._replace(data=None, unknown=f"no answer for {now_s - answer.at_s:.0f} s")
            answers[panel.name] = silent if overdue else answer
        return answers

    def _run(self, panel: Panel) -> None:
        while not self._stopping.is_set():
            try:
                with panel.connect(self._settings) as ask:
                    while not self._stopping.is_set():
                        self._keep(panel, Answer(ask(), "", time.monotonic()))
                        self._stopping.wait(panel.every_s)
            except GridctlError as error:
                self._keep(panel, Answer(None, error.message, time.monotonic()))
            except Exception as error:  # noqa: BLE001 -- a fault of one panel is shown in its place
                self._keep(panel, Answer(None, f"unexpected {type(error).__name__}: {error}", time.monotonic()))
            self._stopping.wait(panel.every_s)

    def _keep(self, panel: Panel, answer: Answer) -> None:
        with self._answered:
            self._answers[panel.name] = answer
            self._answered.notify_all()
