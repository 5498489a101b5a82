"""Base settings of every librdkafka client: one place for identity, patience and silence."""

from collections.abc import Mapping
from typing import Any

BASE: dict[str, str | int | float | bool] = {
    "client.id": "gridctl",
    # A broker that is away for long is found again within a second of its return.
    "reconnect.backoff.max.ms": 1000,
    "socket.connection.setup.timeout.ms": 5000,
    # librdkafka writes each failed connection attempt to stderr; what matters of it reaches the user as an exception.
    # A Python logger in its place deadlocks now and then where a log line meets `consume` or `close`.
    "log_level": 0,
}


def client_config(bootstrap: str, overrides: Mapping[str, str | int | float | bool]) -> dict[str, Any]:
    """Return settings for any client; `overrides` are librdkafka properties of the profile and win over the base."""
    return {**BASE, **overrides, "bootstrap.servers": bootstrap}
