"""The topic catalogue: what `schemas/topics.toml` declares."""

from typing import Annotated, Literal

from pydantic import Field

from gridctl.contracts.deadletter import UNROUTED_DLQ
from gridctl.contracts.declared import Declared
from gridctl.errors import UsageProblem

TopicName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(\.[a-z][a-z0-9\-]*)+$", max_length=249)]


class TopicSpec(Declared):
    """One topic. `retention_ms` -1 keeps for ever; `subject` is the registry subject of its values."""

    name: TopicName
    description: str
    owner: str
    partitions: Annotated[int, Field(ge=1, le=1000)]
    key: str
    retention_ms: Annotated[int, Field(ge=-1)]
    cleanup_policy: Literal["delete", "compact"] = "delete"
    max_message_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1_048_588
    subject: str
    dlq: TopicName | None = None
    requires_priority: bool = False

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings for this topic. Record time is the broker's, so old event times meet no retention."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "LogAppendTime",
        }


class TopicCatalogue(Declared):
    """All topics of the platform, by name, in the order of the file."""

    topic: list[TopicSpec]

    def __getitem__(self, name: str) -> TopicSpec:
        """Return the topic of that name; KeyError when it is not declared."""
        return self.by_name[name]

    @property
    def by_name(self) -> dict[str, TopicSpec]:
        """The topics by name."""
        return {spec.name: spec for spec in self.topic}

    @property
    def measurements(self) -> list[TopicSpec]:
        """The topics of devices' events: a kind of device publishes to each, and what is refused has a topic too."""
        return [spec for spec in self.topic if spec.dlq is not None and spec.requires_priority]

    @property
    def dead_letter_topics(self) -> list[str]:
        """Every topic that holds dead letters: what a topic names as its `dlq`, and `unrouted.dlq`."""
        named = {UNROUTED_DLQ, *(spec.dlq for spec in self.topic)}
        return [spec.name for spec in self.topic if spec.name in named]


def parse_catalogue(text: str, where: str = "schemas/topics.toml") -> TopicCatalogue:
    """Read a catalogue; raise UsageProblem naming the place of the first thing that is wrong."""
    catalogue = TopicCatalogue.from_toml(text, where)
    names = [spec.name for spec in catalogue.topic]
    for spec in catalogue.topic:
        if names.count(spec.name) > 1:
            raise UsageProblem(f"{where}: topic {spec.name} is declared twice")
        if spec.dlq is not None and spec.dlq not in names:
            raise UsageProblem(f"{where}: topic {spec.name}: its dlq {spec.dlq} is not declared")
    return catalogue
