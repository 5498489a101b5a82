"""The series of Prometheus that say a group's lag, and the questions that take nothing unknown for a number.

The names of kafka_exporter for what it exports too, our own for the rest.
"""

LAG = "kafka_consumergroup_lag"
LAG_SECONDS = "gridstream_consumergroup_lag_seconds"
LAG_CLASS = "gridstream_consumergroup_lag_class"
MEASURED = "gridstream_lag_measurement_timestamp_seconds"

MAX_AGE_S = 60
"""A measurement older than that is not known: a Prometheus scrapes two to four times in it."""


def lag_query(series: str, matchers: str) -> str:
    """Return PromQL for the lag of a group: one number, or nothing while a part of it is not known."""
    return f"sum({_of_partitions(series, matchers)}) {_known(matchers)}"


def lag_seconds_query(matchers: str) -> str:
    """Return PromQL for the age of the oldest record that waits: one number, or nothing while a part is not known."""
    whole = f"count({_of_partitions(LAG, matchers)}) > count({_of_partitions(LAG_SECONDS, matchers)})"
    return f"max({_of_partitions(LAG_SECONDS, matchers)}) unless on() ({whole}) {_known(matchers)}"


def _of_partitions(series: str, matchers: str) -> str:
    """Two exporters may measure the same partition: the greater number counts, not the sum."""
    return f"max by (consumergroup, topic, partition) ({series}{{{matchers}}})"


def _known(matchers: str) -> str:
    unknown = f'{LAG_CLASS}{{class="UNKNOWN",{matchers}}} == 1'
    return f"unless on() ({unknown}) and on() (time() - min({MEASURED}) < {MAX_AGE_S})"
