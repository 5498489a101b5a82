"""`gridctl lag watch`: the lag as it changes."""

import math
import sys
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from gridctl.cli.commands.lag.options import Every, Groups, Time, Topics, max_heads
from gridctl.cli.options import seconds_of, settings_of
from gridctl.errors import Unavailable, ViolationFound
from gridctl.runtime.clock import wall_clock_ms

if TYPE_CHECKING:
    from gridctl.cli.commands.lag.screen import Frame
    from gridctl.lag.source import Look
    from gridctl.lag.watching import Watching

DRAINED = "drained"

Until = Annotated[
    list[str] | None,
    typer.Option("--until", metavar="drained|TIMEOUT", help="End when no lag is left, or after 90s, 10m. Repeatable."),
]


class Goal(NamedTuple):
    """When a watch ends by itself; `limit_s` is infinite without a limit."""

    drained: bool
    limit_s: float


def watch(
    context: typer.Context,
    groups: Groups = None,
    topics: Topics = None,
    *,
    every: Every = 2.0,
    until: Until = None,
    time: Time = None,
) -> None:
    """Watch the lag: how fast records come and are read, when none will be left, members and their partitions.

    The time until it is drained is a range, from the fastest to the slowest that was seen within a minute. A partition
    is STALLED when its commit did not move for 30 s while records waited. While the broker is away the screen says
    since when nothing was measured, and the watch goes on. Without a terminal it prints a line a group.

    Ends by Ctrl-C, or by --until. Exit code 0 when it is drained, or when the time is over and nothing else was asked
    for; 3 when it is not drained by then; 5 when the lag is not known by then.

        $ gridctl process --until-idle && gridctl lag watch gridstream.process --until drained --until 60s
    """
    from gridctl.cli.wiring.lag import lag_source
    from gridctl.runtime.stop import Stop

    goal, source = goal_of(until or ()), lag_source(settings_of(context))

    def look() -> "Look":
        return source.look(groups or None, topics or None, max_heads=max_heads(time))

    with Stop() as stop, _shown() as show:
        _watch(look, goal, every, stop.wait, show)


def goal_of(until: "list[str] | tuple[()]") -> Goal:
    """Return when to end; typer's BadParameter for a word that is neither `drained` nor a duration."""
    limits = [seconds_of(word) for word in until if word != DRAINED]
    return Goal(DRAINED in until, min(limits, default=math.inf))


def _watch(
    look: "Callable[[], Look]",
    goal: Goal,
    every_s: float,
    wait: Callable[[float], bool],
    show: "Callable[[Frame], None]",
) -> None:
    from gridctl.lag.watching import Watching

    watching, deadline_s = Watching(), clock.monotonic() + goal.limit_s
    while True:
        begun_s = clock.monotonic()
        problem = _measure(look, watching)
        show(_frame(watching, problem))
        measured = watching.measured
        if goal.drained and problem is None and measured is not None and measured.is_drained:
            return
        left_s = deadline_s - clock.monotonic()
        if left_s <= 0:
            _judge(watching, problem, goal)
            return
        if wait(min(begun_s + every_s - clock.monotonic(), left_s)):
            return


def _measure(look: "Callable[[], Look]", watching: "Watching") -> str | None:
    """Measure once; return why it could not be done. Raise Unavailable where nothing was measured before either."""
    try:
        watching.take(look(), wall_clock_ms())
    except Unavailable as error:
        if watching.measured is None:
            raise
        watching.miss(wall_clock_ms())
        return error.message
    return None


def _frame(watching: "Watching", problem: str | None) -> "Frame":
    from gridctl.cli.commands.lag.screen import Frame, Watched
    from gridctl.lag.view import in_order

    measured = watching.measured
    lags = [] if measured is None else in_order(measured.groups, "lag")
    missing = None if measured is None or measured.cause is None else f"groups may be missing: {measured.cause}"
    watched = [Watched(each, watching.samples(each)) for each in lags]
    return Frame(wall_clock_ms(), watching.measured_ms, watched, problem, missing)


def _judge(watching: "Watching", problem: str | None, goal: Goal) -> None:
    """Raise what the end of the time means."""
    measured = watching.measured
    if problem is not None or measured is None or not measured.is_known:
        words = problem or "a part of the lag is UNKNOWN"
        raise Unavailable(f"after {goal.limit_s:g} s: {words}", next_step="run `gridctl doctor`; `gridctl lag show`")
    if goal.drained:
        lag = sum(each.lag_is_at_least for each in measured.groups)
        raise ViolationFound(
            f"after {goal.limit_s:g} s the lag is {lag}, not drained",
            next_step="look at its consumers, or wait longer: --until TIMEOUT",
        )


@contextmanager
def _shown() -> "Iterator[Callable[[Frame], None]]":
    """Yield what shows a frame: the whole screen on a terminal, which keeps the last one; else a line a group."""
    from gridctl.cli.commands.lag.screen import log_lines, screen

    if not sys.stdout.isatty():

        def write(frame: "Frame") -> None:
            sys.stdout.writelines(f"{line}\n" for line in log_lines(frame))
            sys.stdout.flush()

        yield write
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console, last = Console(highlight=False), [Text()]
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:

            def draw(frame: "Frame") -> None:
                last[0] = Text("\n".join(screen(frame, console.width, console.height)), no_wrap=True)
                live.update(last[0], refresh=True)

            yield draw
    finally:
        console.print(last[0])
