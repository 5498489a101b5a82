"""The commands that README and the runbooks show are executed as they stand."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.paths import BIN, ROOT

MARK = "<!-- executed by tests/cli/test_docs.py -->"
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if MARK in path.read_text()]
# No word of it is anything to a shell.
ALONE = re.compile(r"gridctl [\w .:/=-]+")
# These need a stack that is up, and leave it up: all share one.
ON_A_STACK = [path for path in DOCUMENTS if path.parent.name == "runbooks" and "\n$ gridctl up\n" in path.read_text()]


def executed(path: Path) -> list[tuple[str, list[str]]]:
    """Return the commands of the console blocks under the mark, each with the lines that are shown of its output."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(re.escape(MARK) + r"\n```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif line.strip():
                found[-1][1].append(" ".join(line.split()))
    return found


def test_the_readme_is_among_the_executed_documents() -> None:
    assert ROOT / "README.md" in DOCUMENTS


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path not in ON_A_STACK], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_commands_of_a_document_run(path: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "GRIDCTL_STATE_DIR": str(tmp_path / "state")}
    try:
        run_all(path, tmp_path, environment)
    finally:
        subprocess.run([BIN / "gridctl", "down"], env=environment, capture_output=True, timeout=60)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.parametrize("path", ON_A_STACK, ids=lambda path: path.stem)
def test_the_commands_of_a_runbook_run_on_a_stack_that_is_up(path: Path, tmp_path: Path, stack: RunningStack) -> None:
    run_all(path, tmp_path, stack.environment, stack)


def run_all(path: Path, directory: Path, environment: dict[str, str], stack: RunningStack | None = None) -> None:
    """Run the commands of a document in a directory; each ends with 0 and prints what is shown of it.

    On a stack that is given, a call of gridctl alone is made in this process: the interpreter's start takes longest.
    """
    commands = executed(path)
    assert commands
    for command, shown in commands:
        if stack is not None and ALONE.fullmatch(command):
            done = stack.run(*command.split()[1:], check=False, cwd=directory)
        else:
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                cwd=directory,
                env={**environment, "PATH": f"{BIN}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                timeout=90,
            )
        assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        printed = [" ".join(line.split()) for line in done.stdout.splitlines()]
        assert [line for line in shown if line not in printed] == [], f"{command}\n{done.stdout}"
