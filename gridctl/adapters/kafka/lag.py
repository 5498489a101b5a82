"""Implements LagSource with the client's admin API: requests side by side, and what fails is said of its part alone."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from confluent_kafka.admin import AdminClient

# The package names this without exporting it, which strict typing takes at its word.
from confluent_kafka.admin._metadata import ClusterMetadata

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.coordinators import groups_away
from gridctl.adapters.kafka.errors import translated
from gridctl.adapters.kafka.groups import Group, listed, read_groups
from gridctl.adapters.kafka.heads import heads
from gridctl.adapters.kafka.log_ends import LogEnds, log_ends, with_stable_ends
from gridctl.adapters.kafka.metadata import metadata_of
from gridctl.adapters.kafka.pipeline import Problem
from gridctl.lag.model import Reading
from gridctl.lag.source import GroupReading, Look
from gridctl.runtime.clock import wall_clock_ms
from gridctl.streams.reader import Place

STEP_S = 4.0
"""How long each set of requests may take that are sent side by side: the list of groups, their commits and members,
ends of logs, last stable offsets, oldest records. The metadata before them takes at most six seconds."""
PROBE_S = 2.0
"""How long a broker may take to show that it is there, before it is asked for groups."""
# A broker that does not answer is given up within a step, so that another one can still be asked.
OWN = {"socket.timeout.ms": 2_000}


class KafkaLag:
    """Implements LagSource. A look ends within 30 s, and a second more for each 250 groups, whatever is away."""

    def __init__(self, bootstrap: str, overrides: Overrides) -> None:
        self._bootstrap = bootstrap
        self._overrides = overrides

    def look(
        self, groups: Collection[str] | None = None, topics: Collection[str] | None = None, *, max_heads: int = 0
    ) -> Look:
        """Read groups on topics. Commits are read before the ends of the logs, so that none seems to lie beyond."""
        with translated(self._bootstrap):
            # A new client each time: an old one goes on asking brokers that were coordinators before one was away.
            client = AdminClient(client_config("admin", self._bootstrap, self._overrides, OWN))
            cluster = metadata_of(client, self._bootstrap)
            states: Mapping[str, str | None] = dict.fromkeys(groups or ())
            missing = None
            if groups is None:
                states, missing = listed(client, STEP_S)
            away = groups_away(client, cluster, states, PROBE_S)
            asked_s = time.monotonic()
            found = read_groups(client, states, away, STEP_S)
            places = {name: _places(group, cluster, topics) for name, group in found.items()}
            ends = log_ends(client, cluster, {place for each in places.values() for place in each}, STEP_S)
            measured_ms, took_ms = wall_clock_ms(), round((time.monotonic() - asked_s) * 1000)
            ends = with_stable_ends(client, cluster, ends, STEP_S)

            def reading_of(name: str) -> GroupReading:
                group = found[name]
                readings = [_reading(group, place, ends[place], measured_ms, took_ms) for place in places[name]]
                return _group_reading(name, group, readings)

            def is_elsewhere(name: str) -> bool:
                return groups is None and topics is not None and found[name].problem is None

            looks = [reading_of(name) for name in sorted(found) if places[name] or not is_elsewhere(name)]
            with_heads = self._with_heads(looks, max_heads)
            return Look(groups=with_heads, problem=missing, brokers=len(cluster.brokers))

    def _with_heads(self, looks: Sequence[GroupReading], max_heads: int) -> tuple[GroupReading, ...]:
        """Return the looks with the oldest record that waits in each partition, unless these are too many."""
        wanted = {
            (each.place, each.next_offset, each.end)
            for look in looks
            for each in look.readings
            if each.next_offset is not None and each.end is not None and each.next_offset < each.end
        }
        if not wanted or len(wanted) > max_heads:
            return tuple(looks)
        found = heads(self._bootstrap, self._overrides, wanted, STEP_S)

        def with_head(reading: Reading) -> Reading:
            offset = reading.next_offset
            return reading if offset is None else replace(reading, head=found.get((reading.place, offset)))

        return tuple(replace(look, readings=tuple(map(with_head, look.readings))) for look in looks)


def _places(group: Group, cluster: ClusterMetadata, topics: Collection[str] | None) -> list[Place]:
    """Return every partition of the topics that the group has read or is to read, or of those of them in `topics`.

    Also partitions without a commit and without a member: they hold records that the group has not seen.
    """
    own = group.places if topics is None else {place for place in group.places if place.topic in topics}
    whole = {
        Place(topic, number)
        for topic in {place.topic for place in own}
        if topic in cluster.topics
        for number in cluster.topics[topic].partitions
    }
    return sorted(own | whole)


def _reading(group: Group, place: Place, ends: LogEnds, measured_ms: int, took_ms: int) -> Reading:
    commit = group.commit(place)
    unread = commit.words if isinstance(commit, Problem) else None
    return Reading(
        place=place,
        committed=commit if isinstance(commit, int) else None,
        start=ends.start,
        end=ends.end,
        stable_end=ends.stable,
        measured_ms=measured_ms,
        took_ms=took_ms,
        problem=unread or ends.problem,
    )


def _group_reading(name: str, group: Group, readings: Sequence[Reading]) -> GroupReading:
    problem = group.problem
    if problem is None and not readings:
        problem = "the group has no commit and no member with a partition here, so what it is to read is not known"
    return GroupReading(group=name, state=group.state, members=group.members, readings=tuple(readings), problem=problem)
