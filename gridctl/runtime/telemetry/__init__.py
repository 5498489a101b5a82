"""What is measured of long-running commands, by the names of the standard; `gridctl.adapters.otel` exports it.

Rooms add up a batch and hand it over once. Where nothing is configured they hold None in place of a `Telemetry`, and
neither this package's arithmetic nor any library of OpenTelemetry is used.
"""
