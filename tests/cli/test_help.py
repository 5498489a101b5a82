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
# The demo has a test of its own; the stack's commands run in their own directory, in this order.
OWN_TEST = {("demo",)}
STACK_ORDER = [("up",), ("status",), ("doctor",), ("down",)]


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


@pytest.fixture(scope="module")
def workplace(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the examples name, made by the commands themselves."""
    directory: Path = tmp_path_factory.mktemp("examples")
    for line in (
        "gridctl simulate assets --thermostats 20 --chargers 5 --scada 2 --output assets.jsonl",
        "gridctl simulate thermostats --devices 20 --ticks 3 --output readings.jsonl",
    ):
        done = run(line, directory, stack.environment)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    return directory


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [words for words in LEAVES if words not in OWN_TEST and words not in STACK_ORDER], ids=" ".join
)
def test_the_examples_run(words: tuple[str, ...], workplace: Path, stack: Any) -> None:
    for example in examples_of(words):
        done = run(example, workplace, stack.environment)
        assert done.returncode == 0, f"{example}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.stack
@pytest.mark.slow
def test_the_examples_of_the_stack_run_in_their_order(tmp_path: Path) -> None:
    environment = {"GRIDCTL_STATE_DIR": str(tmp_path / "state")}
    try:
        for words in STACK_ORDER:
            for example in examples_of(words):
                if "--broker kafka" in example:
                    continue  # the real tier runs Apache Kafka
                done = run(example, tmp_path, environment)
                assert done.returncode == 0, f"{example}\nexit {done.returncode}\n{done.stderr}"
    finally:
        run("gridctl down", tmp_path, environment)
