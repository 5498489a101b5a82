"""The rehearsal of the workflow: what it evaluates, what it refuses, and that a red step is red."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.support.git import git
from tests.support.paths import ROOT
from tests.workflows import rehearse

CONTEXTS: dict[str, Any] = {"github": {"event": {"pull_request": {"base": {"ref": "main"}}}, "token": ""}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${{ github.event.pull_request.base.ref }}", "main"),
        ("<${{github.event.merge_group.base_sha}}>", "<>"),
        ("${{ github.token || github.event.pull_request.base.ref }}", "main"),
    ],
)
def test_expressions_are_paths(text: str, value: str) -> None:
    assert rehearse.evaluated(text, CONTEXTS) == value


@pytest.mark.parametrize("text", ["${{ format('{0}', 1) }}", "${{ a == b }}", "${{ secrets['x'] }}"])
def test_what_cannot_be_evaluated_is_no_pass(text: str) -> None:
    with pytest.raises(rehearse.Failed):
        rehearse.evaluated(text, CONTEXTS)


def test_the_steps_of_a_job_run_in_order_on_a_merge_commit_and_hand_their_environment_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    steps: list[dict[str, Any]] = [
        {"uses": "actions/checkout@x"},
        {"name": "first", "run": 'echo "WORD=handed on" >> "$GITHUB_ENV"'},
        {"name": "second", "run": "echo $WORD $REF", "env": {"REF": "${{ github.event.pull_request.base.ref }}"}},
        {"name": "third", "run": "git rev-list --parents -n 1 HEAD; git diff --name-only origin/main...HEAD"},
        {"name": "fourth", "run": 'cat "$GITHUB_EVENT_PATH"; echo'},
        {"name": "fifth", "run": "make test"},
    ]
    rehearse.run_job("job", steps, frozenset({"make test"}))
    said = capfd.readouterr().out
    assert "-- job: actions/checkout@x: not rehearsed" in said
    assert "\nhanded on main\n" in said
    assert "\ndocs/rehearsal.md\n" in said
    parents = next(line for line in said.splitlines() if line.count(" ") == 2 and len(line) == 122)
    assert parents.split()[1] == git(ROOT, "rev-parse", "HEAD")
    event = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert event["pull_request"]["head"]["sha"] == parents.split()[2]
    assert "-- job: fifth: done by the caller" in said


def test_a_red_step_ends_the_rehearsal(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [{"name": "red", "run": "false; true"}, {"name": "after", "run": "echo reached"}]
    with pytest.raises(rehearse.Failed, match="red: exit code 1"):
        rehearse.run_job("job", steps, frozenset())
    assert "reached" not in capfd.readouterr().out.replace("echo reached", "")


def test_a_step_done_by_nobody_is_refused() -> None:
    done = subprocess.run(
        [ROOT / "tests" / "workflows" / "run"],
        env=os.environ | {"GRIDCTL_WORKFLOW_DONE": "make tset"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "names no step of pr.yml: make tset" in done.stderr
