"""What long-running commands share: signals, deadlines, health, log, progress files, and counts; `service` joins them.

`telemetry` has the names and ports of what they measure; `gridctl.adapters.otel` exports it.
"""
