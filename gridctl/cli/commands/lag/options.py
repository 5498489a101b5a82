"""Options that the commands of this group share."""

from typing import Annotated

import typer

from gridctl.cli.options import seconds_of
from gridctl.lag.source import FEW_HEADS

Groups = Annotated[list[str] | None, typer.Argument(metavar="GROUP", help="Only these consumer groups.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", metavar="TOPIC", help="Only this topic; repeatable.")]
Time = Annotated[
    bool | None,
    typer.Option(
        "--time/--no-time",
        help="Read the age of the oldest record that waits, a fetch a partition. By default where at most 200 wait.",
    ),
]
Every = Annotated[
    float, typer.Option("--every", parser=seconds_of, metavar="DURATION", help="Measure so often: 500ms, 2s, 1m.")
]

HEADS_WANTED = 1_000_000


def max_heads(time: bool | None) -> int:
    """Return how many oldest records may be read."""
    if time is None:
        return FEW_HEADS
    return HEADS_WANTED if time else 0
