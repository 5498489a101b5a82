"""Where logs start and end: one request a leader, so that one that is away hides nothing of the others."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient

# The package names these without exporting them, which strict typing takes at its word.
from confluent_kafka.admin._listoffsets import EarliestSpec, LatestSpec, OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata

from gridctl.adapters.kafka.pipeline import Problem, answer_of
from gridctl.streams.reader import Place

# They are typed here, as the package does not.
EARLIEST: Callable[[], OffsetSpec] = EarliestSpec
LATEST: Callable[[], OffsetSpec] = LatestSpec

Leaders = Mapping[int, Collection[Place]]


class LogEnds(NamedTuple):
    """A log's start, high watermark and last stable offset; `problem` says why start or end is not known."""

    start: int | None = None
    end: int | None = None
    stable: int | None = None
    problem: str | None = None


def log_ends(
    client: AdminClient, cluster: ClusterMetadata, places: Iterable[Place], limit_s: float
) -> dict[Place, LogEnds]:
    """Return start and end of each log; what the metadata says is away is not asked."""
    leaders, found = _leaders(cluster, places)
    starts, ends = _listed(client, leaders, (EARLIEST(), LATEST()), limit_s)
    for leader, led in leaders.items():
        for place in led:
            start, end = starts[place], ends[place]
            failed = next((each for each in (end, start) if isinstance(each, Problem)), None)
            if failed is None:
                found[place] = LogEnds(start, end)
            else:
                found[place] = LogEnds(problem=f"broker {leader}, which leads it: {failed.words}")
    return found


def with_stable_ends(
    client: AdminClient, cluster: ClusterMetadata, ends: Mapping[Place, LogEnds], limit_s: float
) -> dict[Place, LogEnds]:
    """Return the ends with the last stable offsets.

    They are asked for after the high watermarks, and count up to these: what is below one now is held back by a
    transaction that is open, and not by records that have come meanwhile.
    """
    leaders, _ = _leaders(cluster, (place for place, each in ends.items() if each.problem is None))
    [stable] = _listed(client, leaders, (LATEST(),), limit_s, IsolationLevel.READ_COMMITTED)
    known = {place: offset for place, offset in stable.items() if not isinstance(offset, Problem)}
    return {
        place: each._replace(stable=min(known[place], each.end)) if place in known and each.end is not None else each
        for place, each in ends.items()
    }


def _leaders(cluster: ClusterMetadata, places: Iterable[Place]) -> tuple[dict[int, list[Place]], dict[Place, LogEnds]]:
    """Return the partitions by leader, and those that cannot be asked, each with the reason."""
    leaders: defaultdict[int, list[Place]] = defaultdict(list)
    absent: dict[Place, LogEnds] = {}
    for place in places:
        topic = cluster.topics.get(place.topic)
        partition = None if topic is None else topic.partitions.get(place.partition)
        if topic is None:
            absent[place] = LogEnds(problem="the topic is not there")
        elif topic.error is not None:
            absent[place] = LogEnds(problem=topic.error.str())
        elif partition is None:
            absent[place] = LogEnds(problem="the topic has no such partition")
        elif partition.leader < 0:
            absent[place] = LogEnds(problem="it has no leader")
        else:
            leaders[partition.leader].append(place)
    return leaders, absent


def _listed(
    client: AdminClient,
    leaders: Leaders,
    specs: Collection[OffsetSpec],
    limit_s: float,
    level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> list[dict[Place, Any]]:
    """Return for each specification the offset of each partition, or a Problem."""
    deadline_s = time.monotonic() + limit_s
    asked = [
        [
            client.list_offsets(
                {TopicPartition(*place): spec for place in led}, isolation_level=level, request_timeout=limit_s
            )
            for led in leaders.values()
        ]
        for spec in specs
    ]
    return [
        {
            Place(each.topic, each.partition): _offset(answer_of(future, deadline_s))
            for futures in of_spec
            for each, future in futures.items()
        }
        for of_spec in asked
    ]


def _offset(answer: Any) -> Any:
    if isinstance(answer, Problem):
        return answer
    # Where the time is over the client names no offset, and no error either.
    return answer.offset if answer.offset >= 0 else Problem("no answer in time")
