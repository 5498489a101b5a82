"""Rendering: data on stdout as table, JSON or YAML; progress and messages on stderr."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_BARS = " ▁▂▃▄▅▆▇█"


@cache
def talk() -> "Console":
    """Return the console for progress and messages: stderr. A message stays one line, for those who search logs."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_json_lines(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    for record in records:
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_data(data: object, output: str) -> None:
    """Print one document as `json` or `yaml`; JSON is indented for people when stdout is a terminal."""
    if output == "yaml":
        import yaml

        yaml.safe_dump(data, sys.stdout, sort_keys=False, allow_unicode=True)
    else:
        sys.stdout.write(json.dumps(data, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None, cut: bool = False
) -> None:
    """Print a table that fits the terminal; see `table_of`."""
    from rich.console import Console

    console = Console(highlight=False)
    if title is not None:  # one of several
        console.print()
    console.print(table_of(columns, rows, title=title, cut=cut))


def table_of(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    cut: bool = False,
    rule: bool = True,
) -> "Table":
    """Return a table with a line a row; numbers stand on the right, and a rule below the names of the columns.

    The first column is whole. What is too long goes on in the next line, at a word, of the widest column first; with
    `cut` only the last column gives way, and ends with `…`.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    listed = [list(row) for row in rows]
    lines = box.SIMPLE_HEAD if rule else None
    padding = (0, 1, 0, 0) if rule else (0, 2, 0, 0)
    table = Table(title=title, box=lines, title_justify="left", show_edge=False, pad_edge=False, padding=padding)
    for index, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float) for row in listed)
        gives_way = not numeric and (index == len(columns) - 1 if cut else index > 0)
        overflow: Literal["fold", "ellipsis"] = "fold" if gives_way and not cut else "ellipsis"
        table.add_column(column, justify="right" if numeric else "left", overflow=overflow, no_wrap=not gives_way)
    for row in listed:
        table.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell), no_wrap=cut or None) for cell in row))
    return table


def sparkline(values: Sequence[float]) -> str:
    """Return a bar for each value, the highest for the greatest; a blank for none."""
    top = max(values, default=0)
    return "".join(_BARS[math.ceil(value * (len(_BARS) - 1) / top)] if value > 0 else _BARS[0] for value in values)


def time_text(time_ms: int, now_ms: int) -> str:
    """Return a time as ISO 8601, UTC; without the date where it is today's."""
    try:
        time, now = (datetime.fromtimestamp(each / 1000, UTC) for each in (time_ms, now_ms))
    except (ValueError, OverflowError):  # beyond the year 9999
        return f"{time_ms} ms"
    return f"{time:%H:%M:%SZ}" if time.date() == now.date() else f"{time:%Y-%m-%dT%H:%M:%SZ}"


def time_and_age(time_ms: int | None, now_ms: int) -> tuple[str, str]:
    """Return the two cells that say when something was; `-` where that is not known."""
    if time_ms is None:
        return "-", "-"
    return time_text(time_ms, now_ms), age_text((now_ms - time_ms) / 1000)


def age_text(seconds: float) -> str:
    """Return how long ago something was, in its largest unit: `42s`, `7m`, `3h`, `12d`."""
    for unit, length_s, up_to in (("s", 1, 100), ("m", 60, 100), ("h", 3600, 48)):
        if abs(seconds) < up_to * length_s:
            return f"{seconds / length_s:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def print_result(document: object, output: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print what a command found: the document as `json` or `yaml`, or its rows as a table."""
    if output == "table":
        print_table(columns, rows)
    else:
        print_data(document, output)


def print_account(account: Mapping[str, Any], output: str) -> None:
    """Print what a command did as `json` or `yaml`, or as a table with a row for each number or group of numbers."""
    # As many rows as there are devices would hide the others.
    shown = {name: value for name, value in account.items() if name != "devices" or not isinstance(value, Mapping)}
    rows = [row for name, value in shown.items() for row in _account_rows(name, value)]
    print_result(account, output, ("what", "value"), rows)


def _account_rows(name: str, value: object) -> list[tuple[str, object]]:
    if not isinstance(value, Mapping):
        return [(name, value)]
    if any(isinstance(part, Mapping) for part in value.values()):
        return [row for key, part in value.items() for row in _account_rows(f"{name} {key}", part)]
    return [(name, ", ".join(f"{key} {printable(part) or '-'}" for key, part in value.items()))] if value else []


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that counts; a bar shows it on stderr when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=talk(), transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda count: shown.advance(task, count)


def printable(value: object) -> str:
    """Return a value as text; what a terminal would obey becomes U+FFFD. A line feed stays: cells have lines."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)
