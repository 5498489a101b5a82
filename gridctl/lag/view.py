"""How people see a lag: numbers that do not claim more than is known, and ages in words."""

from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Literal

from gridctl.lag.model import GroupLag, LagClass, PartitionLag

Sort = Literal["lag", "time", "group"]
NOT_KNOWN = "?"
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def lag_words(group: GroupLag) -> str:
    """Return the total, or `≥ N` where a part is not known, or `?` where nothing is."""
    if group.lag is not None:
        return str(group.lag)
    return f"≥ {group.lag_is_at_least}" if any(each.lag is not None for each in group.partitions) else NOT_KNOWN


def age_words(seconds: float | None) -> str:
    """Return an age in its two greatest units: `3.2s`, `5m12s`, `2d3h`; `?` for None."""
    if seconds is None:
        return NOT_KNOWN
    if seconds < _UNITS[-2][1]:
        return f"{seconds:.1f}s"
    left = round(seconds)
    (unit, size), (smaller, smaller_size) = next(
        (great, small) for great, small in pairwise(_UNITS) if left >= great[1]
    )
    return f"{left // size}{unit}{left % size // smaller_size}{smaller}"


def class_words(group: GroupLag) -> str:
    """Return the number of partitions, and of those that are not just COMMITTED: `4: 1 UNKNOWN, 2 STALLED`."""
    others = ", ".join(f"{count} {each}" for each, count in group.classes.items() if each is not LagClass.COMMITTED)
    return f"{len(group.partitions)}: {others}" if others else str(len(group.partitions))


def in_order(groups: Iterable[GroupLag], sort: Sort) -> list[GroupLag]:
    """Return the groups by name, or the worst first: what is not known before what is."""
    if sort == "group":
        return sorted(groups, key=lambda each: each.group)
    if sort == "time":
        return sorted(groups, key=lambda each: (each.time_lag_s is not None, -(each.time_lag_s or 0.0), each.group))
    return sorted(groups, key=lambda each: (each.lag is not None, -each.lag_is_at_least, each.group))


GROUP_COLUMNS = ("group", "state (members)", "lag", "age", "partitions")
PARTITION_COLUMNS = ("partition", "class", "commit", "end", "lag", "age")


def group_rows(groups: Iterable[GroupLag]) -> list[list[str]]:
    """Return a row a group."""
    return [
        [
            each.group,
            f"{each.state} ({len(each.members)})",
            lag_words(each),
            age_words(each.time_lag_s),
            class_words(each),
        ]
        for each in groups
    ]


def partition_rows(partitions: Iterable[PartitionLag]) -> list[list[str]]:
    """Return a row a partition; where there is no commit a dash stands."""
    return [
        [
            str(each.place.partition),
            each.lag_class.value,
            "-" if each.committed is None else str(each.committed),
            NOT_KNOWN if each.end is None else str(each.end),
            NOT_KNOWN if each.lag is None else str(each.lag),
            age_words(each.time_lag_s),
        ]
        for each in partitions
    ]


def by_topic(group: GroupLag) -> dict[str, list[PartitionLag]]:
    """Return the partitions of each topic."""
    return {topic: list(found) for topic, found in groupby(group.partitions, key=lambda each: each.place.topic)}


def remarks(group: GroupLag) -> list[str]:
    """Return the causes, a line each."""
    lines = causes(group.partitions)
    return lines if group.cause is None else [f"{group.group}: {group.cause}", *lines]


def causes(partitions: Iterable[PartitionLag]) -> list[str]:
    """Return each cause once, with the partitions that it holds for, as `topic 0, 1: cause`."""
    places: dict[tuple[str, str], list[str]] = {}
    for each in partitions:
        if each.cause is not None:
            places.setdefault((each.place.topic, each.cause), []).append(str(each.place.partition))
    return [f"{topic} {', '.join(numbers)}: {cause}" for (topic, cause), numbers in places.items()]
