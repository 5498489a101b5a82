"""The composite action's own steps, run as GitHub runs them, with a gridctl that says what it was given."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.github.files import ACTIONS, WORKFLOWS, read
from tests.support.paths import ROOT

STEPS = {step["name"]: step for step in read(ACTIONS[0])["runs"]["steps"] if "name" in step}


def run(name: str, top: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # What `shell: bash` means (docs.github.com, workflow syntax).
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
        cwd=top,
        env={"PATH": os.environ["PATH"], "RUNNER_TEMP": str(top), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A runner's directory, in which gridctl is a script that prints its words, one a line."""
    script = tmp_path / "gridctl" / "bin" / "gridctl"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\nexit "${CODE:-0}"\n')
    script.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("schema check", ["schema", "check"]),
        ("schema check\n  --base   origin/main\n", ["schema", "check", "--base", "origin/main"]),
        ("pr check; touch owned", ["pr", "check;", "touch", "owned"]),
        ("pr $(touch owned) `touch owned` $HOME *", ["pr", "$(touch", "owned)", "`touch", "owned`", "$HOME", "*"]),
        ("pr && touch owned | cat > owned", ["pr", "&&", "touch", "owned", "|", "cat", ">", "owned"]),
    ],
)
def test_arguments_are_words_and_nothing_else(arguments: str, words: list[str], top: Path) -> None:
    done = run("Run gridctl", top, ARGUMENTS=arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[:-1] == [f"<{word}>" for word in words]
    assert not (top / "owned").exists()


@pytest.mark.parametrize("code", ["1", "2", "3", "5"])
def test_the_exit_code_of_gridctl_is_that_of_the_step(code: str, top: Path) -> None:
    assert run("Run gridctl", top, ARGUMENTS="gate", CODE=code).returncode == int(code)


def test_it_installs_its_own_commit_by_the_pinned_versions(top: Path) -> None:
    (top / "bin").mkdir()
    python = top / "bin" / "python"
    python.write_text('#!/bin/sh\nmkdir -p "$3/bin" 2>/dev/null && cp "$0" "$3/bin/python"; echo "$@"\n')
    python.chmod(0o755)
    action_path = str(ACTIONS[0].parent)
    path = f"{top / 'bin'}:{os.environ['PATH']}"
    done = run("Install gridctl", top, GITHUB_ACTION_PATH=action_path, PATH=path)
    assert done.returncode == 0, done.stderr
    made, installed = done.stdout.splitlines()
    assert made == f"-m venv {top / 'gridctl'}"
    assert installed.endswith(f"-c {ROOT / 'constraints.txt'} {ROOT}[github]")


@pytest.mark.parametrize(("name", "job"), [("schema-gate.yml", "schemas"), ("deploy-gate.yml", "lag")])
def test_a_called_workflow_judges_with_the_commit_that_its_caller_names(name: str, job: str) -> None:
    path = next(path for path in WORKFLOWS if path.name == name)
    steps: list[dict[str, Any]] = read(path)["jobs"][job]["steps"]
    source, judging = steps[-2]["with"], steps[-1]
    assert source["ref"] == "${{ inputs.gridctl-ref }}"
    assert judging["uses"] == f"./{source['path']}/.github/actions/gridctl"
    assert read(path)["on"]["workflow_call"]["inputs"]["gridctl-ref"]["required"] is True
    output = read(path)["on"]["workflow_call"]["outputs"]["verdict"]["value"]
    assert output == f"${{{{ jobs.{job}.outputs.verdict }}}}"
    assert read(path)["jobs"][job]["outputs"]["verdict"] == f"${{{{ steps.{judging['id']}.outputs.verdict }}}}"
