"""The platform's line of the benchmark does the work that it claims: counted where it lands, not where it is done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from gridctl.adapters.redis_state import RedisState
from gridctl.avro.codec import compile_decoder
from gridctl.contracts.framing import HEADER_BYTES
from gridctl.contracts.ids import msg_id
from tests.running_stack import RunningStack
from tests.support.paths import ROOT

DEVICES, TICKS = 100, 10
TOPIC = "iot.thermostat"

pytestmark = [pytest.mark.stack]


def _measured(stack: RunningStack, case: str, records: Path, assets: Path) -> dict[str, float]:
    arguments = ["--bootstrap", stack.bootstrap, "--registry", stack.registry, "--redis", stack.redis]
    arguments += ["--records", str(records), "--assets", str(assets), "--count", str(DEVICES * TICKS)]
    arguments += ["--group", "bench-test"]
    done = subprocess.run(
        [sys.executable, "benchmarks/systems/gridstream.py", case, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    sample: dict[str, float] = json.loads(done.stdout)
    return sample


def _published(bootstrap: str) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-reader", "auto.offset.reset": "earliest"})
    partitions = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    places = [TopicPartition(TOPIC, number, 0) for number in partitions]
    left = sum(consumer.get_watermark_offsets(place, 10)[1] for place in places)
    consumer.assign(places)
    values: list[bytes] = []
    while len(values) < left:
        messages = consumer.consume(1000, 5)
        assert messages, f"{left - len(values)} events could not be read"
        values += [message.value() or b"" for message in messages]
    consumer.close()
    return values


def test_the_measured_runs_publish_every_event_and_apply_every_event(own_stack: RunningStack, tmp_path: Path) -> None:
    records, assets = tmp_path / "records.jsonl", tmp_path / "assets.jsonl"
    own_stack.run("simulate", "thermostats", "--devices", DEVICES, "--ticks", TICKS, "--seed", 7, "--to", records)
    own_stack.run("simulate", "assets", "--thermostats", DEVICES, "--seed", 7, "--to", assets)
    own_stack.run("assets", "apply", assets)
    sent = {(line["device_id"], line["event_time_ms"]): line for line in map(json.loads, records.open())}
    circuit_of = {line["device_id"]: line["circuit_id"] for line in map(json.loads, assets.open())}

    assert _measured(own_stack, "ingest", records, assets)["events"] == DEVICES * TICKS
    decode = compile_decoder((ROOT / f"schemas/{TOPIC}-value/v1.avsc").read_text())
    events = [decode(value, HEADER_BYTES) for value in _published(own_stack.bootstrap)]
    assert len(events) == len(sent) == DEVICES * TICKS
    for event in events:
        reading = sent[event["device_id"], event["event_time_ms"]]
        assert {**event, "kind": "thermostat"}.items() >= reading.items()
        assert event["msg_id"] == msg_id(reading["device_id"], reading["event_time_ms"])
        assert event["circuit_id"] == circuit_of.get(reading["device_id"])

    assert _measured(own_stack, "process", records, assets)["events"] == DEVICES * TICKS
    newest = dict(sorted(sent))
    state = RedisState(own_stack.redis)
    assert {device_id: held.current.event_time_ms for device_id, held in state.devices()} == newest
    power_mw: dict[str, int] = {}
    for place in newest.items():
        circuit = circuit_of.get(place[0], "UNKNOWN")
        power_mw[circuit] = power_mw.get(circuit, 0) + round(sent[place]["power_w"] * 1000)
    assert {circuit: total.power_mw for circuit, total in state.circuits().items()} == power_mw
    assert sum(state.effects().values()) == DEVICES * TICKS
    state.close()
