"""Every command that runs until it is stopped, on the real process: Ctrl-C is 130, SIGTERM is 0, both in order.

`process`, `ingest jsonl` and `demo` have tests of their own, which look at the account as well.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.paths import GRIDCTL

pytestmark = [pytest.mark.stack]

NOBODY = """\
interval_ms = 50
[[device]]
device_id = "nobody"
address = "127.0.0.1:9"
unit_id = 1
[[device.field]]
name = "a"
address = 0
type = "INT16"
"""
LINES = ["simulate", "thermostats", "--devices", "100000", "--ticks", "100000", "--to", "-"]
LIVE = ["--devices", "20", "--interval", "1", "-o", "json"]
# Where a command says that it has begun, what it says there, and whether an account is on stdout at the end.
COMMANDS = {
    "ingest mqtt": (["ingest", "mqtt", "--client-id", "t-signal", "-o", "json"], "stderr", "listening", True),
    "ingest scada": (["ingest", "scada", "--map", "map.toml", "-o", "json"], "stderr", "nobody", True),
    "simulate thermostats": (["simulate", "thermostats", *LIVE], "stderr", "devices are sending", True),
    "simulate chargers": (["simulate", "chargers", *LIVE], "stderr", "devices are sending", True),
    "simulate scada": (["simulate", "scada", "-o", "json"], "stderr", "5 outstations on", True),
    "topics tail": (["topics", "tail", "grid.audit", "-n", "1", "--follow"], "stdout", "offset", False),
    "registry serve": (["registry", "serve"], "stdout", "http://", False),
}


def begun(arguments: list[str], stream: str, word: str, directory: Path, stack: RunningStack) -> subprocess.Popen[str]:
    """Start a command and return it once it has said so."""
    running = subprocess.Popen(
        [GRIDCTL, *arguments],
        cwd=directory,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pipe = running.stdout if stream == "stdout" else running.stderr
    assert pipe is not None
    for line in pipe:
        if word in line:
            return running
    pytest.fail(f"it ended without {word}: {running.communicate()}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_ends_it_in_order(name: str, number: int, code: int, stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(NOBODY)
    arguments, stream, word, accounts = COMMANDS[name]
    running = begun(arguments, stream, word, tmp_path, stack)
    running.send_signal(number)
    out, error = running.communicate(timeout=60)
    assert running.returncode == code, error
    assert "error:" not in error
    assert "Traceback" not in error
    assert not accounts or isinstance(json.loads(out), dict)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_lines_end_with_a_whole_one_and_are_never_taken_for_all(number: int) -> None:
    running = subprocess.Popen([GRIDCTL, *LINES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    first = running.stdout.readline()
    running.send_signal(number)
    rest, error = running.communicate(timeout=60)
    assert (running.returncode, error) == (130, "")
    lines = (first + rest).splitlines()
    assert all(json.loads(line)["kind"] == "thermostat" for line in (lines[0], lines[-1]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_stopped_midway_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    own = RunningStack(tmp_path / "state")
    running = begun(["up"], "stderr", "starting redis", tmp_path, own)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert not (own.state_dir / "endpoints.json").exists()
    state_dir = os.fsencode(own.state_dir)
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if _names(path, state_dir)]


def _names(path: Path, word: bytes) -> bool:
    try:
        return word in path.read_bytes()
    except OSError:  # it has ended
        return False
