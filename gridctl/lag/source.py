"""What measures: the port, what it answers, and what that amounts to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from gridctl.lag.classify import classify
from gridctl.lag.model import GroupLag, Member, Reading

FEW_HEADS = 200
"""So many oldest records can be read without anybody waiting for it."""


@dataclass(frozen=True, kw_only=True)
class GroupReading:
    """One look at a group. `problem` says why the group as a whole is not known: then its readings may be missing."""

    group: str
    state: str
    members: tuple[Member, ...] = ()
    readings: Sequence[Reading] = ()
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """Groups at one time, sorted. `problem` says why some may be missing of which not even the name is known.

    `brokers` is how many the cluster has.
    """

    groups: Sequence[GroupReading] = ()
    problem: str | None = None
    brokers: int | None = None


class LagSource(Protocol):
    """The offsets of consumer groups. What cannot be read is said in the readings, and hides nothing else."""

    def look(
        self, groups: Collection[str] | None = None, topics: Collection[str] | None = None, *, max_heads: int = 0
    ) -> Look:
        """Read groups (None: all that there are) on topics (None: all that the group has read or is to read).

        A reading for every partition of such a topic, sorted; every group that was named has an answer. The oldest
        record that waits costs a fetch a partition: it is read where there are at most `max_heads` of them, else of
        none. Raise Unavailable where nothing could be asked.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The lag of groups at one time. `cause` says why groups may be missing of which not even the name is known."""

    groups: Sequence[GroupLag] = ()
    cause: str | None = None
    brokers: int | None = None

    @property
    def is_known(self) -> bool:
        """Say whether nothing in it is UNKNOWN, and nothing missing."""
        return self.cause is None and all(each.lag is not None for each in self.groups)

    @property
    def is_drained(self) -> bool:
        """Say whether it is known that nothing waits, of at least one group."""
        return self.is_known and bool(self.groups) and all(each.lag == 0 for each in self.groups)


def measurement_of(look: Look, earlier: Look | None = None) -> Measurement:
    """Return the lag of each group; `earlier` is a look from before, to see what moved since.

    What an earlier look did not have is judged from this one alone.
    """
    before = {} if earlier is None else {each.group: each for each in earlier.groups}
    groups = [_lag_of(each, before.get(each.group)) for each in look.groups]
    return Measurement(groups=groups, cause=look.problem, brokers=look.brokers)


def _lag_of(look: GroupReading, earlier: GroupReading | None) -> GroupLag:
    before = {} if earlier is None else {each.place: each for each in earlier.readings}
    return GroupLag(
        group=look.group,
        state=look.state,
        members=look.members,
        partitions=tuple(classify(each, before.get(each.place)) for each in look.readings),
        cause=look.problem,
    )
