"""Telemetry as the environment asks for it. Where it does not, no library of OpenTelemetry is imported."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gridctl.runtime.telemetry.absent import NoExports
from gridctl.runtime.telemetry.environment import is_disabled, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridctl.runtime.telemetry.port import Exports, Telemetry
    from gridctl.streams.reader import RangedReader

INSTALL = "pip install 'gridctl[telemetry]'"


def exports_of(command: str, warn: Callable[[str], None], *, scraped: bool) -> Exports:
    """Return where a command's telemetry goes; `scraped` says that /metrics is served.

    `warn` is told where telemetry is asked for and its libraries are not installed: that stops no work. UsageProblem
    where the variables name what there is not.
    """
    if is_disabled(os.environ):
        return NoExports("OTEL_SDK_DISABLED=true turns metrics off")
    if not wanted(os.environ) and not scraped:
        return NoExports("nothing asks for metrics")
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        if wanted(os.environ):
            warn(f"warning: OTEL_* asks for telemetry, and OpenTelemetry is not installed: {INSTALL}")
        return NoExports(f"metrics need OpenTelemetry: {INSTALL}")
    from gridctl.adapters.otel.sdk import Sdk

    return Sdk(f"gridctl-{command.split(maxsplit=1)[0]}", scraped=scraped, warn=warn)


@contextmanager
def telemetry_of(command: str, warn: Callable[[str], None]) -> Iterator[Telemetry | None]:
    """Yield what a short command hands its spans to, or None where nothing is configured; export them at its end."""
    with exports_of(command, warn, scraped=False) as exports:
        yield exports.telemetry


@contextmanager
def linking(reader: RangedReader, command: str, warn: Callable[[str], None]) -> Iterator[RangedReader]:
    """Yield the reader, with a span for each reading where spans are configured."""
    with telemetry_of(command, warn) as telemetry:
        if telemetry is None:
            yield reader
            return
        from gridctl.runtime.telemetry.reading import LinkingReader

        with LinkingReader(reader, telemetry) as linked:
            yield linked
