"""Whether the standard variables ask for telemetry, known without a library. What they say in detail the SDK reads.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. One thing differs: where none of them
is set nothing is exported, so that nobody pays for what nobody asked for. An endpoint alone asks for both signals.
"""

from collections.abc import Mapping
from typing import NamedTuple

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Wanted(NamedTuple):
    """Which signals are to be exported: each by the exporters that its variable names, or by OTLP where it is unset."""

    metrics: bool
    spans: bool

    def __bool__(self) -> bool:
        return self.metrics or self.spans


def is_disabled(environ: Mapping[str, str]) -> bool:
    """Say whether OTEL_SDK_DISABLED turns everything off."""
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def wanted(environ: Mapping[str, str]) -> Wanted:
    """Return what the variables ask for."""
    if is_disabled(environ):
        return Wanted(metrics=False, spans=False)
    return Wanted(_is_wanted(environ, "METRICS"), _is_wanted(environ, "TRACES"))


def _is_wanted(environ: Mapping[str, str], signal: str) -> bool:
    exporters = environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
    if exporters:
        return exporters != "none"
    return bool(environ.get(_ENDPOINT) or environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
