"""What was refused in the last ten minutes: by rule and firmware, and how fast it grows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gridctl.cli.causes import cause_table
from gridctl.cli.config import Settings
from gridctl.cli.top.model import Ask, Block, Panel

WINDOW_MS = 600_000


@contextmanager
def _connect(settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.wiring.base import catalogue_of
    from gridctl.cli.wiring.streaming import dead_letters_of
    from gridctl.deadletters.summary import Window, summarise
    from gridctl.runtime.clock import wall_clock_ms

    topics = catalogue_of(settings).dead_letter_topics

    def ask() -> Mapping[str, Any]:
        now_ms = wall_clock_ms()
        window = Window(now_ms - WINDOW_MS, now_ms)
        return summarise(letters(topics, window.since_ms), window)

    with dead_letters_of(settings, lambda _: None) as letters:
        yield ask


def _block(data: Mapping[str, Any], now_ms: int) -> Block:
    families = ", ".join(f"{family} {count}" for family, count in data["by_firmware_family"].items())
    said = f"{data['total']} in 10 minutes, {data['per_minute_now']:g} a minute now"
    return Block(f"{said}; firmware {families}" if families else said, *cause_table(data, now_ms))


LETTERS = Panel("dead_letters", "DEAD LETTERS", _connect, _block, rows=3, every_s=10)
