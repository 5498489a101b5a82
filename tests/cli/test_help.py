"""Every command's help has a runnable example, and the examples run."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gridctl.cli.main import COMMANDS, build

GRIDCTL = str(Path(sys.executable).parent / "gridctl")


def leaf_commands() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words and the help of every command that does something."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        children = getattr(command, "commands", None)
        if not children:
            yield words, command.help or ""
            return
        for name, child in children.items():
            yield from walk(child, (*words, name))

    yield from walk(typer.main.get_command(build(list(COMMANDS))), ())


LEAVES = dict(leaf_commands())


def examples_of(words: tuple[str, ...]) -> list[str]:
    return [line.strip().removeprefix("$ ") for line in LEAVES[words].splitlines() if line.strip().startswith("$ ")]


def run(example: str, directory: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    line = re.sub(r"\bgridctl\b", shlex.quote(GRIDCTL), example)
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_a_runnable_example(words: tuple[str, ...]) -> None:
    examples = examples_of(words)
    assert examples, f"gridctl {' '.join(words)}: no line that starts with `$ ` in its help"
    assert any(f"gridctl {' '.join(words)}" in example for example in examples)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_root_help_names_every_command(name: str) -> None:
    done = subprocess.run([GRIDCTL, "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("words", [words for words in LEAVES if words[0] == "simulate"], ids=" ".join)
def test_the_examples_run(words: tuple[str, ...], tmp_path: Path) -> None:
    for example in examples_of(words):
        done = run(example, tmp_path, {})
        assert done.returncode == 0, f"{example}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
