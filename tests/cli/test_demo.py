"""`gridctl demo`, as a user runs it: the account comes out even, and nothing stays behind."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from gridctl.local.stack.model import read_stack
from tests.support.paths import GRIDCTL, ROOT

pytestmark = [pytest.mark.stack, pytest.mark.slow]

# The servers and logins of somebody's everyday work: the demo uses its own stack, and gives it none of them.
ELSEWHERE = {
    "GRIDCTL_BOOTSTRAP": "127.0.0.1:1",
    "GRIDCTL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "GRIDCTL_REGISTRY_TOKEN_FILE": "/absent",
    "GRIDCTL_REDIS": "rediss://127.0.0.1:1",
    "GRIDCTL_REDIS_PASSWORD": "for another",
    "GRIDCTL_MQTT_TLS": "true",
}


def processes_of(state_dir: Path) -> list[psutil.Process]:
    """Return every process that was started for this directory: its path is in the command or in the environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(state_dir) in word for word in words):
            found.append(process)
    return found


def start(state_dir: Path, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [GRIDCTL, "demo", *map(str, arguments)],
        env={**os.environ, **ELSEWHERE, "GRIDCTL_STATE_DIR": str(state_dir)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def wait_for_talk(running: subprocess.Popen[bytes], word: bytes) -> None:
    """Wait until a line on stderr holds a word; the test's own time limit ends this."""
    assert running.stderr is not None
    for line in running.stderr:
        if word in line:
            return
    pytest.fail(f"it ended without {word.decode()}")


def test_every_reading_is_accounted_for(tmp_path: Path) -> None:
    running = start(tmp_path, "--duration", 4, "--devices", 300, "-o", "json")
    out, talk = running.communicate(timeout=110)
    assert running.returncode == 0, talk
    account = json.loads(out)
    assert account["lost"] == 0
    effects = ("applied", "stale", "duplicates", "dead_lettered")
    assert account["produced"] == sum(account[name] for name in effects) > 0
    assert account["dead_lettered"] == sum(account["by_reason"].values()) > 0
    assert set(account["latency_ms"]) == {"p50", "p99"}
    assert account["events_per_s"] > 0
    sources = account["sources"]
    assert account["produced"] == sum(row["sent"] + row["unanswered"] for row in sources.values())
    assert account["unanswered_polls"] == sources["scada"]["unanswered"] > 0
    assert sources["scada"]["in_kafka"] == sources["scada"]["sent"] + sources["scada"]["unanswered"]
    for name in ("thermostats", "chargers"):
        assert sources[name]["sent"] > 0
    assert b"lag" in talk, "without a terminal the live view is lines"
    assert processes_of(tmp_path) == []
    assert read_stack(tmp_path) is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_with_its_account_and_leaves_nothing_behind(number: int, code: int, tmp_path: Path) -> None:
    running = start(tmp_path, "--duration", 300, "--devices", 50, "-o", "json")
    wait_for_talk(running, b"lag")
    running.send_signal(number)
    out, talk = running.communicate(timeout=90)
    assert running.returncode == code, talk
    account = json.loads(out)
    assert account["lost"] == 0
    assert account["produced"] > 0
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once_and_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    running = start(tmp_path, "--duration", 300, "--devices", 50)
    wait_for_talk(running, b"lag")
    running.send_signal(number)
    wait_for_talk(running, b"draining")
    running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    assert out == b""
    assert running.returncode == 130
    assert processes_of(tmp_path) == []
