"""The indicators as questions to Prometheus. What is not known has no answer: never 0, never 100 %."""

from collections.abc import Mapping

from gridctl.lag.series import LAG, lag_query, lag_seconds_query
from gridctl.runtime.telemetry.names import Metric
from gridctl.slo.burn import duration
from gridctl.slo.model import Lag, Latency, Objective, Ratio

LAG_BAD = "slo:lag_bad:bool"
_DAY_S = 86_400


def series_of(metric: Metric, suffix: str = "") -> str:
    """Return the name under which Prometheus has the metric: base unit, then `_total` or the part of a histogram."""
    unit = "_seconds" if metric.unit == "s" else ""
    return f"{metric.name.replace('.', '_')}{unit}{suffix if metric.bounds_s else '_total'}"


def matchers_of(attributes: Mapping[str, str]) -> str:
    """Return attributes as matchers of labels."""
    return ",".join(f'{name.replace(".", "_")}="{_escaped(value)}"' for name, value in attributes.items())


def grown(series: str, matchers: str, window_s: int) -> str:
    """Return PromQL for how much counters grew in a window, over all of them.

    A counter that was not there at the window's begin counts whole, also when its process has ended: the first batch of
    a burst makes its series, and `increase` alone, which knows no value before it, would not see that batch.
    """
    within = duration(window_s)
    selector = f"{series}{{{matchers}}}"
    ranged = f"{selector}[{within}]"
    new = f"last_over_time({ranged}) unless {selector} offset {within} unless resets({ranged}) > 0"
    return f"sum(({new}) or increase({ranged}))"


def error_ratio(objective: Objective, window_s: int, *, has_rules: bool) -> str:
    """Return PromQL for the share that was bad within the window, 0 to 1; nothing where nothing was measured.

    With `has_rules` the lag is taken from `LAG_BAD`. Without, it is evaluated over the window where nobody recorded it.
    """
    match objective:
        case Latency():
            histogram, where = objective.measured, matchers_of(objective.match)
            # 5 and 5.0 are the same bound, as exporters write it.
            bound = f'le=~"{objective.within_s:g}|{float(objective.within_s)}"'.replace(".", "[.]")
            good = grown(series_of(histogram, "_bucket"), f"{bound},{where}".rstrip(","), window_s)
            return f"clamp(1 - {good} / ({grown(series_of(histogram, '_count'), where, window_s)} > 0), 0, 1)"
        case Ratio():
            bad, total = (grown(series_of(counter), "", window_s) for counter in objective.counters)
            return f"clamp(({bad} or 0 * {total}) / ({total} > 0), 0, 1)"
        case Lag():
            recorded = f'avg_over_time({LAG_BAD}{{slo="{objective.name}"}}[{duration(window_s)}])'
            if has_rules:
                return recorded
            step = duration(60 if window_s > _DAY_S else 15)
            return f"max({recorded}) or avg_over_time(({lag_is_bad(objective)})[{duration(window_s)}:{step}])"
    raise AssertionError(objective)


def lag_is_bad(objective: Lag) -> str:
    """Return PromQL that is 1 where the lag is not known or above a bound, 0 where all is well.

    Nothing where Prometheus scraped nothing at all: it was not there.
    """
    where = matchers_of({"consumergroup": objective.group})
    known = []
    if objective.within_s is not None:
        known.append(f"({lag_seconds_query(where)}) > bool {objective.within_s:g}")
    if objective.within_records is not None:
        known.append(f"({lag_query(LAG, where)}) > bool {objective.within_records}")
    either = known[0] if len(known) == 1 else f"({' + '.join(f'({each})' for each in known)}) > bool 0"
    return f"({either}) or (count(up) >= bool 0)"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
