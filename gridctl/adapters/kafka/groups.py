"""Consumer groups: their states, members and commits, asked for side by side."""

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.pipeline import Ask, Problem, answer_of, pipelined
from gridctl.lag.model import Member
from gridctl.streams.reader import Place

EMPTY, DEAD, UNKNOWN = ConsumerGroupState.EMPTY.name, ConsumerGroupState.DEAD.name, ConsumerGroupState.UNKNOWN.name
GROUPS_PER_S = 250
"""With many groups a step has a second more for so many of them."""


class Group(NamedTuple):
    """What is known of a group. `commits` of a partition, or of all, are a Problem where they could not be read."""

    state: str
    members: tuple[Member, ...]
    commits: Mapping[Place, int | Problem] | Problem
    problem: str | None

    @property
    def places(self) -> set[Place]:
        """The partitions that the group has read or is to read."""
        committed = () if isinstance(self.commits, Problem) else self.commits
        return {*committed, *(place for member in self.members for place in member.places)}

    def commit(self, place: Place) -> int | Problem | None:
        """Return the commit of a partition; None where there is none."""
        return self.commits if isinstance(self.commits, Problem) else self.commits.get(place)


def listed(client: AdminClient, limit_s: float) -> tuple[dict[str, str], str | None]:
    """Return the state of every group by its name, and why groups may be missing."""
    answer = answer_of(client.list_consumer_groups(request_timeout=limit_s), time.monotonic() + limit_s)
    if isinstance(answer, Problem):
        return {}, answer.words
    missing = "; ".join(sorted({str(error) for error in answer.errors}))
    return {each.group_id: each.state.name for each in answer.valid}, missing or None


def read_groups(
    client: AdminClient, states: Mapping[str, str | None], away: Mapping[str, str], limit_s: float
) -> dict[str, Group]:
    """Return each group.

    `states` holds what is known of it already: one that is EMPTY has no members to ask for. `away` says of some why
    they cannot be asked for.
    """
    asked = {group: state for group, state in states.items() if group not in away}
    answers = pipelined(_asks(client, asked), limit_s + len(asked) / GROUPS_PER_S)
    known = {
        group: _group(answers["commits", group], answers.get(("members", group)), state)
        for group, state in asked.items()
    }
    return known | {group: Group(UNKNOWN, (), Problem(words), words) for group, words in away.items()}


def _asks(client: AdminClient, states: Mapping[str, str | None]) -> Iterator[tuple[tuple[str, str], Ask]]:
    for group, state in states.items():
        yield ("commits", group), partial(_ask_commits, client, group)
        if state != EMPTY:
            yield ("members", group), partial(_ask_members, client, group)


def _ask_commits(client: AdminClient, group: str, limit_s: float) -> Any:
    request = [ConsumerGroupTopicPartitions(group)]
    return client.list_consumer_group_offsets(request, request_timeout=limit_s)[group]


def _ask_members(client: AdminClient, group: str, limit_s: float) -> Any:
    return client.describe_consumer_groups([group], request_timeout=limit_s)[group]


def _group(offsets: Any, described: Any, state: str | None) -> Group:
    problems = []
    commits: Mapping[Place, int | Problem] | Problem
    if isinstance(offsets, Problem):
        commits = Problem(f"the group's commits cannot be read: {offsets.words}")
        problems.append(commits.words)
    else:
        commits = _commits(offsets.topic_partitions)
    members: tuple[Member, ...] = ()
    if isinstance(described, Problem):
        problems.append(f"the group's members cannot be read: {described.words}")
        state = UNKNOWN
    elif described is not None:
        state, members = described.state.name, tuple(map(_member, described.members))
    if state == DEAD and not commits:
        problems.append("there is no such group")
    return Group(state or UNKNOWN, members, commits, "; ".join(problems) or None)


def _commits(offsets: Iterable[TopicPartition]) -> dict[Place, int | Problem]:
    return {
        Place(each.topic, each.partition): each.offset
        if each.error is None
        else Problem(f"its commit cannot be read: {each.error.str()}")
        for each in offsets
        if each.error is not None or each.offset >= 0
    }


def _member(described: Any) -> Member:
    assigned = described.assignment.topic_partitions if described.assignment else []
    places = sorted(Place(each.topic, each.partition) for each in assigned)
    return Member(described.member_id, described.client_id, described.host, tuple(places))
