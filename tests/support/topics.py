"""A topic of one test alone."""

import uuid

from gridctl.contracts.topics import TopicSpec


def own_topic(partitions: int) -> TopicSpec:
    """Return what such a topic is declared as; it is not made yet."""
    return TopicSpec(
        name=f"test.t{uuid.uuid4().hex}",
        description="One test's own",
        owner="@gridstream/platform",
        partitions=partitions,
        key="device_id",
        retention_ms=604_800_000,
        subject="iot.thermostat-value",
    )
