"""The gate before a rollout: what the workflow asks, and the file of gates that asks the same."""

from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.paths import ROOT
from tests.workflows.deploy import arguments_of, contexts_of, environment_of

pytestmark = [pytest.mark.stack]

GROUP = "t.deploy"


def test_the_workflow_lets_through_what_keeps_up_and_nothing_else(stack: RunningStack, tmp_path: Path) -> None:
    lines = stack.run("simulate", "thermostats", "--devices", 40, "--to", "-").stdout
    stack.run("ingest", "jsonl", "-", stdin=lines)
    stack.run("process", "--group", GROUP, "--max-messages", 10, "--batch", 10)
    assert asked(stack, tmp_path, stack.bootstrap, GROUP) == (3, "verdict=fail")
    assert asked(stack, tmp_path, "127.0.0.1:9", GROUP) == (5, "verdict=error")
    assert asked(stack, tmp_path, stack.bootstrap, "t.nobody") == (5, "verdict=error")
    stack.run("process", "--group", GROUP, "--until-idle")
    assert asked(stack, tmp_path, stack.bootstrap, GROUP) == (0, "verdict=pass")


def asked(stack: RunningStack, directory: Path, bootstrap: str, group: str) -> tuple[int, str]:
    given = {"bootstrap": bootstrap, "groups": group, "threshold": "20", "observe-seconds": "0.2"}
    contexts, output = contexts_of(given), directory / "output"
    output.write_text("")
    environment = {**environment_of(contexts), **stack.variables, "GITHUB_OUTPUT": str(output)}
    environment["GRIDCTL_BOOTSTRAP"] = bootstrap
    done = call(*arguments_of(contexts).split(), cwd=directory, env=environment)
    verdicts = [line for line in output.read_text().splitlines() if line.startswith("verdict=")]
    return done.returncode, verdicts[0] if verdicts else done.stderr


def test_the_example_of_a_file_of_gates_runs(stack: RunningStack) -> None:
    lines = stack.run("simulate", "thermostats", "--devices", 5, "--to", "-").stdout
    stack.run("ingest", "jsonl", "-", stdin=lines)
    stack.run("process", "--until-idle")
    done = stack.run("gate", "--file", ROOT / "ci" / "examples" / "deploy-gates.toml", "--format", "text")
    assert "lag" in done.stdout
