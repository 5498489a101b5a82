"""Readings to framed Avro: one generated encoder a kind, schema ids looked up once at the start."""

from collections.abc import Mapping
from dataclasses import dataclass

from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, DeadLetter
from gridctl.contracts.events import STAMPS
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.contracts.registry import SchemaLookup
from gridctl.streams.codec import FramedEncoder, framed_encoder


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
