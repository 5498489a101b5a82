"""`gridctl gate` with real processes: parallel, one summary, one code; what could not run is code 5."""

import json
import os
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.command import call
from tests.support.paths import GRIDCTL
from tests.support.wait import wait_until

PASSING = {"verdict": "pass", "checked": {}, "findings": []}
FAILING = {
    "verdict": "fail",
    "checked": {},
    "findings": [{"rule": "doc-missing", "message": "no doc", "file": "a.avsc"}],
}


def gate(name: str, command: list[str], more: str = "violation_code = 1") -> str:
    return f"[[gate]]\nname = {json.dumps(name)}\ncommand = {json.dumps(command)}\n{more}\n"


def printing(document: object, code: int) -> list[str]:
    return ["python", "-c", f"import sys; print({json.dumps(json.dumps(document))}); sys.exit({code})"]


def shell(script: str) -> list[str]:
    return ["bash", "-c", script]


class Repository:
    """A directory with a ci/gates.toml, in which gates are run as a user would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "ci").mkdir()

    def gates(self, *gates: str) -> None:
        (self.directory / "ci" / "gates.toml").write_text("\n".join(gates))

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return call("gate", *arguments, cwd=self.directory, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_all_pass(repository: Repository) -> None:
    repository.gates(gate("lint", printing(PASSING, 0), ""), gate("tool", shell("true")))
    done = repository.run()
    assert done.returncode == 0
    assert "gate: pass (0 errors, 0 warnings); checked: lint pass, tool pass" in done.stdout
    assert "lint: pass (" in done.stderr
    assert "tool: pass (" in done.stderr


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([gate("bad", shell("exit 1"))], 3),
        ([gate("bad", shell("exit 1")), gate("gone", ["no-such-tool-here"])], 5),
        ([gate("bad", shell("exit 1")), gate("call", printing(None, 2), ""), gate("gone", ["no-such-tool-here"])], 2),
        ([gate("call", printing(None, 2), ""), gate("fault", printing(None, 1), ""), gate("bad", shell("exit 1"))], 1),
    ],
)
def test_the_first_code_that_applies(more: list[str], code: int, repository: Repository) -> None:
    repository.gates(gate("good", shell("true")), *more)
    done = repository.run("--format", "json")
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["verdict"] != "pass"


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        (["no-such-tool-here"], "violation_code = 1", "no-such-tool-here is not installed"),
        (shell("kill -9 $$"), "violation_code = 1", "ended by signal 9"),
        (shell("sleep 30 & sleep 30"), "violation_code = 1\ntimeout_s = 0.3", "no verdict after 0.3 s"),
        (shell("setsid sleep 5 & exit 0"), "violation_code = 1\ntimeout_s = 0.3", "no verdict after 0.3 s"),
        (shell('echo \'{"verdict": "pass"\''), "", "no verdict that fits it"),
        (printing(FAILING, 0), "", "no verdict that fits it"),
        (shell("echo bad option >&2; exit 2"), "violation_code = 1", "exit code 2: bad option"),
        (["gridctl", "no-such-command"], "violation_code = 1", "exit code 2"),
    ],
    ids=[
        "not installed",
        "killed",
        "timeout",
        "left the group",
        "half a document",
        "contradiction",
        "tool misused",
        "no such command",
    ],
)
def test_what_could_not_run_is_code_5(command: list[str], more: str, said: str, repository: Repository) -> None:
    repository.gates(gate("good", shell("true")), gate("odd", command, more))
    done = repository.run("--format", "json")
    assert done.returncode == 5, done.stderr
    document = json.loads(done.stdout)
    assert document["verdict"] == "error"
    assert document["checked"] == {"good": "pass", "odd": "error"}
    assert said in document["findings"][0]["message"]


def test_the_five_formats(repository: Repository, tmp_path: Path) -> None:
    repository.gates(
        gate("lint", printing(FAILING, 3), ""), gate("types", shell("echo 'a.py:3:1: error: wrong'; exit 1"))
    )
    said = {name: repository.run("--format", name) for name in ("json", "sarif", "junit", "github", "text")}
    assert {done.returncode for done in said.values()} == {3}
    found = json.loads(said["json"].stdout)["findings"]
    assert [(row["rule"], row["file"], row["line"]) for row in found] == [
        ("doc-missing", "a.avsc", None),
        ("types", "a.py", 3),
    ]
    assert len(json.loads(said["sarif"].stdout)["runs"][0]["results"]) == 2
    assert len(ET.fromstring(said["junit"].stdout).findall(".//failure")) == 2  # noqa: S314 -- our own output
    assert "::error file=a.py,line=3,col=1,title=types::wrong" in said["github"].stdout
    assert "a.py:3:1: error[types]" in said["text"].stdout
    rows = [line.split() for line in said["text"].stdout.splitlines()]
    table = [row for row in rows if row and row[0] in {"lint", "types"}]
    assert [row[:4] for row in table] == [["lint", "fail", "3", "1"], ["types", "fail", "3", "1"]]


def test_in_actions_the_summary_and_the_outputs_are_written_once(repository: Repository, tmp_path: Path) -> None:
    inner = ["gridctl", "pr", "check", "--body-file", "missing", "--changed-files", "missing", "--format", "json"]
    repository.gates(gate("good", printing(PASSING, 0), ""), gate("pr", inner, ""))
    files = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    done = repository.run(GITHUB_ACTIONS="true", **files)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=could-not-check::the gate pr could not check")
    assert (tmp_path / "output").read_text() == "verdict=error\nfindings=1\nerrors=1\n"
    assert (tmp_path / "summary").read_text().count("### gridctl") == 1


def test_the_base_is_handed_on_where_it_applies(repository: Repository) -> None:
    script = ["python", "-c", "import sys; print('a.py:1: ' + ' '.join(sys.argv[1:])); sys.exit(1)"]
    repository.gates(gate("with", script, "violation_code = 1\ntakes_base = true"), gate("without", [*script, "x"]))
    done = repository.run("--base", "origin/main", "--format", "json")
    assert [row["message"] for row in json.loads(done.stdout)["findings"]] == ["--base origin/main", "x"]


def test_names_choose_gates_and_a_wrong_name_is_a_wrong_call(repository: Repository) -> None:
    repository.gates(gate("good", shell("true")), gate("bad", shell("exit 1")))
    assert repository.run("good").returncode == 0
    wrong = repository.run("better")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "ci/gates.toml has no gate better" in wrong.stderr


def test_without_a_readable_file_nothing_passes(repository: Repository) -> None:
    missing = repository.run()
    assert missing.returncode == 2
    assert "ci/gates.toml: cannot be read" in missing.stderr
    (repository.directory / "ci" / "gates.toml").write_bytes(b"\xff\xfe")
    assert repository.run().returncode == 2


def test_a_gate_without_anything_to_judge_is_said_to_be_left_out_but_never_in_actions(repository: Repository) -> None:
    needing = gate("pr", shell("exit 1"), 'violation_code = 1\nonly_with = "GITHUB_EVENT_PATH"')
    repository.gates(gate("good", shell("true")), needing)
    left_out = repository.run("--format", "json")
    assert left_out.returncode == 0
    assert json.loads(left_out.stdout)["checked"] == {"good": "pass", "pr": "not applicable"}
    assert "pr: not applicable here" in left_out.stderr
    assert repository.run("pr").returncode == 3
    assert repository.run(GITHUB_EVENT_PATH="event.json").returncode == 3
    assert repository.run(GITHUB_ACTIONS="true").returncode == 3
    repository.gates(needing)
    assert repository.run().returncode == 5


def test_gates_run_side_by_side(repository: Repository) -> None:
    # Each waits for the file of the other: one after the other, both would run out of time.
    wait = "touch {0}; for i in $(seq 200); do test -e {1} && exit 0; sleep 0.05; done; exit 1"
    repository.gates(gate("a", shell(wait.format("a", "b"))), gate("b", shell(wait.format("b", "a"))))
    assert repository.run().returncode == 0


def test_a_package_of_that_name_in_the_tree_is_not_the_judge(repository: Repository) -> None:
    fake = repository.directory / "gridctl"
    fake.mkdir()
    (fake / "__init__.py").write_text("")
    (fake / "__main__.py").write_text(f"print({json.dumps(PASSING)!r})")
    repository.gates(gate("pr", ["gridctl", "pr", "check", "--format", "json"], ""))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
    done = subprocess.run([GRIDCTL, "gate"], cwd=repository.directory, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_an_interruption_ends_every_process(number: signal.Signals, code: int, repository: Repository) -> None:
    repository.gates(gate("slow", shell("echo $$ > pid; sleep 60 & echo $! > child; wait")))
    running = subprocess.Popen([GRIDCTL, "gate"], cwd=repository.directory, stderr=subprocess.PIPE)
    child = repository.directory / "child"
    wait_until(lambda: child.exists() and child.read_text().strip())
    running.send_signal(number)
    _, said = running.communicate(timeout=20)
    assert running.returncode == code
    assert b"Traceback" not in said
    for name in ("pid", "child"):
        gone = int((repository.directory / name).read_text())
        assert not Path(f"/proc/{gone}").exists() or "Z" in Path(f"/proc/{gone}/stat").read_text().split()[2]
