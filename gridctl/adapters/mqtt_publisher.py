"""MQTT 5 publishing with paho: QoS 1, bounded in flight, acknowledgements counted by tag."""

import time
from collections import Counter
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Event
from types import MappingProxyType
from typing import Any

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gridctl.adapters.login import NO_LOGIN, Login
from gridctl.adapters.mqtt_client import NO_ANSWER, new_client, split_address
from gridctl.errors import Unavailable

CONNECT_TIMEOUT_S = 8.0
STALLED_AFTER_S = 30.0
KEEPALIVE_S = 30
# 9 k messages/s with 100 on the embedded broker, 6 k with 1000: paho looks through what is open.
IN_FLIGHT_MAX = 100


class MqttPublisher:
    """One connection for a whole fleet; used from one thread. paho sends again what a lost connection left open."""

    def __init__(self, address: str, client_id: str, login: Login = NO_LOGIN) -> None:
        self.address = address
        self._tags: dict[int, str] = {}
        self._acknowledged: Counter[str] = Counter()
        # paho calls back while it holds its own locks, so its thread only puts; this side does the accounting.
        self._answers: SimpleQueue[tuple[int, bool]] = SimpleQueue()
        self._answered = Event()
        self._connected = False
        self._problem = NO_ANSWER
        client = new_client(client_id, login)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.reconnect_delay_set(1, 5)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client
        self._connect()

    def _connect(self) -> None:
        host, port = split_address(self.address)
        try:
            self._client.connect(host, port, keepalive=KEEPALIVE_S)
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        self._client.loop_start()
        self._answered.wait(CONNECT_TIMEOUT_S)
        if not self._connected:
            self._client.loop_stop()
            raise self._unavailable(self._problem)

    def publish(self, topic: str, payload: bytes, tag: str) -> None:
        """Send one packet; wait while IN_FLIGHT_MAX are unacknowledged."""
        self._take_answers()
        while len(self._tags) >= IN_FLIGHT_MAX:
            if not self._take_answer(STALLED_AFTER_S):
                raise self._unavailable(f"acknowledged nothing for {STALLED_AFTER_S:.0f} s")
        information = self._client.publish(topic, payload, qos=1)
        # Without a connection paho keeps the message and sends it after the next one: that is not a failure.
        self._tags[information.mid] = tag

    def acknowledged(self) -> Mapping[str, int]:
        """Return how many packets the broker has acknowledged, by tag."""
        self._take_answers()
        return MappingProxyType(self._acknowledged)

    def drain(self, timeout_s: float) -> int:
        """Wait for the open acknowledgements; return how many did not come."""
        deadline = time.monotonic() + timeout_s
        while self._tags and (left := deadline - time.monotonic()) > 0:
            self._take_answer(left)
        return len(self._tags)

    def close(self) -> None:
        """Say goodbye and stop paho's thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _take_answers(self) -> None:
        while not self._answers.empty():
            self._take_answer(0)

    def _take_answer(self, timeout_s: float) -> bool:
        """Count one acknowledgement; False where none came within the time."""
        try:
            number, accepted = self._answers.get(timeout=timeout_s)
        except Empty:
            return False
        tag = self._tags.pop(number)
        if not accepted:
            raise self._unavailable("the broker refused a message")
        self._acknowledged[tag] += 1
        return True

    def _on_connect(self, _c: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        if reason.is_failure:
            self._problem = f"refuses the connection: {reason}"
        self._connected |= not reason.is_failure
        self._answered.set()

    def _on_disconnect(self, *_: object) -> None:
        self._answered.set()

    def _on_publish(self, _c: Client, _u: Any, mid: int, reason: ReasonCode, _p: Properties) -> None:
        self._answers.put((mid, not reason.is_failure))

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(
            f"MQTT broker {self.address}: {why}",
            next_step="run `gridctl up`, name the broker with --mqtt HOST:PORT, or write lines with --to -",
        )
