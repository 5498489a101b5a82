"""A panel of `gridctl top`: what it asks, and what it shows of the answer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from gridctl.cli.config import Settings

Ask = Callable[[], Mapping[str, Any]]


class Block(NamedTuple):
    """A line, and a table below it: its rows are left out from the last one up, and its last column gives way."""

    headline: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()


class Answer(NamedTuple):
    """The data of a panel, or why it is UNKNOWN; `at_s` is when it came, monotonic."""

    data: Mapping[str, Any] | None
    unknown: str
    at_s: float


@dataclass(frozen=True)
class Panel:
    """One part of the screen. `name` is its key in the JSON, its data are stable there.

    `connect` opens what it needs and yields what asks; both raise a GridctlError, and the panel is then UNKNOWN.
    `block` gets the data and the time in epoch milliseconds. `rows` of its table are shown on the smallest screen.
    """

    name: str
    title: str
    connect: Callable[[Settings], AbstractContextManager[Ask]]
    block: Callable[[Mapping[str, Any], int], Block]
    rows: int
    every_s: float = 2.0
