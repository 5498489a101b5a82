"""Readings from a pipe to the grid state, on the embedded stack: once, again, and among garbage."""

import fcntl
import json
import random
import signal
import subprocess
import sys
import termios
import time
from base64 import b64decode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from tests.running_stack import RunningStack
from tests.support.paths import GRIDCTL
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack]

DEVICES, TICKS = 1000, 5
FLEET = ("simulate", "thermostats", "--devices", DEVICES, "--ticks", TICKS, "--seed", 7, "--to", "-")


@pytest.fixture(scope="module")
def fleet(platform: RunningStack) -> bytes:
    """The lines of a fleet, and the platform's state after them."""
    lines = platform.run(*FLEET).stdout.encode()
    assert document(platform, "ingest", "jsonl", "-", stdin=lines)["published"] == DEVICES * TICKS
    assert document(platform, "process", "--until-idle")["applied"] == DEVICES * TICKS
    return lines


def document(platform: RunningStack, *arguments: object, stdin: bytes = b"") -> Any:
    return json.loads(platform.run(*arguments, "-o", "json", stdin=stdin).stdout)


def state(platform: RunningStack) -> str:
    return platform.run("state", "show", "-o", "json").stdout


def letters(platform: RunningStack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in platform.run("dlq", "show", "-o", "jsonl").stdout.splitlines()]


def test_a_fleet_reaches_the_state_once_however_often_it_is_sent(platform: RunningStack, fleet: bytes) -> None:
    before = state(platform)
    assert len(json.loads(before)["devices"]) == DEVICES
    report = document(platform, "ingest", "jsonl", "-", stdin=fleet)
    assert {name: report[name] for name in ("read", "published", "rejected", "duplicates_on_input")} == {
        "read": DEVICES * TICKS,
        "published": DEVICES * TICKS,
        "rejected": 0,
        "duplicates_on_input": 0,
    }
    done = document(platform, "process", "--until-idle")
    assert (done["applied"], done["duplicates"] + done["stale"]) == (0, DEVICES * TICKS)
    assert state(platform) == before


def garbage(sound: bytes) -> list[tuple[bytes, str]]:
    """Return a hundred broken lines, all different, each with the rule that it breaks."""
    made: list[tuple[bytes, str]] = []
    for number in range(10):
        own = json.loads(sound) | {"device_id": f"broken-{number}"}
        line = json.dumps(own).encode()
        made += [
            (line[: -20 - number], "json_truncated"),
            (json.dumps(own | {"temperature_c": float("nan")}).encode(), "not_finite"),
            (json.dumps(own | {"setpoint_c": "21.5"}).encode(), "wrong_type"),
            (json.dumps(own | {"firmware": "f" * 1_000_000}).encode(), "too_large"),
            (line[:-1] + b',"x":' + b"[" * 60_000 + b"]" * 60_000 + b"}", "nesting_too_deep"),
            (json.dumps(own | {"rssi_dbm": -70}).encode(), "unknown_field"),
            (json.dumps(own | {"event_time_ms": time.time_ns() // 10**6 + 10**9}).encode(), "event_time_in_future"),
            (line.replace(b"broken-", b"broken\xff-"), "invalid_utf8"),
            (line.replace(b"broken-", b"broken\x07-"), "control_character"),
            (json.dumps(own | {"priority_level": "LIFE_SUSTAINING"}).encode(), "platform_field"),
        ]
    return made


def test_garbage_goes_to_the_dead_letters_and_touches_nothing_else(platform: RunningStack, fleet: bytes) -> None:
    before, earlier = state(platform), {letter["raw_sha256"] for letter in letters(platform)}
    sound = fleet.splitlines()
    broken = garbage(sound[0])
    lines = sound + [line for line, _ in broken]
    random.Random(7).shuffle(lines)
    report = document(platform, "ingest", "jsonl", "-", stdin=b"\n".join(lines))
    assert (report["read"], report["published"], report["rejected"]) == (len(lines), len(sound), 100)
    done = document(platform, "process", "--until-idle")
    assert (done["consumed"], done["applied"], done["dead_lettered"]) == (len(sound), 0, 0)
    assert state(platform) == before

    found = {letter["raw_sha256"]: letter for letter in letters(platform) if letter["raw_sha256"] not in earlier}
    assert len(found) == 100
    for line, rule in broken:
        letter = found[sha256(line).hexdigest()]
        assert letter["rule"] == rule, letter
        assert letter["raw_length"] == len(line)
        assert b64decode(letter["raw_base64"]) == line[: 256 * 1024]
        assert letter["source"] == f"stdin:{lines.index(line) + 1}"
        assert letter["topic"] == "iot.thermostat.dlq"
        assert letter["reason"].isprintable()
    assert Counter(letter["rule"] for letter in found.values()) == Counter(rule for _, rule in broken)


def test_a_file_and_the_forms_of_the_report(platform: RunningStack, fleet: bytes, tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_bytes(fleet.splitlines()[0] + b"\nnonsense\n")
    as_yaml = yaml.safe_load(platform.run("ingest", "jsonl", path, "-o", "yaml").stdout)
    assert (as_yaml["read"], as_yaml["published"], as_yaml["rejected"]) == (2, 1, 1)
    table = platform.run("ingest", "jsonl", path)
    assert "rejected" in table.stdout
    assert table.stderr == ""
    assert f"{path}:2" in {letter["source"] for letter in letters(platform)}


@pytest.mark.parametrize(("name", "problem"), [("absent", "No such file"), ("", "Is a directory")])
def test_a_file_that_cannot_be_read_is_a_wrong_call(
    name: str, problem: str, platform: RunningStack, tmp_path: Path
) -> None:
    done = platform.run("ingest", "jsonl", tmp_path / name, check=False)
    assert done.returncode == 2
    assert problem in done.stderr
    assert str(tmp_path) in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_drains_and_reports(number: int, code: int, platform: RunningStack, fleet: bytes) -> None:
    with subprocess.Popen(
        [GRIDCTL, "ingest", "jsonl", "-", "-o", "json"],
        env=platform.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(fleet)
        running.stdin.flush()
        # The pipe stays open: without the signal the command would wait for more.
        wait_for_bytes_to_be_read(running.stdin)
        running.send_signal(number)
        report = json.loads(running.stdout.read())
        assert running.wait(10) == code
        running.stdin.close()
    assert report["read"] == report["published"] == DEVICES * TICKS


def wait_for_bytes_to_be_read(pipe: IO[bytes]) -> None:
    """Wait until nothing of what was written is left in the pipe."""
    wait_until(lambda: int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder) == 0)


def test_without_a_broker_the_command_ends_soon_and_says_which(platform: RunningStack, fleet: bytes) -> None:
    started = time.monotonic()
    done = platform.run("-X", "bootstrap=127.0.0.1:9", "ingest", "jsonl", "-", stdin=fleet, check=False)
    assert time.monotonic() - started < 25, "10 s on a machine that is not busy"
    assert done.returncode == 5
    [error, next_step] = done.stderr.splitlines()
    assert "127.0.0.1:9" in error
    assert "gridctl up" in next_step
    assert done.stdout == ""


def test_without_a_stack_the_command_says_how_to_get_one(tmp_path: Path) -> None:
    nowhere = RunningStack(tmp_path)
    for command in (("ingest", "jsonl", "-"), ("ingest", "mqtt"), ("assets", "apply", "-")):
        done = nowhere.run(*command, check=False)
        assert done.returncode == 5, command
        assert str(tmp_path) in done.stderr
        assert "gridctl up" in done.stderr


def test_a_record_that_the_broker_does_not_take_ends_the_run(platform: RunningStack, fleet: bytes) -> None:
    # Every batch is larger than what the client may send, so nothing is acknowledged.
    done = platform.run("-X", "kafka.message.max.bytes=1000", "ingest", "jsonl", "-", stdin=b"x" * 5000, check=False)
    assert done.returncode == 5, done.stdout
    assert "unrouted.dlq" in done.stderr
    assert done.stdout == ""


def test_asset_records_decide_priority_and_circuit(platform: RunningStack, fleet: bytes) -> None:
    record = {
        "device_id": "asset-1",
        "circuit_id": "circuit-x",
        "feeder_id": "feeder-x",
        "priority_level": "PUBLIC_SAFETY",
        "valid_from_ms": 0,
        "valid_to_ms": None,
        "updated_at_ms": 0,
    }
    applied = document(platform, "assets", "apply", "-", stdin=json.dumps(record).encode())
    assert applied == {"read": 1, "published": 1}
    reading = json.loads(fleet.splitlines()[0])
    lines = [json.dumps(reading | {"device_id": device_id}) for device_id in ("asset-1", "asset-2")]
    platform.run("ingest", "jsonl", "-", stdin="\n".join(lines).encode())
    platform.run("process", "--until-idle")
    devices = {device["device_id"]: device for device in json.loads(state(platform))["devices"]}
    assert devices["asset-1"]["priority_level"] == "PUBLIC_SAFETY"
    assert devices["asset-1"]["circuit_id"] == "circuit-x"
    assert devices["asset-2"]["priority_level"] == "UNKNOWN"


def test_one_wrong_asset_record_refuses_the_file(platform: RunningStack, tmp_path: Path) -> None:
    path = tmp_path / "assets.jsonl"
    good = platform.run("simulate", "assets", "--thermostats", 10, "--to", "-").stdout
    before = platform.run("topics", "tail", "grid.asset").stdout
    path.write_text(good + good.splitlines()[0].replace('"device_id":"', '"device_id":"a b'))
    done = platform.run("assets", "apply", path, check=False)
    assert done.returncode == 2
    assert f"{path}:{len(good.splitlines()) + 1}: device_id: " in done.stderr
    path.write_text(good)
    assert document(platform, "assets", "apply", path, "--dry-run") == {"read": len(good.splitlines()), "published": 0}
    assert platform.run("topics", "tail", "grid.asset").stdout == before


def test_a_protected_profile_wants_yes_before_records_are_published(platform: RunningStack, tmp_path: Path) -> None:
    platform.wants_yes(tmp_path, "assets", "apply", "-", without=["--dry-run"])
