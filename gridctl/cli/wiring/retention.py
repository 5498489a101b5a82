"""The wiring of `schema retention`: a topic and its dead letters read whole, and held against the local readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridctl.cli.wiring.base import catalogue_of, registry_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridctl.cli.config import Settings
    from gridctl.governance.retention import Census, Need
    from gridctl.streams.codec import FramedDecoder


class Found(NamedTuple):
    """What a topic retains, and the file that would read it."""

    census: Census
    needs: list[Need]
    reader: str


def retained(settings: Settings, topic: str) -> Found:
    """Read the topic and its dead letters, and judge the newest local readers; UsageProblem, Unavailable."""
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.retention import Census, Judge, inside
    from gridctl.streams.codec import FramedDecoder

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
        KafkaReader(settings.endpoint("bootstrap"), settings.kafka) as log,
    ):
        judge = Judge(read_tree(settings.schemas_dir), registry)
        reader = judge.reader(spec.subject)
        decoder = FramedDecoder(registry)
        for message in log.read(log.spans(topics)):
            place, value, time_ms = message.topic() or "", message.value(), message.timestamp()[1]
            census.add(place, value, time_ms)
            if place == spec.dlq and value is not None:
                census.add_letter(place, _decoded(decoder, value), time_ms)
        return Found(census, list(judge.needs(census, subject_of)), reader.path)


def _decoded(decoder: FramedDecoder, value: bytes) -> Mapping[str, object] | None:
    """Return a dead letter as it was written, or None where it cannot be read or is something else."""
    from gridctl.streams.codec import Unreadable

    try:
        letter = decoder.decode(value)
    except Unreadable:
        return None
    return letter if isinstance(letter, dict) and {"raw", "stage"} <= letter.keys() else None
