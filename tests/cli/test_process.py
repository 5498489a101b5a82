"""`gridctl process`, `state` and `dlq` on the real parts."""

import json
import re
import signal
import subprocess
import time
from base64 import b64decode
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from gridctl.adapters.redis_state import RedisState
from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.paths import GRIDCTL, ROOT
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack]

DEVICES, TICKS = 200, 5
JUNK = [b"", b"\x00\x00\x00", b"\x01\x00\x00\x00\x01x", b"\x00\x7f\xff\xff\xffx", b"\x00\x00\x00\x00\x01\xff\xff"]


def simulated(kind: str, platform: RunningStack, *more: object) -> bytes:
    arguments = ["simulate", kind, "--devices", DEVICES, "--ticks", TICKS, "--seed", 7, *more, "--to", "-"]
    return platform.run(*arguments).stdout.encode()


def document(platform: RunningStack, *arguments: object) -> Any:
    return json.loads(platform.run(*arguments, "-o", "json").stdout)


def process(platform: RunningStack, *more: object) -> Any:
    return document(platform, "process", "--until-idle", *more)


def test_from_readings_to_the_grid_state_and_again(platform: RunningStack) -> None:
    lines = simulated("thermostats", platform)
    platform.run("ingest", "jsonl", "-", stdin=lines)
    first = process(platform)
    assert first["consumed"] == first["applied"] == DEVICES * TICKS
    assert set(first) >= {"consumed", "applied", "duplicates", "stale", "dead_lettered", "duration_s", "latency_ms"}
    state = platform.run("state", "show", "-o", "json").stdout
    devices = json.loads(state)["devices"]
    assert len(devices) == DEVICES
    newest = {row["device_id"]: row["event_time_ms"] for row in map(json.loads, lines.splitlines())}
    assert {row["device_id"]: row["event_time_ms"] for row in devices} == newest
    [circuit] = json.loads(state)["circuits"]
    assert circuit["devices"] == DEVICES
    assert circuit["power_w"] == pytest.approx(sum(row["power_w"] for row in devices), abs=1e-3)

    platform.run("ingest", "jsonl", "-", stdin=lines)
    again = process(platform)
    assert again["consumed"] == again["duplicates"] + again["stale"] == DEVICES * TICKS
    assert again["duplicates"] == DEVICES
    assert platform.run("state", "show", "-o", "json").stdout == state
    with closing(RedisState(platform.redis)) as counted:
        expected = {name: first[name] + again[name] for name in ("applied", "stale", "duplicates")}
        assert counted.effects() == expected


def test_what_cannot_be_decoded_is_a_dead_letter_with_its_place(platform: RunningStack) -> None:
    with closing(Producer({"bootstrap.servers": platform.bootstrap})) as producer:
        for value in [*JUNK, None]:
            producer.produce("ev.session", value, b"junk-1", partition=2)
        assert producer.flush(10) == 0
    before = document(platform, "dlq", "summary")
    done = process(platform)
    assert (done["consumed"], done["dead_lettered"]) == (len(JUNK) + 1, len(JUNK) + 1)
    counts = document(platform, "dlq", "summary")
    assert counts["total"] - before["total"] == len(JUNK) + 1
    for grouped in ("by_reason", "by_firmware", "by_firmware_family", "by_topic"):
        assert sum(counts[grouped].values()) == counts["total"]
    now = document(platform, "dlq", "summary", "--since", "10m")
    assert (now["total"], now["by_cause"][0]["letters"]) == (counts["total"], max(counts["by_reason"].values()))
    assert now["per_minute_now"] == now["trend"][-1] > 0
    assert document(platform, "dlq", "summary", "--since", "0s")["total"] == 0
    table = platform.run("dlq", "summary", "--since", "10m").stdout
    assert re.search(r"^frame_too_short +UNKNOWN +2 +2\.0 +\S+Z +\d+s +\S", table, re.MULTILINE), table
    shown = platform.run("dlq", "show", "--topic", "ev.session", "-o", "jsonl").stdout.splitlines()
    rows = [json.loads(line) for line in shown]
    assert [row["source_offset"] for row in rows] == list(range(len(JUNK) + 1))
    assert {row["source_partition"] for row in rows} == {2}
    assert [b64decode(row["raw_base64"]) for row in rows] == [*JUNK, b""]
    assert [row["raw_sha256"] for row in rows[:-1]] == [sha256(value).hexdigest() for value in JUNK]
    assert [row["rule"] for row in rows][:4] == [
        "frame_too_short",
        "frame_too_short",
        "frame_bad_magic",
        "schema_id_unknown",
    ]
    assert {row["device_id"] for row in rows} == {"junk-1"}
    limited = platform.run("dlq", "show", "--rule", "frame_too_short", "--limit", 1, "-o", "jsonl").stdout
    assert [json.loads(line)["offset"] for line in limited.splitlines()] == [rows[0]["offset"]]


def test_one_device_or_circuit_can_be_named(platform: RunningStack) -> None:
    everything = document(platform, "state", "show")
    device = everything["devices"][3]
    assert document(platform, "state", "show", device["device_id"]) == {"devices": [device], "circuits": []}
    assert document(platform, "state", "show", "UNKNOWN") == everything
    nothing = platform.run("state", "show", "nobody", check=False)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "nobody" in nothing.stderr
    table = platform.run("state", "show", device["device_id"]).stdout
    assert device["device_id"] in table
    lines = platform.run("state", "show", "-o", "jsonl").stdout.splitlines()
    assert len(lines) == len(everything["devices"]) + len(everything["circuits"])


def test_on_call_sees_who_fell_silent_and_whether_a_device_is_alive(platform: RunningStack) -> None:
    before = document(platform, "state", "stale", "--older-than", "1h", "--limit", 3)
    assert (before["devices"], before["silent"], len(before["silent_devices"])) == (DEVICES, DEVICES, 3)
    lines = simulated("thermostats", platform).splitlines()
    reading = {**json.loads(lines[0]), "event_time_ms": int(time.time() * 1000)}
    name = reading["device_id"]
    platform.run("ingest", "jsonl", "-", stdin=json.dumps(reading) + "\n")
    assert process(platform)["applied"] == 1
    after = platform.run("state", "stale", "--older-than", "1h", "-o", "jsonl").stdout.splitlines()
    assert len(after) == DEVICES - 1
    assert name not in {json.loads(line)["device_id"] for line in after}
    table = platform.run("state", "stale", "--older-than", "1h").stdout
    assert f"{DEVICES - 1} of {DEVICES} devices silent for 60m or longer" in table

    names = name, before["silent_devices"][0]["device_id"]
    report, silent = (document(platform, "state", "device", each) for each in names)
    assert (report["alive"], report["event"]["power_w"], report["unknown"]) == (True, reading["power_w"], {})
    assert (silent["alive"], silent["why"], silent["last_dead_letter"]) == (False, "SILENT", None)
    refused = document(platform, "state", "device", "junk-1")
    assert (refused["why"], refused["last_dead_letter"]["source_offset"]) == ("NEVER_APPLIED", len(JUNK))
    assert platform.run("state", "device", "nobody", check=False).returncode == 2
    away = call("state", "device", name, cwd=ROOT, env={**platform.variables, "GRIDCTL_BOOTSTRAP": "127.0.0.1:9"})
    assert away.returncode == 5
    assert f"{name} is alive" in away.stdout
    assert "last dead letter  UNKNOWN: Kafka at 127.0.0.1:9" in away.stdout


def test_max_messages_and_progress(platform: RunningStack, tmp_path: Path) -> None:
    progress = tmp_path / "progress.json"
    done = document(
        platform, "process", "--group", "t.max", "--max-messages", 700, "--batch", 300, "--progress", progress
    )
    assert done["consumed"] == 700
    written = json.loads(progress.read_text())
    assert {name: written[name] for name in ("consumed", "latency_ms")} == {
        "consumed": 700,
        "latency_ms": done["latency_ms"],
    }
    rest = process(platform, "--group", "t.max")
    assert rest["consumed"] == 2 * DEVICES * TICKS + len(JUNK) + 2 - 700


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_its_account(number: int, code: int, platform: RunningStack, tmp_path: Path) -> None:
    progress = tmp_path / "progress.json"
    running = platform.start("process", "--group", f"t.{code}", "--progress", progress, "-o", "json")
    wait_until(
        lambda: running.poll() is not None or (progress.exists() and json.loads(progress.read_text())["consumed"])
    )
    running.send_signal(number)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == code
    account = json.loads(out)
    assert account["consumed"] == sum(account[name] for name in ("applied", "duplicates", "stale", "dead_lettered"))


COMMANDS = [["process", "--until-idle"], ["state", "show"], ["dlq", "summary"]]
AWAY = {
    "GRIDCTL_BOOTSTRAP": "127.0.0.1:1",
    "GRIDCTL_REDIS": "redis://127.0.0.1:1/0",
    "GRIDCTL_REGISTRY": "http://127.0.0.1:1",
}


@pytest.mark.parametrize("away", [{}, AWAY, *({name: AWAY[name]} for name in AWAY)], ids=",".join)
def test_what_is_away_is_named_with_the_next_step(away: dict[str, str], platform: RunningStack, tmp_path: Path) -> None:
    environment = {**platform.environment, **away}
    if len(away) != 1:
        environment["GRIDCTL_STATE_DIR"] = str(tmp_path)  # nothing was started from here
    commands = [
        words for words in COMMANDS if words[0] == "process" or "GRIDCTL_REDIS" not in away or words[0] == "state"
    ]
    if list(away) == ["GRIDCTL_BOOTSTRAP"]:
        commands.remove(["state", "show"])
    running = [
        subprocess.Popen([GRIDCTL, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for words in commands
    ]
    for each in running:
        out, error = each.communicate(timeout=30)
        assert each.returncode == 5, error
        assert (out, error[:7]) == ("", "error: ")
        assert "next: " in error
        assert "Traceback" not in error
        assert not away or any(address in error for address in away.values())
