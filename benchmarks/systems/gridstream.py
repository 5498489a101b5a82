"""The platform itself, wired as `gridctl ingest` and `gridctl process` wire it; OTEL_* variables turn telemetry on."""

from gridctl.cli.config import Overrides, Settings, load_settings
from gridctl.cli.wiring.service import service_of
from gridctl.cli.wiring.streaming import pipeline_of, processor_of
from gridctl.ingest.ports import Batch
from work import BATCH, Clock, Options, load_records, options


def settings_of(given: Options) -> Settings:
    """Return the settings with the driver's endpoints."""
    endpoints = {"bootstrap": given.bootstrap, "registry": given.registry, "redis": given.redis}
    return load_settings(Overrides(settings=tuple(f"{name}={address}" for name, address in endpoints.items())))


def ingest(given: Options) -> None:
    """Take the records through the pipeline and wait for all acknowledgements."""
    records = load_records(given)
    settings = settings_of(given)
    with (
        service_of(settings, "bench", None, None) as service,
        pipeline_of(settings, service) as (pipeline, check_assets, _),
    ):
        clock = Clock()
        for start in range(0, len(records), BATCH):
            pipeline.submit(Batch(records[start : start + BATCH], lambda index: f"record {index}"))
            check_assets()
        pipeline.drain()
        clock.report(len(records))
    assert pipeline.counts.published == len(records)


def process(given: Options) -> None:
    """Process batches until the asked count."""
    settings = settings_of(given)
    with (
        service_of(settings, "bench", None, None) as service,
        processor_of(settings, given.group, None, service) as (processor, *_),
    ):
        clock = Clock()
        while clock.events < given.count:
            done = processor.step(BATCH)
            if done:
                clock.batch(done)
        clock.report(clock.events)
    assert processor.summary.dead_lettered == 0


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
