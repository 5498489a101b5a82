"""Telemetry by the SDK of OpenTelemetry. Import it where telemetry is configured: it needs the extra `telemetry`."""
