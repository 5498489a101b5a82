"""What is read of the partitions of a group, and what it amounts to: a class for each, and sums that hide none.

A lag counts offsets. Not every offset holds a record that a consumer will see: compaction takes records away,
transactions add marks and leave aborted records behind. On such topics a lag is the most that can be waiting.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gridctl.streams.reader import Place


class LagClass(StrEnum):
    """What a partition's lag is. Where several fit, the first in this order wins: it needs a human first."""

    UNKNOWN = "UNKNOWN"
    """Something could not be read, or contradicts itself: it may be worse than all the others."""
    RETENTION_LOST = "RETENTION_LOST"
    """The commit lies before the log's start: records are gone for ever, and more go each time the log is cut."""
    STALLED = "STALLED"
    """Records wait, and the commit did not move between two looks."""
    NEVER_COMMITTED = "NEVER_COMMITTED"
    """The group has committed nothing here: all that the log holds is counted, as a group that starts at the earliest
    offset will read it. The reset policy is the consumer's own, and no broker knows it."""
    COMMITTED = "COMMITTED"
    """The distance from the commit to the end."""


class Head(NamedTuple):
    """The oldest record that waits: its timestamp, or None where no offset up to the end holds a record."""

    time_ms: int | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One look at one partition for one group. Offsets are None where they were not read; `problem` then says why.

    `end` is the high watermark, `stable_end` the last stable offset: a reader of committed records gets no further.
    `measured_ms` is when the ends were known, `took_ms` the time from the request for the commit until then.
    `head` is None where it was not asked for, or could not be read.
    """

    place: Place
    committed: int | None
    """None without a problem: the group never committed this partition."""
    start: int | None
    end: int | None
    stable_end: int | None
    measured_ms: int
    took_ms: int = 0
    problem: str | None = None
    head: Head | None = None

    @property
    def next_offset(self) -> int | None:
        """The offset from which a consumer will read; None where it is not known."""
        if self.problem is not None or self.start is None:
            return None
        return self.start if self.committed is None else max(self.committed, self.start)


@dataclass(frozen=True, kw_only=True)
class PartitionLag:
    """The lag of one partition, in the order of the JSON document; `lag` is None where it is UNKNOWN.

    `lost` is how many offsets retention took before the group had committed them. `cause` says why it is UNKNOWN, what
    was lost, or what holds the group back. The time lag is the age of the oldest record that waits, None where it was
    not measured.
    """

    place: Place
    lag_class: LagClass
    committed: int | None
    start: int | None
    end: int | None
    stable_end: int | None
    lag: int | None
    lost: int | None
    time_lag_s: float | None
    time_lag_error_s: float | None
    measured_ms: int
    cause: str | None


class Member(NamedTuple):
    """One consumer of a group, and the partitions that it has."""

    member_id: str
    client_id: str
    host: str
    places: tuple[Place, ...]


@dataclass(frozen=True, kw_only=True)
class GroupLag:
    """The lag of a group: its partitions, and sums over them.

    `state` is Kafka's word. `cause` says why the group as a whole is not known, or that nothing of it is.
    """

    group: str
    state: str
    members: tuple[Member, ...] = ()
    partitions: Sequence[PartitionLag] = field(default_factory=tuple)
    cause: str | None = None

    @property
    def lag(self) -> int | None:
        """The sum, or None where a part of it is UNKNOWN, or where no partition of the group is known."""
        if self.cause is not None or not self.partitions or any(each.lag is None for each in self.partitions):
            return None
        return self.lag_is_at_least

    @property
    def lag_is_at_least(self) -> int:
        """The sum of what is known."""
        return sum(each.lag for each in self.partitions if each.lag is not None)

    @property
    def lost(self) -> int:
        """How many offsets are known to be gone for ever."""
        return sum(each.lost for each in self.partitions if each.lost is not None)

    @property
    def time_lag_s(self) -> float | None:
        """The age of the oldest record that waits in any partition, or None where one of them is not known."""
        ages = [each.time_lag_s for each in self.partitions if each.time_lag_s is not None]
        return max(ages) if self.lag is not None and len(ages) == len(self.partitions) else None

    @property
    def classes(self) -> dict[LagClass, int]:
        """How many partitions are of each class, what needs a human first before the others."""
        counts = Counter(each.lag_class for each in self.partitions)
        return {each: counts[each] for each in LagClass if counts[each]}
