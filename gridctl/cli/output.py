"""Rendering: data on stdout as table, JSON or YAML; talk on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


@cache
def talk() -> "Console":
    """Return the console for progress and remarks: stderr. A remark stays one line, for those who search logs."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_json(data: object) -> None:
    """Print one JSON document, indented for people when stdout is a terminal."""
    sys.stdout.write(json.dumps(data, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_json_lines(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    for record in records:
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_yaml(data: object) -> None:
    """Print one YAML document."""
    import yaml

    yaml.safe_dump(data, sys.stdout, sort_keys=False, allow_unicode=True)
    sys.stdout.flush()


def print_data(data: object, output: str) -> None:
    """Print a document as `json` or `yaml`."""
    (print_yaml if output == "yaml" else print_json)(data)


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


def _shown(cell: object) -> str:
    """Return a cell's text; what a terminal would obey becomes U+FFFD. A line feed stays: cells have lines."""
    text = "" if cell is None else str(cell)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)
