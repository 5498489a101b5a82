"""`gridctl up`, `status`, `down`, `doctor`, `topics` on real processes."""

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from gridctl.cli.output import print_table
from gridctl.local.stack.model import read_stack
from tests.running_stack import RunningStack
from tests.support.paths import SCHEMAS

pytestmark = [pytest.mark.stack, pytest.mark.embedded]
PARTS = ["broker", "registry", "redis", "mqtt"]


def pids(state_dir: Path) -> list[int]:
    stack = read_stack(state_dir)
    assert stack is not None
    return [process.pid for part in stack.parts for process in part.processes]


def statuses(stack: RunningStack) -> dict[str, bool]:
    parts = json.loads(stack.run("status", "-o", "json", check=False).stdout)["parts"]
    return {part["name"]: part["up"] for part in parts}


def test_status_names_each_part(stack: RunningStack) -> None:
    parts = json.loads(stack.run("status", "-o", "json").stdout)["parts"]
    assert [part["name"] for part in parts] == PARTS
    assert {part["kind"] for part in parts} == {"embedded"}
    assert all(part["up"] is True and part["address"] for part in parts)


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_a_kafka_setting_that_breaks_a_guarantee_is_refused(stack: RunningStack, command: str) -> None:
    done = stack.run("-X", "kafka.acks=1", command, check=False)
    assert (done.returncode, "acks = 1 is refused" in done.stderr) == (2, True), done.stderr


def test_up_again_changes_nothing(stack: RunningStack) -> None:
    before = pids(stack.state_dir)
    stack.run("up")
    assert pids(stack.state_dir) == before


def test_up_has_applied_topics_and_registered_schemas(own_stack: RunningStack) -> None:
    assert json.loads(own_stack.run("topics", "plan", "-o", "json").stdout) == {"changes": []}
    checks = json.loads(own_stack.run("doctor", "-o", "json").stdout)["checks"]
    assert [check["name"] for check in checks] == [*PARTS, "topics", "schemas"]
    assert all(check["ok"] for check in checks)


def test_everything_listens_on_loopback_only(stack: RunningStack) -> None:
    listening = {
        connection.laddr.ip
        for pid in pids(stack.state_dir)
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_killed_parts_are_named_and_the_stack_comes_back(own_stack: RunningStack) -> None:
    killed = pids(own_stack.state_dir)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    done = own_stack.run("status", "-o", "json", check=False)
    assert done.returncode == 5
    assert statuses(own_stack) == dict.fromkeys(PARTS, False)
    own_stack.run("down")
    assert read_stack(own_stack.state_dir) is None
    own_stack.run("up")
    assert statuses(own_stack) == dict.fromkeys(PARTS, True)
    assert not set(killed) & set(pids(own_stack.state_dir))


def test_up_after_a_crash_needs_no_down_unless_data_would_be_lost(own_stack: RunningStack) -> None:
    first, *others = pids(own_stack.state_dir)
    os.kill(first, signal.SIGKILL)
    refused = own_stack.run("up", check=False)
    assert refused.returncode == 5
    assert "broker is down" in refused.stderr
    assert "gridctl down" in refused.stderr
    for pid in others:
        os.kill(pid, signal.SIGKILL)
    own_stack.run("up")
    assert statuses(own_stack) == dict.fromkeys(PARTS, True)


def runs(pid: int) -> bool:
    """Return whether a process runs; one that has ended may wait a moment for init to take note of it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_down_leaves_no_process_and_two_stacks_live_side_by_side(stack: RunningStack, tmp_path: Path) -> None:
    other = RunningStack(tmp_path / "other")
    other.run("up")
    started = pids(other.state_dir)
    assert not set(started) & set(pids(stack.state_dir))
    other.run("down")
    assert not [pid for pid in started if runs(pid)]
    assert all(statuses(stack).values())
    other.run("down")


def test_a_part_that_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = RunningStack(tmp_path / "state")
    catalogue = tmp_path / "schemas"
    catalogue.mkdir()
    (catalogue / "topics.toml").write_text("[[topic]]\nname = 1\n")
    done = broken.run("-X", f"schemas={catalogue}", "up", check=False)
    assert done.returncode == 2
    assert "topics.toml" in done.stderr
    assert not (tmp_path / "state" / "endpoints.json").exists()


def test_topics_plan_shows_drift_and_apply_never_deletes(own_stack: RunningStack, tmp_path: Path) -> None:
    text = (SCHEMAS / "topics.toml").read_text()
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    shorter = text.replace("retention_ms = 604800000", "retention_ms = 86400000")
    (schemas / "topics.toml").write_text(shorter.split('[[topic]]\nname = "unrouted')[0])
    use = ("-X", f"schemas={schemas}", "topics")
    planned = own_stack.run(*use, "plan", "-o", "json", check=False)
    assert planned.returncode == 3
    found = {(change["topic"], change["action"]) for change in json.loads(planned.stdout)["changes"]}
    assert ("iot.thermostat", "set_config") in found
    assert ("unrouted.dlq", "none") in found
    rehearsed = own_stack.run(*use, "apply", "--dry-run", "-o", "json")
    assert rehearsed.stdout == planned.stdout
    assert own_stack.run(*use, "plan", "-o", "json", check=False).stdout == planned.stdout, "nothing was changed"
    own_stack.run(*use, "apply")
    # What is left are topics that are not declared: shown, and no drift.
    left = json.loads(own_stack.run(*use, "plan", "-o", "json").stdout)["changes"]
    assert {change["action"] for change in left} == {"none"}
    assert "unrouted.dlq" in own_stack.run("topics", "list", "-o", "json").stdout


def test_a_protected_profile_wants_yes_before_topics_are_applied(stack: RunningStack, tmp_path: Path) -> None:
    stack.wants_yes(tmp_path, "topics", "apply", without=["--dry-run"])


def test_a_cell_of_a_table_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a"], [["x\x1b[31m\x9b\ry\x07"], ["°C"], [None]])
    shown = capsys.readouterr().out
    assert "x\ufffd[31m\ufffd\ufffdy\ufffd" in shown
    assert "°C" in shown
    assert shown.replace("\n", "").isprintable()


@pytest.mark.parametrize("words", ["status", "doctor", "topics list", "topics plan", "topics tail grid.asset"])
def test_without_a_stack_each_command_says_so_in_a_line(words: str, tmp_path: Path) -> None:
    nothing = RunningStack(tmp_path / "state")
    started_s = time.monotonic()
    done = nothing.run(*words.split(), check=False)
    assert time.monotonic() - started_s < 25, "10 s on a machine that is not busy"
    assert done.returncode == 5
    assert "gridctl up" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["topics", "list"], ["status"], ["doctor"]], ids=" ".join)
def test_endpoints_that_do_not_answer_are_named(words: list[str], tmp_path: Path) -> None:
    away = {
        "broker": "127.0.0.1:9",
        "registry": "http://127.0.0.1:9",
        "redis": "redis://127.0.0.1:9",
        "mqtt": "127.0.0.1:9",
    }
    started_s = time.monotonic()
    done = RunningStack(tmp_path, away).run(*words, check=False)
    assert time.monotonic() - started_s < 25, "10 s on a machine that is not busy"
    assert done.returncode == 5
    assert "127.0.0.1:9" in done.stderr + done.stdout
    if words == ["doctor"]:  # whole, and below a table of one line a check
        assert "\nredis: the grid state at redis://127.0.0.1:9 cannot be used: Error 111" in done.stdout
        assert "\n  next: run `gridctl doctor`; `gridctl up` starts a local stack\n" in done.stdout


def test_tail_prints_the_newest_records_decoded(stack: RunningStack) -> None:
    rows = [json.loads(line) for line in stack.run("topics", "tail", "grid.audit", "-n", "2").stdout.splitlines()]
    assert len(rows) == 2
    assert rows[0]["offset"] < rows[1]["offset"]
    assert all(row["value"]["subject"] and row["value"]["entry_hash"] for row in rows)
    missing = stack.run("topics", "tail", "no.such.topic", check=False)
    assert missing.returncode == 2
    assert "no.such.topic" in missing.stderr
