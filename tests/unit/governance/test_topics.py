"""What the catalogue declares against what a broker has."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gridctl.contracts.topics import TopicCatalogue, TopicSpec, parse_catalogue
from gridctl.governance.topics import LiveTopic, TopicChange, apply, drift, plan, undone

CATALOGUE = parse_catalogue(
    """
[[topic]]
name = "iot.thermostat"
description = "Reports"
owner = "@a/b"
partitions = 4
key = "device_id"
retention_ms = 1000
subject = "iot.thermostat-value"
"""
)
SPEC = CATALOGUE["iot.thermostat"]
AS_DECLARED = LiveTopic(SPEC.name, 4, {**SPEC.config, "segment.bytes": "7"})


class Admin:
    """A broker in memory: does what it is asked, and cannot delete."""

    def __init__(self, *topics: LiveTopic) -> None:
        self.live = {topic.name: topic for topic in topics}

    def topics(self) -> dict[str, LiveTopic]:
        return dict(self.live)

    def create(self, spec: TopicSpec) -> None:
        assert spec.name not in self.live
        self.live[spec.name] = LiveTopic(spec.name, spec.partitions, spec.config)

    def add_partitions(self, name: str, total: int) -> None:
        assert total > self.live[name].partitions
        self.live[name] = replace(self.live[name], partitions=total)

    def set_config(self, name: str, values: Mapping[str, str]) -> None:
        self.live[name] = replace(self.live[name], config={**self.live[name].config, **values})


def actions(changes: list[TopicChange]) -> list[tuple[str, str]]:
    return [(change.topic, change.action) for change in changes]


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ([], [("iot.thermostat", "create")]),
        ([AS_DECLARED], []),
        ([replace(AS_DECLARED, partitions=3)], [("iot.thermostat", "add_partitions")]),
        ([replace(AS_DECLARED, partitions=5)], [("iot.thermostat", "none")]),
        ([replace(AS_DECLARED, config={**SPEC.config, "retention.ms": "9"})], [("iot.thermostat", "set_config")]),
        ([replace(AS_DECLARED, config={})], [("iot.thermostat", "set_config")]),
        (
            [replace(AS_DECLARED, partitions=1, config={})],
            [("iot.thermostat", "add_partitions"), ("iot.thermostat", "set_config")],
        ),
        ([AS_DECLARED, LiveTopic("somebody.else", 1)], [("somebody.else", "none")]),
    ],
)
def test_each_difference_is_a_change(live: list[LiveTopic], expected: list[tuple[str, str]]) -> None:
    assert actions(plan(CATALOGUE, {topic.name: topic for topic in live})) == expected


@pytest.mark.parametrize(
    "live", [[], [AS_DECLARED], [replace(AS_DECLARED, partitions=1, config={})], [LiveTopic("somebody.else", 1)]]
)
def test_applying_leaves_only_what_nothing_here_can_change(live: list[LiveTopic]) -> None:
    admin = Admin(*live)
    changes = apply(CATALOGUE, admin)
    assert plan(CATALOGUE, admin.topics()) == undone(changes)
    assert {topic.name for topic in live} <= set(admin.live), "nothing is deleted"


def test_a_topic_that_is_not_declared_is_shown_and_is_no_drift() -> None:
    live = {topic.name: topic for topic in (replace(AS_DECLARED, partitions=5), LiveTopic("_schemas", 1))}
    changes = plan(CATALOGUE, live)
    assert actions(changes) == [("iot.thermostat", "none"), ("_schemas", "none")]
    assert actions(drift(CATALOGUE, changes)) == [("iot.thermostat", "none")]


def test_a_setting_that_is_not_declared_stays() -> None:
    admin = Admin(replace(AS_DECLARED, config={"segment.bytes": "7"}))
    apply(CATALOGUE, admin)
    assert admin.live[SPEC.name].config == {**SPEC.config, "segment.bytes": "7"}


def test_an_empty_catalogue_declares_nothing() -> None:
    assert plan(TopicCatalogue(topic=[]), {}) == []
