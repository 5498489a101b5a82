"""Readings to framed Avro: one generated encoder a kind, schema ids looked up once at the start.

Nothing here registers a schema. A producer that could would publish with whatever its file says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gridctl.avro.codec import compile_encoder
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, DeadLetter
from gridctl.contracts.framing import frame_header
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import Unavailable

STAMPS = ("msg_id", "priority_level", "circuit_id")
# `encode(reading.__dict__, msg_id, priority_level, circuit_id)` gives the body without a frame.
EventEncoder = Callable[..., bytes]


@dataclass(frozen=True)
class FramedEncoder:
    """An encoder and the frame of the schema that it writes."""

    header: bytes
    body: EventEncoder


@dataclass(frozen=True)
class Encoders:
    """The encoder of each kind's event, and that of dead letters."""

    of_kind: Mapping[str, FramedEncoder]
    of_dead_letter: FramedEncoder

    def dead_letter(self, envelope: DeadLetter) -> bytes:
        """Return the framed value of a dead letter."""
        return self.of_dead_letter.header + self.of_dead_letter.body(envelope.__dict__)


def load_encoders(schemas: Mapping[str, str], lookup: SchemaLookup) -> Encoders:
    """Return the encoders for the newest schemas, given as texts by subject; Unavailable when one is not registered."""
    of_kind = {
        kind: framed_encoder(f"{topic}-value", schemas, lookup, extra=STAMPS) for kind, topic in TOPIC_OF_KIND.items()
    }
    return Encoders(of_kind, framed_encoder(DEAD_LETTER_SUBJECT, schemas, lookup))


def framed_encoder(
    subject: str, schemas: Mapping[str, str], lookup: SchemaLookup, extra: tuple[str, ...] = ()
) -> FramedEncoder:
    """Return the encoder for a subject's schema under its registered id; Unavailable when it is not registered."""
    text = schemas[subject]
    found = lookup.find(subject, text)
    if found is None:
        raise Unavailable(
            f"the schema of {subject} in this directory is not registered",
            next_step="`gridctl up` registers all schemas of a local stack; elsewhere have them registered first",
        )
    encode: Callable[[Mapping[str, Any]], bytes] = compile_encoder(text, extra=extra)
    return FramedEncoder(frame_header(found.schema_id), encode)
