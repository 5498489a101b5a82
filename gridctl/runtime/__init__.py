"""What long-running commands share: how they are asked to stop, deadlines, progress files, and counts.

A health endpoint will be here as `health`, OpenTelemetry as `telemetry`: one place for every such command.
"""
