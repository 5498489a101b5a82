"""The commands that README and the runbooks show are executed as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = str(Path(sys.executable).parent)
MARK = "<!-- executed by tests/cli/test_docs.py -->"
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if MARK in path.read_text()]


def executed_blocks(path: Path) -> list[list[str]]:
    """Return the commands of each console block that stands under the mark."""
    blocks = re.findall(re.escape(MARK) + r"\n```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [[line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")] for block in blocks]


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
    blocks = executed_blocks(path)
    assert blocks
    try:
        for command in (command for block in blocks for command in block):
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=90,
            )
            assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    finally:
        subprocess.run([f"{BIN}/gridctl", "down"], env=environment, capture_output=True, timeout=60)
