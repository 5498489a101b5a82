"""What long-running commands share: signals, deadlines, health, log, progress files, and counts; `service` joins them.

OpenTelemetry will be here as `telemetry`: one place for every such command.
"""
