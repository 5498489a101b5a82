"""Panels on a screen of a given size: one column, or two where it is wide."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gridctl.cli.output import printable, table_of
from gridctl.cli.top.model import Answer, Block, Panel

TWO_COLUMNS = 140


class _Shown(NamedTuple):
    title: str
    block: Block
    is_unknown: bool
    rows: int


def screen(
    panels: Sequence[Panel], answers: Mapping[str, Answer], now_ms: int, heading: str, width: int, height: int
) -> RenderableType:
    """Return the screen; it has at most `height` lines of at most `width` characters."""
    shown = [_shown(panel, answers[panel.name], now_ms) for panel in panels]
    first = Text(heading, "bold", no_wrap=True, overflow="ellipsis")
    if width < TWO_COLUMNS:
        return Group(first, *_column(shown, height - 1))
    half = (len(shown) + 1) // 2
    beside = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for _ in range(2):
        beside.add_column(ratio=1)
    beside.add_row(*(Group(*_column(part, height - 1)) for part in (shown[:half], shown[half:])))
    return Group(first, beside)


def _shown(panel: Panel, answer: Answer, now_ms: int) -> _Shown:
    if answer.data is None:
        return _Shown(panel.title, Block(f"UNKNOWN: {answer.unknown}"), is_unknown=True, rows=0)
    return _Shown(panel.title, panel.block(answer.data, now_ms), is_unknown=False, rows=panel.rows)


def _column(shown: Sequence[_Shown], height: int) -> list[RenderableType]:
    rows = _shares(shown, height)
    needed = sum(1 + bool(count) + count for count in rows)
    gap = needed + len(shown) <= height
    parts: list[RenderableType] = []
    for each, count in zip(shown, rows, strict=True):
        if gap:
            parts.append(Text(""))
        left_out = len(each.block.rows) - count
        parts.append(_heading(each, f" (+{left_out} more)" if left_out else ""))
        if count:
            parts.append(table_of(each.block.columns, each.block.rows[:count], cut=True, rule=False))
    return parts


def _shares(shown: Sequence[_Shown], height: int) -> list[int]:
    """Return how many rows each panel has: what it has at least, then in turns what is left.

    Where even that is too much, the one with the most rows gives one, again and again.
    """
    wanted = [len(each.block.rows) for each in shown]
    rows = [min(want, each.rows) for want, each in zip(wanted, shown, strict=True)]
    free = height - sum(1 + bool(count) + count for count in rows)
    while free < 0 and any(rows):
        index = max(range(len(rows)), key=lambda number: (rows[number], number))
        rows[index] -= 1
        free += _cost(rows[index])
    grown = True
    while grown:
        grown = False
        for index, want in enumerate(wanted):
            if rows[index] < want and _cost(rows[index]) <= free:
                free -= _cost(rows[index])
                rows[index] += 1
                grown = True
    return rows


def _cost(rows: int) -> int:
    """Return how many lines one row more takes: the first one brings the names of the columns."""
    return 1 if rows else 2


def _heading(each: _Shown, more: str) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(each.title, "bold")
    text.append(more, "dim")
    text.append("  " + printable(each.block.headline), "bold red" if each.is_unknown else "")
    return text


def text_of(shown: RenderableType, width: int, height: int) -> str:
    """Return a screen as plain text, for where nothing is redrawn."""
    console = Console(width=width, height=height, no_color=True, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(shown)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())
