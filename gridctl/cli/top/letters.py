"""What was refused in the last ten minutes: by rule and firmware, and how fast it grows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gridctl.cli.causes import cause_table
from gridctl.cli.config import Settings
from gridctl.cli.top.model import Ask, Block, Panel


@contextmanager
def _connect(settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.wiring.streaming import recent_letters_of
    from gridctl.runtime.clock import wall_clock_ms

    with recent_letters_of(settings, lambda _: None) as letters:
        yield lambda: letters.look(wall_clock_ms())


def _block(data: Mapping[str, Any], now_ms: int) -> Block:
    families = ", ".join(f"{family} {count}" for family, count in data["by_firmware_family"].items())
    said = f"{data['total'] + data['passed_over']:,} in 10 minutes, {data['per_minute_now']:g} a minute now"
    if data["passed_over"]:
        said += f" (of the newest {data['total']:,})"
    return Block(f"{said}; firmware {families}" if families else said, *cause_table(data, now_ms))


LETTERS = Panel("dead_letters", "DEAD LETTERS", _connect, _block, rows=3, every_s=5)
