"""From a record to its effect, or to the reason why it has none.

The writer's schema comes from the registry by the id in the frame, the reader's is ours. An id that the registry does
not know makes a dead letter; a registry that does not answer stops the processor, for nothing is known then.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.events import Kind
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS
from gridctl.deadletters.refusal import Names, Refusal
from gridctl.process.checks import Test, compile_test
from gridctl.process.ports import Effect
from gridctl.state.model import NO_CIRCUIT
from gridctl.state.reader import StoredEvents
from gridctl.state.record import pack_register
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.reader import Record

BROKER_TIME = 2  # the kind of a record's time that the broker sets at append (LogAppendTime)

Event = Mapping[str, Any]


class _Route(NamedTuple):
    """How the values of one topic are read."""

    kind: Kind
    decode: Callable[[bytes], Event]
    surely_sound: Test


class EventReader:
    """Reads records of the measurement topics; `decoders` are by kind, each reads as our newest schema says.

    `stored` reads the same events where the grid state keeps them.
    """

    def __init__(self, decoders: Mapping[str, FramedDecoder], allowed_skew_ms: int) -> None:
        self._allowed_skew_ms = allowed_skew_ms
        self._decoders = decoders
        self._routes: dict[str, _Route] = {}
        for name, decoder in decoders.items():
            kind = KINDS[name]
            surely_sound = compile_test(kind.event, without=frozenset({"kind"}))
            self._routes[kind.topic] = _Route(kind, decoder.decode, surely_sound)
        self.stored = StoredEvents(decoders)

    def forget_unknown(self) -> None:
        """Ask the registry again for ids that it did not know; call once a batch."""
        for decoder in self._decoders.values():
            decoder.forget_unknown()

    def read(self, record: Record, now_ms: int) -> tuple[Effect, int, int]:
        """Return a record's effect, event time and time in its topic, in epoch ms; raise Refusal, or Unavailable."""
        kind, decode, surely_sound = self._routes[record.topic() or ""]
        value = record.value()
        if value is None:
            raise Refusal("DECODE", "empty_value", "the record has no value")
        try:
            event = decode(value)
        except Unreadable as error:
            raise Refusal("DECODE", error.rule, error.reason) from error
        device_id, event_time_ms = event["device_id"], event["event_time_ms"]
        if not surely_sound(event):
            _check(kind, event)
        if event["msg_id"] != msg_id(device_id, event_time_ms):
            reason = f"msg_id is not the hash of {device_id} and {event_time_ms}"
            raise _refused(kind, event, "msg_id_mismatch", reason, "msg_id")
        key = record.key()
        if key is None or key != device_id.encode():
            reason = "the record's key is not its device_id, so its order in the partition cannot be relied on"
            raise _refused(kind, event, "key_mismatch", reason, "device_id")
        # Against the broker's time a replay judges as the first run did; the clock is used where there is none.
        kind_of_time, at_ms = record.timestamp()
        problem = event_time_problem(
            event_time_ms, at_ms if kind_of_time == BROKER_TIME else now_ms, self._allowed_skew_ms
        )
        if problem:
            raise _refused(kind, event, problem, f"event time {event_time_ms} is out of bounds", "event_time_ms")
        return effect_of(kind, event, key, value), event_time_ms, at_ms


def effect_of(kind: Kind, event: Event, device_id: bytes, frame: bytes) -> Effect:
    """Return what a sound event means for the grid state; `frame` is the event as it came, kept in the state."""
    power_mw, good = kind.contribution(event)
    circuit = (event["circuit_id"] or NO_CIRCUIT).encode()
    record = pack_register(event["event_time_ms"], power_mw, good, kind.code, circuit, frame)
    return Effect(device_id, record)


def _check(kind: Kind, event: Event) -> None:
    try:
        kind.event.__pydantic_validator__.validate_python({"kind": kind.name, **event}, strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _refused(kind, event, "contract_broken", f"{field}: {first['msg']}", field) from error


def _refused(kind: Kind, event: Event, rule: str, reason: str, field: str) -> Refusal:
    return Refusal("VALIDATE", rule, reason, field, Names(kind.name, event["device_id"], event.get("firmware")))
