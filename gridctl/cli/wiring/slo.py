"""The wiring of objectives: a Prometheus, or a command's own endpoint, as their source."""

from collections.abc import Sequence

from gridctl.slo.counters import bad_share
from gridctl.slo.model import Lag, Latency, Ratio, Slos
from gridctl.slo.promql import error_ratio
from gridctl.slo.report import Standing, over_window, since_start


def from_prometheus(slos: Slos, url: str, names: Sequence[str]) -> list[Standing]:
    """Return how the objectives stand by what a Prometheus has scraped; its rules need not be there."""
    from gridctl.adapters.prometheus import Prometheus

    with Prometheus(url) as prometheus:

        def measure(each: Latency | Lag | Ratio, window_s: int) -> float | None:
            return prometheus.number(error_ratio(each, window_s, has_rules=False))

        return over_window(slos, measure, names)


def from_metrics(slos: Slos, url: str, names: Sequence[str]) -> list[Standing]:
    """Return how the objectives stand by what one process has counted since it started."""
    from gridctl.adapters.prometheus import scrape

    samples = scrape(url)
    return since_start(slos, lambda each, _: bad_share(samples, each), names)
