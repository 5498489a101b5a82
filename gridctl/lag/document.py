"""The JSON document of `gridctl lag show`, which `record`, `serve` and others share."""

from typing import Any

from gridctl.lag.model import GroupLag, PartitionLag
from gridctl.lag.source import Measurement


def document(measurement: Measurement) -> dict[str, Any]:
    """Return the stable document: `lag` is null where it is UNKNOWN, `lag_is_at_least` is always a number."""
    return {"groups": [_group(each) for each in measurement.groups], "cause": measurement.cause}


def _group(each: GroupLag) -> dict[str, Any]:
    return {
        "group": each.group,
        "state": each.state,
        "members": len(each.members),
        "lag": each.lag,
        "lag_is_at_least": each.lag_is_at_least,
        "time_lag_s": each.time_lag_s,
        "partitions": [_partition(partition) for partition in each.partitions],
        "cause": each.cause,
    }


def _partition(each: PartitionLag) -> dict[str, Any]:
    return {
        "topic": each.place.topic,
        "partition": each.place.partition,
        "class": each.lag_class.value,
        "committed": each.committed,
        "start": each.start,
        "end": each.end,
        "stable_end": each.stable_end,
        "lag": each.lag,
        "lost": each.lost,
        "time_lag_s": each.time_lag_s,
        "time_lag_error_s": each.time_lag_error_s,
        "measured_ms": each.measured_ms,
        "cause": each.cause,
    }
