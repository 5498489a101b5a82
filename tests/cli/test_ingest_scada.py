"""`gridctl ingest scada` on the stack: from Modbus sockets to the grid state, and what a wrong call is told."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.paths import GRIDCTL
from tests.support.wait import wait_until

QUALITIES = {
    "t-feeder-001": {"GOOD"},
    "t-breaker-002": {"MISSING"},
    "t-feeder-003": {"MISSING"},
    "t-breaker-004": {"GOOD"},
    "t-transformer-005": {"GOOD"},
}


@pytest.mark.stack
@pytest.mark.slow
def test_every_poll_that_the_outstations_counted_is_in_the_state(stack: RunningStack, tmp_path: Path) -> None:
    map_file = tmp_path / "map.toml"
    faults = ["--fault", "silent:2", "--fault", "exception:3"]
    simulate = ["simulate", "scada", "--units", 5, "--interval", 0.2, *faults, "--map-out", map_file]
    account_file = tmp_path / "account.json"
    outstations = stack.start(*simulate, "--account", account_file, "-o", "json")
    try:
        wait_until(map_file.exists)
        # Names of this test's own: other tests on the same stack leave good readings of the usual ones.
        map_file.write_text(map_file.read_text().replace('device_id = "', 'device_id = "t-'))
        first = stack.run("ingest", "scada", "--map", map_file, "--duration", 1.5, "-o", "json")
        second = stack.start("ingest", "scada", "--map", map_file, "-o", "json")
        polls = json.loads(first.stdout)["polls"]
        wait_until(lambda: json.loads(account_file.read_text())["polls"] > polls)
        second.send_signal(signal.SIGTERM)
        out, _ = second.communicate(timeout=30)
        outstations.terminate()
        outstation_account = json.loads(outstations.communicate(timeout=20)[0])
    finally:
        outstations.kill()
    assert second.returncode == 0
    accounts = [json.loads(first.stdout), json.loads(out)]
    assert all(account["read"] == account["published"] == account["polls"] > 0 for account in accounts)
    assert sum(account["polls"] for account in accounts) == outstation_account["polls"]
    # One line for each unit with trouble, and none of pymodbus' own.
    assert "t-breaker-002 (127.0.0.1" in first.stderr
    assert all(" (127.0.0.1:" in line for line in first.stderr.splitlines()), first.stderr
    stack.run("process", "--until-idle", "-o", "json")
    shown = json.loads(stack.run("state", "show", "-o", "json").stdout)["devices"]
    devices = {device["device_id"]: device for device in shown if device["device_id"] in QUALITIES}
    assert {name: {point["quality"] for point in device["points"]} for name, device in devices.items()} == QUALITIES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        ("interval_ms = 5\n", "map.toml:1: interval_ms:"),
        ("[[device]]\ndevice_id = 7\n", "map.toml:2: device[1].device_id:"),
    ],
)
def test_a_wrong_map_is_a_usage_problem_before_anything_is_reached(
    tmp_path: Path, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "map.toml").write_text(text)
    done = call("ingest", "scada", "--map", "map.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_map_with_more_units_than_the_process_may_have_connections(tmp_path: Path) -> None:
    field = '[[device.field]]\nname = "a"\naddress = 0\ntype = "INT16"\n'
    devices = [
        f'[[device]]\ndevice_id = "d{unit}"\naddress = "127.0.0.1:9"\nunit_id = 1\n{field}' for unit in range(100)
    ]
    (tmp_path / "map.toml").write_text("".join(devices))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -n 120; exec {GRIDCTL} ingest scada --map map.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "164 open files" in done.stderr
