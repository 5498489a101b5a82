"""`gridctl schema register` on the stack: plan, write, write again, and what it refuses."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.paths import GRIDCTL, ROOT, SCHEMAS

pytestmark = [pytest.mark.stack]


def record(*fields: object) -> str:
    return json.dumps({"type": "record", "name": "R", "namespace": "gridstream.t", "fields": list(fields)})


A, B = {"name": "a", "type": "int"}, {"name": "b", "type": "int"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The platform's schemas, to which a test adds its own subject."""
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


def add(tree: Path, subject: str, *versions: str) -> None:
    (tree / subject).mkdir(exist_ok=True)
    for number, text in enumerate(versions, 1):
        (tree / subject / f"v{number}.avsc").write_text(text)


def test_up_has_registered_everything_and_again_changes_nothing(stack: RunningStack) -> None:
    first = json.loads(stack.run("schema", "register", "--execute", "-o", "json").stdout)
    again = json.loads(stack.run("schema", "register", "--execute", "-o", "json").stdout)
    assert first["steps"] == again["steps"] == []
    assert first["head"] == again["head"]
    assert again["unchanged"] == len(list(SCHEMAS.rglob("v*.avsc")))


def test_a_plan_writes_nothing_and_execute_does_what_it_says(stack: RunningStack, tree: Path) -> None:
    add(tree, "t.planned-value", record(A), record(A, B | {"default": 0}))
    planned = json.loads(stack.run("schema", "register", "--schemas", tree, "-o", "json").stdout)
    assert [(step["action"], step["version"]) for step in planned["steps"]] == [
        ("register", 1),
        ("set level", None),
        ("register", 2),
    ]
    assert (planned["executed"], planned["head"]) == (False, None)
    assert json.loads(stack.run("schema", "register", "--schemas", tree, "-o", "json").stdout) == planned
    done = stack.run("schema", "register", "--schemas", tree, "--execute", "-o", "json")
    document = json.loads(done.stdout)
    assert document["steps"] == planned["steps"]
    assert f"ledger head {document['head']['sequence']}:{document['head']['hash']}" in done.stderr
    assert json.loads(stack.run("schema", "register", "--schemas", tree, "-o", "json").stdout)["steps"] == []


def test_a_tree_that_breaks_the_level_is_refused_before_anything_is_written(stack: RunningStack, tree: Path) -> None:
    add(tree, "a.sound-value", record(A))
    add(tree, "t.broken-value", record(A), record(A, B | {"default": 0}), record(A, B))
    refused = stack.run("schema", "register", "--schemas", tree, "--execute", check=False)
    assert refused.returncode == 3
    assert "t.broken-value/v3.avsc" in refused.stderr
    assert "v3 cannot read what v1 wrote" in refused.stderr
    (tree / "t.broken-value" / "v3.avsc").unlink()
    planned = json.loads(stack.run("schema", "register", "--schemas", tree, "-o", "json").stdout)
    assert len(planned["steps"]) == 5


def test_in_github_actions_the_head_goes_to_the_outputs_and_the_summary(stack: RunningStack, tmp_path: Path) -> None:
    files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    done = subprocess.run(
        [GRIDCTL, "schema", "register", "--execute", "-o", "json"],
        env={**stack.environment, **{name: str(path) for name, path in files.items()}},
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    head = json.loads(done.stdout)["head"]
    text = f"{head['sequence']}:{head['hash']}"
    assert files["GITHUB_OUTPUT"].read_text() == f"ledger-head={text}\n"
    assert f"--head {text}" in files["GITHUB_STEP_SUMMARY"].read_text()


def test_a_protected_profile_wants_yes(stack: RunningStack, tmp_path: Path) -> None:
    stack.wants_yes(tmp_path, "schema", "register", "--execute")


def test_a_registry_that_is_away_is_no_success(stack: RunningStack) -> None:
    away = stack.run("-X", "registry=http://127.0.0.1:9", "schema", "register", check=False)
    assert away.returncode == 5
    assert "127.0.0.1:9" in away.stderr


def test_adopting_wants_a_reason(stack: RunningStack) -> None:
    assert stack.run("schema", "register", "--adopt", "why", check=False).returncode == 2
    assert stack.run("schema", "register", "--execute", "--adopt", " ", check=False).returncode == 2


def test_what_cannot_be_recorded_is_not_done(stack: RunningStack, tree: Path) -> None:
    add(tree, "t.unrecorded-value", record(A))
    done = stack.run("-X", "bootstrap=127.0.0.1:9", "schema", "register", "--schemas", tree, "--execute", check=False)
    assert done.returncode == 5
    planned = json.loads(stack.run("schema", "register", "--schemas", tree, "-o", "json").stdout)
    assert {"t.unrecorded-value"} <= {step["subject"] for step in planned["steps"]}


def test_two_who_register_at_once_leave_one_sound_chain(stack: RunningStack, tree: Path) -> None:
    add(tree, "t.at-once-value", record(A), record(A, B | {"default": 0}))
    words = [GRIDCTL, "schema", "register", "--schemas", str(tree), "--execute"]
    runs = [subprocess.Popen(words, env=stack.environment, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    findings = json.loads(stack.run("audit", "verify", "--format", "json", check=False).stdout)["findings"]
    assert [
        each for each in findings if each["rule"].startswith("audit-") or each["subject"] == "t.at-once-value"
    ] == []
