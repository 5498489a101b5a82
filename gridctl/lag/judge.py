"""A measurement as a verdict: groups over a threshold, and what could not be measured."""

from collections.abc import Iterator

from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict
from gridctl.lag.model import GroupLag, LagClass, PartitionLag
from gridctl.lag.source import Measurement
from gridctl.lag.view import causes, lag_words

GATE = "lag"
OVER, UNKNOWN = "lag-over-threshold", "lag-unknown"
WARNINGS = {
    LagClass.RETENTION_LOST: (
        "lag-retention-lost",
        "find out what was in them; give the consumer more room, or topics more retention",
    ),
    LagClass.STALLED: ("lag-stalled", "look at the consumer that has this partition: `gridctl lag watch {}`"),
}


def verdict_of(measurement: Measurement, threshold: int | None) -> Verdict:
    """Judge the lag: it fails where a group has more than `threshold`, however much of it is known.

    Where none has, and something is UNKNOWN, nothing can be said: the verdict is `error`. Groups that were asked for by
    a threshold and are not there at all are not known either.
    """
    over = [] if threshold is None else [each for each in measurement.groups if each.lag_is_at_least > threshold]
    findings = [_over(each, threshold or 0) for each in over]
    # What is over the threshold is so whatever the rest would say, so then the unknown does not take the verdict back.
    rule = UNKNOWN if over else COULD_NOT_CHECK
    findings += [
        Finding(rule=rule, subject=subject, message=words, fix="run `gridctl doctor`; measure again")
        for subject, words in _unknown(measurement, is_gate=threshold is not None)
    ]
    findings += [
        _warning(group, partition)
        for group in measurement.groups
        for partition in group.partitions
        if partition.lag_class in WARNINGS
    ]
    checked = {
        "groups": len(measurement.groups),
        "partitions": sum(len(each.partitions) for each in measurement.groups),
        "threshold": threshold,
        "lag_is_at_least": sum(each.lag_is_at_least for each in measurement.groups),
    }
    return Verdict(GATE, checked, tuple(findings))


def _over(group: GroupLag, threshold: int) -> Finding:
    return Finding(
        rule=OVER,
        subject=group.group,
        message=f"group {group.group} has a lag of {lag_words(group)}, more than {threshold}",
        fix=f"wait until it has caught up: `gridctl lag watch {group.group} --until drained`",
    )


def _unknown(measurement: Measurement, *, is_gate: bool) -> Iterator[tuple[str | None, str]]:
    """Yield what is not known, a group each, and in it the partitions by cause."""
    if measurement.cause is not None:
        yield None, f"groups may be missing: {measurement.cause}"
    elif is_gate and not measurement.groups:
        yield None, "there is no consumer group, so nothing was measured"
    for group in measurement.groups:
        if group.cause is not None:
            yield group.group, f"group {group.group}: {group.cause}"
        for words in causes(each for each in group.partitions if each.lag_class is LagClass.UNKNOWN):
            yield group.group, f"group {group.group}: {words}"


def _warning(group: GroupLag, partition: PartitionLag) -> Finding:
    rule, fix = WARNINGS[partition.lag_class]
    topic, number = partition.place
    return Finding(
        rule=rule,
        severity="warning",
        subject=group.group,
        message=f"group {group.group}, {topic} {number}: {partition.cause}",
        fix=fix.format(group.group),
    )
