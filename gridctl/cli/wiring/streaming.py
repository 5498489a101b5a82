"""The ports of what moves readings: pipeline and processor, the devices' side, and what reads state and topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from gridctl.cli.extras import extra
from gridctl.cli.wiring.base import (
    catalogue_of,
    dead_letter_topics,
    login_of,
    lookup_of,
    newest_schema,
    reader_of,
    redis_of,
    registry_of,
)
from gridctl.cli.wiring.telemetry import linking
from gridctl.contracts.assets import ASSET_TOPIC
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, UNROUTED_DLQ
from gridctl.contracts.kinds import KINDS
from gridctl.runtime.clock import wall_clock_ms
from gridctl.runtime.outage import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.adapters.mqtt_publisher import MqttPublisher
    from gridctl.adapters.mqtt_source import MqttSource
    from gridctl.cli.config import Settings
    from gridctl.contracts.registry import SchemaLookup
    from gridctl.deadletters.recent import RecentLetters
    from gridctl.deadletters.view import LettersReader, StoredLetter
    from gridctl.ingest.pipeline import Pipeline
    from gridctl.ingest.scada.source import Links
    from gridctl.process.processor import Processor
    from gridctl.runtime.service import Service
    from gridctl.simulate.ports import OutstationServers
    from gridctl.simulate.scada.grid import Grid
    from gridctl.simulate.scada.serve import Fault, OutstationAccount
    from gridctl.state.reader import StateReader
    from gridctl.state.view import EventOf
    from gridctl.streams.codec import FramedDecoder, FramedEncoder
    from gridctl.streams.publisher import Publisher

ASSET_SUBJECT = f"{ASSET_TOPIC}-value"
# What the process holds open besides its links: the broker's connections, the registry's, files and pipes.
OTHER_FILES = 64
# The newest dead letters of each partition: what a person can wait for, also where there are millions.
LETTERS_LOOKED_AT = 5000


@contextmanager
def pipeline_of(settings: Settings, service: Service) -> Iterator[tuple[Pipeline, Callable[[], None], Needs]]:
    """Yield a pipeline to the profile's broker, a check of its schema ids and asset table, and what it needs.

    Unavailable when anything that it needs does not answer: the broker, a topic, a registry that never answered before.
    """
    warn, patience_s, telemetry = service.log.warn, service.terms.patience_s, service.telemetry
    dlq_of = dead_letter_topics(settings)  # before the models of all kinds are put together
    from gridctl.adapters.kafka.assets import AssetFollower
    from gridctl.adapters.kafka.metadata import Pulse
    from gridctl.adapters.kafka.producer import KafkaPublisher
    from gridctl.deadletters.letter import DeadLetters
    from gridctl.ingest.pipeline import Pipeline, load_encoders
    from gridctl.ingest.telemetry import IngestTelemetry
    from gridctl.ingest.validate import Validator

    bootstrap, overrides = settings.endpoint("bootstrap"), settings.kafka
    with lookup_of(settings, warn) as registry:
        schemas = {kind.subject: newest_schema(settings, kind.subject) for kind in KINDS.values()}
        encoders = load_encoders(schemas, registry)
        letter_encoder = _encoder(settings, DEAD_LETTER_SUBJECT, registry)
        with (
            KafkaPublisher(bootstrap, overrides, {*dlq_of, *dlq_of.values(), UNROUTED_DLQ}, patience_s) as publisher,
            AssetFollower(bootstrap, overrides, registry, newest_schema(settings, ASSET_SUBJECT), warn) as assets,
        ):
            pipeline = Pipeline(
                Validator(settings.profile.allowed_skew_ms),
                assets.table,
                encoders,
                publisher,
                DeadLetters(publisher, letter_encoder),
                dlq_of=dlq_of,
                raw_cap_bytes=settings.profile.raw_cap_bytes,
                outlast=service.outlast,
                telemetry=None if telemetry is None else IngestTelemetry(telemetry),
            )

            def check() -> None:
                registry.check()
                assets.check()

            pulse = Pulse(bootstrap, overrides, ASSET_TOPIC)
            owed = {"acknowledgement": pipeline.require_acknowledgements}
            yield pipeline, check, Needs({"broker": pulse.require}, owed)


@contextmanager
def asset_publisher(settings: Settings, warn: Callable[[str], None]) -> Iterator[tuple[FramedEncoder, Publisher]]:
    """Yield what publishes asset records; Unavailable when registry, broker, topic or schema are not there."""
    from gridctl.adapters.kafka.producer import KafkaPublisher

    with lookup_of(settings, warn) as registry:
        encoder = _encoder(settings, ASSET_SUBJECT, registry)
        with KafkaPublisher(settings.endpoint("bootstrap"), settings.kafka, [ASSET_TOPIC]) as publisher:
            yield encoder, publisher


@contextmanager
def processor_of(
    settings: Settings, group: str, instance_id: str | None, service: Service
) -> Iterator[tuple[Processor, Callable[[], None], Needs]]:
    """Yield a processor that joins its group, a check of the schemas that it works with, and what it needs.

    A registry that is away is a warning. Unavailable when anything else does not answer.
    """
    from gridctl.adapters.kafka.consumer import KafkaEvents
    from gridctl.adapters.kafka.metadata import Pulse
    from gridctl.adapters.kafka.producer import KafkaPublisher
    from gridctl.deadletters.letter import DeadLetters
    from gridctl.process.decode import EventReader
    from gridctl.process.processor import Processor
    from gridctl.process.telemetry import ProcessTelemetry

    dlq_of, telemetry = dead_letter_topics(settings), service.telemetry
    bootstrap, overrides = settings.endpoint("bootstrap"), settings.kafka
    with lookup_of(settings, service.log.warn) as registry, closing(redis_of(settings)) as state:
        state.ping()
        encoder = _encoder(settings, DEAD_LETTER_SUBJECT, registry)
        reader = EventReader(_decoders(settings, registry), settings.profile.allowed_skew_ms)
        with (
            KafkaPublisher(bootstrap, overrides, dlq_of.values()) as publisher,
            KafkaEvents(bootstrap, overrides, group=group, topics=list(dlq_of), instance_id=instance_id) as events,
        ):
            processor = Processor(
                events,
                reader,
                state,
                DeadLetters(publisher, encoder),
                publisher,
                dlq_of=dlq_of,
                raw_cap_bytes=settings.profile.raw_cap_bytes,
                telemetry=None if telemetry is None else ProcessTelemetry(telemetry, group, wall_clock_ms),
            )
            pulse = Pulse(bootstrap, overrides, next(iter(dlq_of)))
            neighbours = {"broker": pulse.require, "redis": state.ping}
            yield processor, registry.check, Needs(neighbours, {"group": events.require_joined})


@contextmanager
def state_of(settings: Settings, warn: Callable[[str], None]) -> Iterator[tuple[StateReader, EventOf]]:
    """Yield the grid state, and how to read the events in it, with what the registry said before where it is away."""
    with closing(redis_of(settings)) as state:
        state.ping()
        with lookup_of(settings, warn) as registry:
            yield state, event_reader(settings, registry)


def event_reader(settings: Settings, registry: SchemaLookup) -> EventOf:
    """Return what reads the events in the grid state."""
    from gridctl.state.reader import StoredEvents

    return StoredEvents(_decoders(settings, registry)).event


@contextmanager
def dead_letters_of(settings: Settings, warn: Callable[[str], None]) -> Iterator[LettersReader]:
    """Yield what reads dead letter topics, with what the registry said before where it is away."""
    from gridctl.deadletters.view import stored_letters

    with _letters_reader(settings, warn) as (reader, decoder), linking(reader, "dlq", warn) as linked:
        yield partial(stored_letters, linked, decoder)


@contextmanager
def recent_letters_of(settings: Settings, warn: Callable[[str], None]) -> Iterator[RecentLetters]:
    """Yield the dead letters of the last ten minutes."""
    from gridctl.deadletters.recent import RecentLetters

    topics = catalogue_of(settings).dead_letter_topics
    with _letters_reader(settings, warn) as (reader, decoder):
        yield RecentLetters(reader, decoder, topics, 4 * LETTERS_LOOKED_AT)


def newest_letter_of(settings: Settings, device_id: str, warn: Callable[[str], None]) -> StoredLetter | None:
    """Return a device's newest dead letter, of the newest ones in every dead letter topic; raise Unavailable."""
    from gridctl.deadletters.view import newest_letter

    topics = catalogue_of(settings).dead_letter_topics
    with _letters_reader(settings, warn) as (reader, decoder):
        return newest_letter(device_id, reader, decoder, topics, LETTERS_LOOKED_AT)


@contextmanager
def topic_tail(settings: Settings, topic: str, limit: int) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """Yield the newest records of a topic as rows; each further step gives what was added meanwhile."""
    from gridctl.streams.codec import FramedDecoder
    from gridctl.streams.tail import tail

    with registry_of(settings) as registry, reader_of(settings) as reader:
        yield tail(reader, FramedDecoder(registry), topic, limit)


@contextmanager
def mqtt_source(
    settings: Settings, topics: str, client_id: str, group: str | None, service: Service
) -> Iterator[tuple[MqttSource, Needs]]:
    """Yield the source of the profile's MQTT broker, which is connected then; Unavailable when it does not answer."""
    with extra("mqtt", "MQTT"):
        from gridctl.adapters.mqtt_source import MqttSource, Subscription

    mqtt = settings.profile.mqtt
    subscription = Subscription(topics, client_id, group)
    login, patience_s = login_of(mqtt, tls=mqtt.tls), service.terms.patience_s
    with MqttSource(settings.endpoint("mqtt"), subscription, service.log.say, login, patience_s) as source:
        yield source, Needs(conditions={"mqtt": source.require_connected})


def mqtt_publisher(settings: Settings, client_id: str, address: str | None = None) -> MqttPublisher:
    """Connect to the devices' broker, or to another one with the same login; Unavailable when it does not answer."""
    with extra("mqtt", "MQTT"):
        from gridctl.adapters.mqtt_publisher import MqttPublisher

    mqtt = settings.profile.mqtt
    return MqttPublisher(address or settings.endpoint("mqtt"), client_id, login_of(mqtt, tls=mqtt.tls))


def modbus_links(units: int) -> Links:
    """Return what makes the link to each of so many units; UsageProblem when the library, or room, is missing."""
    from gridctl.runtime.files import allow_open_files

    with extra("modbus", "Modbus"):
        from gridctl.adapters.modbus_client import ModbusLink

    allow_open_files(units + OTHER_FILES, "a connection to each unit of the map")
    return ModbusLink


def outstation_servers(
    grid: Grid, faults: Mapping[int, Fault], account: OutstationAccount, host: str, port: int
) -> OutstationServers:
    """Return the Modbus servers; they start in an event loop."""
    with extra("modbus", "Modbus"):
        from gridctl.adapters.modbus_server import ModbusServers, Outstations

    return ModbusServers(Outstations(grid, faults, account), host, port)


@contextmanager
def _letters_reader(settings: Settings, warn: Callable[[str], None]) -> Iterator[tuple[KafkaReader, FramedDecoder]]:
    """Yield what reads topics, and what reads a dead letter."""
    from gridctl.streams.codec import FramedDecoder

    with lookup_of(settings, warn) as registry, reader_of(settings) as reader:
        yield reader, FramedDecoder(registry, newest_schema(settings, DEAD_LETTER_SUBJECT))


def _encoder(settings: Settings, subject: str, registry: SchemaLookup) -> FramedEncoder:
    from gridctl.streams.codec import framed_encoder

    return framed_encoder(subject, newest_schema(settings, subject), registry)


def _decoders(settings: Settings, registry: SchemaLookup) -> dict[str, FramedDecoder]:
    """Return what reads the events of each kind, with our newest schemas."""
    from gridctl.streams.codec import FramedDecoder

    return {name: FramedDecoder(registry, newest_schema(settings, kind.subject)) for name, kind in KINDS.items()}
