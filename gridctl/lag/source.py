"""What measures: the port, what it answers, and what that amounts to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gridctl.lag.classify import classify
from gridctl.lag.model import GroupLag, Member, Reading
from gridctl.streams.reader import Place


@dataclass(frozen=True, kw_only=True)
class GroupReading:
    """One look at a group. `problem` says why the group as a whole is not known: then its readings may be missing."""

    group: str
    state: str
    members: tuple[Member, ...] = ()
    readings: Sequence[Reading] = ()
    problem: str | None = None


class LagSource(Protocol):
    """The offsets of consumer groups. What cannot be read is said in the readings, and hides nothing else."""

    def look(
        self, groups: Collection[str] | None = None, topics: Collection[str] | None = None, *, heads: bool = False
    ) -> list[GroupReading]:
        """Read groups (None: all that there are) on topics (None: all that the group has read or is to read).

        A reading for every partition of such a topic, sorted; every group that was named has an answer. With `heads`
        the oldest record that waits is read too, which takes longer. Raise Unavailable where nothing could be asked.
        """
        ...


def lag_of(look: GroupReading, earlier: GroupReading | None = None) -> GroupLag:
    """Return the lag of a group; `earlier` is a look from before, to see what moved since."""
    before: Mapping[Place, Reading] = {} if earlier is None else {each.place: each for each in earlier.readings}
    return GroupLag(
        group=look.group,
        state=look.state,
        members=look.members,
        partitions=tuple(classify(each, before.get(each.place)) for each in look.readings),
        cause=look.problem,
    )


def lags_of(looks: Sequence[GroupReading], earlier: Sequence[GroupReading] = ()) -> list[GroupLag]:
    """Return the lag of each group; a group that an earlier look did not have is judged from this one alone."""
    before = {each.group: each for each in earlier}
    return [lag_of(look, before.get(look.group)) for look in looks]
