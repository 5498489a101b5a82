"""Writes docs/cli-reference.md from the commands themselves; a test says when it was forgotten.

Run `make reference`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from gridctl.cli.main import COMMANDS, build

PAGE = Path(__file__).with_name("cli-reference.md")
HEAD = """# Command reference

Written by `make reference` from the commands' own help. Options that stand before every command: `--profile NAME`,
`-X KEY=VALUE`, `--debug`, `--version`. Exit codes: 0 ok, 1 fault, 2 usage, 3 violation or drift, 4 refused by safety,
5 could not check or reach, 130 interrupted.
"""


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words and the command of everything that does something."""
    children = getattr(command, "commands", None)
    if not children:
        yield words, command
        return
    for name, child in children.items():
        yield from leaves(child, (*words, name))


def reference() -> str:
    """Return the page."""
    root = typer.main.get_command(build(list(COMMANDS)))
    return HEAD + "".join(_section(words, command) for words, command in leaves(root))


def _section(words: tuple[str, ...], command: Any) -> str:
    rows = [row for parameter in command.params if (row := _row(parameter))]
    table = "\n| parameter | what it says | default |\n|---|---|---|\n" + "".join(rows) if rows else ""
    return f"\n## gridctl {' '.join(words)}\n\n{_help(command.help or '')}\n{table}"


def _help(text: str) -> str:
    """Return the help with its examples as a block of code."""
    lines, block = [], False
    for line in text.strip().splitlines():
        is_example = line.strip().startswith("$ ")
        if is_example != block:
            lines.append("```console" if is_example else "```")
            block = is_example
        lines.append(line.strip())
    return "\n".join([*lines, "```"] if block else lines)


def _row(parameter: Any) -> str:
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return ""
    names = parameter.opts + parameter.secondary_opts if parameter.param_type_name == "option" else [parameter.name]
    choices = getattr(parameter.type_descriptor, "choices", None)
    said = parameter.help if getattr(parameter, "help", None) else ""
    values = f" One of {', '.join(str(getattr(choice, 'value', choice)) for choice in choices)}." if choices else ""
    default = parameter.default
    shown = "" if default is None or default is False or callable(default) else str(getattr(default, "value", default))
    words = f"{said}{values}".replace("|", "\\|").replace("\n", " ").strip()
    return f"| {', '.join(f'`{name}`' for name in names)} | {words} | {f'`{shown}`' if shown else ''} |\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
