"""Rehearse the pull request's workflow here: each job in a fresh clone of HEAD, its `run:` steps in order.

What GitHub does is done here by hand: the merge commit of a small pull request, the event's payload, the files that
a step may write to. What `uses:` names is not run; a Python is on the PATH, and `make` installs the rest. There is no
token, as in a run without secrets, so the body comes from the payload.

GRIDCTL_WORKFLOW_DONE names steps, separated by commas, that the caller has run on this very commit already.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.github.files import PULL_REQUEST, read
from tests.support.paths import ROOT

BODY = ROOT / "ci" / "examples" / "pr-body.md"
_EXPRESSION = re.compile(r"\$\{\{\s*(?P<inner>.*?)\s*\}\}")
_PATH = re.compile(r"[a-z_]+(\.[a-z_-]+)*")
_OWN = ("GITHUB_", "GRIDCTL_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS", "RUNNER_")
_AUTHOR = ("-c", "user.name=author", "-c", "user.email=author@example.org")


@dataclass(frozen=True)
class Failed(Exception):
    """A step that did not end with 0, or cannot be rehearsed."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def evaluated(text: str, contexts: Mapping[str, Any]) -> str:
    """Replace expressions: paths into a context, of which `||` takes the first that is not empty."""

    def value(match: re.Match[str]) -> str:
        for path in re.split(r"\s*\|\|\s*", match["inner"]):
            if not _PATH.fullmatch(path):
                raise Failed(match[0], "the rehearsal cannot evaluate this")
            found: Any = contexts
            for key in path.split("."):
                found = found.get(key) if isinstance(found, Mapping) else None
            if found:
                return str(found)
        return ""

    return _EXPRESSION.sub(value, text)


def pull_request(workspace: Path) -> dict[str, Any]:
    """Clone HEAD as `origin/main`, add a change, merge it as GitHub would, and return the event's payload."""
    origin = workspace.with_name("origin.git")
    _git(ROOT, "clone", "--quiet", "--bare", "--no-local", str(ROOT), str(origin))
    base = _git(ROOT, "rev-parse", "HEAD")
    _git(origin, "update-ref", "refs/heads/main", base)
    _git(origin, "symbolic-ref", "HEAD", "refs/heads/main")
    _git(workspace.parent, "clone", "--quiet", str(origin), str(workspace))
    _git(workspace, "checkout", "--quiet", "-b", "change")
    (workspace / "docs" / "rehearsal.md").write_text("A page that a rehearsed pull request adds.\n")
    _git(workspace, "add", "docs/rehearsal.md")
    _git(workspace, *_AUTHOR, "commit", "--quiet", "--message", "Add a page")
    head = _git(workspace, "rev-parse", "HEAD")
    _git(workspace, "checkout", "--quiet", "--detach", "origin/main")
    _git(workspace, *_AUTHOR, "merge", "--quiet", "--no-ff", "--no-edit", "change")
    return {
        "action": "synchronize",
        "number": 1,
        "repository": {"full_name": "gridstream/gridstream"},
        "pull_request": {
            "number": 1,
            "user": {"login": "author"},
            "body": BODY.read_text(encoding="utf-8"),
            "base": {"ref": "main", "sha": base},
            "head": {"ref": "change", "sha": head},
        },
    }


def run_job(name: str, steps: list[dict[str, Any]], done: frozenset[str]) -> None:
    """Run the steps of one job in a clone of its own; raise Failed at the first that fails."""
    scripts = [step["run"].strip() for step in steps if "run" in step]
    with tempfile.TemporaryDirectory(prefix="rehearsal-", ignore_cleanup_errors=True) as directory:
        top = Path(directory)
        workspace = top / "workspace"
        event = pull_request(workspace) if set(scripts) - done else {}
        (top / "event.json").write_text(json.dumps(event))
        environment = _environment(name, top, workspace)
        for step in steps:
            _run_step(name, step, event, environment, done)


def _run_step(
    job: str, step: Mapping[str, Any], event: Mapping[str, Any], environment: dict[str, str], done: frozenset[str]
) -> None:
    script = step.get("run", "").strip()
    title = f"{job}: {step.get('name') or step.get('uses')}"
    if not script or script in done:
        print(f"-- {title}: {'done by the caller' if script else 'not rehearsed'}", flush=True)
        return
    contexts = {"github": {"event": event, "token": ""}}
    own = {key: evaluated(str(value), contexts) for key, value in step.get("env", {}).items()}
    print(f"== {title}: {script}", flush=True)
    started = time.monotonic()
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"):
        Path(environment[name]).write_text("")
    # What `run:` means without `shell:` (docs.github.com, workflow syntax).
    code = subprocess.run(
        ["bash", "-e", "-c", script], cwd=environment["GITHUB_WORKSPACE"], env=environment | own, check=False
    ).returncode
    print(f"== {title}: exit code {code} after {time.monotonic() - started:.0f} s", flush=True)
    if code:
        raise Failed(title, f"exit code {code}")
    for line in Path(environment["GITHUB_ENV"]).read_text().splitlines():
        key, _, value = line.partition("=")
        environment[key] = value
    paths = Path(environment["GITHUB_PATH"]).read_text().split()
    environment["PATH"] = os.pathsep.join([*reversed(paths), environment["PATH"]])


def _environment(job: str, top: Path, workspace: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OWN)}
    python = str(Path(sys.base_prefix) / "bin")
    return inherited | {
        "CI": "true",
        "PATH": os.pathsep.join([python, inherited["PATH"]]),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(top / "event.json"),
        "GITHUB_JOB": job,
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_REPOSITORY": "gridstream/gridstream",
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_OUTPUT": str(top / "output"),
        "GITHUB_STEP_SUMMARY": str(top / "summary"),
        "GITHUB_ENV": str(top / "env"),
        "GITHUB_PATH": str(top / "path"),
        "RUNNER_TEMP": str(top),
    }


def _git(directory: Path, *arguments: str) -> str:
    found = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    if found.returncode:
        raise Failed(f"git {arguments[0]}", found.stderr.strip())
    return found.stdout.strip()


def main() -> None:
    """Rehearse every job, and say at the end what was and what was not run."""
    done = frozenset(step.strip() for step in os.environ.get("GRIDCTL_WORKFLOW_DONE", "").split(",")) - {""}
    jobs: dict[str, Any] = read(PULL_REQUEST)["jobs"]
    if unknown := done - {step.get("run", "").strip() for job in jobs.values() for step in job["steps"]}:
        sys.exit(f"GRIDCTL_WORKFLOW_DONE names no step of {PULL_REQUEST.name}: {', '.join(sorted(unknown))}")
    try:
        for name, job in jobs.items():
            run_job(name, job["steps"], done)
    except Failed as failed:
        sys.exit(f"rehearsal failed: {failed}")
    print(f"rehearsal passed: {', '.join(jobs)}" + (f"; done by the caller: {', '.join(sorted(done))}" if done else ""))


if __name__ == "__main__":
    main()
