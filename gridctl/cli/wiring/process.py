"""The processor's share of the wiring: the state, the topics and the dead letters behind their ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gridctl.cli.wiring.base import dead_letter_topics, lookup_of, newest_schema, redis_of, registry_of
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT
from gridctl.contracts.kinds import KINDS

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.contracts.registry import SchemaLookup
    from gridctl.deadletters.view import StoredLetter
    from gridctl.process.processor import Processor
    from gridctl.state.reader import StateReader
    from gridctl.state.view import EventOf
    from gridctl.streams.codec import FramedDecoder


def _decoders(settings: Settings, registry: SchemaLookup) -> dict[str, FramedDecoder]:
    """Return what reads the events of each kind, with our newest schemas."""
    from gridctl.streams.codec import FramedDecoder

    return {name: FramedDecoder(registry, newest_schema(settings, kind.subject)) for name, kind in KINDS.items()}


@contextmanager
def processor_of(
    settings: Settings, group: str, instance_id: str | None, warn: Callable[[str], None]
) -> Iterator[tuple[Processor, Callable[[], None]]]:
    """Yield a processor that has joined its group, and a check of the schemas that it reads and writes with.

    `warn` hears when the registry is away; Unavailable when anything else that it needs does not answer.
    """
    from gridctl.adapters.kafka.consumer import KafkaEvents
    from gridctl.adapters.kafka.producer import KafkaPublisher
    from gridctl.deadletters.letter import DeadLetters
    from gridctl.process.decode import EventReader
    from gridctl.process.processor import Processor
    from gridctl.streams.codec import framed_encoder

    dlq_of = dead_letter_topics(settings)
    topics = list(dlq_of)
    bootstrap, overrides = settings.endpoint("bootstrap"), settings.kafka
    with lookup_of(settings, warn) as registry, closing(redis_of(settings)) as state:
        state.ping()
        encoder = framed_encoder(DEAD_LETTER_SUBJECT, newest_schema(settings, DEAD_LETTER_SUBJECT), registry)
        reader = EventReader(_decoders(settings, registry), settings.profile.allowed_skew_ms)
        with (
            KafkaPublisher(bootstrap, overrides, dlq_of.values()) as publisher,
            KafkaEvents(bootstrap, overrides, group=group, topics=topics, instance_id=instance_id) as events,
        ):
            processor = Processor(
                events,
                reader,
                state,
                DeadLetters(publisher, encoder),
                publisher,
                dlq_of=dlq_of,
                raw_cap_bytes=settings.profile.raw_cap_bytes,
            )
            yield processor, registry.check


@contextmanager
def state_of(settings: Settings) -> Iterator[tuple[StateReader, EventOf]]:
    """Yield the grid state, and how to read the events in it."""
    from gridctl.state.reader import StoredEvents

    with closing(redis_of(settings)) as state:
        state.ping()
        with registry_of(settings) as registry:
            yield state, StoredEvents(_decoders(settings, registry)).event


@contextmanager
def dead_letters_of(settings: Settings) -> Iterator[Callable[[Sequence[str]], Iterator[StoredLetter]]]:
    """Yield what reads dead letter topics whole."""
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.deadletters.view import stored_letters
    from gridctl.streams.codec import FramedDecoder

    with registry_of(settings) as registry, KafkaReader(settings.endpoint("bootstrap"), settings.kafka) as reader:
        decoder = FramedDecoder(registry, newest_schema(settings, DEAD_LETTER_SUBJECT))
        yield partial(stored_letters, reader, decoder)
