"""`gridctl lag record`: the lag over time, as JSON lines."""

import json
import math
import time as clock
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.commands.lag.options import Every, Groups, Time, Topics, max_heads
from gridctl.cli.options import Duration, settings_of
from gridctl.errors import Unavailable
from gridctl.runtime.clock import wall_clock_ms

if TYPE_CHECKING:
    from gridctl.lag.source import Look
    from gridctl.lag.watching import Watching

To = Annotated[str, typer.Option("--to", metavar="FILE|-", help="Write there; - is stdout.")]


def record(
    context: typer.Context,
    groups: Groups = None,
    topics: Topics = None,
    *,
    to: To = "-",
    every: Every = 10.0,
    duration: Duration = None,
    time: Time = None,
) -> None:
    """Record the lag: a line a measurement, each the document of `lag show -o json` with `measured_ms` before it.

    A time in which nothing could be measured is a line without groups that says why: it is a gap, not a lag of 0. A
    commit that did not move for 30 s while records waited is STALLED. Ends after --duration, by Ctrl-C or by SIGTERM.
    What it writes is for `gridctl lag plot` and `gridctl scale simulate --trace`.

        $ gridctl process --until-idle && gridctl lag record gridstream.process --every 1s --duration 2s --to lag.jsonl
    """
    from gridctl.cli.files import writing
    from gridctl.cli.output import talk
    from gridctl.cli.wiring.lag import lag_source
    from gridctl.lag.watching import Watching
    from gridctl.runtime.stop import Stop

    source, watching = lag_source(settings_of(context)), Watching()

    def measure() -> dict[str, Any]:
        look = source.look(groups or None, topics or None, max_heads=max_heads(time))
        return _line(watching, look)

    deadline_s, lines = clock.monotonic() + (math.inf if duration is None else duration), 0
    with Stop() as stop:
        line = measure()  # what is wrong from the beginning is an error, and no recording
        with writing(to) as out:
            while True:
                begun_s = clock.monotonic()
                out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                out.flush()
                lines += 1
                left_s = deadline_s - begun_s
                if left_s <= 0 or stop.wait(min(every, left_s)):
                    break
                line = _or_gap(measure)
        talk().print(f"{lines} measurements")


def _line(watching: "Watching", look: "Look") -> dict[str, Any]:
    from gridctl.lag.document import document

    at_ms = wall_clock_ms()
    return {"measured_ms": at_ms, **document(watching.take(look, at_ms))}


def _or_gap(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return measure()
    except Unavailable as error:
        return {"measured_ms": wall_clock_ms(), "groups": [], "cause": error.message}
