"""The producers' share of the wiring: the pipeline to the broker, with the asset table that it stamps from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridctl.cli.wiring.base import dead_letter_topics, login_of, lookup_of, newest_schema
from gridctl.contracts.assets import ASSET_TOPIC
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, UNROUTED_DLQ
from gridctl.contracts.kinds import KINDS
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridctl.adapters.mqtt_source import MqttSource
    from gridctl.cli.config import Settings
    from gridctl.ingest.pipeline import Pipeline
    from gridctl.streams.codec import FramedEncoder
    from gridctl.streams.publisher import Publisher

ASSET_SUBJECT = f"{ASSET_TOPIC}-value"


@contextmanager
def pipeline_of(settings: Settings, warn: Callable[[str], None]) -> Iterator[tuple[Pipeline, Callable[[], None]]]:
    """Yield a pipeline to the profile's broker, and a check of its schema ids and asset table: `warn` hears of both.

    Unavailable when anything that it needs does not answer: the broker, a topic, a registry that never answered before.
    """
    dlq_of = dead_letter_topics(settings)  # before the models of all kinds are put together
    from gridctl.adapters.kafka.assets import AssetFollower
    from gridctl.adapters.kafka.producer import KafkaPublisher
    from gridctl.deadletters.letter import DeadLetters
    from gridctl.ingest.pipeline import Pipeline, load_encoders
    from gridctl.ingest.validate import Validator
    from gridctl.streams.codec import framed_encoder

    bootstrap, overrides = settings.endpoint("bootstrap"), settings.kafka
    with lookup_of(settings, warn) as registry:
        schemas = {kind.subject: newest_schema(settings, kind.subject) for kind in KINDS.values()}
        encoders = load_encoders(schemas, registry)
        letter_encoder = framed_encoder(DEAD_LETTER_SUBJECT, newest_schema(settings, DEAD_LETTER_SUBJECT), registry)
        with (
            KafkaPublisher(bootstrap, overrides, {*dlq_of, *dlq_of.values(), UNROUTED_DLQ}) as publisher,
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
            )

            def check() -> None:
                registry.check()
                assets.check()

            yield pipeline, check


@contextmanager
def asset_publisher(settings: Settings, warn: Callable[[str], None]) -> Iterator[tuple[FramedEncoder, Publisher]]:
    """Yield what publishes asset records; Unavailable when registry, broker, topic or schema are not there."""
    from gridctl.adapters.kafka.producer import KafkaPublisher
    from gridctl.streams.codec import framed_encoder

    with lookup_of(settings, warn) as registry:
        encoder = framed_encoder(ASSET_SUBJECT, newest_schema(settings, ASSET_SUBJECT), registry)
        with KafkaPublisher(settings.endpoint("bootstrap"), settings.kafka, [ASSET_TOPIC]) as publisher:
            yield encoder, publisher


def mqtt_source(
    settings: Settings, topics: str, client_id: str, group: str | None, remark: Callable[[str], None]
) -> MqttSource:
    """Return the source of the profile's MQTT broker; it connects when it is entered."""
    try:
        from gridctl.adapters.mqtt_source import MqttSource, Subscription
    except ModuleNotFoundError as error:
        raise UsageProblem(f"MQTT needs {error.name}", next_step="pip install 'gridctl[mqtt]'") from error

    mqtt = settings.profile.mqtt
    subscription = Subscription(topics, client_id, group)
    return MqttSource(settings.endpoint("mqtt"), subscription, remark, login_of(mqtt, tls=mqtt.tls))
