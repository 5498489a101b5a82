"""Rehearse the deploy gate here: its job's steps, those of the composite action included, against a local stack.

gridctl is installed from a fresh clone of HEAD, as the action does it. What `actions/…` would do is done by hand.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.github.files import ACTIONS, WORKFLOWS, read
from tests.running_stack import RunningStack, running_stack
from tests.support.paths import ROOT
from tests.workflows.rehearse import Failed, evaluated

WORKFLOW = next(path for path in WORKFLOWS if path.name == "deploy-gate.yml")
GROUP = "rehearsal"
SOURCE = ".gridctl-source"


def contexts_of(inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return the contexts of a call of the workflow: what its caller gives, and the defaults of the rest."""
    declared = read(WORKFLOW)["on"]["workflow_call"]["inputs"]
    defaults = {name: str(spec["default"]) for name, spec in declared.items() if "default" in spec}
    return {"inputs": {**defaults, **inputs}, "secrets": {}}


def environment_of(contexts: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of the workflow's job."""
    return {name: evaluated(value, contexts) for name, value in read(WORKFLOW)["jobs"]["lag"]["env"].items()}


def arguments_of(contexts: Mapping[str, Any]) -> str:
    """Return what the workflow hands to the action."""
    return evaluated(read(WORKFLOW)["jobs"]["lag"]["steps"][-1]["with"]["arguments"], contexts)


def steps() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the scripts of the action, each with its step."""
    for step in read(ACTIONS[0])["runs"]["steps"]:
        if "run" in step:
            yield step["name"], step


def rehearse(top: Path, stack: RunningStack, *, threshold: int, bootstrap: str, expected: tuple[int, str]) -> None:
    """Call the workflow; raise Failed unless it ends with that exit code and verdict."""
    contexts = contexts_of(
        {"bootstrap": bootstrap, "groups": GROUP, "threshold": str(threshold), "observe-seconds": "1"}
    )
    own = {
        **environment_of(contexts),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(top / SOURCE / ACTIONS[0].parent.relative_to(ROOT)),
        "GITHUB_OUTPUT": str(top / "output"),
        "GITHUB_STEP_SUMMARY": str(top / "summary"),
        "RUNNER_TEMP": str(top),
        "ARGUMENTS": arguments_of(contexts),
        # What the embedded broker wants of its clients.
        **stack.variables,
    }
    (top / "output").write_text("")
    for name, step in steps():
        if name.startswith("Install") and (top / "gridctl").exists():
            continue
        print(f"== deploy gate, threshold {threshold}: {name}", flush=True)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=top,
            env={"HOME": os.environ["HOME"], "PATH": f"{Path(sys.base_prefix) / 'bin'}:{os.environ['PATH']}", **own},
            check=False,
        )
    verdict = next((line for line in (top / "output").read_text().splitlines() if line.startswith("verdict=")), "none")
    if (done.returncode, verdict) != (expected[0], f"verdict={expected[1]}"):
        raise Failed("deploy gate", f"exit code {done.returncode} and {verdict}, not {expected}")


def main() -> None:
    """Call it with a lag over the threshold, with Kafka away, and with everything read."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-", ignore_cleanup_errors=True) as directory:
        top = Path(directory)
        subprocess.run(["git", "clone", "--quiet", "--no-local", ROOT, top / SOURCE], check=True)
        with running_stack(top / "state") as stack:
            lines = stack.run("simulate", "thermostats", "--devices", 40, "--to", "-").stdout
            stack.run("ingest", "jsonl", "-", stdin=lines)
            stack.run("process", "--group", GROUP, "--max-messages", 10, "--batch", 10)
            try:
                rehearse(top, stack, threshold=20, bootstrap=stack.bootstrap, expected=(3, "fail"))
                rehearse(top, stack, threshold=20, bootstrap="127.0.0.1:9", expected=(5, "error"))
                stack.run("process", "--group", GROUP, "--until-idle")
                rehearse(top, stack, threshold=20, bootstrap=stack.bootstrap, expected=(0, "pass"))
            except Failed as failed:
                sys.exit(f"rehearsal failed: {failed}")
    print(f"rehearsal passed: {WORKFLOW.name}")


if __name__ == "__main__":
    main()
