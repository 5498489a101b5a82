"""The samples of a lag as Prometheus reads them, written by its own client library."""

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gridctl.lag.samples import HELP, Sample
from gridctl.runtime.http import Answer


class LagCollector(Collector):
    """Yields what is known of the samples that there are now; what is not known has no line."""

    def __init__(self, samples: Callable[[], Sequence[Sample]]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a family for each metric that has a value."""
        families: dict[str, GaugeMetricFamily] = {}
        for name, labels, value, *_ in self._samples():
            if value is None:
                continue
            family = families.get(name)
            if family is None:
                family = families[name] = GaugeMetricFamily(name, HELP[name], labels=list(labels))
            family.add_metric(list(labels.values()), value)
        yield from families.values()


def exposition(samples: Callable[[], Sequence[Sample]]) -> Callable[[], Answer]:
    """Return what answers /metrics."""
    registry = CollectorRegistry()
    registry.register(LagCollector(samples))
    return lambda: Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
