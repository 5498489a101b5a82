"""What the simulate commands share: where they write, and when their time starts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gridctl.contracts.clock import EVENT_TIME_MIN_MS
from gridctl.errors import UsageProblem


@contextmanager
def destination(name: str) -> Iterator[BinaryIO]:
    """Yield stdout for `-`, else the file; UsageProblem when it cannot be written."""
    if name == "-":
        # Python's own has no buffer under PYTHONUNBUFFERED: a signal could then cut a line in two.
        with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as out:
            yield out
        return
    try:
        with Path(name).open("wb") as out:
            yield out
    except OSError as error:
        raise UsageProblem(f"{name}: cannot be written: {error.strerror}", next_step="name another --output") from error


def epoch_ms(text: str) -> int:
    """Read an ISO 8601 time with its offset (`2026-01-15T00:00:00Z`); UsageProblem when it is something else."""
    next_step = "write for example --start 2026-01-15T00:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(f"--start {text}: not an ISO 8601 time", next_step=next_step) from error
    if moment.tzinfo is None:
        raise UsageProblem(f"--start {text}: without an offset it means another time elsewhere", next_step=next_step)
    at_ms = round(moment.timestamp() * 1000)
    if at_ms < EVENT_TIME_MIN_MS:
        raise UsageProblem(f"--start {text}: before the year 2000 no event is accepted", next_step=next_step)
    return at_ms
