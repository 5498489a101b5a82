"""One run: batches from a source through the pipeline, until the input ends or someone stops it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gridctl.ingest.pipeline import Pipeline
from gridctl.ingest.ports import Source


@dataclass(frozen=True)
class Until:
    """When a run without an end of input ends: after `duration_s`, or `idle_s` after the last record."""

    duration_s: float | None = None
    idle_s: float | None = None


def run(source: Source, pipeline: Pipeline, until: Until, each_moment: Callable[[], None]) -> None:
    """Run to the end and drain; `each_moment` is called at least every few tenths of a second and may raise."""
    started = last_record = time.monotonic()
    for batch in source.batches():
        now = time.monotonic()
        if batch.records or batch.oversize:
            pipeline.submit(batch)
            last_record = now
        else:
            pipeline.poll()
        each_moment()
        over = until.duration_s is not None and now - started >= until.duration_s
        if over or (until.idle_s is not None and now - last_record >= until.idle_s):
            source.stop()
    pipeline.drain()
    each_moment()
