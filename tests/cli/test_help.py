"""Every command's help has a runnable example, and the examples run."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gridctl.cli.main import COMMANDS, build
from tests.running_stack import RunningStack
from tests.support.paths import GRIDCTL, ROOT

# Their examples read the repository's own files.
IN_REPOSITORY = {("pr", "check"), ("gate",), ("slo", "rules")}
# What serves until it is stopped, asks a code host, or would end the stack that others use has a test of its own:
# test_registry_server, test_lag_serve, test_pr, test_stack, test_slo. So has what writes into the clone:
# test_adding_a_kind.
ELSEWHERE = {("schema", "new"), ("registry", "serve"), ("lag", "serve"), ("pr", "ruleset"), ("down",), ("slo", "show")}


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


def test_the_root_help_names_every_command() -> None:
    done = subprocess.run([GRIDCTL, "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert {line.split()[0] for line in done.stdout.splitlines() if re.match(r"  \w", line)} >= {*COMMANDS}


@pytest.fixture(scope="module")
def workplace(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the examples name, made by the commands themselves, and a state with devices."""
    directory: Path = tmp_path_factory.mktemp("examples")
    for line in (
        "gridctl simulate assets --thermostats 20 --chargers 5 --scada 2 --to assets.jsonl",
        "gridctl simulate thermostats --devices 20 --ticks 3 --to readings.jsonl",
    ):
        done = run(line, directory, stack.environment)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    stack.run("ingest", "jsonl", directory / "readings.jsonl")
    stack.run("process", "--until-idle")
    return directory


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("words", [words for words in LEAVES if words not in ELSEWHERE], ids=" ".join)
def test_the_examples_run(words: tuple[str, ...], workplace: Path, stack: RunningStack) -> None:
    for example in examples_of(words):
        done = run(example, ROOT if words in IN_REPOSITORY else workplace, stack.environment)
        assert done.returncode == 0, f"{example}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
