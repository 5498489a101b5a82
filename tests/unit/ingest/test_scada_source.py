"""Real sockets, the real simulator: how each fault of a unit shows in its events, and in no other unit's."""

import json
import subprocess
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gridctl.adapters.modbus_client import ModbusLink
from gridctl.ingest.scada.mapfile import read_map
from gridctl.ingest.scada.source import ScadaSource
from gridctl.ingest.validate import Validator
from tests.support.paths import GRIDCTL
from tests.support.wait import wait_until

INTERVAL_MS, TIMEOUT_MS = 400, 240
# Two ports of five: a bay each. The units with faults stand among healthy ones, on the same port.
FAULTS = ["silent:2", "exception:3:2", "wrong-transaction:4", "corrupt:5", "slow:6:60", "slow:7:380"]
HEALTHY = ["feeder-001", "feeder-008", "breaker-009"]


@dataclass
class Run:
    """What one run gave: readings by device, remarks, the poller's summary and the simulator's own account."""

    readings: dict[str, list[dict[str, Any]]]
    raw: list[bytes]
    remarks: list[str]
    summary: dict[str, Any]
    account: dict[str, Any]

    def answered(self, device_id: str) -> list[dict[str, Any]]:
        """Return the readings with at least one value. On a busy machine a healthy unit may miss a deadline."""
        readings = self.readings[device_id]
        answered = [reading for reading in readings if any(point["value"] is not None for point in reading["points"])]
        assert not answered or len(answered) >= 0.6 * len(readings), f"{device_id} hardly ever answers"
        return answered

    def qualities(self, device_id: str) -> set[str]:
        """Return the qualities of the points of a unit that answers; of one that never does, those of all."""
        readings = self.answered(device_id) or self.readings[device_id]
        return {point["quality"] for reading in readings for point in reading["points"]}


class Simulator:
    """`gridctl simulate scada` as a user runs it."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.map_file, self.account_file = directory / "map.toml", directory / "account.json"
        written = ["--map-out", str(self.map_file), "--account", str(self.account_file), "-o", "json"]
        self.process = subprocess.Popen(
            [GRIDCTL, "simulate", "scada", *arguments, *written], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def ready_map(self) -> str:
        wait_until(self.map_file.exists)
        return self.map_file.read_text()

    def counted(self) -> int:
        return int(json.loads(self.account_file.read_text())["polls"])

    def stop(self) -> dict[str, Any]:
        self.process.terminate()
        out, _ = self.process.communicate(timeout=20)
        account: dict[str, Any] = json.loads(out)
        return account


def polled(source: ScadaSource, seconds: float) -> list[bytes]:
    timer = threading.Timer(seconds, source.stop)
    timer.start()
    try:
        return [raw for batch in source.batches() for raw in batch.records]
    finally:
        timer.cancel()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    faults = [word for fault in FAULTS for word in ("--fault", fault)]
    interval = ["--interval", str(INTERVAL_MS / 1000)]
    simulator = Simulator(tmp_path_factory.mktemp("scada"), "--ports", "2", "--units", "5", *faults, *interval)
    try:
        remarks: list[str] = []
        text = simulator.ready_map().replace("timeout_ms = 160", f"timeout_ms = {TIMEOUT_MS}")
        source = ScadaSource(read_map(text, "map.toml"), ModbusLink, remarks.append)
        raw = polled(source, 4.0)
        # The simulator counts an answer once it is out, and that of the slowest unit is out late.
        wait_until(lambda: simulator.counted() >= len(raw), otherwise="the simulator counted less than was polled")
        account = simulator.stop()
    finally:
        simulator.process.kill()
    readings = defaultdict(list)
    for record in raw:
        reading = json.loads(record)
        readings[reading["device_id"]].append(reading)
    return Run(dict(readings), raw, remarks, source.summary(), account)


@pytest.mark.slow
class TestFaultyUnitsAmongHealthyOnes:
    def test_one_poll_is_one_event_and_one_request_that_the_device_counted(self, run: Run) -> None:
        assert len(run.readings) == 10
        for device_id, readings in run.readings.items():
            assert len(readings) == run.account["devices"][device_id]["polls"], device_id
        assert len(run.raw) == run.summary["polls"] == run.account["polls"]

    def test_every_reading_keeps_the_contract(self, run: Run) -> None:
        validator, now_ms = Validator(), time.time_ns() // 1_000_000
        assert all(validator.check(raw, now_ms).__class__.__name__ == "ScadaReading" for raw in run.raw)

    @pytest.mark.parametrize("device_id", HEALTHY)
    def test_a_healthy_unit_gives_good_events(self, run: Run, device_id: str) -> None:
        assert run.qualities(device_id) == {"GOOD"}

    def test_a_point_that_a_healthy_unit_does_not_implement_is_missing(self, run: Run) -> None:
        """Transformers of odd bays have no oil sensor; they say so with SunSpec's 0x8000."""
        points = [point for reading in run.answered("transformer-010") for point in reading["points"]]
        assert {point["name"] for point in points if point["quality"] == "MISSING"} == {"oil_temperature"}
        assert {point["quality"] for point in points if point["name"] != "oil_temperature"} == {"GOOD"}

    @pytest.mark.parametrize("device_id", ["breaker-002", "feeder-003", "breaker-004", "breaker-007"])
    def test_silence_exceptions_foreign_and_late_answers_are_missing(self, run: Run, device_id: str) -> None:
        assert run.qualities(device_id) == {"MISSING"}
        assert {point["value"] for reading in run.readings[device_id] for point in reading["points"]} == {None}

    def test_a_slow_answer_in_time_is_good(self, run: Run) -> None:
        assert run.qualities("feeder-006") == {"GOOD"}

    def test_a_corrupted_value_is_carried_as_suspect_and_the_others_as_good(self, run: Run) -> None:
        for reading in run.answered("transformer-005"):
            first, *others = reading["points"]
            assert (first["name"], first["quality"]) == ("primary_voltage", "SUSPECT")
            assert first["value"] > 300
            assert {point["quality"] for point in others} == {"GOOD"}

    def test_outcomes_are_counted_by_device(self, run: Run) -> None:
        devices = run.summary["devices"]
        outcomes = {name: max(device["outcomes"], key=device["outcomes"].get) for name, device in devices.items()}
        assert outcomes == {
            **dict.fromkeys([*HEALTHY, "transformer-005", "feeder-006", "transformer-010"], "data"),
            "breaker-002": "no_answer",
            "feeder-003": "exception",
            "breaker-004": "no_answer",
            "breaker-007": "no_answer",
        }

    def test_each_device_has_its_polls_at_exact_intervals_in_sequence(self, run: Run) -> None:
        skipped = 0
        for device_id, readings in run.readings.items():
            assert readings[0]["poll_seq"] == 0
            for before, after in pairwise(readings):
                step = after["poll_seq"] - before["poll_seq"]
                assert after["event_time_ms"] - before["event_time_ms"] == step * INTERVAL_MS, device_id
                skipped += step - 1
            assert 7 <= len(readings) <= 11, device_id
        assert skipped == run.summary["polls_skipped"]

    def test_no_interval_moved_by_as_much_as_one_silent_unit_takes(self, run: Run) -> None:
        jitter = run.summary["interval_jitter_ms"][str(INTERVAL_MS)]
        # One poll of the silent unit takes so long. On two busy cores single polls may be late; half of them may not.
        assert jitter["p50"] < TIMEOUT_MS / 2
        for device in run.summary["devices"].values():
            assert device["interval_jitter_ms"]["p50"] < TIMEOUT_MS / 2

    def test_units_with_trouble_are_remarked_upon_when_it_begins(self, run: Run) -> None:
        def remarks_on(device_id: str) -> list[str]:
            return [notify for notify in run.remarks if notify.startswith(f"{device_id} (127.0.0.1:")]

        assert [notify.split("): ")[1] for notify in remarks_on("breaker-002")] == ["no answer within 240 ms"]
        assert any("answers with exception 2 (illegal address)" in notify for notify in remarks_on("feeder-003"))
        # Said once, not at each poll.
        assert len(remarks_on("breaker-004")) == 1


@pytest.mark.slow
def test_outstations_that_go_away_and_come_back(tmp_path: Path) -> None:
    arguments = ["--units", "2", "--interval", "0.2"]
    simulator = Simulator(tmp_path, *arguments)
    text = simulator.ready_map()
    remarks: list[str] = []
    source = ScadaSource(read_map(text, "map.toml"), ModbusLink, remarks.append)
    batches = source.batches()

    def poll_until_both_are(quality: str) -> None:
        """Two polls in a row: that is when a change is said."""
        seen: dict[str, list[str]] = defaultdict(list)
        while not (len(seen) == 2 and all(qualities[-2:] == [quality] * 2 for qualities in seen.values())):
            for raw in next(batches).records:
                reading = json.loads(raw)
                seen[reading["device_id"]].append(reading["points"][0]["quality"])

    try:
        poll_until_both_are("GOOD")
        simulator.stop()
        poll_until_both_are("MISSING")
        port = text.split('address = "127.0.0.1:')[1].split('"')[0]
        simulator = Simulator(tmp_path, *arguments, "--port", port)
        poll_until_both_are("GOOD")
        source.stop()
        list(batches)
    finally:
        simulator.process.kill()
        simulator.process.communicate()
    assert any("takes no connection" in notify for notify in remarks)
    assert sum("answers again" in notify for notify in remarks) >= 2
