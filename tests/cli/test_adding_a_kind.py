"""docs/adding-a-kind.md, followed word for word in a copy of the project, and on the wheel that is built of it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "adding-a-kind.md").read_text(encoding="utf-8")
COPIED = ("gridctl", "schemas", "ci", "gridctl.toml", "pyproject.toml", "README.md", "LICENSE")
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n```\w+\n|```console\n)(.*?)```", re.DOTALL)


class Block(NamedTuple):
    """A file with its text, or a console block: its commands, and the lines that are shown of their output."""

    file: str
    text: str

    @property
    def commands(self) -> list[str]:
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def shown(self) -> list[str]:
        return [line for line in self.text.splitlines() if not line.startswith("$ ")]


SKELETON, *FILES, GATES, TRIAL, BUILD = [Block(file, text) for file, text in BLOCK.findall(PAGE)]


@dataclass(frozen=True)
class Place:
    """Where `gridctl` is called, the code that it runs, and its stack."""

    directory: Path
    code: Path
    state_dir: Path

    def run(self, command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        python = Path(sys.executable)
        environment = {
            **os.environ,
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.code),
            "GRIDCTL_STATE_DIR": str(self.state_dir),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        line = re.sub(r"\bgridctl (?=[a-z])", f"{shlex.quote(str(python))} -m gridctl ", command)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == code, f"{line}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def runs_its_own_code(self) -> None:
        found = self.run('python -c "import gridctl.contracts.kinds as it; print(it.__file__)"').stdout.strip()
        assert Path(found) == self.code / "gridctl" / "contracts" / "kinds" / "__init__.py"


@contextmanager
def stack_up(place: Place) -> Iterator[None]:
    """Send the page's reading through a stack, and look at what is shown; what runs inside finds the stack up."""
    *commands, down = TRIAL.commands
    assert down == "gridctl down"
    try:
        outputs = [place.run(command).stdout for command in commands]
        [device] = json.loads(outputs[-1])["devices"]
        assert (device["device_id"], device["kind"], device["flow_temperature_c"]) == ("hp-1", "heatpump", 35.5)
        yield
    finally:
        place.run(down)


@pytest.mark.real
@pytest.mark.timeout(360)
def test_the_page_adds_a_kind_that_works_from_the_clone_and_from_its_wheel(tmp_path: Path) -> None:
    clone = Place(tmp_path / "clone", tmp_path / "clone", tmp_path / "clone-state")
    clone.directory.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone.directory / name)
    before = Place(clone.directory / "schemas", ROOT, clone.state_dir)
    clone.runs_its_own_code()
    topics = (clone.directory / "schemas" / "topics.toml").read_text(encoding="utf-8")

    assert clone.run(SKELETON.commands[0]).stdout.splitlines() == SKELETON.shown
    assert (clone.directory / "schemas" / "topics.toml").read_text(encoding="utf-8").startswith(topics)
    for command in GATES.commands:
        clone.run(command)

    for file, text in FILES:
        (clone.directory / file).write_text(text, encoding="utf-8")
        if file.endswith("model.py"):  # the schema does not say it yet
            assert "missing-field" in clone.run("gridctl schema drift", 3).stdout
    for command in GATES.commands:
        clone.run(command)
    assert "topic-kind" in before.run("gridctl schema drift --schemas .", 3).stdout
    with stack_up(clone):
        table = clone.run("COLUMNS=200 gridctl state show").stdout
        assert "power_w=2100.5, mode=HEATING" in table
        assert re.search(r"UNKNOWN +2100.5 +1", table)
        told = before.run("gridctl state show", 5).stderr
        assert "the grid state holds a device of kind code 3, which this version does not know\n" in told
        assert "upgrade gridctl" in told

    clone.run(BUILD.commands[0])
    wheel = Place(tmp_path / "elsewhere", tmp_path / "installed", tmp_path / "wheel-state")
    wheel.directory.mkdir()
    clone.run(f"python -m pip install --quiet --no-deps --no-compile --target {wheel.code} dist/*.whl")
    wheel.runs_its_own_code()
    with stack_up(wheel):
        pass
