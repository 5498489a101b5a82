"""Base settings of every librdkafka client: one place for identity, patience and silence."""

import logging
from collections.abc import Mapping
from typing import Any

_SILENT = logging.getLogger("gridctl.kafka.client")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

BASE: dict[str, str | int | float | bool] = {
    "client.id": "gridctl",
    # A broker that is away for long is found again within a second of its return.
    "reconnect.backoff.max.ms": 1000,
    "socket.connection.setup.timeout.ms": 5000,
}


def client_config(bootstrap: str, overrides: Mapping[str, str | int | float | bool]) -> dict[str, Any]:
    """Return settings for any client; `overrides` are librdkafka properties of the profile and win over the base.

    librdkafka writes each failed connection attempt to stderr; what matters of it reaches the user as an
    exception, so its own log goes nowhere.
    """
    return {**BASE, **overrides, "bootstrap.servers": bootstrap, "logger": _SILENT}
