"""Readings from an MQTT 5 broker with paho: QoS 1, acknowledged by hand once the platform has them.

One thread does everything: what is not asked for stays in the socket, and the broker stops sending. So memory holds
one batch, whatever window the broker uses (rumqttd ignores Receive Maximum). A message that is not acknowledged when
the connection ends comes again on the next one, where its old number means another message: a batch is acknowledged
only on the connection that brought it.
"""

import select
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gridctl.adapters.login import NO_LOGIN, Login
from gridctl.adapters.mqtt_client import NO_ANSWER, new_client, split_address
from gridctl.errors import Unavailable
from gridctl.ingest.ports import Batch

CONNECT_TIMEOUT_S = 5.0
RECONNECT_FOR_S = 30.0
RECONNECT_PAUSE_S = 0.5
LEAVE_TIMEOUT_S = 3.0
KEEPALIVE_S = 60
# How long the broker keeps what arrives while the bridge is away.
SESSION_EXPIRY_S = 24 * 3600
IDLE_S = 0.2
# While acknowledgements are owed the pipeline is asked for them this often: the broker may be waiting for them.
OWING_S = 0.002
BATCH_MESSAGES = 1_000
BATCH_BYTES = 4 * 1024 * 1024
# A packet is held whole once; a broker that honours this drops longer ones.
PACKET_MAX_BYTES = 16 * 1024 * 1024
RECEIVE_MAXIMUM = 2_000
# So many lost connections in so short a time are no accident: two bridges of one name throw each other out.
LOSSES, LOSSES_WITHIN_S = 5, 20.0


@dataclass(frozen=True)
class Subscription:
    """What a bridge listens to, and under which name. Bridges of one `group` share the messages."""

    topics: str
    client_id: str
    group: str | None = None

    @property
    def filter(self) -> str:
        """The topic filter as the broker takes it."""
        return self.topics if self.group is None else f"$share/{self.group}/{self.topics}"


class MqttSource:
    """Implements Source. A context manager: entering it connects, leaving it says goodbye.

    The session outlives the connection, so that nothing is lost while the bridge is away. A member of a group leaves
    it when it stops, for the others go on.
    """

    def __init__(
        self,
        address: str,
        subscription: Subscription,
        report: Callable[[str], None] = lambda _: None,
        login: Login = NO_LOGIN,
        patience_s: float = RECONNECT_FOR_S,
    ) -> None:
        """Take where to listen and for what; `report` takes a line when the connection comes and goes.

        A connection that is lost is opened again for `patience_s`.
        """
        self._address = address
        self._subscription = subscription
        self._report = report
        self._patience_s = patience_s
        self._stopped = False
        self._connection = 0
        self._connected = False
        self._listening = False
        self._left = False
        self._owing = 0
        self._losses: deque[float] = deque(maxlen=LOSSES)
        self._problem: Unavailable | None = None
        self._received: list[tuple[int, str, bytes]] = []
        self._received_bytes = 0
        client = new_client(subscription.client_id, login, manual_ack=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_message = self._on_message
        self._client = client

    def __enter__(self) -> Self:
        host, port = split_address(self._address)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho types all but this
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = PACKET_MAX_BYTES
        try:
            self._client.connect(host, port, KEEPALIVE_S, clean_start=False, properties=properties)
            self._await_answer()
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True

    def batches(self) -> Iterator[Batch]:
        """Yield what has arrived; connect again where the connection was lost."""
        self._listening = True
        self._subscribe()
        lost_since: float | None = None
        while not self._stopped:
            if self._client.socket() is not None:
                self._receive(OWING_S if self._owing else IDLE_S)
            elif lost_since is None:
                lost_since = time.monotonic()
            if self._connected:
                lost_since = None
            elif lost_since is not None and self._client.socket() is None:
                self._reconnect(lost_since)
            yield self._batch()
        yield from self._leave()

    def require_connected(self) -> None:
        """Raise Unavailable while there is no connection; for any thread."""
        if not self._connected:
            raise self._unavailable("no connection")

    def _await_answer(self) -> None:
        deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
        while not self._connected:
            if self._client.socket() is None or time.monotonic() > deadline_s:
                raise self._unavailable(NO_ANSWER)
            self._receive(IDLE_S)

    def _reconnect(self, lost_since: float) -> None:
        if time.monotonic() - lost_since > self._patience_s:
            raise self._unavailable(f"no connection for {self._patience_s:g} s")
        time.sleep(RECONNECT_PAUSE_S)
        try:
            self._client.reconnect()
        except OSError:
            return  # tried again at the next turn

    def _leave(self) -> Iterator[Batch]:
        """End the membership of a group, and take what the broker had sent before it knew."""
        if self._subscription.group is None or not self._connected:
            return
        self._client.unsubscribe(self._subscription.filter)
        deadline_s = time.monotonic() + LEAVE_TIMEOUT_S
        while not self._left and self._connected and time.monotonic() < deadline_s:
            self._receive(OWING_S)
            yield self._batch()

    def _subscribe(self) -> None:
        self._client.subscribe(self._subscription.filter, qos=1)

    def _receive(self, wait_s: float) -> None:
        """Read what lies in the socket, up to a batch, and write what is to be written."""
        socket = self._client.socket()
        if socket is None:
            return
        if getattr(socket, "pending", int)():  # TLS has taken more from the socket than it has handed on
            wait_s = 0
        _, writable, _ = select.select([socket], [socket] if self._client.want_write() else [], [], wait_s)
        if writable:
            self._client.loop_write()
        before = -1
        # One packet a call. Where a call brings no message there is no whole packet left, or one that is not a message.
        while before < len(self._received) < BATCH_MESSAGES and self._received_bytes < BATCH_BYTES:
            before = len(self._received)
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        self._client.loop_misc()
        if self._problem is not None:
            raise self._problem

    def _batch(self) -> Batch:
        """Return what was received since the last one."""
        received, self._received, self._received_bytes = self._received, [], 0
        if not received:
            return Batch((), str)
        # A message at QoS 0 carries no packet id and is not acknowledged.
        numbers = [number for number, _, _ in received if number]
        topics = [topic for _, topic, _ in received]
        connection = self._connection
        self._owing += len(numbers)

        def acknowledge() -> None:
            if connection == self._connection:
                self._owing -= len(numbers)
                for number in numbers:
                    self._client.ack(number, 1)

        payloads = [payload for _, _, payload in received]
        return Batch(payloads, lambda index: f"mqtt:{topics[index]}", acknowledge=acknowledge)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "not UTF-8"
        self._received.append((message.mid if message.qos else 0, topic, bytes(message.payload)))
        self._received_bytes += len(message.payload)

    def _on_connect(self, _c: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        if reason.is_failure:
            self._problem = self._unavailable(str(reason))
            return
        self._connected = True
        self._connection += 1
        self._owing = 0
        if self._listening:
            self._subscribe()

    def _on_disconnect(self, *_: object) -> None:
        self._connected = False
        if not self._stopped:
            self._report(f"MQTT broker {self._address}: connection lost, trying again")
        self._losses.append(time.monotonic())
        if len(self._losses) == LOSSES and self._losses[-1] - self._losses[0] < LOSSES_WITHIN_S:
            self._problem = Unavailable(
                f"MQTT broker {self._address}: closed the connection of {self._subscription.client_id} again and again",
                next_step="give each bridge its own --client-id, and all of them one --group to share the messages",
            )

    def _on_subscribe(self, _c: Client, _u: Any, _m: int, reasons: list[ReasonCode], _p: Properties | None) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._problem = self._unavailable(f"{self._subscription.filter} is refused: {reason}")
                return
        self._report(f"listening to {self._subscription.filter} at {self._address}")

    def _on_unsubscribe(self, *_: object) -> None:
        self._left = True

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(
            f"MQTT broker {self._address}: {why}",
            next_step="run `gridctl status`; `gridctl up` starts the local stack, GRIDCTL_MQTT names another broker",
        )
