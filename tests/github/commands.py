"""The commands that workflows run: which of them are gridctl's, and whether they exist as they are written."""

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import typer.main

from gridctl.cli.main import COMMANDS, build
from tests.github.files import steps_of
from tests.support.paths import ROOT

_ENDS = {"|", "||", "&&", ";", "&", ">", ">>", "<"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_in(document: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the words of each command line that a workflow or an action runs."""
    inputs = (document.get("on", {}).get("workflow_call") or {}).get("inputs", {})
    defaults = {
        f"inputs.{name}": str(spec.get("default", "1" if spec.get("type") == "number" else "VALUE"))
        for name, spec in inputs.items()
    }
    for step in steps_of(document):
        if "run" in step:
            yield from _lines(step["run"])
        if step.get("uses", "").endswith("/.github/actions/gridctl"):
            words = _EXPRESSION.sub(lambda found: defaults.get(found[1], "VALUE"), step["with"]["arguments"])
            yield ["gridctl", *words.split()]


def _lines(script: str) -> Iterator[list[str]]:
    for line in script.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in [*shlex.split(line.rstrip(";"), comments=True), ";"]:
            if word in _ENDS:
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def problem_of(words: list[str]) -> str | None:
    """Return what is wrong with a command line, None where nothing is."""
    if words[0] == "make":
        wrong = [word for word in words[1:] if "=" not in word and word not in MAKE_TARGETS]
        return f"make has no target {wrong[0]}" if wrong else None
    if PurePosixPath(words[0]).name != "gridctl" or words[1:] in (["--version"], ["${words[@]}"]):
        return None
    command: Any = typer.main.get_command(build(list(COMMANDS)))
    rest = words[1:]
    context = command.make_context("gridctl", list(rest), resilient_parsing=True)
    while rest and hasattr(command, "commands"):
        if rest[0] not in command.commands:
            return f"gridctl has no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    try:
        command.make_context(command.name, list(rest), parent=context)
    except Exception as error:  # noqa: BLE001 -- whatever the parser raises is the problem
        return str(error)
    return None
