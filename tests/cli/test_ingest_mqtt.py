"""`gridctl ingest mqtt` between a live fleet and the broker."""

import json
import signal
import subprocess
import time
from typing import Any

import pytest

from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.adapters.mqtt_publisher import MqttPublisher
from tests.running_stack import RunningStack
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def bridge(platform: RunningStack, *more: object) -> "subprocess.Popen[bytes]":
    return platform.start("ingest", "mqtt", "-o", "json", *more)


def listening(running: "subprocess.Popen[bytes]") -> None:
    """Wait until the bridge says that it has subscribed."""
    assert running.stderr is not None
    line = running.stderr.readline()
    assert b"listening to" in line, line


def report(running: "subprocess.Popen[bytes]", code: int = 0) -> Any:
    out, err = running.communicate(timeout=60)
    assert running.returncode == code, err.decode()
    return json.loads(out)


def subscribe(platform: RunningStack, topic: str, *more: object) -> None:
    """Make a bridge's subscription known to the broker, which keeps what comes from then on."""
    report(bridge(platform, "--topic", topic, "--idle", 0.3, *more))


def send(platform: RunningStack, topic: str, payloads: list[bytes]) -> None:
    publisher = MqttPublisher(platform.mqtt, f"device-{topic}".replace("/", "-"))
    for payload in payloads:
        publisher.publish(topic, payload, "sent")
    assert publisher.drain(20) == 0
    publisher.close()


def readings(prefix: str, count: int) -> list[bytes]:
    return [
        json.dumps(
            {
                "kind": "charger",
                "device_id": f"{prefix}-{number}",
                "event_time_ms": 1_768_435_200_000,
                "firmware": "1.0.0",
                "status": "AVAILABLE",
                "power_w": 0.0,
                "current_a": 0.0,
                "voltage_v": 230.0,
            }
        ).encode()
        for number in range(count)
    ]


def published(platform: RunningStack) -> int:
    """Return how many readings of chargers are on their topic."""
    with KafkaReader(platform.bootstrap, platform.kafka) as reader:
        return sum(span.end for span in reader.spans(["ev.session"]).values())


def devices(platform: RunningStack, prefix: str) -> set[str]:
    platform.run("process", "--until-idle")
    state = json.loads(platform.run("state", "show", "-o", "json").stdout)
    return {device["device_id"] for device in state["devices"] if device["device_id"].startswith(f"{prefix}-")}


def test_what_a_live_fleet_sent_arrives_or_is_refused(platform: RunningStack) -> None:
    subscribe(platform, "devices/#")
    fleet = ("simulate", "thermostats", "--devices", 200, "--ticks", 2, "--interval", 1, "--faulty-firmware", 0.05)
    sent = json.loads(platform.run(*fleet, "-o", "json").stdout)
    done = report(bridge(platform, "--idle", 2))
    assert sent["malformed"]["sent"] == 20
    assert done["read"] == sent["acknowledged"] == 400
    assert (done["published"], done["rejected"]) == (380, 20)
    summary = json.loads(platform.run("dlq", "summary", "-o", "json").stdout)
    # One of the faults is a control character in the firmware's name: what can be shown of it is.
    assert all(name.startswith("3.0.0-rc1") for name in summary["by_firmware"])
    assert summary["total"] == 20
    assert devices(platform, "th")


def test_an_oversize_packet_becomes_a_dead_letter(platform: RunningStack) -> None:
    subscribe(platform, "large/#", "--client-id", "large")
    send(platform, "large/x", [b"x" * 1_500_000])
    done = report(bridge(platform, "--topic", "large/#", "--client-id", "large", "--idle", 1))
    assert (done["read"], done["rejected"]) == (1, 1)
    shown = platform.run("dlq", "show", "--rule", "too_large", "-o", "jsonl").stdout.splitlines()
    letter = json.loads(shown[-1])
    assert (letter["source"], letter["raw_length"]) == ("mqtt:large/x", 1_500_000)


def test_a_bridge_that_is_killed_loses_nothing(platform: RunningStack) -> None:
    mine = ("--topic", "killed/#", "--client-id", "killed")
    subscribe(platform, *mine[1:])
    send(platform, "killed/x", readings("killed", 3000))
    for pause_s in (0.0, 0.2):
        running = bridge(platform, *mine)
        listening(running)
        time.sleep(pause_s)
        running.send_signal(signal.SIGKILL)
        running.communicate()
    rest = report(bridge(platform, *mine, "--idle", 1.5))
    assert rest["rejected"] == 0
    assert len(devices(platform, "killed")) == 3000


def test_bridges_of_a_group_share_a_fleet(platform: RunningStack) -> None:
    mine = ("--topic", "shared/#", "--group", "fleet")
    running = [bridge(platform, *mine), bridge(platform, *mine)]
    for each in running:
        listening(each)
    before = published(platform)
    send(platform, "shared/x", readings("shared", 1000))
    wait_until(lambda: published(platform) == before + 1000)
    running[0].send_signal(signal.SIGINT)
    first = report(running[0], 130)
    send(platform, "shared/x", readings("alone", 100))
    wait_until(lambda: published(platform) == before + 1100)
    running[1].send_signal(signal.SIGTERM)
    second = report(running[1])
    assert min(first["read"], second["read"] - 100) > 0
    assert first["read"] + second["read"] == 1100
    assert len(devices(platform, "shared")) == 1000
    assert len(devices(platform, "alone")) == 100


@pytest.mark.parametrize("group", ["", "a/b", "a+", "#"])
def test_a_group_without_a_proper_name_is_a_wrong_call(group: str, platform: RunningStack) -> None:
    done = platform.run("ingest", "mqtt", "--group", group, check=False)
    assert done.returncode == 2
    assert "--group" in done.stderr


def test_without_devices_broker_the_bridge_says_so_at_once(platform: RunningStack) -> None:
    started = time.monotonic()
    done = platform.run("-X", "mqtt=127.0.0.1:9", "ingest", "mqtt", check=False)
    assert time.monotonic() - started < 25, "10 s on a machine that is not busy"
    assert done.returncode == 5
    assert "127.0.0.1:9" in done.stderr.splitlines()[0]
    assert "gridctl up" in done.stderr.splitlines()[1]
