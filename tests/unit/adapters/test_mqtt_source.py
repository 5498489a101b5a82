"""The MQTT source against rumqttd over real sockets: what is not acknowledged comes again, and only then."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from gridctl.adapters.mqtt_publisher import MqttPublisher
from gridctl.adapters.mqtt_source import BATCH_BYTES, MqttSource, Subscription
from gridctl.errors import Unavailable, UsageProblem
from gridctl.ingest.ports import Batch
from gridctl.local.stack.processes import free_ports
from tests.support.rumqttd import Broker

pytestmark = [pytest.mark.slow]
_names = count()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("mqtt"))
    yield running
    running.kill()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path)
    yield running
    running.kill()


@pytest.fixture
def place() -> str:
    """A topic and a client id that no other test uses."""
    return f"t{next(_names)}"


def send(broker: Broker, place: str, *payloads: bytes) -> None:
    publisher = MqttPublisher(broker.address, f"device-{next(_names)}")
    for payload in payloads:
        publisher.publish(f"{place}/x", payload, "sent")
    assert publisher.drain(10) == 0
    publisher.close()


def source(
    broker: Broker, place: str, group: str | None = None, client_id: str | None = None, patience_s: float = 30.0
) -> MqttSource:
    return MqttSource(broker.address, Subscription(f"{place}/#", client_id or place, group), patience_s=patience_s)


def take(batches: Iterator[Batch], wanted: int, *, acknowledge: bool = True, within_s: float = 10) -> list[bytes]:
    """Take batches until there are that many records; more of them is what a test would see too."""
    found: list[bytes] = []
    deadline = time.monotonic() + within_s
    while len(found) < wanted and time.monotonic() < deadline:
        batch = next(batches)
        found += batch.records
        if acknowledge:
            batch.acknowledge()
    return found


def moment(batches: Iterator[Batch], seconds: float = 0.5) -> list[bytes]:
    """Take what comes for a moment."""
    return take(batches, 10**9, within_s=seconds)


def until_subscribed(mqtt: MqttSource, batches: Iterator[Batch]) -> None:
    """Go on until the broker takes the subscription, or takes it again; nothing comes meanwhile."""
    reports: list[str] = []
    mqtt._report = reports.append
    while not any(report.startswith("listening to ") for report in reports):
        assert not next(batches).records


def subscribed(mqtt: MqttSource) -> Iterator[Batch]:
    """Return the batches of a source whose subscription the broker has taken."""
    batches = mqtt.batches()
    until_subscribed(mqtt, batches)
    return batches


def numbered(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


def test_messages_come_with_their_topic(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, b"a")
        batch = next(batch for batch in batches if batch.records)
        assert list(batch.records) == [b"a"]
        assert batch.origin(0) == f"mqtt:{place}/x"


def test_what_was_not_acknowledged_comes_again_after_the_bridge_is_gone(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 5))
        assert take(batches, 5) == numbered(0, 5)
        send(broker, place, *numbered(5, 9))
        assert take(batches, 4, acknowledge=False) == numbered(5, 9)
    send(broker, place, *numbered(9, 12))
    with source(broker, place) as mqtt:
        batches = mqtt.batches()
        assert take(batches, 7) == numbered(5, 12)
        assert moment(batches) == []
    with source(broker, place) as mqtt:
        assert moment(mqtt.batches()) == []


def test_a_batch_of_a_lost_connection_is_not_acknowledged_on_the_next(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, b"old")
        old = next(batch for batch in batches if batch.records)
        drop(mqtt)
        again = next(batch for batch in batches if batch.records)
        assert list(again.records) == [b"old"]
        old.acknowledge()  # would acknowledge the message that now has its number
        drop(mqtt)
        assert take(batches, 1) == [b"old"]
        drop(mqtt)
        until_subscribed(mqtt, batches)
        assert moment(batches) == []


def drop(mqtt: MqttSource) -> None:
    """Cut the connection as a network does."""
    connection: Any = mqtt._client.socket()
    assert connection is not None
    connection.shutdown(2)


def test_more_than_the_brokers_window_flows(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 1000))
        started = time.monotonic()
        assert take(batches, 1000) == numbered(0, 1000)
        assert time.monotonic() - started < 60


def test_acknowledgements_that_come_late_do_not_wait_for_the_next_message(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 3000))
        started, received, held = time.monotonic(), 0, list[tuple[float, Batch]]()
        while received < 3000:
            batch = next(batches)
            received += len(batch.records)
            held.append((time.monotonic(), batch))
            # Kafka takes its time; the broker's window is full until then.
            while held and time.monotonic() - held[0][0] > 0.01:
                held.pop(0)[1].acknowledge()
        assert time.monotonic() - started < 30


def test_a_batch_holds_so_many_messages_at_most(broker: Broker, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridctl.adapters.mqtt_source.BATCH_MESSAGES", 7)
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 50))
        time.sleep(0.3)
        sizes = [len(batch.records) for batch, _ in zip(batches, range(5), strict=False)]
        assert max(sizes) == 7


def test_without_acknowledgements_the_broker_stops_and_nothing_piles_up(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 1000))
        held = [batch for batch, _ in zip(batches, range(300), strict=False)]
        assert 0 < sum(len(batch.records) for batch in held) < 1000
        for batch in held:
            batch.acknowledge()
        rest = 1000 - sum(len(batch.records) for batch in held)
        assert len(take(batches, rest)) == rest


def test_large_payloads_fill_a_batch_by_bytes(broker: Broker, place: str) -> None:
    large = b"x" * 1_000_000
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *[large] * 12)
        sizes: list[int] = []
        while sum(sizes) < 12:
            batch = next(batches)
            assert all(record == large for record in batch.records)
            sizes.append(len(batch.records))
            batch.acknowledge()
        assert max(sizes) * len(large) <= BATCH_BYTES + len(large)


def test_quality_of_service_zero_is_taken_too(broker: Broker, place: str) -> None:
    with source(broker, place) as mqtt:
        batches = subscribed(mqtt)
        device = Client(CallbackAPIVersion.VERSION2, client_id=f"zero-{place}", protocol=MQTTv5)
        host, port = broker.address.split(":")
        device.connect(host, int(port))
        device.loop_start()
        device.publish(f"{place}/x", b"q0", qos=0)
        assert take(batches, 1) == [b"q0"]
        device.disconnect()
        device.loop_stop()


def test_members_of_a_group_share_and_one_that_stops_leaves_the_rest_to_the_other(broker: Broker, place: str) -> None:
    with source(broker, place, "g", f"{place}-1") as one, source(broker, place, "g", f"{place}-2") as two:
        first, second = subscribed(one), subscribed(two)
        send(broker, place, *numbered(0, 20))
        mine, others = moment(first), moment(second)
        assert mine
        assert others
        assert sorted(mine + others, key=int) == numbered(0, 20)
        one.stop()
        for batch in first:
            batch.acknowledge()
        send(broker, place, *numbered(20, 30))
        assert take(second, 10) == numbered(20, 30)


def test_the_last_member_of_a_group_may_leave(broker: Broker, place: str) -> None:
    with source(broker, place, "g") as mqtt:
        batches = subscribed(mqtt)
        send(broker, place, *numbered(0, 300))
        found = take(batches, 1)
        mqtt.stop()
        for batch in batches:
            found += batch.records
            batch.acknowledge()
    assert found == numbered(0, len(found))
    send(broker, place, b"alive")  # rumqttd ends when its group's last member goes while it owes acknowledgements


@pytest.mark.xfail(strict=True, reason="rumqttd 0.20 ends when the last member of a group goes and owes something")
def test_the_last_member_of_a_group_may_be_killed(
    own_broker: Broker, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridctl.adapters.mqtt_publisher.CONNECT_TIMEOUT_S", 2.0)
    with source(own_broker, place, "g") as mqtt:
        batches = subscribed(mqtt)
        send(own_broker, place, *numbered(0, 5))
        take(batches, 5, acknowledge=False)
    send(own_broker, place, b"alive")


def test_a_broker_that_comes_back_is_found_again(own_broker: Broker, place: str) -> None:
    with source(own_broker, place) as mqtt:
        batches = subscribed(mqtt)
        own_broker.kill()
        assert moment(batches) == []
        own_broker.start()
        until_subscribed(mqtt, batches)
        send(own_broker, place, b"a")
        assert take(batches, 1) == [b"a"]


def test_a_broker_that_stays_away_ends_the_bridge(own_broker: Broker, place: str) -> None:
    with source(own_broker, place, patience_s=1.0) as mqtt:
        batches = subscribed(mqtt)
        mqtt.require_connected()
        own_broker.kill()
        with pytest.raises(Unavailable, match=own_broker.address):
            moment(batches, 10)
        with pytest.raises(Unavailable, match="no connection"):
            mqtt.require_connected()


def test_a_broker_that_is_not_there_is_said_at_once(place: str) -> None:
    started = time.monotonic()
    [port] = free_ports(1)
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
        MqttSource(f"127.0.0.1:{port}", Subscription("x", place)).__enter__()
    assert time.monotonic() - started < 30


def test_two_bridges_of_one_name_do_not_fight_for_ever(
    broker: Broker, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridctl.adapters.mqtt_source.RECONNECT_PAUSE_S", 0.1)
    with source(broker, place) as one, source(broker, place) as two:
        first, second = one.batches(), two.batches()

        def fight() -> None:
            for _ in range(60):
                moment(first, 0.2)
                moment(second, 0.2)

        with pytest.raises(Unavailable, match="closed the connection") as caught:
            fight()
    assert "--client-id" in caught.value.next_step


@pytest.mark.parametrize("address", ["", "host", "host:x", ":1883", "host:99999"])
def test_an_address_that_is_none_is_a_wrong_call(address: str) -> None:
    with pytest.raises(UsageProblem):
        MqttSource(address, Subscription("x", "x")).__enter__()
