"""What the ingest commands share: a source's run through the pipeline, its end, and its account."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gridctl.cli.options import OutputFormat

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.ingest.pipeline import Counts, Pipeline, Until
    from gridctl.ingest.ports import Source
    from gridctl.runtime.outage import Needs
    from gridctl.runtime.service import Service

    SourceOf = Callable[[], AbstractContextManager[tuple[Source, Needs]]]


def run_source(
    settings: "Settings",
    service: "Service",
    source_of: "SourceOf",
    until: "Until",
    output: OutputFormat,
    extra: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """Run a source to its end, or until it is interrupted, and print the account; `extra` adds to it.

    `source_of` opens it, and names what it needs while it reads. It is opened first, so that a wrong call says so at
    once, and closed last, after what became of its records is acknowledged. Ctrl-C and SIGTERM drain.
    """
    from gridctl.cli.output import print_account
    from gridctl.cli.wiring.streaming import pipeline_of
    from gridctl.ingest.pipeline import run

    started_s = time.monotonic()

    @contextmanager
    def opened() -> "Iterator[tuple[Source, Pipeline, Callable[[], None], Needs]]":
        with source_of() as (source, its), pipeline_of(settings, service) as (pipeline, check, needs):
            yield source, pipeline, check, needs._replace(conditions={**its.conditions, **needs.conditions})

    with service:
        with service.opened(opened) as (source, pipeline, check, needs):
            counts = pipeline.counts
            with _progress(counts) as show, service.working(needs):

                def each_moment() -> None:
                    check()
                    service.outages.require_patience()
                    show()
                    if service.is_asked():
                        source.stop()

                run(source, pipeline, until, each_moment)
            account = {**asdict(counts), "duration_s": round(time.monotonic() - started_s, 3), **extra()}
        print_account(account, output)


@contextmanager
def _progress(counts: "Counts") -> Iterator[Callable[[], None]]:
    """Yield a function that shows the counts on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from gridctl.cli.output import talk

    with talk().status("reading") as status:
        yield lambda: status.update(
            f"read {counts.read:,} · published {counts.published:,} · rejected {counts.rejected:,}"
        )
