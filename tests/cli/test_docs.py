"""The commands that README and the runbooks show are executed as they stand."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import BIN, ROOT

MARK = "<!-- executed by tests/cli/test_docs.py -->"
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if MARK in path.read_text()]


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
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_of_a_document_run(path: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "GRIDCTL_STATE_DIR": str(tmp_path / "state"),
    }
    commands = executed(path)
    assert commands
    try:
        for command, shown in commands:
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=90,
            )
            assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
            printed = [" ".join(line.split()) for line in done.stdout.splitlines()]
            assert [line for line in shown if line not in printed] == [], f"{command}\n{done.stdout}"
    finally:
        subprocess.run([BIN / "gridctl", "down"], env=environment, capture_output=True, timeout=60)
