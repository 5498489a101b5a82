"""A recorded window (`gridctl lag record`) as a trace: one `lag show -o json` document a line, with `measured_ms`."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from gridctl.errors import UsageProblem
from gridctl.lag.recorded import lines_of
from gridctl.scaling.trace import Phase, Trace


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Partition(_Read):
    topic: str
    partition: int
    end: int | None
    lag: int | None


class _Group(_Read):
    group: str
    lag: int | None
    partitions: list[_Partition]


class _Line(_Read):
    measured_ms: int
    groups: list[_Group]


_Key = tuple[str, int]


def parse_trace(lines: Iterable[bytes], where: str, group: str | None) -> Trace:
    """Return the trace of one group, `group` or the only one; UsageProblem names the line that cannot be used."""
    looks = list(_looks(lines, where, group))
    if not looks or looks[-1][0] - looks[0][0] < 1:
        raise UsageProblem(f"{where}: holds {len(looks)} measurements of the group", next_step="record a longer window")
    for (_, look), which in ((looks[0], "first"), (looks[-1], "last")):
        if not look.partitions or any(part.lag is None or part.end is None for part in look.partitions):
            raise UsageProblem(
                f"{where}: the {which} measurement is UNKNOWN",
                next_step="keep the lines from the first whole measurement to the last one",
            )
    begin_s, first = looks[0]
    initial = {_key(part): float(part.lag or 0) for part in first.partitions}
    if strangers := {_key(part) for _, look in looks for part in look.partitions} - set(initial):
        topic, number = min(strangers)
        raise UsageProblem(f"{where}: {topic}-{number} was added in between", next_step="keep the lines after that")
    rates = [_rates(key, looks, where) for key in initial]
    phases = tuple(
        Phase(round(at_s - begin_s), tuple(each[index] for each in rates), metric_missing=look.lag is None)
        for index, (at_s, look) in enumerate(looks)
    )
    return Trace(phases, round(looks[-1][0] - begin_s), tuple(initial.values()))


def _key(partition: _Partition) -> _Key:
    return partition.topic, partition.partition


def _looks(lines: Iterable[bytes], where: str, wanted: str | None) -> Iterator[tuple[float, _Group]]:
    """Yield the time in seconds and the group of each line; a line without the group is one nobody could read."""
    before_ms: int | None = None
    for number, line in lines_of(lines, where, _Line):
        if before_ms is not None and line.measured_ms <= before_ms:
            raise UsageProblem(f"{where}: line {number}: is not later than the line before")
        before_ms = line.measured_ms
        wanted = _name(line, where, wanted)
        found = next((group for group in line.groups if group.group == wanted), None)
        yield line.measured_ms / 1000, found or _Group(group=wanted, lag=None, partitions=[])


def _name(line: _Line, where: str, wanted: str | None) -> str:
    if wanted is not None:
        return wanted
    names = [group.group for group in line.groups]
    if len(names) != 1:
        raise UsageProblem(
            f"{where}: holds the groups {', '.join(names) or 'none'}", next_step="name one: --group NAME"
        )
    return names[0]


def _rates(key: _Key, looks: list[tuple[float, _Group]], where: str) -> list[float]:
    """Return the records a second that arrived after each look. What nobody saw is spread over the time between."""
    ends: list[tuple[int, int]] = [
        (index, partition.end)
        for index, (_, look) in enumerate(looks)
        for partition in look.partitions
        if _key(partition) == key and partition.end is not None
    ]
    rates = [0.0] * len(looks)
    for (index, end), (later, later_end) in pairwise(ends):
        if later_end < end:
            raise UsageProblem(f"{where}: the end of {key[0]}-{key[1]} goes back: the topic was made anew in between")
        rate = (later_end - end) / (looks[later][0] - looks[index][0])
        rates[index:later] = [rate] * (later - index)
    return rates
