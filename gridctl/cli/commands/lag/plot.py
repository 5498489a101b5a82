"""`gridctl lag plot`: a picture of a recorded window."""

from pathlib import Path
from typing import Annotated

import typer

Recorded = Annotated[str, typer.Argument(metavar="FILE|-", help="What `lag record` wrote; - is stdin.")]
Group = Annotated[list[str] | None, typer.Option("--group", metavar="GROUP", help="Only this group; repeatable.")]
To = Annotated[
    Path, typer.Option("--to", metavar="FILE.png|html", help="The picture, or a page that needs nothing else.")
]


def plot(recorded: Recorded, *, to: To, group: Group = None) -> None:
    """Draw the lag of a recorded window, and the age of the oldest record that waits.

    Where the lag was not known there is no line: a triangle shows what it was at least. Shaded is the time in which a
    group had a partition that is UNKNOWN (grey), RETENTION_LOST (red) or STALLED (yellow).

        $ gridctl lag record --every 1s --duration 3s | gridctl lag plot - --to lag.png
    """
    from gridctl.cli.files import reading
    from gridctl.cli.wiring.lag import draw_lag
    from gridctl.lag.recorded import parse_recorded

    with reading(recorded) as lines:
        series = parse_recorded(lines, recorded, group or ())
    draw_lag(series, f"Lag of {', '.join(series)}", to)
