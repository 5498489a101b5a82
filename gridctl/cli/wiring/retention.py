"""The wiring of `schema retention`: a topic and its dead letters read whole, and held against the local readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from gridctl.cli.wiring.base import catalogue_of, registry_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.contracts.registry import SchemaLookup
    from gridctl.governance.retention import Census, Need


class Found(NamedTuple):
    """What a topic retains, and the file that would read it."""

    census: Census
    needs: list[Need]
    reader: str


def retained(settings: Settings, topic: str) -> Found:
    """Read the topic and its dead letters, and judge the newest local readers; UsageProblem, Unavailable."""
    from gridctl.adapters.kafka.retained import RetainedLog
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.retention import Census, Judge, inside

    catalogue = catalogue_of(settings)
    spec = catalogue.by_name.get(topic)
    if spec is None:
        known = ", ".join(catalogue.by_name)
        raise UsageProblem(
            f"{topic} is no topic of {settings.schemas_dir / 'topics.toml'}", next_step=f"one of {known}"
        )
    subject_of = {spec.name: spec.subject}
    if spec.dlq is not None:
        subject_of |= {spec.dlq: catalogue[spec.dlq].subject, inside(spec.dlq): spec.subject}
    topics = [name for name in (spec.name, spec.dlq) if name is not None]
    census = Census()
    with (
        registry_of(settings) as registry,
        RetainedLog(settings.endpoint("bootstrap"), settings.kafka) as log,
    ):
        judge = Judge(read_tree(settings.schemas_dir), registry)
        reader = judge.reader(spec.subject)
        letter_of = _letter_reader(registry)
        for message in log.read(topics):
            place, value, time_ms = message.topic() or "", message.value(), message.timestamp()[1]
            census.add(place, value, time_ms)
            if place == spec.dlq and value is not None:
                census.add_letter(place, letter_of(value), time_ms)
        return Found(census, list(judge.needs(census, subject_of)), reader.path)


def _letter_reader(registry: SchemaLookup) -> Callable[[bytes], Mapping[str, Any] | None]:
    """Return what decodes a dead letter with its writer's schema, or to None where that fails."""
    from gridctl.avro.codec import AvroDecodeError, AvroSchemaError, compile_decoder
    from gridctl.contracts.framing import HEADER_BYTES, FramingError, schema_id_of

    @cache
    def decoder(schema_id: int) -> Callable[[bytes, int], Any] | None:
        text = registry.schema_by_id(schema_id)
        return None if text is None else compile_decoder(text)

    def read(value: bytes) -> Mapping[str, Any] | None:
        try:
            decode = decoder(schema_id_of(value))
            letter = None if decode is None else decode(value, HEADER_BYTES)
        except (FramingError, AvroDecodeError, AvroSchemaError):
            return None
        return letter if isinstance(letter, dict) and {"raw", "stage"} <= letter.keys() else None

    return read
