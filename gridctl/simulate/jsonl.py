"""A fleet as JSON lines: exactly devices x ticks lines, as fast as they can be written."""

from collections.abc import Callable
from typing import BinaryIO

from gridctl.simulate.fleet import BLOCK, Fleet


def write_lines(
    fleet: Fleet,
    out: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Write every tick of the fleet's schedule, which must have an end, unless `stopping`; return the lines written."""
    schedule, devices = fleet.plan.schedule, fleet.plan.devices
    written = 0
    for tick in range(schedule.ticks or 0):
        base_ms, spread_ms = schedule.time_ms(tick), schedule.interval_at(tick)
        fleet.begin_tick(tick, base_ms)
        for first in range(0, devices, BLOCK):
            if stopping():
                out.flush()
                return written
            lines = fleet.lines(first, min(devices, first + BLOCK), base_ms, spread_ms)
            out.write(("\n".join(lines) + "\n").encode("latin-1"))
            written += len(lines)
            progress(len(lines))
    out.flush()
    return written
