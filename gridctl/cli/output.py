"""Rendering: data on stdout as table, JSON or YAML; progress and messages on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


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


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table that fits the terminal; numbers stand on the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [list(row) for row in rows]
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) for row in listed) and bool(listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(cell if isinstance(cell, Text) else Text(_shown(cell)) for cell in row))
    Console(highlight=False).print(table)


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
    return [(name, ", ".join(f"{key} {_shown(part) or '-'}" for key, part in value.items()))] if value else []


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


def _shown(cell: object) -> str:
    """Return a cell's text; what a terminal would obey becomes U+FFFD. A line feed stays: cells have lines."""
    text = "" if cell is None else str(cell)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)
