"""From a record to its effect, or to the reason why it has none.

The writer's schema comes from the registry by the id in the frame, the reader's is ours. An id that the registry does
not know makes a dead letter; a registry that does not answer stops the processor, for nothing is known then.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.events import Kind
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS
from gridctl.deadletters.refusal import Names, Refusal
from gridctl.process.checks import compile_test
from gridctl.process.effect import effect_of
from gridctl.process.ports import Effect
from gridctl.state.stored import StoredEvents
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.records import Record

BROKER_TIME = 2  # the kind of a record's time that the broker sets at append (LogAppendTime)

Event = Mapping[str, Any]


class _Route:
    """How the values of one topic are read."""

    def __init__(self, kind: Kind, decoder: FramedDecoder) -> None:
        self.kind = kind
        self.decoder = decoder
        self.validate = kind.event.__pydantic_validator__.validate_python
        self.surely_sound = compile_test(kind.event, without=frozenset({"kind"}))

    def decode(self, frame: bytes) -> Event:
        try:
            event: Event = self.decoder.decode(frame)
        except Unreadable as error:
            raise Refusal("DECODE", error.rule, error.reason) from error
        return event

    def names(self, event: Event) -> Names:
        return Names(self.kind.name, event["device_id"], event.get("firmware"))


class EventReader:
    """Reads records of the measurement topics; `decoders` are by kind, each reads as our newest schema says.

    `stored` reads the same events where the grid state keeps them.
    """

    def __init__(self, decoders: Mapping[str, FramedDecoder], allowed_skew_ms: int) -> None:
        self._allowed_skew_ms = allowed_skew_ms
        self._routes = {KINDS[name].topic: _Route(KINDS[name], decoder) for name, decoder in decoders.items()}
        self.stored = StoredEvents(decoders)

    def forget_unknown(self) -> None:
        """Ask the registry again for ids that it did not know; call once a batch."""
        for route in self._routes.values():
            route.decoder.forget_unknown()

    def read(self, record: Record, now_ms: int) -> tuple[Effect, int]:
        """Return the effect and the event time of a record; raise Refusal, or Unavailable."""
        route = self._routes[record.topic() or ""]
        value = record.value()
        if value is None:
            raise Refusal("DECODE", "empty_value", "the record has no value")
        event = route.decode(value)
        device_id, event_time_ms = event["device_id"], event["event_time_ms"]
        if not route.surely_sound(event):
            _check(route, event)
        if event["msg_id"] != msg_id(device_id, event_time_ms):
            reason = f"msg_id is not the hash of {device_id} and {event_time_ms}"
            raise Refusal("VALIDATE", "msg_id_mismatch", reason, "msg_id", route.names(event))
        key = record.key()
        if key is None or key != device_id.encode():
            reason = "the record's key is not its device_id, so its order in the partition means nothing"
            raise Refusal("VALIDATE", "key_mismatch", reason, "device_id", route.names(event))
        # Against the broker's time a replay judges as the first run did; the clock stands in where there is none.
        kind_of_time, at_ms = record.timestamp()
        problem = event_time_problem(
            event_time_ms, at_ms if kind_of_time == BROKER_TIME else now_ms, self._allowed_skew_ms
        )
        if problem:
            reason = f"event time {event_time_ms} is out of bounds"
            raise Refusal("VALIDATE", problem, reason, "event_time_ms", route.names(event))
        return effect_of(route.kind, event, key, value), event_time_ms


def _check(route: _Route, event: Event) -> None:
    try:
        route.validate({"kind": route.kind.name, **event}, strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = f"{field}: {first['msg']}"
        raise Refusal("VALIDATE", "contract_broken", reason, field, route.names(event)) from error
