"""Topics: what the catalogue declares against what the broker has, and the steps from one to the other.

Nothing here deletes: a topic that the catalogue does not name, or one with more partitions than declared, is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gridctl.contracts.topics import TopicCatalogue, TopicSpec

Action = Literal["create", "add_partitions", "set_config", "none"]


@dataclass(frozen=True)
class LiveTopic:
    """A topic as the broker has it; `config` holds every setting, defaults included."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TopicChange:
    """One difference. With the action `none` it cannot be made without loss, so a person must decide."""

    topic: str
    action: Action
    detail: str


class TopicAdmin(Protocol):
    """The broker's administration. All raise Unavailable."""

    def topics(self) -> dict[str, LiveTopic]:
        """Return all topics but the broker's internal ones."""
        ...

    def create(self, spec: TopicSpec) -> None:
        """Create a topic, with as many replicas as the cluster can give, at most three."""
        ...

    def add_partitions(self, name: str, total: int) -> None:
        """Raise the number of partitions."""
        ...

    def set_config(self, name: str, values: Mapping[str, str]) -> None:
        """Set these settings of a topic and leave the others as they are."""
        ...


def plan(catalogue: TopicCatalogue, live: Mapping[str, LiveTopic]) -> list[TopicChange]:
    """Return every difference between the declared and the live topics, in the order of the catalogue."""
    changes: list[TopicChange] = []
    for spec in catalogue.topic:
        present = live.get(spec.name)
        if present is None:
            changes.append(TopicChange(spec.name, "create", f"{spec.partitions} partitions, {_words(spec.config)}"))
            continue
        if present.partitions < spec.partitions:
            detail = f"{present.partitions} → {spec.partitions}; keys move to other partitions from here on"
            changes.append(TopicChange(spec.name, "add_partitions", detail))
        elif present.partitions > spec.partitions:
            detail = f"has {present.partitions} partitions, {spec.partitions} are declared; they cannot be taken away"
            changes.append(TopicChange(spec.name, "none", detail))
        if different := differing(spec, present):
            detail = ", ".join(f"{key} {present.config.get(key)} → {value}" for key, value in different.items())
            changes.append(TopicChange(spec.name, "set_config", detail))
    undeclared = sorted(set(live) - {spec.name for spec in catalogue.topic})
    changes += [TopicChange(name, "none", "is not declared; nothing deletes it") for name in undeclared]
    return changes


def differing(spec: TopicSpec, present: LiveTopic) -> dict[str, str]:
    """Return the declared settings that the live topic does not have."""
    return {key: value for key, value in spec.config.items() if present.config.get(key) != value}


def apply(catalogue: TopicCatalogue, admin: TopicAdmin) -> list[TopicChange]:
    """Make every change that loses nothing; return all differences that there were."""
    live = admin.topics()
    changes = plan(catalogue, live)
    for change in changes:
        if change.action == "create":
            admin.create(catalogue[change.topic])
        elif change.action == "add_partitions":
            admin.add_partitions(change.topic, catalogue[change.topic].partitions)
        elif change.action == "set_config":
            admin.set_config(change.topic, differing(catalogue[change.topic], live[change.topic]))
    return changes


def drift(catalogue: TopicCatalogue, changes: Iterable[TopicChange]) -> list[TopicChange]:
    """Return the differences of declared topics: those of others on the same broker are not ours to judge."""
    return [change for change in changes if change.topic in catalogue.by_name]


def undone(changes: Iterable[TopicChange]) -> list[TopicChange]:
    """Return the differences that nothing here can make."""
    return [change for change in changes if change.action == "none"]


def _words(config: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items())
